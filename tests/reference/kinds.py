"""Prints which kinds of checkpoint are taken, how close they are, and the sentence of the others.

`PYTHONPATH=py:. .venv/bin/python -m tests.reference.kinds` (needs torch); `… kinds Gemma` prints
those whose names have the word.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from seethrough.core.errors import SourceError
from tests.reference.checkpoint_cases import CASES, Case
from tests.reference.test_checkpoints import ours, theirs, with_weights_of


def row(case: Case, folder: Path) -> tuple[str, str]:
    """Taken with the largest difference of a probability from transformers, or the sentence."""
    path = case.write(folder / "source")
    try:
        got, shipped = ours(path, folder / "out")
    except SourceError as error:
        return "refused", str(error)
    is_rounded = any(stored.rounded_from for stored in shipped.tensors.values())
    expected = theirs(with_weights_of(shipped, path) if is_rounded else path)
    return "taken", f"{np.abs(got - expected).max():.1e}"


def main(word: str = "") -> None:
    """One line a kind, in Markdown."""
    print("| checkpoint | | largest difference of a probability, or the sentence |\n|---|---|---|")
    for case in CASES:
        if word.lower() in case.name.lower():
            with tempfile.TemporaryDirectory() as folder:
                print("|", case.name, "|", " | ".join(row(case, Path(folder))), "|", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:2])
