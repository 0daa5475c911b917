"""Any weight's rows from the bytes of the joined weight file, by the manifest's table.

Two halves, so that whoever holds the bytes (a file, a worker) only has to slice: `row_ranges`
says which bytes, `decode_rows` turns them into float32. Weights are 2-D as in `x @ W`
([in, out]); norms are 1-D and their rows are single numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.errors import InputError, UnknownNameError, near_misses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest, TensorEntry, TensorPart

Range = tuple[int, int]


def find_tensor(manifest: Manifest, name: str) -> TensorEntry:
    """The entry of a weight.

    Raises:
        UnknownNameError: No such weight; near misses are in the sentence.
    """
    entry = manifest.tensor(name)
    if entry is None:
        names = [tensor.name for tensor in manifest.tensors]
        close = near_misses(name, names)
        key = "weights.unknown_near" if close else "weights.unknown"
        raise UnknownNameError(key, name=name, model=manifest.id, count=len(names), near=close)
    return entry


def check_rows(entry: TensorEntry, rows: Sequence[int]) -> tuple[int, ...]:
    """The rows as ints.

    Raises:
        InputError: No row is asked for, or one is outside the tensor or not a whole number.
    """
    if not rows:
        raise InputError("weights.no_rows", name=entry.name)
    for row in rows:
        is_whole = isinstance(row, int | float | np.integer) and float(row).is_integer()
        if not is_whole or not 0 <= row < entry.dims[0]:
            raise InputError("weights.row", name=entry.name, row=row, last=entry.dims[0] - 1)
    return tuple(int(row) for row in rows)


def row_ranges(manifest: Manifest, entry: TensorEntry, rows: Sequence[int]) -> tuple[Range, ...]:
    """(offset, size) of the bytes that `decode_rows` wants, part by part, row by row."""
    if entry.layout == "transposed" or is_whole(entry, rows):
        return whole_ranges(manifest, entry)
    if is_stretch(entry, rows):
        return tuple(_part_rows(entry, role, part, rows) for role, part in entry.parts.items())
    return tuple(
        _part_row(part, row // _rows_per_entry(entry, role))
        for role, part in entry.parts.items()
        for row in rows
    )


def is_whole(entry: TensorEntry, rows: Sequence[int]) -> bool:
    """Whether these are all rows in order: then a part is one range, not one for each row."""
    n_rows = entry.dims[0]
    return len(rows) == n_rows and all(row == at for at, row in enumerate(rows))


def is_stretch(entry: TensorEntry, rows: Sequence[int]) -> bool:
    """Whether these rows lie one behind the other in each part: then a part is one range."""
    first, end = rows[0], rows[0] + len(rows)
    if len(rows) < 2 or any(row != at for row, at in zip(rows, range(first, end), strict=True)):  # noqa: PLR2004 - one row is one range anyway
        return False
    shared = entry.block_size if entry.layout == "blocks" and entry.block_axis == 0 else 1
    return not first % shared and not end % shared


def whole_ranges(manifest: Manifest, entry: TensorEntry) -> tuple[Range, ...]:
    """(offset, size) of the bytes that a whole tensor is decoded from: one range a part."""
    stored = find_tensor(manifest, entry.source) if entry.layout == "transposed" else entry
    return tuple((part.offset, part.size_bytes) for part in stored.parts.values())


def decode_rows(
    manifest: Manifest, entry: TensorEntry, rows: Sequence[int], chunks: Sequence[bytes]
) -> Array:
    """The rows as float32, exactly the numbers that the graph computes with.

    Shapes: → [len(rows), out], or [len(rows)] for a 1-D tensor.
    """
    if entry.layout == "transposed":
        source = find_tensor(manifest, entry.source)
        return decode_whole(source, chunks)[:, list(rows)].T.copy()
    if is_whole(entry, rows) or is_stretch(entry, rows):
        return decode_whole(entry, chunks)
    arrays = {}
    for index, (role, part) in enumerate(entry.parts.items()):
        mine = chunks[index * len(rows) : (index + 1) * len(rows)]
        arrays[role] = _numbers(part.dtype, b"".join(mine)).reshape(len(rows), *part.dims[1:])
    if entry.layout == "plain":
        return arrays["values"].astype(np.float32)
    # The scale of a row block was fetched once per row, so along axis 0 a block is one row here.
    size = 1 if entry.block_axis == 0 else entry.block_size
    return dequantize_blocks(
        arrays["values"],
        arrays["scale"],
        arrays.get("minimum"),
        size=size,
        axis=entry.block_axis,
        zero_point=entry.zero_point,
    )


def decode_whole(entry: TensorEntry, chunks: Sequence[bytes]) -> Array:
    """The whole tensor, or a stretch of its rows, as float32 from the bytes of each part."""
    arrays = {
        role: _numbers(part.dtype, chunk).reshape(-1, *part.dims[1:])
        for (role, part), chunk in zip(entry.parts.items(), chunks, strict=True)
    }
    if entry.layout == "plain":
        return arrays["values"].astype(np.float32)
    return dequantize_blocks(
        arrays["values"],
        arrays["scale"],
        arrays.get("minimum"),
        size=entry.block_size,
        axis=entry.block_axis,
        zero_point=entry.zero_point,
    )


def multiplied(rows: Array, vectors: Array, *, is_by_row: bool) -> Array:
    """Vectors times rows of a weight, as the engine's worker multiplies them (web/product.js).

    Shapes: rows [count, out]; vectors [n, out] by rows → [n, count]; else [n, count] → [n, out].
    Accuracy: sums in float64, rounded once.
    """
    wide = rows.astype(np.float64)
    made: Array = vectors.astype(np.float64) @ (wide.T if is_by_row else wide)
    return made.astype(np.float32)


def dequantize_blocks(
    values: Array, scale: Array, minimum: Array | None, *, size: int, axis: int, zero_point: int
) -> Array:
    """scale · (values − zero_point) + minimum, each scale shared by `size` numbers along `axis`.

    Shapes: values [in, out]; scale and minimum the same but axis / size → [in, out] float32.
    Accuracy: float32 in the order of llama.cpp, so bit-equal to its dequantised weights.
    """
    wide_scale = np.repeat(scale.astype(np.float32), size, axis=axis)
    result = wide_scale * (values.astype(np.float32) - np.float32(zero_point))
    if minimum is not None:
        result += np.repeat(minimum.astype(np.float32), size, axis=axis)
    return result


def _rows_per_entry(entry: TensorEntry, role: str) -> int:
    """How many rows of the tensor share one stored row of this part."""
    shared = entry.layout == "blocks" and entry.block_axis == 0 and role != "values"
    return entry.block_size if shared else 1


def _part_rows(entry: TensorEntry, role: str, part: TensorPart, rows: Sequence[int]) -> Range:
    """The bytes of a stretch of rows in one part."""
    shared, row_bytes = _rows_per_entry(entry, role), part.size_bytes // part.dims[0]
    return part.offset + rows[0] // shared * row_bytes, len(rows) // shared * row_bytes


def _part_row(part: TensorPart, row: int) -> Range:
    row_bytes = part.size_bytes // part.dims[0]
    return part.offset + row * row_bytes, row_bytes


def _numbers(dtype: str, data: bytes) -> Array:
    """Stored bytes as numbers; int4 is two to a byte, the low half first."""
    if dtype == "int4":
        packed = np.frombuffer(data, np.uint8)
        halves = np.stack([packed & 15, packed >> 4], axis=-1).reshape(-1).astype(np.int8)
        return np.where(halves > 7, halves - 16, halves).astype(np.int8)  # noqa: PLR2004 - 4-bit sign
    if dtype == "bfloat16":
        return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(data, np.dtype(dtype))
