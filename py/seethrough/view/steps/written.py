"""What the steps "loop" and "done" share: the new tokens, which one is shown, why it ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core.tokens import END
from seethrough.view import continuation
from seethrough.view.numbers import signed
from seethrough.view.words import rich, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate, NewToken
    from seethrough.view.node import Attributes, Node

SHOWN_CANDIDATES = 5


def shown_step(scene: Scene) -> int | None:
    """The step whose numbers are shown: the chosen one, else the last; None before any."""
    n_steps = len(scene.run.steps)
    if scene.choice.chosen_step is not None and scene.choice.chosen_step < n_steps:
        return scene.choice.chosen_step
    return n_steps - 1 if n_steps else None


def bits(prob: float) -> float:
    """A token's surprise: −log₂ of its probability."""
    return -math.log2(prob) if prob > 0 else math.inf


def text_of(steps: tuple[NewToken, ...], *, has_end: bool) -> str:
    """The new tokens as they read; an end token is no text."""
    return "".join(step.text for step in (steps[:-1] if has_end else steps))


def has_end(scene: Scene) -> bool:
    """Whether the last new token is the model's end token."""
    return scene.run.stop == END and bool(scene.run.steps)


def taken_candidate(step: NewToken) -> Candidate | None:
    """The one of a step's candidates that was taken, with its logit; None where it is not known."""
    return next((item for item in step.candidates if item.id == step.id), None)


def few_candidates(step: NewToken) -> tuple[Candidate, ...]:
    """The five best of a step's candidates, and the one that was taken if it is none of them."""
    best = step.candidates[:SHOWN_CANDIDATES]
    taken = taken_candidate(step)
    return best if taken is None or taken in best else (*best, taken)


def enters(
    at: int | None, move: str, *, source: str | None = None, until: int | None = None
) -> dict[str, str]:
    """When and how an element enters the film; nothing where there is none."""
    if at is None:
        return {}
    told = {"data-at": str(at), "data-move": move}
    if source:
        told["data-from"] = source
    if until is not None:
        told["data-until"] = str(until)
    return told


def with_class(name: str, more: Attributes) -> dict[str, str | float | bool | None]:
    """Attributes of an element of a class."""
    return {"class": name, **more}


def why_it_ended(scene: Scene) -> list[Node | str]:
    """The reason in words; an end token with its logit against the strongest other one's."""
    end = taken_candidate(scene.run.steps[-1]) if has_end(scene) else None
    if end is None:
        return [continuation.stop_reason(scene)] if scene.run.stop else []
    other = next(item for item in scene.run.steps[-1].candidates if item.id != end.id)
    key = "loop.stop.end" if end.logit >= other.logit else "loop.stop.end_drawn"
    return rich(
        scene,
        key,
        end=token_mark(end.visible),
        logit=signed(scene, end.logit),
        other=token_mark(other.visible),
        other_logit=signed(scene, other.logit),
    )
