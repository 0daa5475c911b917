"""Which step is drawn how, and from which fields of the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.view.kept import is_same
from seethrough.view.steps import (
    done,
    embed,
    input_text,
    layers,
    logits,
    loop,
    sample,
    softmax,
    tokenize,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seethrough.app.state import AppState
    from seethrough.view.node import Child


@dataclass(frozen=True)
class Step:
    """One step: the fields of AppState that it is drawn from, its markup, its film's sentences."""

    fields: tuple[str, ...]
    render: Callable[[AppState], str]
    moments: Callable[[AppState], Sequence[Child]]


DRAWN: Mapping[str, Step] = {
    "input": Step(input_text.FIELDS, input_text.render, input_text.moments),
    "tokenize": Step(tokenize.FIELDS, tokenize.render, tokenize.moments),
    "embed": Step(embed.FIELDS, embed.render, embed.moments),
    "layers": Step(layers.FIELDS, layers.render, layers.moments),
    "logits": Step(logits.FIELDS, logits.render, logits.moments),
    "softmax": Step(softmax.FIELDS, softmax.render, softmax.moments),
    "sample": Step(sample.FIELDS, sample.render, sample.moments),
    "loop": Step(loop.FIELDS, loop.render, loop.moments),
    "done": Step(done.FIELDS, done.render, done.moments),
}
ALL_FIELDS = tuple(dict.fromkeys(name for step in DRAWN.values() for name in step.fields))


def moments_of(state: AppState) -> Sequence[Child]:
    """The sentences of the present step's film; none outside the walk."""
    step = DRAWN.get(state.route.step) if state.route.view == "walk" else None
    return () if step is None else _TOLD.of(step, state)


class _Told:
    """The last film's sentences: while it plays they are asked for thrice a moment."""

    def __init__(self) -> None:
        self._step: Step | None = None
        self._values: tuple[object, ...] = ()
        self._moments: Sequence[Child] = ()

    def of(self, step: Step, state: AppState) -> Sequence[Child]:
        """A step's sentences, made anew only if one of its fields is another object."""
        values = tuple(getattr(state, name) for name in step.fields)
        if self._step is not step or not is_same(values, self._values):
            self._step, self._values, self._moments = step, values, step.moments(state)
        return self._moments


_TOLD = _Told()
