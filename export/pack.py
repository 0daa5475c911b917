"""The weight file: every stored array one after the other, written once, cut into shards.

A shard is named by its content, so that a cached one can never be another version's.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from export.packed import Packed
from export.tensors import Blocks, Plain, Stored
from seethrough.core.assets import WEIGHTS, Asset
from seethrough.core.manifest import TensorEntry, TensorPart

if TYPE_CHECKING:
    from pathlib import Path

    from export.graph import Graph, Value
    from seethrough.core.cache import Array

ALIGN = 64
SHARD_BYTES = 24 * 1024 * 1024
HASH_DIGITS = 12


class WeightPack:
    """Collects arrays with their offsets; `write_shards` writes them.

    `is_open`: the graph takes a vocabulary of any size.
    """

    is_open = False

    def __init__(self) -> None:
        self.entries: dict[str, TensorEntry] = {}
        self.size_bytes = 0
        self._chunks: list[bytes] = []

    def add(self, name: str, stored: Stored) -> None:
        """Append a tensor's arrays and note where they lie."""
        if isinstance(stored, Plain):
            parts = {"values": self._append(stored.values)}
            was = stored.rounded_from
            self.entries[name] = TensorEntry(name, stored.dims, "plain", parts, rounded_from=was)
            return
        # A row of an odd number of half bytes would end inside a byte, and rows are read alone.
        is_packed = stored.bits == 4 and stored.dims[-1] % 2 == 0  # noqa: PLR2004 - 4 or 8 bits
        dtype = "int4" if is_packed else "int8"
        parts = {
            "values": self._append(stored.values, dtype),
            "scale": self._append(stored.scale),
        }
        if stored.minimum is not None:
            parts["minimum"] = self._append(stored.minimum)
        self.entries[name] = _block_entry(name, stored, parts)

    def alias_transposed(self, name: str, source: str) -> None:
        """List a tensor that is another one with its axes swapped (a tied unembedding)."""
        dims = self.entries[source].dims[::-1]
        self.entries[name] = TensorEntry(name, dims, "transposed", {}, source=source)

    def begin(self, graph: Graph) -> None:
        """Nothing: a file's weights are there when the graph is opened."""

    def value(self, graph: Graph, name: str, role: str = "values") -> Value:
        """One stored array of a tensor as a value of the graph."""
        return graph.weight(self.packed(name, role))

    def packed(self, name: str, role: str = "values") -> Packed:
        """One stored array of a tensor, as an initializer of the graph."""
        suffix = "" if self.entries[name].layout == "plain" else f".{role}"
        return Packed(f"{name}{suffix}", self.entries[name].parts[role])

    def write_shards(self, folder: Path) -> tuple[Asset, ...]:
        """Cut the weight file into shards of at most 24 MiB and write them."""
        whole = b"".join(self._chunks)
        cuts = range(0, len(whole), SHARD_BYTES)
        return tuple(
            write_hashed(WEIGHTS, folder, f"weights-{index:02}.bin", whole[cut : cut + SHARD_BYTES])
            for index, cut in enumerate(cuts)
        )

    def _append(self, array: Array, dtype: str = "") -> TensorPart:
        data = pack_int4(array) if dtype == "int4" else np.ascontiguousarray(array).tobytes()
        part = TensorPart(dtype or array.dtype.name, array.shape, self.size_bytes, len(data))
        padding = -len(data) % ALIGN
        self._chunks.append(data + bytes(padding))
        self.size_bytes += len(data) + padding
        return part


def pack_int4(values: Array) -> bytes:
    """Two 4-bit numbers to a byte, the first in the low half (ONNX's INT4); rows are even."""
    nibbles = values.reshape(-1, 2).astype(np.uint8) & 15
    return (nibbles[:, 0] | (nibbles[:, 1] << 4)).astype(np.uint8).tobytes()


def write_hashed(kind: str, folder: Path, name: str, data: bytes) -> Asset:
    """Write a file whose name carries the start of its sha256."""
    digest = hashlib.sha256(data).hexdigest()
    stem, dot, suffix = name.rpartition(".")
    path = f"{stem}-{digest[:HASH_DIGITS]}{dot}{suffix}"
    (folder / path).write_bytes(data)
    return Asset(kind, path, len(data), digest)


def _block_entry(name: str, stored: Blocks, parts: dict[str, TensorPart]) -> TensorEntry:
    return TensorEntry(
        name,
        stored.dims,
        "blocks",
        parts,
        block_size=stored.size,
        block_axis=stored.axis,
        zero_point=stored.zero_point,
        rounded_from=stored.rounded_from,
    )
