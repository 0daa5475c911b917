"""The arithmetic of the fidelity report: a passage's distances, and what all of them come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from export.distances import divergences, errors, log_probs
from seethrough.core.fidelity import Divergence, HookError, Measure, Texts
from seethrough.core.hooks import LOGITS, leaf_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seethrough.core.cache import Array
    from seethrough.core.fidelity import Passage

DIGITS = 3
PERCENTILE = 99
AT_ONCE = 16  # rows of all tokens' scores that are compared at a time


@dataclass(frozen=True)
class Compared:
    """One passage, one way to compute, position by position.

    `kl` in nats, `is_same` first choice, `moved` the most that a probability did, all [pos];
    `errors` by hook name [pos].
    """

    passage: Passage
    kl: Array
    is_same: Array
    moved: Array
    errors: Mapping[str, Array]


def compared(passage: Passage, expected: Mapping[str, Array], got: Mapping[str, Array]) -> Compared:
    """How far a passage's numbers are from the expected ones.

    Args:
        expected, got: Hooks and the logits of every position, by name.
    """
    starts = range(0, len(expected[LOGITS]), AT_ONCE)
    rows = [_rows(expected[LOGITS], got[LOGITS], slice(at, at + AT_ONCE)) for at in starts]
    kl, is_same, moved = (np.concatenate(part) for part in zip(*rows, strict=True))
    far = {name: errors(leaf_of(name), expected[name], got[name]) for name in expected}
    return Compared(passage, kl, is_same, moved, far)


def _rows(expected: Array, got: Array, part: slice) -> tuple[Array, Array, Array]:
    """Divergence, whether the first choice is the same, and the largest move of a probability.

    Shapes: logits [pos, d_vocab] → each [the part's positions].
    """
    wanted, ours = log_probs(expected[part]), log_probs(got[part])
    is_same = wanted.argmax(axis=-1) == ours.argmax(axis=-1)
    moved = np.abs(np.exp(wanted) - np.exp(ours)).max(axis=-1)
    return divergences(wanted, ours), is_same, moved


@dataclass
class Tally:
    """All passages of one way to compute."""

    way: str
    passages: list[Compared] = field(default_factory=list)

    def add(self, one: Compared) -> None:
        """Count a passage."""
        self.passages.append(one)

    def measure(self) -> Measure:
        """What they come to."""
        kinds = dict.fromkeys(one.passage.kind for one in self.passages)
        return Measure(
            name=self.way,
            n_same=sum(int(one.is_same.sum()) for one in self.passages),
            share=short(max(float(one.moved.max()) for one in self.passages)),
            divergence=_divergence(self.passages),
            texts=tuple(self._texts(kind) for kind in kinds),
            hooks=tuple(self._hook(leaf, names) for leaf, names in self._leaves().items()),
        )

    def _texts(self, kind: str) -> Texts:
        of_kind = [one for one in self.passages if one.passage.kind == kind]
        worst = max(of_kind, key=lambda one: float(one.kl.max()))
        return Texts(
            kind=kind,
            n=sum(one.kl.size for one in of_kind),
            n_same=sum(int(one.is_same.sum()) for one in of_kind),
            divergence=_divergence(of_kind),
            passage=worst.passage.id,
            position=int(worst.kl.argmax()),
        )

    def _leaves(self) -> dict[str, list[str]]:
        """The names of each leaf, in the order in which they are computed."""
        leaves: dict[str, list[str]] = {}
        for name in self.passages[0].errors:
            leaves.setdefault(leaf_of(name), []).append(name)
        return leaves

    def _hook(self, leaf: str, names: list[str]) -> HookError:
        layers = [max(float(one.errors[name].max()) for one in self.passages) for name in names]
        at = int(np.argmax(layers))
        worst = max(self.passages, key=lambda one: float(one.errors[names[at]].max()))
        every = np.concatenate([one.errors[name] for one in self.passages for name in names])
        is_inside = names[0] != leaf
        return HookError(
            leaf=leaf,
            typical=short(float(np.median(every))),
            largest=short(layers[at]),
            layer=at if is_inside else None,
            passage=worst.passage.id,
            position=int(worst.errors[names[at]].argmax()),
            layers=tuple(map(short, layers)) if is_inside else (),
        )


def _divergence(passages: Iterable[Compared]) -> Divergence:
    """Mean, 99th percentile and largest over all positions of some passages."""
    kl = np.concatenate([one.kl for one in passages])
    told = (kl.mean(), np.percentile(kl, PERCENTILE), kl.max())
    return Divergence(*(short(float(value)) for value in told))


def short(value: float) -> float:
    """Three digits: the rest is the machine's."""
    return float(f"{value:.{DIGITS}g}")
