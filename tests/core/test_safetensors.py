from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from seethrough.core.errors import SourceError
from seethrough.core.safetensors import read_safetensors


def written(header: object, body: bytes = b"") -> bytes:
    """A file of any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def entry(dtype: str = "F32", shape: Any = (1,), at: Any = (0, 4)) -> dict[str, Any]:  # noqa: ANN401
    """One array's entry."""
    return {"dtype": dtype, "shape": shape, "data_offsets": at}


def test_what_the_library_writes_is_read() -> None:
    """Arrays of both dtypes, an empty one and a scalar, and the metadata come back bit for bit."""
    arrays = {
        "b": np.array([[0.1, -np.inf, np.nan], [1e-45, 3.0, -0.0]], np.float32),
        "a": np.array([-(2**31), 7], np.int32),
        "empty": np.zeros((0, 3), np.float32),
        "scalar": np.array(2.5, np.float32),
    }

    metadata, read = read_safetensors(save(arrays, metadata={"é": "🍕 \0"}))

    assert metadata == {"é": "🍕 \0"}
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (read[name].dtype, read[name].shape) == (array.dtype, array.shape)
        assert read[name].tobytes() == array.tobytes()


def test_arrays_are_views_that_cannot_be_written() -> None:
    """No second copy, and no panel can change a recorded number."""
    _, read = read_safetensors(save({"a": np.ones(3, np.float32)}))

    with pytest.raises(ValueError, match="read-only"):
        read["a"][0] = 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"12345678",
        b"<!doctype html><p>not found</p>",
        written({"a": entry()}, b"1234")[:-1],
        written({"a": entry()}, b"12345"),
        (2**60).to_bytes(8, "little") + b"{}",
        written(b"{"),
        written(b"{\xff}"),
        written(b"[]"),
        written(b"{" * 100_000),
        written(b'{"a":1,"a":2}'),
        written({"__metadata__": {"a": 1}}),
        written({"__metadata__": []}),
        written({"a": 3}),
        written({"a": {"dtype": "F32"}}),
        written({"a": {**entry(), "more": 1}}, b"1234"),
        written({"a": entry("I64", (1,), (0, 8))}, b"12345678"),
        written({"a": entry(shape=[-1])}, b"1234"),
        written({"a": entry(shape=[1.0])}, b"1234"),
        written({"a": entry(shape=[True])}, b"1234"),
        written({"a": entry(shape=3)}, b"1234"),
        written({"a": entry(at=[4, 8])}, b"12345678"),
        written({"a": entry(at=[0])}, b"1234"),
        written({"a": entry(at=["x", "y"])}, b"1234"),
        written({"a": entry(shape=[10**30])}, b"1234"),
        written({"a": entry(), "b": entry()}, b"1234"),
    ],
    ids=lambda data: f"{len(data)} {data[8:90]!r}",
)
def test_anything_else_is_a_sentence(data: bytes) -> None:
    """Cut, longer than it says, another format, wrong places: refused, never read in part."""
    with pytest.raises(SourceError) as caught:
        read_safetensors(data)
    assert caught.value.key == "recording.unreadable"
    assert str(caught.value)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_damaged_file_never_leaves_a_traceback(data: st.DataObject) -> None:
    """Any byte changed, any cut: an array set or the sentence."""
    whole = bytearray(save({"a": np.ones(3, np.float32), "b": np.ones(2, np.int32)}))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])

    for damaged in (bytes(whole), cut):
        try:
            read_safetensors(damaged)
        except SourceError as error:
            assert error.key == "recording.unreadable"  # noqa: PT017 - either outcome is right
