"""The map's file "rows": what of the embedding can be looked at before the model is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.arithmetic import SumFound, best_of, cosines_with, sum_of
from seethrough.core.atlas_rows import pack_sums, stored_ranges
from seethrough.core.row_words import AXES, SUMS
from seethrough.core.word_groups import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest
    from seethrough.core.tokenizer import Tokenizer


def shown_rows(
    folder: Path, manifest: Manifest, tokenizer: Tokenizer, rows: Array
) -> tuple[dict[str, Any], dict[str, Array]]:
    """What the file tells of itself, and its arrays."""
    known = ids_by_bytes(tokenizer, len(rows))
    words = [*(word for group in GROUPS.values() for word in group), *ends(), *terms()]
    ids = sorted({known[raw] for raw in map(spaced, words) if raw in known})
    ranges = stored_ranges(manifest, ids)
    data = b"".join((folder / shard.path).read_bytes() for shard in manifest.shards)
    chunks = b"".join(data[at : at + size] for at, size in ranges)
    arrays: dict[str, Array] = {
        "rows.ids": np.array(ids if ranges else [], np.uint32),
        "rows.bytes": np.frombuffer(chunks, np.uint8),
        **pack_sums(known_sums(known, rows)),
    }
    return {"shard_sha256s": [shard.sha256 for shard in manifest.shards]}, arrays


def known_sums(known: dict[bytes, int], rows: Array) -> list[SumFound]:
    """The sums whose three words are tokens, with their answers."""
    found = []
    for words in SUMS:
        ids = [known[raw] for raw in map(spaced, words) if raw in known]
        if len(ids) == len(words):
            vector = sum_of(*(rows[token] for token in ids))
            found.append(best_of(cosines_with(rows, vector), ids))
    return found


def ids_by_bytes(tokenizer: Tokenizer, n_tokens: int) -> dict[bytes, int]:
    """The id of each token by its bytes, the lowest of equal ones."""
    found: dict[bytes, int] = {}
    for token in range(n_tokens):
        if tokenizer.has(token):
            found.setdefault(tokenizer.token_bytes(token), token)
    return found


def spaced(word: str) -> bytes:
    """A word as a token that begins one."""
    return f" {word}".encode()


def ends() -> Iterable[str]:
    """The words at the ends of the axes."""
    return (word for begin, end, _ in AXES for word in (begin, end))


def terms() -> Iterable[str]:
    """The words of the sums."""
    return (word for words in SUMS for word in words)
