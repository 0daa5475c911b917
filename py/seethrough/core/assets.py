"""The files of a model, in one list: what each is, how large, its hash, and what its kind tells.

The list stands in manifest.json. Whatever downloads, checks, sizes or stores a model's files asks
it, so that another kind of file is a row more. As JSON a row is flat:

    graph, tokenizer    one of each
    weights             the weight file's shards, in order
    recording           a recorded walk: id, prompt, chat, n_tokens
    sample              a card of the prompt gallery (core/gallery.py): the same, its temperatures,
                        the one that it opens at, its first new tokens with their probabilities
    document            a text that the model read (core/train/documents.py): as a recording
    part                a further file of one: name, recording (its id)
    inside              the same, of what is inside its layers (core/insides.py)
    atlas               the map of the vocabulary: name (core/atlas.py)
    check               numbers of one text to hold this device to (core/self_check.py)
    fidelity            how far the numbers are from the source's (core/fidelity.py)
    licence             what its licence asks to go with the model: name ("terms", "notice"), title
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GRAPH, WEIGHTS, TOKENIZER = "graph", "weights", "tokenizer"
RECORDING, PART, INSIDE, SAMPLE = "recording", "part", "inside", "sample"
DOCUMENT = "document"
ATLAS = "atlas"
CHECK, FIDELITY, LICENCE = "check", "fidelity", "licence"
# Fetched when the model is loaded; everything else when it is first shown.
TO_RUN = frozenset({GRAPH, WEIGHTS, TOKENIZER})
# What no start needs, but for the recorded walk that home shows.
LATER = (TOKENIZER, RECORDING, PART, INSIDE, SAMPLE, DOCUMENT, ATLAS, FIDELITY, LICENCE)
# Stored by the engine after its own check (web/engine.js); the rest are the site's own files.
OF_ENGINE = frozenset({GRAPH, WEIGHTS})


@dataclass(frozen=True)
class Asset:
    """One file: its kind, the path relative to the manifest, bytes, hex sha256.

    `told` is what its kind needs to be known before the file is fetched.
    """

    kind: str
    path: str
    size_bytes: int
    sha256: str
    told: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The asset as JSON has it."""
        whole = {"kind": self.kind, "path": self.path}
        return {**whole, "size_bytes": self.size_bytes, "sha256": self.sha256, **self.told}


def asset_of(row: Mapping[str, Any]) -> Asset:
    """The inverse of `Asset.row`.

    Raises:
        SourceError, KeyError: It is no such row.
    """
    told = dict(row)
    text = {name: told.pop(name) for name in ("kind", "path", "sha256")}
    size = told.pop("size_bytes")
    if not all(isinstance(value, str) for value in text.values()) or type(size) is not int:
        raise SourceError("manifest.unreadable", reason=str(row)[:200])
    return Asset(**text, size_bytes=size, told=told)


def of_kind(assets: Iterable[Asset], *kinds: str) -> tuple[Asset, ...]:
    """The assets of some kinds, in the list's order."""
    return tuple(asset for asset in assets if asset.kind in kinds)


def size_of(assets: Iterable[Asset]) -> int:
    """Bytes of them all."""
    return sum(asset.size_bytes for asset in assets)
