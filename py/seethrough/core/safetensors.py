"""A strict reader of the safetensors format, for the page, and a writer: arrays of a few kinds.

The format: 8 bytes little-endian length of the header; the header, JSON: name -> dtype, shape,
data_offsets, and `__metadata__` (text by name); then the numbers, without a gap or a byte over.
Source: https://huggingface.co/docs/safetensors (the format); anything else is refused.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array

LENGTH_BYTES = 8
METADATA = "__metadata__"
HEADER = "header"
DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
}
FIELDS = {"dtype", "shape", "data_offsets"}


def read_safetensors(data: bytes) -> tuple[dict[str, str], dict[str, Array]]:
    """The metadata and the arrays by name; arrays are read-only views of the bytes.

    Raises:
        SourceError: Not this format, cut short, longer than it says, or of another dtype.
    """
    header, body = _parts(data)
    metadata = header.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(
        isinstance(value, str) for value in metadata.values()
    ):
        raise SourceError("recording.unreadable", part=METADATA)
    arrays, end = {}, 0
    for name, entry in sorted(header.items(), key=_start):
        arrays[name], end = _array(name, entry, body, end)
    if end != len(body):
        raise SourceError("recording.unreadable", part="data_offsets")
    return metadata, arrays


def _parts(data: bytes) -> tuple[dict[str, Any], memoryview]:
    """The header as a dict, and the bytes that follow it."""
    if len(data) <= LENGTH_BYTES:
        raise SourceError("recording.unreadable", part=HEADER)
    end = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "little")
    if data[LENGTH_BYTES : LENGTH_BYTES + 1] != b"{" or end > len(data):
        raise SourceError("recording.unreadable", part=HEADER)
    try:
        text = data[LENGTH_BYTES:end].decode("utf-8")
        header = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise SourceError("recording.unreadable", part=HEADER) from error
    if not isinstance(header, dict):
        raise SourceError("recording.unreadable", part=HEADER)
    return header, memoryview(data)[end:]


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise SourceError("recording.unreadable", part=HEADER)
    return names


def _start(item: tuple[str, Any]) -> int:
    """Where an entry's numbers begin; entries that are none come first and are refused there."""
    try:
        return int(item[1]["data_offsets"][0])
    except (TypeError, KeyError, IndexError, ValueError, OverflowError):
        return -1


def _array(name: str, entry: Any, body: memoryview, begin: int) -> tuple[Array, int]:  # noqa: ANN401 - JSON
    """One array and where its bytes end; they must begin where the last one's ended."""
    if not isinstance(entry, dict) or entry.keys() != FIELDS:
        raise SourceError("recording.unreadable", part=name)
    dtype = DTYPES.get(str(entry["dtype"]))
    dims, offsets = entry["shape"], entry["data_offsets"]
    if dtype is None or not _are_counts(dims) or not _are_counts(offsets):
        raise SourceError("recording.unreadable", part=name)
    end = begin + math.prod(dims) * dtype.itemsize
    if offsets != [begin, end] or end > len(body):
        raise SourceError("recording.unreadable", part=name)
    return np.frombuffer(body[begin:end], dtype).reshape(dims), end


def _are_counts(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)


def write_safetensors(metadata: Mapping[str, str], arrays: Mapping[str, Array]) -> bytes:
    """A file of some arrays, which may be of a dtype of DTYPES; the same in, the same out."""
    header: dict[str, Any] = {METADATA: dict(metadata)}
    parts, end = [], 0
    for name, array in arrays.items():
        kind = next(key for key, dtype in DTYPES.items() if dtype == array.dtype)
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [begin, end]}
        parts.append(np.ascontiguousarray(array).tobytes())
    told = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    told += b" " * (-len(told) % LENGTH_BYTES)
    return b"".join([len(told).to_bytes(LENGTH_BYTES, "little"), told, *parts])
