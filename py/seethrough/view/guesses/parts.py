"""The lab's two texts: after how many tokens their ways part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.guesses import Option, Question, place_of
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

KIND = "parts"
# The least and the most of each option; the last has no end.
RANGES = ((0, 0), (1, 2), (3, 5), (6, 99))


def ask(scene: Scene) -> Question | None:
    """Of the recorded example; None where it has not come, or its texts are the same."""
    shown = scene.example
    if scene.run.contrast is not None or shown is None or shown.first is None:
        return None
    first = shown.first
    ids = tuple(step.id for side in shown.sides for step in side.steps)
    right = next(low for low, high in RANGES if low <= first <= high)
    return Question(
        KIND,
        place_of(shown.left.model, ids),
        tuple(Option(str(low), named_range(scene, low, high)) for low, high in RANGES),
        right=str(right),
        about=shown.left.prompt,
        answer=str(first),
        has_own_text=True,
    )


def named_range(scene: Scene, low: int, high: int) -> str:
    """So many tokens, in words."""
    if high == 0:
        return say(scene, "guess.parts.zero")
    if high > RANGES[-2][1]:
        return say(scene, "guess.parts.more", low=low)
    return say(scene, "guess.parts.option", low=low, high=high)
