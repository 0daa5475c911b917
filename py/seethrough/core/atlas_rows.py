"""The map's third file, "rows": the rows of the words that are shown before a model is opened.

The rows stand there in the very bytes of the weight file, so they are the graph's own numbers. The
sums of words (core/row_words.py) are there with their answers, which took all rows to find.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.arithmetic import N_FOUND, SumFound
from seethrough.core.atlas import FORMAT
from seethrough.core.errors import SourceError
from seethrough.core.recorded import METADATA_KEY
from seethrough.core.row_words import N_TERMS
from seethrough.core.safetensors import METADATA, read_safetensors
from seethrough.core.weights import decode_rows, find_tensor, row_ranges

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest

ROWS = "rows"
EMBEDDING = "W_E"
# A matrix that can only be read whole has no rows of its own here.
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class StoredRows:
    """Rows by token, float32 [d_model] each, and sums whose answers are known."""

    rows: Mapping[int, Array]
    sums: tuple[SumFound, ...]


def stored_ranges(manifest: Manifest, ids: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """The bytes of some rows in the joined weight file; none where they cannot be read apart."""
    if len(ids) == 0:
        return ()
    ranges = row_ranges(manifest, find_tensor(manifest, EMBEDDING), ids)
    return ranges if sum(size for _, size in ranges) <= MOST_BYTES else ()


def pack_sums(sums: Sequence[SumFound]) -> dict[str, Array]:
    """Sums as arrays, by the names in the file."""
    return {
        "sums.terms": np.array([one.terms for one in sums], np.uint32).reshape(-1, N_TERMS),
        "sums.ids": np.array([one.ids for one in sums], np.uint32).reshape(-1, N_FOUND),
        "sums.cosines": np.array([one.cosines for one in sums], np.float64).reshape(-1, N_FOUND),
        "sums.ranks": np.array([one.ranks for one in sums], np.uint32).reshape(-1, N_TERMS),
        "sums.given": np.array([one.given for one in sums], np.float64).reshape(-1, N_TERMS),
    }


def stored_from_bytes(data: bytes, manifest: Manifest) -> StoredRows:
    """Read the file, with the manifest whose weights it is of.

    Raises:
        SourceError: Damaged, of another format, of other weights, or bytes that do not fit.
    """
    metadata, arrays = read_safetensors(data)
    try:
        told = json.loads(metadata[METADATA_KEY])
        if told["format"] != FORMAT or told["name"] != ROWS:
            raise SourceError("atlas.format", got=told["format"], expected=FORMAT)
        if told["shard_sha256s"] != [shard.sha256 for shard in manifest.shards]:
            raise SourceError("atlas.other_model", model=manifest.title)
        return StoredRows(_rows(arrays, manifest), _sums(arrays, manifest.config.d_vocab))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise SourceError("atlas.unreadable", part=METADATA) from error


def _rows(arrays: Mapping[str, Array], manifest: Manifest) -> dict[int, Array]:
    ids = arrays["rows.ids"].tolist()
    ranges = stored_ranges(manifest, ids)
    if not ranges:
        return {}
    whole, ends = arrays["rows.bytes"].tobytes(), np.cumsum([size for _, size in ranges]).tolist()
    if ends[-1] != len(whole):
        raise SourceError("atlas.unreadable", part="rows.bytes")
    begins = [0, *ends[:-1]]
    chunks = [whole[begin:end] for begin, end in zip(begins, ends, strict=True)]
    rows = decode_rows(manifest, find_tensor(manifest, EMBEDDING), ids, chunks)
    return dict(zip(ids, rows, strict=True))


def _sums(arrays: Mapping[str, Array], n_tokens: int) -> tuple[SumFound, ...]:
    names = ("terms", "ids", "cosines", "ranks", "given")
    columns = [arrays[f"sums.{name}"] for name in names]
    terms, ids, cosines = columns[:3]
    is_whole = len({len(column) for column in columns}) == 1 and ids.shape == cosines.shape
    largest = max(int(terms.max(initial=0)), int(ids.max(initial=0)))
    if not is_whole or ids.shape[1] > N_FOUND or largest >= n_tokens:
        raise SourceError("atlas.unreadable", part="sums")
    lists = [[tuple(row) for row in column.tolist()] for column in columns]
    return tuple(SumFound(*row) for row in zip(*lists, strict=True))
