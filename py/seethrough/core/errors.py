"""Errors that a reader can act on: a key and fields; the sentence is in the catalogue.

One class per remedy. `str(error)` is the English sentence; the page asks the catalogue for the
reader's language with `error.key` and `error.fields`.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from seethrough.core.messages import text

if TYPE_CHECKING:
    from collections.abc import Iterable


class SeethroughError(Exception):
    """Something is wrong that a sentence can explain: what, expected and got, what to do."""

    def __init__(self, key: str, /, **fields: object) -> None:
        super().__init__(key, fields)
        self.key = key
        self.fields = fields

    def __str__(self) -> str:
        return text(self.key, **self.fields)


class InputError(SeethroughError):
    """Change what was typed or asked for."""


class UnknownNameError(SeethroughError):
    """Use one of the names that exist; near misses are in the sentence."""


class ShapeError(SeethroughError):
    """Pass an array of the expected dims, or export the model again."""


class SourceError(SeethroughError):
    """The checkpoint is corrupt or not supported: use another file."""


class DownloadError(SeethroughError):
    """Check the connection or the host, then retry."""


class EngineError(SeethroughError):
    """The runtime failed: it restarts; try again."""


class CancelledRunError(SeethroughError):
    """The reader stopped it: nothing to mend."""


def near_misses(name: str, known: Iterable[str], limit: int = 3) -> str:
    """Quoted names close to `name`, joined for a sentence; an empty string when none is close."""
    names = list(known)
    same_letters = [match for match in names if match.lower() == name.lower()]
    close = difflib.get_close_matches(name, names, n=limit, cutoff=0.6)
    best = list(dict.fromkeys([*same_letters, *close]))[:limit]
    return ", ".join(f"'{match}'" for match in best)
