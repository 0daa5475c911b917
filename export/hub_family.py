"""What is said of each family's layout on the hub, and how its settings are held to ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from export.tensors import Plain
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from seethrough.core.config import ModelConfig

    Settings = Mapping[str, Any]
    Parts = dict[str, Plain]


@dataclass(frozen=True)
class HubFamily:
    """One architecture of the hub.

    `names` are the file's, without the `prefix` that some files put before them all. `arrange`
    gives what one tensor of the file is here. Tensors that match `known_extra` hold no weights:
    masks, rotary frequencies.
    """

    config: Callable[[Settings, bool], ModelConfig]
    names: dict[str, str]
    arrange: Callable[[str, Plain, ModelConfig], Parts]
    prefix: str = ""
    known_extra: re.Pattern[str] | None = None

    def name_of(self, stored: str) -> str:
        """A tensor's name in the file without the prefix."""
        return stored.removeprefix(self.prefix)

    def is_extra(self, stored: str) -> bool:
        """Whether the tensor is known to hold no weights."""
        return bool(self.known_extra and self.known_extra.fullmatch(self.name_of(stored)))


def demand(settings: Settings, name: str, usual: object) -> None:
    """Refuse a setting that is not the usual one.

    Raises:
        SourceError: It is another.
    """
    got = settings.get(name, usual)
    if got != usual:
        raise SourceError("source.setting", name=name, got=got, expected=usual)


def demand_activation(settings: Settings, name: str, supported: str) -> None:
    """Refuse another activation than the family's.

    Raises:
        SourceError: It is another.
    """
    got = settings.get(name, supported)
    if got != supported:
        raise SourceError("source.activation", got=got, supported=supported)


def head_width(d_model: int, n_heads: int) -> int:
    """What each head gets of the stream; 0 heads are refused where the config is made."""
    if d_model % max(n_heads, 1):
        raise SourceError("config.uneven_heads", d_model=d_model, n_heads=n_heads)
    return d_model // max(n_heads, 1)


def wide(stored: Plain) -> Plain:
    """Vectors become float32: they are added up or multiplied in, and tiny."""
    return Plain(stored.values.astype(np.float32))
