"""A card of the prompt gallery: one prompt, and how the model went on at some temperatures.

JSON, deflated, of at most 60 KB, text alone: each new token with its probability, rank and entropy,
how many tokens a draw could have taken, the ten best of its step with their logits, and why it
stopped. A candidate's probability follows from its logit and its step's logsumexp, so it is not
written; a token's text is written once a card (`names`). Read back, each number is the very one.
"""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core import film
from seethrough.core.errors import SourceError
from seethrough.core.recorded import kind, row
from seethrough.core.recording import Recording, check_text, read_step, step_row
from seethrough.core.tokens import NewToken, TokenView, candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.manifest import Manifest
    from seethrough.core.tokens import Candidate

FORMAT = 3
GALLERY_FOLDER, ENDING = "gallery", ".card"
MOST_BYTES = 60_000
TEMPERATURES = (0.0, 1.0, 5.0)
PART = "gallery"
UNREADABLE = (
    zlib.error,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    RecursionError,
    OverflowError,
)


@dataclass(frozen=True)
class Told:
    """How the model went on at one temperature.

    `kept`, `totals` and `tempered` are of each step: how many tokens had any chance, the logsumexp
    of all logits at temperature 1, and that of the logits divided by the temperature; of
    temperature 0 there is none.
    """

    temperature: float
    steps: tuple[NewToken, ...]
    stop: str
    kept: tuple[int, ...]
    totals: tuple[float, ...]
    tempered: tuple[float, ...] = ()

    def share(self, step: int, item: Candidate) -> float:
        """The chance that a step draws a token with, over the whole vocabulary."""
        if self.temperature == 0:
            return float(item.id == self.steps[step].id)
        return math.exp(item.logit / self.temperature - self.tempered[step])


@dataclass(frozen=True, eq=False)
class Sample:
    """One card: `prompt` is a recording without arrays and without a continuation."""

    prompt: Recording
    told: tuple[Told, ...]

    @property
    def temperatures(self) -> tuple[float, ...]:
        """Those that it was recorded at."""
        return tuple(one.temperature for one in self.told)

    def at(self, temperature: float) -> Recording:
        """The recording of one temperature; of another one that was not recorded, the first's."""
        here = self.told_at(temperature)
        return replace(
            self.prompt,
            continuation=here.steps,
            stop=here.stop,
            temperature=here.temperature,
        )

    def told_at(self, temperature: float) -> Told:
        """What was told at one temperature; of one that was not recorded, at the first."""
        return next((one for one in self.told if one.temperature == temperature), self.told[0])

    def check_against(self, manifest: Manifest) -> None:
        """Refuse a card that was not made with the manifest's own files.

        Raises:
            SourceError: Another model, or ids that it does not have.
        """
        for temperature in self.temperatures:
            self.at(temperature).check_against(manifest)


def to_bytes(sample: Sample) -> bytes:
    """The file of a card; the inverse of `sample_from_bytes`."""
    made = sample.prompt
    named = {item.id: item for one in sample.told for new in one.steps for item in new.candidates}
    told = {
        "format": FORMAT,
        "id": made.id,
        "model": made.model,
        "prompt": made.prompt,
        "chat": made.chat,
        "seed": made.seed,
        "graph_sha256": made.graph_sha256,
        "shard_sha256s": made.shard_sha256s,
        "tokens": [[t.id, t.text, t.visible, t.is_special] for t in made.tokens],
        "film": film.to_json(made.film),
        "names": [[item.id, item.text, item.visible] for _, item in sorted(named.items())],
        "told": [_packed(one) for one in sample.told],
    }
    return packed(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())


def packed(text: bytes) -> bytes:
    """A file as it is stored."""
    return zlib.compress(text, 9)


def sample_from_bytes(data: bytes) -> Sample:
    """Read a card.

    Raises:
        SourceError: Cut short, no card, of another format version, numbers that cannot be.
    """
    try:
        told = json.loads(zlib.decompress(data))
        if told["format"] != FORMAT:
            raise SourceError("recording.format", got=told["format"], expected=FORMAT)
        sample = _sample(told)
    except UNREADABLE as error:
        raise SourceError("recording.unreadable", part=PART) from error
    for temperature in sample.temperatures:
        check_text(sample.at(temperature))
    return sample


def _packed(one: Told) -> list[Any]:
    """One temperature: each step's row without what follows from the rest."""
    steps = [_packed_step(*each) for each in zip(one.steps, one.kept, one.totals, strict=True)]
    return [one.temperature, one.stop, steps, one.tempered]


def _packed_step(step: NewToken, kept: int, total: float) -> list[Any]:
    token, _, _, prob, rank, could, *more = step_row(step)
    best = [[item[0], _shortest(item[3])] for item in could]
    return [token, prob, rank, kept, total, best, *more]


def _shortest(logit: float) -> float:
    """A float32 by the shortest decimal that is read back as the same float32."""
    return float(str(np.float32(logit)))


def _sample(told: Mapping[str, Any]) -> Sample:
    names = {token: (text, sign) for token, text, sign in _names(told["names"])}
    ways = tuple(_told(item, names) for item in kind(told["told"], list))
    if not ways or not all(one.steps for one in ways):
        raise SourceError("recording.unreadable", part=PART)
    made = Recording(
        id=kind(told["id"], str),
        model=kind(told["model"], str),
        prompt=kind(told["prompt"], str),
        chat=kind(told["chat"], bool),
        seed=kind(told["seed"], int),
        graph_sha256=kind(told["graph_sha256"], str),
        shard_sha256s=tuple(kind(value, str) for value in told["shard_sha256s"]),
        tokens=tuple(TokenView(*row(item, int, str, str, bool)) for item in told["tokens"]),
        positions=(),
        layers=(),
        top=ways[0].steps[0].candidates,
        logsumexp=ways[0].totals[0],
        continuation=(),
        stop="",
        film=film.from_json(told["film"]),
        arrays={},
    )
    return Sample(made, ways)


def _names(rows: Any) -> list[list[Any]]:  # noqa: ANN401 - JSON
    return [row(item, int, str, str) for item in kind(rows, list)]


def _told(item: Any, names: Mapping[int, tuple[str, str]]) -> Told:  # noqa: ANN401 - JSON
    temperature, stop, rows, tempered = row(item, float, str, list, list)
    made = [_step(one, names) for one in rows]
    steps, kept, totals = zip(*made, strict=True) if made else ((), (), ())
    if len(tempered) != (len(steps) if temperature else 0):
        raise SourceError("recording.unreadable", part=PART)
    more = tuple(kind(one, float) for one in tempered)
    return Told(temperature, tuple(steps), stop, tuple(kept), tuple(totals), more)


def _step(
    item: Any,  # noqa: ANN401 - JSON
    names: Mapping[int, tuple[str, str]],
) -> tuple[NewToken, int, float]:
    """A step with what was left out put back, read as any recording's."""
    token, prob, rank, kept, total, best, *more = kind(item, list)
    total = kind(total, float)
    could = [
        candidate(at, float(np.float32(logit)), total, *names[at])
        for at, logit in (row(one, int, float) for one in kind(best, list))
    ]
    told = [[one.id, one.text, one.visible, one.logit, one.prob] for one in could]
    whole = [token, *names[token], prob, rank, told, *more]
    return read_step(whole), kind(kept, int), total
