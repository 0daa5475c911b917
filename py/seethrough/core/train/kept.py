"""A model that is being trained, as a file: its plan, its course, its weights and their moments.

A safetensors file of three vectors (weights, m, v) and the losses, whose metadata has all else as
JSON. A reader's own text is inside; of a text of the site only a digest is, so that a run goes on
with what it began with, or not at all. A digest of all the rest tells whether somebody altered it.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.errors import InputError, SourceError
from seethrough.core.safetensors import read_safetensors, write_safetensors
from seethrough.core.train.course import (
    DATA,
    MOST_STEPS,
    OWN_TEXT,
    Chosen,
    Course,
    Sample,
)
from seethrough.core.train.sizes import SIZES
from seethrough.core.train.update import Updated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.train.corpus import Corpus

FORMAT, VERSION = "seethrough-training", 1
MOST_BYTES = 64_000_000
VECTORS = Updated._fields


@dataclass(frozen=True, eq=False)
class Kept:
    """A run after its last step: `samples` are what it wrote, `digest` that of what it learns."""

    chosen: Chosen
    course: Course
    samples: tuple[Sample, ...]
    state: Updated
    digest: str

    def check_text(self, corpus: Corpus) -> None:
        """Refuse to go on with another text than the run began with.

        Raises:
            InputError: The site's text is another one now.
        """
        if digest_of(corpus) != self.digest:
            raise InputError("trainfile.other_text")


def digest_of(corpus: Corpus) -> str:
    """What tells one text from another, its held-out part too."""
    told = json.dumps([corpus.learned, corpus.held, corpus.has_documents]).encode()
    return hashlib.sha256(told).hexdigest()


def written_kept(kept: Kept) -> bytes:
    """The file of a run. The inverse of `read_kept`."""
    chosen = kept.chosen
    told: dict[str, Any] = {
        "data": chosen.data,
        "size": chosen.size,
        "rate": chosen.rate,
        "seed": chosen.seed,
        "held": kept.course.held,
        "samples": [[one.step, one.lines] for one in kept.samples],
        "text_sha256": kept.digest,
    }
    if chosen.data == OWN_TEXT:
        told["text"] = chosen.text
    arrays = {**kept.state._asdict(), "losses": np.array(kept.course.losses, "<f8")}
    plain = json.dumps(told, ensure_ascii=False)
    metadata = {"format": FORMAT, "version": str(VERSION), "told": plain}
    return write_safetensors({**metadata, "sha256": _sealed(plain, arrays)}, arrays)


def read_kept(data: bytes) -> Kept:
    """What a file says.

    Raises:
        InputError: It is not ours, of a newer format, altered, or says what cannot be.
    """
    try:
        metadata, arrays = read_safetensors(data)
    except SourceError:
        raise InputError("trainfile.not_ours") from None
    if metadata.get("format") != FORMAT:
        raise InputError("trainfile.not_ours")
    if metadata.get("version") != str(VERSION):
        raise InputError("trainfile.newer", got=metadata.get("version", "")[:20], known=VERSION)
    plain = metadata.get("told", "")
    if metadata.get("sha256") != _sealed(plain, arrays):
        raise InputError("trainfile.altered")
    try:
        return _checked(json.loads(plain), arrays)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InputError("trainfile.wrong") from None


def _sealed(plain: str, arrays: Mapping[str, Array]) -> str:
    """A digest of all that a file says."""
    seal = hashlib.sha256(plain.encode())
    for name, array in sorted(arrays.items()):
        seal.update(f"{name} {array.dtype.str} {array.shape}".encode())
        seal.update(np.ascontiguousarray(array).tobytes())
    return seal.hexdigest()


def _checked(told: Mapping[str, Any], arrays: Mapping[str, Array]) -> Kept:
    """A file's contents once each is what it must be.

    Raises:
        KeyError, TypeError, ValueError: One is not.
    """
    vectors = [arrays[name] for name in VECTORS]
    losses = arrays["losses"]
    if losses.dtype != np.float64 or losses.ndim != 1 or len(losses) > MOST_STEPS:
        raise ValueError
    if any(one.dtype != np.float32 or one.shape != vectors[0].shape for one in vectors):
        raise ValueError
    if not all(np.isfinite(one).all() for one in (*vectors, losses)):
        raise ValueError
    course = Course(tuple(losses.tolist()), tuple(map(_look, told["held"])))
    samples = tuple(Sample(int(step), tuple(map(str, lines))) for step, lines in told["samples"])
    # A copy: what is read is a view of the file's bytes, and cannot be changed.
    state = Updated(*(one.copy() for one in vectors))
    return Kept(_chosen(told), course, samples, state, str(told["text_sha256"]))


def _look(pair: Any) -> tuple[int, float]:  # noqa: ANN401 - JSON
    step, loss = pair
    if not math.isfinite(loss):
        raise ValueError
    return int(step), float(loss)


def _chosen(told: Mapping[str, Any]) -> Chosen:
    chosen = Chosen(
        str(told["data"]),
        str(told.get("text", "")),
        str(told["size"]),
        float(told["rate"]),
        int(told["seed"]),
    )
    if chosen.data not in DATA or chosen.size not in SIZES or chosen.seed < 0:
        raise ValueError
    if not 0 < chosen.rate <= 1:
        raise ValueError
    return chosen
