"""What build.py says when it cannot go on: one sentence that ends in what to do."""

from __future__ import annotations


class BuildError(Exception):
    """A sentence for the person at the terminal; `{name}` slots are filled from the fields."""

    def __init__(self, sentence: str, /, **fields: object) -> None:
        super().__init__(sentence.format(**fields) if fields else sentence)


class ChangedFileError(BuildError):
    """A file that arrived is not the file that was pinned: it is refused, never used."""
