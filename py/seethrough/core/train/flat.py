"""All weights of a model as one vector: where each lies in it, and back.

The graph of a training step takes the vector, so that the update is a dozen operations however many
weights there are. The order is that of `expected_dims`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.errors import ShapeError
from seethrough.core.weight_names import expected_dims

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.weight_names import Dims


@dataclass(frozen=True)
class Flat:
    """Where each weight lies in the vector: its dims by name, in order."""

    dims: Mapping[str, Dims]

    @cached_property
    def places(self) -> dict[str, slice]:
        """The part of the vector that each weight has."""
        places, start = {}, 0
        for name, dims in self.dims.items():
            places[name] = slice(start, start + prod(dims))
            start += prod(dims)
        return places

    @property
    def size(self) -> int:
        """How many numbers the model learns."""
        return sum(prod(dims) for dims in self.dims.values())

    def join(self, weights: Mapping[str, Array]) -> Array:
        """Weights by name as one vector: float32 [size]."""
        return np.concatenate([np.ravel(weights[name]) for name in self.dims], dtype=np.float32)

    def split(self, vector: Array) -> dict[str, Array]:
        """The vector's parts under their names, in their dims, without a copy.

        Raises:
            ShapeError: The vector has another length.
        """
        if vector.shape != (self.size,):
            raise ShapeError("train.size", got=vector.size, expected=self.size)
        return {name: vector[self.places[name]].reshape(dims) for name, dims in self.dims.items()}

    def decayed(self) -> Array:
        """1 where a number is of a matrix, 0 in norms and biases, which do not decay: [size]."""
        return np.concatenate(
            [np.full(prod(dims), len(dims) > 1, np.float32) for dims in self.dims.values()]
        )


def flat_of(config: ModelConfig) -> Flat:
    """Where the weights of a model lie."""
    return Flat(expected_dims(config))
