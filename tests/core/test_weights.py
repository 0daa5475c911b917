from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seethrough.core.errors import InputError, UnknownNameError
from seethrough.core.manifest import TensorEntry, TensorPart
from seethrough.core.weights import (
    check_rows,
    decode_rows,
    decode_whole,
    dequantize_blocks,
    find_tensor,
    row_ranges,
)
from tests.fake_engine import int4_bytes, tiny_model

MODEL = tiny_model()
FEW = settings(max_examples=80, deadline=None, derandomize=True)


def rows_of(name: str, rows: list[int]) -> np.ndarray:
    """Rows of one of the tiny model's weights, read from its weight file."""
    entry = find_tensor(MODEL.manifest, name)
    ranges = row_ranges(MODEL.manifest, entry, rows)
    chunks = [MODEL.weight_file[at : at + size] for at, size in ranges]
    return decode_rows(MODEL.manifest, entry, rows, chunks)


def in_blocks(
    seed: int, dims: tuple[int, int], size: int, axis: int, *, dtype: str, minimum: bool
) -> tuple[TensorEntry, bytes, np.ndarray]:
    """A random block-wise tensor: its entry, its bytes, and what they mean, number by number."""
    rng = np.random.default_rng(seed)
    low, high = (-8, 8) if dtype == "int4" else (-128, 128)
    values = rng.integers(low, high, dims).astype(np.int8)
    shared = (dims[0] // size, dims[1]) if axis == 0 else (dims[0], dims[1] // size)
    arrays = {"scale": rng.standard_normal(shared).astype(np.float16)}
    if minimum:
        arrays["minimum"] = rng.standard_normal(shared).astype(np.float16)
    zero_point = int(rng.integers(low, high))
    data = b"padding"
    parts = {}
    stored = int4_bytes(values) if dtype == "int4" else values.tobytes()
    for role, chunk in [("values", stored), *((role, a.tobytes()) for role, a in arrays.items())]:
        part_dims = dims if role == "values" else shared
        part_dtype = dtype if role == "values" else "float16"
        parts[role] = TensorPart(part_dtype, part_dims, len(data), len(chunk))
        data += chunk
    meaning = np.empty(dims, np.float32)
    for row, column in np.ndindex(dims):
        place = (row // size, column) if axis == 0 else (row, column // size)
        step = np.float32(int(values[row, column]) - zero_point)
        meaning[row, column] = np.float32(arrays["scale"][place]) * step
        if minimum:
            meaning[row, column] += np.float32(arrays["minimum"][place])
    return TensorEntry("W", dims, "blocks", parts, size, axis, zero_point), data, meaning


@FEW
@given(
    st.integers(0, 2**31),
    st.tuples(st.integers(1, 4), st.integers(1, 5), st.sampled_from([2, 4, 8])),
    st.sampled_from([0, 1]),
    st.sampled_from(["int4", "int8"]),
    st.booleans(),
    st.data(),
)
def test_rows_of_blocks_are_rows_of_the_whole(  # noqa: PLR0917 - hypothesis hands them over
    seed: int,
    shape: tuple[int, int, int],
    axis: int,
    dtype: str,
    minimum: bool,  # noqa: FBT001
    data: st.DataObject,
) -> None:
    """Along both axes, with and without a minimum: rows, the whole, the definition are equal."""
    blocks, other, size = shape
    dims = (blocks * size, other * 2) if axis == 0 else (other, blocks * size)
    entry, stored, meaning = in_blocks(seed, dims, size, axis, dtype=dtype, minimum=minimum)
    rows = data.draw(st.lists(st.integers(0, dims[0] - 1), min_size=1, max_size=6))

    ranges = row_ranges(MODEL.manifest, entry, rows)
    chunks = [stored[at : at + count] for at, count in ranges]
    whole = [stored[p.offset : p.offset + p.size_bytes] for p in entry.parts.values()]

    np.testing.assert_array_equal(decode_rows(MODEL.manifest, entry, rows, chunks), meaning[rows])
    np.testing.assert_array_equal(decode_whole(entry, whole), meaning)


@pytest.mark.parametrize("name", [entry.name for entry in MODEL.manifest.tensors])
def test_every_layout_is_read(name: str) -> None:
    """Plain, block-wise and transposed tensors: any rows, in any order, twice if asked."""
    rows = [5, 0, 5, 7]

    got = rows_of(name, rows)

    np.testing.assert_array_equal(got, MODEL.arrays[name][rows])
    assert got.dtype == np.float32


def test_only_the_rows_are_fetched() -> None:
    """A row of a plain matrix is its own bytes; a shared scale comes with it."""
    entry = find_tensor(MODEL.manifest, "blocks.0.mlp.W_out")
    start = entry.parts["values"].offset
    assert row_ranges(MODEL.manifest, entry, [0, 3]) == (
        (start, 32 * 4),
        (start + 3 * 32 * 4, 32 * 4),
    )

    entry = find_tensor(MODEL.manifest, "blocks.0.mlp.W_in")
    values, scale = entry.parts["values"], entry.parts["scale"]
    assert row_ranges(MODEL.manifest, entry, [9]) == (
        (values.offset + 9 * 24, 24),
        (scale.offset + 1 * 96, 96),
    )


def test_a_tied_unembedding_is_the_embedding_turned() -> None:
    """Row i of W_U is column i of W_E, and is the array's own memory."""
    got = rows_of("W_U", [31, 0])

    np.testing.assert_array_equal(got, MODEL.arrays["W_E"][:, [31, 0]].T)
    assert got.flags.c_contiguous


def test_bfloat16_is_the_upper_half_of_float32() -> None:
    """Known bit patterns, signs and the largest number among them."""
    numbers = [1.0, -2.5, 0.0, 3.3895313892515355e38]
    stored = np.array([0x3F80, 0xC020, 0x0000, 0x7F7F], np.uint16).tobytes()
    entry = TensorEntry("w", (4,), "plain", {"values": TensorPart("bfloat16", (4,), 0, 8)})

    assert decode_whole(entry, [stored]).tolist() == numbers


def test_int4_is_two_to_a_byte() -> None:
    """The low half comes first; 8 to 15 are −8 to −1."""
    part = TensorPart("int4", (1, 4), 0, 2)
    scale = TensorPart("float16", (1, 1), 2, 2)
    entry = TensorEntry("W", (1, 4), "blocks", {"values": part, "scale": scale}, 4, 1)

    whole = decode_whole(entry, [bytes([0x70, 0x8F]), np.float16(1).tobytes()])

    assert whole.tolist() == [[0, 7, -1, -8]]


def test_dequantising_is_float32_in_order() -> None:
    """scale · (value − zero point), rounded, then + minimum, rounded: llama.cpp's order."""
    values = np.array([[7, -8]], np.int8)
    scale = np.array([[0.1]], np.float16)
    minimum = np.array([[0.3]], np.float16)

    got = dequantize_blocks(values, scale, minimum, size=2, axis=1, zero_point=-8)

    product = np.float32(scale[0, 0]) * np.float32(15)
    assert got.dtype == np.float32
    assert got.tolist() == [[product + np.float32(minimum[0, 0]), np.float32(minimum[0, 0])]]


@pytest.mark.parametrize("row", [-1, 300, 0.5, float("inf"), float("nan"), "0", None, [1]])
def test_a_row_that_is_not_there_is_refused(row: object) -> None:
    """The sentence has the tensor, what was asked for, and the last row."""
    entry = find_tensor(MODEL.manifest, "W_E")

    with pytest.raises(InputError) as caught:
        check_rows(entry, [0, row])  # type: ignore[list-item]
    assert str(caught.value) == f"W_E has no row {row}: its rows are 0 to 299."


def test_rows_are_whole_numbers() -> None:
    """JavaScript's and numpy's numbers count; none at all is no question."""
    entry = find_tensor(MODEL.manifest, "W_E")

    assert check_rows(entry, [299, 1.0, np.int64(2)]) == (299, 1, 2)  # type: ignore[list-item]
    with pytest.raises(InputError, match="No row of W_E"):
        check_rows(entry, [])


def test_an_unknown_weight_is_told_the_near_ones() -> None:
    """A misspelt name has near misses, a strange one an example."""
    with pytest.raises(UnknownNameError, match=r"Did you mean 'blocks\.1\.attn\.W_O'"):
        find_tensor(MODEL.manifest, "blocks.1.attn.W_o")
    with pytest.raises(UnknownNameError, match=r"tiny-7 \(it has 21\)") as caught:
        find_tensor(MODEL.manifest, "zzz")
    assert caught.value.key == "weights.unknown"


def test_a_lost_source_is_told_by_name() -> None:
    """An alias of a tensor that is not in the manifest is an unknown weight."""
    entry = replace(find_tensor(MODEL.manifest, "W_U"), source="W_X")

    with pytest.raises(UnknownNameError, match="W_X"):
        row_ranges(MODEL.manifest, entry, [0])


@pytest.mark.parametrize("name", [entry.name for entry in MODEL.manifest.tensors])
def test_neighbouring_rows_are_fetched_as_one(name: str) -> None:
    """Rows that lie behind one another are one range a part, and the very numbers."""
    entry = find_tensor(MODEL.manifest, name)
    size = entry.block_size if entry.layout == "blocks" and entry.block_axis == 0 else 1
    rows = list(range(size, min(entry.dims[0] // size, 4) * size))

    ranges = row_ranges(MODEL.manifest, entry, rows)

    np.testing.assert_array_equal(rows_of(name, rows), MODEL.arrays[name][rows])
    assert entry.layout == "transposed" or len(ranges) == len(entry.parts)
