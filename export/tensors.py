"""A checkpoint's weights as they are stored: plain numbers, or blocks that share a scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.weights import dequantize_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.core.cache import Array


@dataclass(frozen=True)
class Plain:
    """Numbers stored one by one: float32, float16 or bfloat16 (ml_dtypes).

    `rounded_from`: what they were before the export rounded them; empty: it did not.
    """

    values: Array
    rounded_from: str = ""

    @property
    def dims(self) -> tuple[int, ...]:
        """Dims of the tensor."""
        return self.values.shape

    def dequantized(self) -> Array:
        """The numbers as float32."""
        return self.values.astype(np.float32)

    def map_arrays(self, change: Callable[[Array], Array]) -> Plain:
        """The same tensor after a change of its arrays that keeps blocks together."""
        return replace(self, values=np.ascontiguousarray(change(self.values)))

    def transposed(self) -> Plain:
        """Axes swapped."""
        return self.map_arrays(np.transpose)


@dataclass(frozen=True)
class Blocks:
    """Small integers; each `size` of them along `axis` share a scale (and a minimum).

    Scales and minima are float16 or float32.
    w = scale · (values − zero_point) + minimum. `bits` says how the values are stored: 4 or 8.
    `rounded_from`: as in `Plain`; blocks that the checkpoint had already were not rounded.
    """

    values: np.ndarray[Any, np.dtype[np.int8]]
    scale: Array
    minimum: Array | None
    bits: int
    zero_point: int = 0
    size: int = 32
    axis: int = 1
    rounded_from: str = ""

    @property
    def dims(self) -> tuple[int, ...]:
        """Dims of the tensor."""
        return self.values.shape

    def dequantized(self) -> Array:
        """The numbers as float32, in llama.cpp's order of operations."""
        return dequantize_blocks(
            self.values,
            self.scale,
            self.minimum,
            size=self.size,
            axis=self.axis,
            zero_point=self.zero_point,
        )

    def map_arrays(self, change: Callable[[Array], Array]) -> Blocks:
        """The same tensor after a change of its arrays that keeps blocks together."""
        return replace(
            self,
            values=np.ascontiguousarray(change(self.values)),
            scale=np.ascontiguousarray(change(self.scale)),
            minimum=None if self.minimum is None else np.ascontiguousarray(change(self.minimum)),
        )

    def transposed(self) -> Blocks:
        """Axes swapped; the blocks lie along the other axis then."""
        return replace(self.map_arrays(np.transpose), axis=1 - self.axis)


Stored = Plain | Blocks
