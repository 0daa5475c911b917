"""What every source of a checkpoint gives: config, named tensors, tokeniser, chat, origin."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from export.tensors import Plain
from seethrough.core.errors import SeethroughError, SourceError
from seethrough.core.weight_names import expected_dims

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from export.tensors import Stored
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig


@dataclass(frozen=True)
class Checkpoint:
    """One model under our names, weights as [in, out] (W_E as [d_vocab, d_model])."""

    config: ModelConfig
    tensors: dict[str, Stored]
    tokenizer: dict[str, Any]
    chat_template: str | Mapping[str, str] | None
    end_ids: tuple[int, ...]
    licence: str
    origin: dict[str, str] = field(default_factory=dict)
    # By the names that a chat template knows them by ("bos_token"); what is not there has none.
    special_tokens: Mapping[str, str] = field(default_factory=dict)

    def weight(self, name: str) -> Array:
        """A weight as float32 by its name; the tied `W_U` is `W_E` transposed."""
        if name == "W_U" and name not in self.tensors:
            return self.tensors["W_E"].dequantized().T
        return self.tensors[name].dequantized()


def n_params(checkpoint: Checkpoint) -> int:
    """How many numbers the model has; a tied unembedding counts once."""
    return sum(math.prod(stored.dims) for stored in checkpoint.tensors.values())


@contextmanager
def damage_is_named(path: Path) -> Iterator[None]:
    """Turn whatever reading a damaged file ends in into the sentence that says so.

    Raises:
        SourceError: Anything but an error that is already a sentence was raised inside.
    """
    try:
        yield
    except SeethroughError:
        raise
    # Readers trust their file: a damaged one ends in whatever numpy, struct or int say.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:200]
        raise SourceError("source.corrupt", path=path.name, reason=reason) from error


def check_layers(n_layers: int, n_tensors: int) -> None:
    """Refuse a count of layers that the file cannot hold, before anything is made per layer.

    Raises:
        SourceError: There are fewer tensors than layers.
    """
    if n_layers > n_tensors:
        raise SourceError("source.missing_tensor", name=f"blocks.{n_layers - 1}.ln1.w")


def check_tensors(
    tensors: Mapping[str, Stored], config: ModelConfig, unused: Iterable[str]
) -> None:
    """Hold a checkpoint's tensors against the config: all there, none left, every dim right.

    Raises:
        SourceError: A tensor is missing, unused, of the wrong dims, or holds NaN or infinity.
    """
    left_over = sorted(unused)
    if left_over:
        raise SourceError("source.unused_tensor", names=", ".join(left_over[:5]))
    for name, dims in expected_dims(config).items():
        if name not in tensors:
            raise SourceError("source.missing_tensor", name=name)
        if tensors[name].dims != dims:
            raise SourceError("source.dims", name=name, got=tensors[name].dims, expected=dims)
        if not all(np.isfinite(array).all() for array in _floats(tensors[name])):
            raise SourceError("source.not_finite", name=name)


def _floats(stored: Stored) -> tuple[Array, ...]:
    """The floating-point arrays of a tensor: where a NaN could hide."""
    if isinstance(stored, Plain):
        return (stored.values.astype(np.float32),)
    return (stored.scale,) if stored.minimum is None else (stored.scale, stored.minimum)
