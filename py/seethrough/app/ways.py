"""The ways that a text went, as values: which tokens stand where, and which ways lie beside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.run import Branch
from seethrough.core.tokens import READER, NewToken
from seethrough.core.tree import pruned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.run import Run
    from seethrough.core.tokens import Candidate
    from seethrough.core.tree import Ids

MOST_BRANCHES = 100


def taken(step: NewToken, token: int) -> NewToken | None:
    """A step as it is if another of its candidates is taken; None: it is none of them."""
    for rank, item in enumerate(step.candidates):
        if item.id == token != step.id:
            other = token_of(item, rank, step.candidates, step.elapsed_ms)
            return replace(other, entropy=step.entropy)
    return None


def token_of(
    item: Candidate, rank: int, candidates: tuple[Candidate, ...], elapsed_ms: float
) -> NewToken:
    """A candidate as the token that the reader took."""
    told = (item.prob, rank, candidates, elapsed_ms)
    return NewToken(item.id, item.text, item.visible, *told, how=READER)


def beside(run: Run, way: Sequence[int]) -> tuple[Branch, ...]:
    """Continuations to keep as alternatives after switching to this one.

    The present one is among them, unless the new one begins with it; none is there twice.
    """
    known = {branch.ids: branch for branch in (*run.branches, Branch(run.steps, run.stop))}
    others = [branch for ids, branch in known.items() if ids != tuple(way[: len(ids)])]
    return tuple(others[-MOST_BRANCHES:])


def without(run: Run, path: Ids) -> Run:
    """The run without what lies at a place of its tree and behind it.

    A way through it ends before it, and is one of its own only where no other goes on from there.
    The present text keeps the shown input up to there, its names those of places that are left.
    """
    present = pruned(run.steps, path)
    is_cut = len(present) < len(run.steps)
    cut = [Branch(pruned(way.steps, path), way.stop) for way in run.branches]
    kept = [
        replace(new, stop="") if new.ids != old.ids else new
        for new, old in zip(cut, run.branches, strict=True)
    ]
    names = {place: name for place, name in run.place_names.items() if place[: len(path)] != path}
    left = replace(run, place_names=names).on(
        present[len(run.written) :],
        "" if is_cut else run.stop,
        written=run.written[: len(present)],
        branches=(),
    )
    return replace(left, branches=_longest(kept, ids_of(present)))


def _longest(ways: Sequence[Branch], present: Ids) -> tuple[Branch, ...]:
    """Those that no other, nor the present text, goes through to its end or beyond."""
    found: dict[Ids, Branch] = {}
    for way in sorted(ways, key=lambda one: -len(one.steps)):
        known = (present, *found)
        if way.steps and not any(ids[: len(way.ids)] == way.ids for ids in known):
            found[way.ids] = way
    return tuple(way for way in ways if found.get(way.ids) is way)


def n_common(first: Sequence[int], second: Sequence[int]) -> int:
    """How long the common beginning is."""
    pairs = zip(first, second, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def ids_of(steps: Sequence[NewToken]) -> tuple[int, ...]:
    """The ids of new tokens."""
    return tuple(step.id for step in steps)
