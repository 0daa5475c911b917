"""GGUF's tensor types: a file's blocks as small integers, scales and minima, number for number.

A row of bytes is cut into blocks; each says its integers and what they are multiplied with. Types
of the K family share a float16 among several scales of six or eight bits: their products fit into
float32 to the last bit, and are stored so. Tests hold every type to the `gguf` package's own
dequantisation, bit for bit.
Source: ggml's block_* structures (ggml-common.h), gguf's quants.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np

from export.tensors import Blocks, Plain, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.core.cache import Array

HALF = np.array([0, 4], np.uint8)
QUARTERS = np.array([0, 2, 4, 6], np.uint8)
BITS = np.arange(8, dtype=np.uint8)


def unpack(kind: str, data: Array, dims: tuple[int, ...]) -> Stored | None:
    """A tensor as it is stored, [out, in]; None: a type that we do not read.

    Args:
        data: Numbers of the type, or bytes, as the `gguf` package's reader gives them.
    """
    if kind in PLAIN:
        return Plain(PLAIN[kind](data).reshape(dims))
    if kind not in IN_BLOCKS:
        return None
    n_bytes, read = IN_BLOCKS[kind]
    rows = data.reshape(dims[0], -1)
    return read(rows.reshape(dims[0], rows.shape[1] // n_bytes, n_bytes))


def q4_0(blocks: Array) -> Blocks:
    """float16 d, 16 bytes of halves: d · (q − 8)."""
    return _blocks(_halves(blocks[..., 2:]), 8, _scale(blocks, 0), None, bits=4)


def q4_1(blocks: Array) -> Blocks:
    """float16 d and m, 16 bytes of halves: d · q + m."""
    return _blocks(_halves(blocks[..., 4:]), 8, _scale(blocks, 0), _scale(blocks, 2), bits=4)


def q5_0(blocks: Array) -> Blocks:
    """float16 d, 32 fifth bits, 16 bytes of halves: d · (q − 16)."""
    values = _halves(blocks[..., 6:]) | _fifth_bits(blocks[..., 2:6])
    return _blocks(values, 16, _scale(blocks, 0), None)


def q5_1(blocks: Array) -> Blocks:
    """float16 d and m, 32 fifth bits, 16 bytes of halves: d · q + m."""
    values = _halves(blocks[..., 8:]) | _fifth_bits(blocks[..., 4:8])
    return _blocks(values, 16, _scale(blocks, 0), _scale(blocks, 2))


def q8_0(blocks: Array) -> Blocks:
    """float16 d, 32 bytes: d · q."""
    values = np.ascontiguousarray(blocks[..., 2:]).view(np.int8)
    return Blocks(_joined(values), _scale(blocks, 0), None, bits=8)


def q4_k(blocks: Array) -> Blocks:
    """256 numbers: float16 d and m, eight scales and minima of six bits, 128 bytes of halves.

    d · s · q − m · t for each 32.
    """
    values = _pieces(blocks[..., 16:], HALF, 15)
    return _of_32(blocks, values, 8, bits=4)


def q5_k(blocks: Array) -> Blocks:
    """256 numbers as in q4_k, with 256 fifth bits before the halves."""
    low = _pieces(blocks[..., 48:], HALF, 15)
    fifth = _pieces(blocks[..., 16:48], BITS, 1)
    return _of_32(blocks, low | (fifth << 4), 16)


def q6_k(blocks: Array) -> Blocks:
    """256 numbers: 128 bytes of low halves, 64 of upper two bits, sixteen int8 scales, float16 d.

    d · s · (q − 32) for each 16.
    """
    low = _pieces(blocks[..., :128], HALF, 15, width=64)
    upper = _pieces(blocks[..., 128:192], QUARTERS, 3)
    values = low.reshape(upper.shape) | (upper << 4)
    wide = np.ascontiguousarray(blocks[..., 192:208]).view(np.int8).astype(np.float32)
    return _blocks(values, 32, _scales(blocks, 208, wide), None, size=16)


PLAIN: Mapping[str, Callable[[Array], Array]] = {
    "F32": lambda data: data,
    "F16": lambda data: data,
    "BF16": lambda data: np.ascontiguousarray(data).view(ml_dtypes.bfloat16),
}
# How many bytes a block has, and what reads them.
IN_BLOCKS: Mapping[str, tuple[int, Callable[[Array], Blocks]]] = {
    "Q8_0": (34, q8_0),
    "Q4_0": (18, q4_0),
    "Q4_1": (20, q4_1),
    "Q5_0": (22, q5_0),
    "Q5_1": (24, q5_1),
    "Q4_K": (144, q4_k),
    "Q5_K": (176, q5_k),
    "Q6_K": (210, q6_k),
}
SUPPORTED = (*PLAIN, *IN_BLOCKS)


def _of_32(blocks: Array, values: Array, middle: int, *, bits: int = 8) -> Blocks:
    """A K type whose 256 numbers are eight times 32, each with its scale and its minimum."""
    packed = blocks[..., 4:16]
    low, high, rest = packed[..., :4], packed[..., 4:8], packed[..., 8:]
    scales = np.concatenate([low & 63, (rest & 15) | ((low >> 2) & 48)], axis=-1)
    minima = np.concatenate([high & 63, (rest >> 4) | ((high >> 2) & 48)], axis=-1)
    scale, minimum = _scales(blocks, 0, scales), _scales(blocks, 2, minima)
    return _blocks(values, middle, scale, -minimum, bits=bits)


def _blocks(
    values: Array,
    middle: int,
    scale: Array,
    minimum: Array | None,
    *,
    bits: int = 8,
    size: int = 32,
) -> Blocks:
    """Unsigned values around their middle: those with a minimum are counted from it."""
    centred = _joined(values).astype(np.int8) - np.int8(middle)
    zero_point = 0 if minimum is None else -middle
    return Blocks(centred, scale, minimum, bits=bits, zero_point=zero_point, size=size)


def _scale(blocks: Array, at: int) -> Array:
    """The float16 that stands at a byte of each block: [out, block]."""
    return np.ascontiguousarray(blocks[..., at : at + 2]).view(np.float16)[..., 0]


def _scales(blocks: Array, at: int, shares: Array) -> Array:
    """A float16 of each block times its small numbers, to the last bit: [out, …] float32."""
    with np.errstate(invalid="ignore"):  # what is not finite is found and named with its tensor
        return _joined(_scale(blocks, at).astype(np.float32)[..., None] * shares.astype(np.float32))


def _halves(packed: Array) -> Array:
    """First the low halves of 16 bytes, then the high ones."""
    return np.concatenate([packed & 15, packed >> 4], axis=-1)


def _fifth_bits(packed: Array) -> Array:
    """32 bits, the lowest first, each worth 16."""
    return np.unpackbits(packed, axis=-1, bitorder="little") << 4


def _pieces(packed: Array, shifts: Array, mask: int, *, width: int = 32) -> Array:
    """Bytes in runs, each run read once for each shift: [out, block, run · shift, width]."""
    runs = packed.reshape(*packed.shape[:2], -1, 1, width)
    pieces = (runs >> shifts[:, None]) & np.uint8(mask)
    return pieces.reshape(*packed.shape[:2], -1, width)


def _joined(parts: Array) -> Array:
    """What the blocks of a row hold, side by side: [out, …] → [out, in]."""
    return np.ascontiguousarray(parts.reshape(parts.shape[0], -1))
