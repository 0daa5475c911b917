"""Blocks of GGUF's K types, which the `gguf` package reads and cannot write: seeded, any bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gguf
import numpy as np
from gguf import GGMLQuantizationType

if TYPE_CHECKING:
    from seethrough.core.cache import Array

# Where the float16 numbers of a block stand, and how large they are beside the first: the minimum
# lies in the middle of the values.
K_FLOATS = {
    "Q4_K": {0: 1.0, 2: 7.5},
    "Q5_K": {0: 1.0, 2: 15.5},
    "Q6_K": {208: 1.0},
}


def k_blocks(kind: str, values: Array) -> Array:
    """Random blocks for a matrix, its numbers about as large: bytes [out, …]."""
    n_in, n_bytes = gguf.GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    n_blocks = values.shape[1] // n_in
    random = np.random.Generator(np.random.PCG64(values.size))
    blocks = random.integers(0, 256, (values.shape[0], n_blocks, n_bytes), np.uint8)
    scale = random.uniform(0.5, 1.5, blocks.shape[:2])

    def at_size(size: float) -> Array:
        for at, share in K_FLOATS[kind].items():
            halves = (scale * size * share).astype("<f2")[..., None].view(np.uint8)
            blocks[..., at : at + 2] = halves
        return blocks.reshape(len(values), -1)

    numbers = gguf.dequantize(at_size(1e-2), GGMLQuantizationType[kind])
    return at_size(1e-2 * float(values.std() / numbers.std()))
