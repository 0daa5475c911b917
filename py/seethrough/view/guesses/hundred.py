"""The room of training: how good is what the model writes after a hundred steps?

The answer is the run's own: between which of the marks its held-out loss lies at that step. Before
it is there the question has no right option, and nothing is told of a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from seethrough.app.state import value_of
from seethrough.core.guesses import Option, Question, place_of
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.train.course import Course

KIND = "hundred"
STEP = 100
# What can be learned that has syllables, and the options: which mark each of them lies below.
ASKED = ("names", "few", "words")
BELOW = ("uniform", "letter", "pair", "triple")
FIELDS = (*("course", "lesson_marks", "lesson_data", "lesson_size", "lesson_rate", "lesson_seed"),)


def ask(scene: Scene) -> Question | None:
    """Asked before the first step, answered from step 100 on; none in between."""
    course = cast("Course", value_of(scene, "course"))
    data = str(value_of(scene, "lesson_data"))
    loss = loss_at(course)
    if data not in ASKED or (course.n_done and loss is None):
        return None
    options = tuple(Option(name, say(scene, f"guess.hundred.{name}")) for name in BELOW)
    right = "" if loss is None else lowest(scene, loss)
    plan = [str(value_of(scene, f"lesson_{name}")) for name in ("size", "rate", "seed")]
    place = place_of(data, (), plan)
    answer = say(scene, f"guess.hundred.{right}") if right else ""
    return Question(KIND, place, options, right, answer, has_own_text=True)


def loss_at(course: Course) -> float | None:
    """The held-out loss after a hundred steps; None before."""
    return next((loss for step, loss in course.held if step == STEP), None)


def lowest(scene: Scene, loss: float) -> str:
    """The lowest mark that a loss is below; the highest where it is below none."""
    marks = cast("dict[str, float]", value_of(scene, "lesson_marks"))
    below = [name for name in BELOW if name in marks and loss < marks[name]]
    return below[-1] if below else BELOW[0]
