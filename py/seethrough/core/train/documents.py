"""A document that a model read: each token with the chance it gave, as a file of the site.

The file is a card of the gallery (core/gallery.py) whose one text is the document itself: each
token's chance, rank and error follow from the model's own scores, and nothing was chosen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core.errors import SourceError
from seethrough.core.gallery import Sample, Told, sample_from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.recording import Recording

DOCUMENTS_FOLDER = "documents"
MOST_BYTES = 40_000
PART = "read"


def document_bytes(made: Recording, totals: Sequence[float]) -> bytes:
    """The file of a document; `totals` are the logsumexp of all scores at each of its guesses."""
    told = Told(0.0, made.read, "", (0,) * len(made.read), tuple(totals))
    return to_bytes(Sample(made, (told,)))


def document_from_bytes(data: bytes) -> Recording:
    """Read a document.

    Raises:
        SourceError: Cut short, no document, or its guesses are not of its own tokens.
    """
    sample = sample_from_bytes(data)
    read = sample.told[0].steps
    if tuple(new.id for new in read) != sample.prompt.ids[1:]:
        raise SourceError("recording.unreadable", part=PART)
    return replace(sample.prompt, read=read)
