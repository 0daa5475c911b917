"""What is said of each family's layout on the hub, and how its settings are held to ours."""

from __future__ import annotations

from dataclasses import dataclass, field
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


# transformers' names of one function each; they differ by float32's rounding at most.
SAME_ACTIVATIONS = {
    "silu": ("silu", "swish"),
    "gelu": ("gelu", "gelu_python"),
    "gelu_new": (
        "gelu_new",
        "gelu_pytorch_tanh",
        "gelu_python_tanh",
        "gelu_fast",
        "gelu_accurate",
    ),
}


@dataclass(frozen=True)
class HubFamily:
    """One architecture of the hub.

    `names` are the file's, without the `prefix` that some files put before them all. `arrange`
    gives what one tensor of the file is here. Tensors that match `known_extra` hold no weights:
    masks, rotary frequencies. `config` makes the sizes of whole settings and of whether the
    unembedding is the embedding. `usual` are the values that transformers' class takes for settings
    that are left out; `aliases` its other names for some of them; `shaping` those that follow from
    the tensors' shapes as well.
    """

    config: Callable[[Settings, bool], ModelConfig]
    names: dict[str, str]
    arrange: Callable[[str, Plain, ModelConfig], Parts]
    prefix: str = ""
    known_extra: re.Pattern[str] | None = None
    usual: Settings = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    shaping: tuple[str, ...] = ()

    @property
    def rows(self) -> str:
        """The file's name of the embedding."""
        return next(stored for stored, ours in self.names.items() if ours == "W_E")

    @property
    def head(self) -> str:
        """The file's name of the unembedding; of a family that has none, the usual one."""
        named = (stored for stored, ours in self.names.items() if ours == "W_U")
        return next(named, "lm_head.weight")

    def name_of(self, stored: str) -> str:
        """A tensor's name in the file without the prefix."""
        return stored.removeprefix(self.prefix)

    def is_extra(self, stored: str) -> bool:
        """Whether the tensor is known to hold no weights."""
        return bool(self.known_extra and self.known_extra.fullmatch(self.name_of(stored)))

    def whole(self, settings: Settings) -> Settings:
        """The settings under the family's own names, the usual value where one is left out.

        Raises:
            SourceError: Two names of one setting have different values.
        """
        given = {name: value for name, value in settings.items() if name not in self.aliases}
        for alias, name in self.aliases.items():
            if alias in settings and given.setdefault(name, settings[alias]) != settings[alias]:
                first, second = given[name], settings[alias]
                raise SourceError(
                    "source.two_values", name=name, first=first, other=alias, second=second
                )
        return {**self.usual, **given}

    def left_out(self, settings: Settings) -> list[str]:
        """The settings behind the tensors' shapes that a config.json does not have."""
        known = {self.aliases.get(name, name) for name in settings}
        return [name for name in self.shaping if name not in known]


def demand(settings: Settings, name: str, usual: object) -> None:
    """Refuse a setting that is not the usual one.

    Raises:
        SourceError: It is another.
    """
    got = settings.get(name, usual)
    if got != usual:
        raise SourceError("source.setting", name=name, got=got, expected=usual)


def demand_activation(settings: Settings, name: str, supported: str) -> None:
    """Refuse another activation than the family's, whatever it is called.

    Raises:
        SourceError: It is another.
    """
    same = SAME_ACTIVATIONS[supported]
    got = settings.get(name, supported)
    if got not in same:
        raise SourceError("source.activation", got=got, supported=", ".join(same))


def head_width(d_model: int, n_heads: int) -> int:
    """What each head gets of the stream; 0 heads are refused where the config is made."""
    if d_model % max(n_heads, 1):
        raise SourceError("config.uneven_heads", d_model=d_model, n_heads=n_heads)
    return d_model // max(n_heads, 1)


def wide(stored: Plain) -> Plain:
    """Vectors become float32: they are added up or multiplied in, and tiny."""
    return Plain(stored.values.astype(np.float32))
