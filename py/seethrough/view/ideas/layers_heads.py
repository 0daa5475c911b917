"""Which heads the idea of step 4 shows, where they look, and what their absence changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core.heads import BY_ATTENTION, Marked, by_attention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Run, Scene
    from seethrough.core.cache import Array
    from seethrough.core.heads import Head
    from seethrough.core.tokens import Candidate

N_DRAWN = 2
# A row that is nowhere above this looks a little at everything.
SPREAD = 0.25
# What has to rise by this much, for a head to be said to have spoken against it.
RISEN = 0.05
# How many of the best answers are drawn, before and after.
N_ANSWERS = 3


@dataclass(frozen=True)
class Answer:
    """A next token with its chances: with all heads, and without those that are off."""

    item: Candidate
    before: float | None
    now: float | None


def marked_in(run: Run) -> Marked | None:
    """The run's heads; of a recording without any, those that look most at one word."""
    if run.marked is not None or run.config is None or run.recorded is None:
        return run.marked
    patterns = ((layer, run.pattern(layer)) for layer in run.recorded.layers)
    rows = {layer: pattern[:, -1] for layer, pattern in patterns if pattern is not None}
    if not rows:
        return None
    best = by_attention(rows)
    return Marked(best, best, BY_ATTENTION)


def row_of(run: Run, head: Head, position: int) -> Array | None:
    """How much a head looks from a token at itself and each before it; None where not known.

    Shapes: → [position + 1].
    """
    pattern = run.pattern(head[0])
    if pattern is None or position >= pattern.shape[1]:
        return None
    row: Array = pattern[head[1], position, : position + 1]
    return row


def kind_of(row: Array) -> str:
    """What a row is like, for its sentence: "self", "first", "spread" or "word"."""
    most = int(row.argmax())
    if len(row) == 1 or most == len(row) - 1:
        return "self"
    if row[most] < SPREAD:
        return "spread"
    return "first" if most == 0 else "word"


def shared_target(run: Run, heads: Sequence[Head]) -> int | None:
    """The position that all of some heads look at most from the last token, if it is one."""
    rows = [row_of(run, head, len(run.tokens) - 1) for head in heads]
    targets = {None if row is None else int(row.argmax()) for row in rows}
    return targets.pop() if len(targets) == 1 else None


def now_of(scene: Scene) -> tuple[Candidate, ...]:
    """The best next tokens with the reader's heads off; empty where not known."""
    off = scene.choice.off
    return scene.run.without.get(off, ()) if off else scene.run.top


def answers_of(scene: Scene) -> tuple[Answer, ...]:
    """The best answers of before and now, the best of now first."""
    top, now = scene.run.top, now_of(scene)
    before, after = ({item.id: item.prob for item in best} for best in (top, now))
    least = 2 if scene.choice.off else N_ANSWERS
    best = {item.id: item for item in (*now[:least], *top[:least])}
    shown = [Answer(item, before.get(at), after.get(at)) for at, item in best.items()]
    return tuple(shown[:N_ANSWERS])


def spoke_against(scene: Scene) -> int | None:
    """The token that the heads that are off look at, if it rose without them: "not this one".

    All of them that are drawn or switched together have to look most at that token.
    """
    run, now = scene.run, now_of(scene)
    last = len(run.tokens) - 1
    rows = [row_of(run, head, last) for head in scene.choice.off]
    if not now or not run.top or any(row is None for row in rows):
        return None
    looked_at = {run.tokens[int(row.argmax())].id for row in rows if row is not None}
    before = {item.id: item.prob for item in run.top}
    for item in now:
        is_looked_at = looked_at == {item.id} and item.id != run.top[0].id
        if is_looked_at and item.prob - before.get(item.id, 0.0) >= RISEN:
            return item.id
    return None
