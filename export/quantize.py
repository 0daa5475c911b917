"""8-bit blocks for checkpoints that come in floats: half the size of float16, and hardly a change.

32 numbers along a matrix's input share a float16 scale, as in ggml's Q8_0, so that the graph reads
them as it reads a GGUF's. What is in blocks already stays as it is, and so do small models, which
cost little to download: theirs are the checkpoint's very numbers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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
LEAST_PARAMS = 20_000_000
LARGEST, SMALLEST, N_TRIED = 127, 100, 32
MOST = 65_504  # what float16 holds; a number beyond it stays as it is, with its matrix
AT_ONCE = 2_048  # blocks: what a processor's cache holds
# Looked up row by row and added to the stream as it is: 16 bits cost little there.
HALVED = ("W_pos",)
BY_ROW = ("W_E", *HALVED)


def quantized(checkpoint: Checkpoint, *, least: int = LEAST_PARAMS) -> Checkpoint:
    """The checkpoint with its matrices in 8-bit blocks, if it has 20 M parameters or more.

    Args:
        least: So many parameters instead.
    """
    if n_params(checkpoint) < least:
        return checkpoint
    tensors = {name: _smaller(name, stored) for name, stored in checkpoint.tensors.items()}
    return replace(checkpoint, tensors=tensors)


def _smaller(name: str, stored: Stored) -> Stored:
    """A tensor as it is shipped."""
    if isinstance(stored, Blocks) or stored.values.ndim == 1:
        return stored
    values, was = stored.dequantized(), stored.values.dtype.name
    if np.abs(values).max() > MOST:
        return stored
    if name in HALVED and stored.dims[1] % BLOCK == 0:
        is_wide = stored.values.dtype == np.float32
        return Plain(values.astype(np.float16), was) if is_wide else stored
    # A matrix [in, out] is read along its inputs, the embedding [d_vocab, d_model] along a row.
    axis = 1 if name in BY_ROW else 0
    if stored.dims[axis] % BLOCK:
        return stored
    return replace(in_blocks(values, axis), rounded_from=was)


def in_blocks(values: Array, axis: int) -> Blocks:
    """Numbers in 8-bit blocks of 32 along an axis, each with the scale that loses least."""
    rows = np.moveaxis(values, axis, -1)
    blocks = np.ascontiguousarray(rows, np.float32).reshape(-1, BLOCK)
    whole = np.empty(blocks.shape, np.int8)
    scale = np.empty(len(blocks), np.float16)

    def fill(start: int) -> None:
        part = slice(start, start + AT_ONCE)
        scale[part] = best_scale(blocks[part])
        whole[part] = rounded(blocks[part], scale[part].astype(np.float32)[:, None])

    with ThreadPoolExecutor() as threads:  # numpy lets them run side by side
        list(threads.map(fill, range(0, len(blocks), AT_ONCE)))
    shape = (*rows.shape[:-1], rows.shape[-1] // BLOCK)
    return Blocks(
        np.ascontiguousarray(np.moveaxis(whole.reshape(rows.shape), -1, axis)),
        np.ascontiguousarray(np.moveaxis(scale.reshape(shape), -1, axis)),
        None,
        bits=8,
        size=BLOCK,
        axis=axis,
    )


def best_scale(blocks: Array) -> Array:
    """The scale of each block that leaves the smallest sum of squared errors.

    Tried are those that put the largest number on the 127th to the 100th step. Against the 127th
    alone that takes a tenth off the error of normally distributed numbers, and more where they come
    from a coarser grid.
    Shapes: blocks [block, 32] → [block] float16. Source: as llama.cpp searches (make_qx_quants).
    """
    columns = np.ascontiguousarray(blocks.T)  # sums over what lies side by side take longer
    largest = np.abs(columns).max(axis=0)
    best = np.zeros(len(blocks), np.float16)
    least = np.full(len(blocks), np.inf, np.float32)
    work = np.empty_like(columns)
    for step in np.linspace(LARGEST, SMALLEST, N_TRIED, dtype=np.float32):
        scale = (largest / step).astype(np.float16)
        wide = scale.astype(np.float32)
        rounded(columns, wide, out=work)
        np.multiply(work, wide, out=work)
        np.subtract(work, columns, out=work)
        error = np.square(work, out=work).sum(axis=0)
        is_better = error < least
        best[is_better], least[is_better] = scale[is_better], error[is_better]
    return best


def rounded(numbers: Array, scale: Array, out: Array | None = None) -> Array:
    """Each number's nearest step: float32 in −128…127; all are 0 where the scale is.

    Args:
        scale: Float32, broadcast against the numbers.
        out: Where the steps are written, instead of to a new array.
    """
    steps = np.divide(numbers, np.where(scale == 0, np.float32(1), scale), out=out)
    return np.clip(np.rint(steps, out=steps), -LARGEST - 1, LARGEST, out=steps)
