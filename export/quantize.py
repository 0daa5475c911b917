"""8-bit blocks for checkpoints that come in floats: half the size of float16, and hardly a change.

32 numbers along a matrix's input share a float16 scale, as in ggml's Q8_0, so that the graph reads
them as it reads a GGUF's. What is in blocks already stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from export.checkpoint import n_params
from export.tensors import Blocks, Plain

if TYPE_CHECKING:
    from export.checkpoint import Checkpoint
    from export.tensors import Stored
    from seethrough.core.cache import Array

BLOCK = 32
MOST_PARAMS = 200_000_000
LARGEST = 127
# Looked up row by row and added to the stream as it is: 16 bits cost little there.
HALVED = ("W_pos",)


def quantized(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint with its matrices in 8-bit blocks, if it has at most 200 M parameters."""
    if n_params(checkpoint) > MOST_PARAMS:
        return checkpoint
    tensors = {name: _smaller(name, stored) for name, stored in checkpoint.tensors.items()}
    return replace(checkpoint, tensors=tensors)


def _smaller(name: str, stored: Stored) -> Stored:
    """A tensor as it is shipped."""
    if isinstance(stored, Blocks) or stored.values.ndim == 1:
        return stored
    if name in HALVED:
        is_wide = stored.values.dtype == np.float32
        return Plain(stored.values.astype(np.float16)) if is_wide else stored
    # A matrix [in, out] is read along its inputs, the embedding [d_vocab, d_model] along a row.
    axis = 1 if name == "W_E" else 0
    return stored if stored.dims[axis] % BLOCK else in_blocks(stored.dequantized(), axis)


def in_blocks(values: Array, axis: int) -> Blocks:
    """Numbers in 8-bit blocks of 32 along an axis: the nearest that a block's scale allows.

    The scale is the largest magnitude over 127, rounded up to float16, so that nothing is cut off.
    """
    rows = np.moveaxis(values, axis, -1)
    blocks = rows.reshape(*rows.shape[:-1], -1, BLOCK)
    exact = np.abs(blocks).max(axis=-1) / LARGEST
    scale = exact.astype(np.float16)
    scale = np.where(scale < exact, np.nextafter(scale, np.float16(np.inf)), scale)
    divisor = np.where(scale == 0, 1, scale).astype(np.float32)[..., None]
    whole = np.rint(blocks / divisor).astype(np.int8).reshape(rows.shape)
    return Blocks(
        np.ascontiguousarray(np.moveaxis(whole, -1, axis)),
        np.ascontiguousarray(np.moveaxis(scale, -1, axis)),
        None,
        bits=8,
        size=BLOCK,
        axis=axis,
    )
