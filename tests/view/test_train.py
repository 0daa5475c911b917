"""The room of training: what is drawn and said before, while and after a model learns."""

from __future__ import annotations

import re

import pytest

from seethrough.app.lesson import Lesson
from seethrough.app.message import Message
from seethrough.core.guesses import ALWAYS, Guessing
from seethrough.core.routes import Route
from seethrough.core.train.course import Course, Sample
from seethrough.core.train.presets import PRESETS
from seethrough.view import guess, pages
from seethrough.view.train import curve, plan, written
from tests.steps import page_state
from tests.view.sample import Reading

MARKS = {"uniform": 3.3, "letter": 2.8, "pair": 2.35, "triple": 2.1}
COURSE = Course(tuple(3.3 - 0.01 * at for at in range(100)), ((0, 3.31), (50, 2.7), (100, 2.2)))
SAMPLES = (Sample(0, ("xq", "")), Sample(100, ("anna", "jo\nb")))
LESSON = Lesson(
    lesson_stage="paused",
    lesson_goal=100,
    course=COURSE,
    lesson_marks=MARKS,
    samples=SAMPLES,
    lesson_ms=50.0,
)


def at(lesson: Lesson):
    """The room with a lesson."""
    return page_state(route=Route("lesson"), lesson=lesson)


def test_the_page_has_all_of_it() -> None:
    """Title, choices, buttons, curve and samples are on one page."""
    html = pages.render(at(LESSON))
    found = Reading(html).values("data-action")
    assert {"lesson-set", "lesson-go", "lesson-again", "lesson-open"} <= set(found)
    assert "Train a model yourself" in html


def test_points_stand_where_their_loss_says() -> None:
    """The held-out curve has a point for each look, its height in proportion to the loss."""
    svg = curve.render(at(LESSON))
    points = re.search(r'lesson-held" points="([^"]+)"', svg)
    assert points is not None
    heights = [float(pair.split(",")[1]) for pair in points[1].split()]
    marks = [float(y) for y in re.findall(r'class="lesson-mark"[^>]* y1="([\d.]+)"', svg)]
    per_nat = (marks[1] - marks[0]) / (MARKS["uniform"] - MARKS["letter"])
    assert heights[2] - heights[1] == pytest.approx((2.7 - 2.2) * per_nat, abs=0.2)
    assert heights[1] < marks[2] < heights[2] < marks[3]


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (3.4, "worse than if every letter"),
        (3.0, "which letters are common"),
        (2.5, "better than counting letters"),
        (2.2, "better than counting pairs"),
        (1.9, "better than counting triples"),
    ],
)
def test_what_the_loss_means(loss: float, words: str) -> None:
    """The sentence beside the curve says which mark the model is below."""
    lesson = Lesson(course=Course((3.0,), ((1, loss),)), lesson_marks=MARKS)
    assert words in curve.render(at(lesson))


def test_a_text_that_holds_nothing_out() -> None:
    """Then the newest steps' mean is told, and the curve has no second line."""
    lesson = Lesson(course=Course((2.0, 1.0)), lesson_marks=MARKS)
    html = curve.render(at(lesson))
    assert "Loss 1.50" in html
    assert 'lesson-held" points=""' in html


def test_samples_from_the_newest_down() -> None:
    """Each sample has its step; an empty line and a line's end are seen."""
    html = written.render(at(LESSON))
    assert html.index("after 100 steps") < html.index("before the first step")
    assert "∅" in html
    assert "jo↵b" in html


def test_while_it_goes_only_pause() -> None:
    """While steps are done there is one button, and the plan cannot be changed."""
    going = at(Lesson(**{**vars(LESSON), "lesson_stage": "going", "lesson_goal": 300}))
    assert set(Reading(plan.steers(going)).values("data-action")) == {"lesson-pause"}
    assert "About 10 seconds to go" in plan.steers(going)
    controls = [attrs for _, attrs in Reading(plan.render(going)).elements if "data-name" in attrs]
    assert controls
    assert all("disabled" in attrs for attrs in controls)


def test_before_the_first_step() -> None:
    """Nothing is drawn that is not there: sentences say what will be."""
    fresh = at(Lesson())
    assert "<svg" not in curve.render(fresh)
    assert "Nothing is trained yet" in plan.steers(fresh)
    assert "lesson-open" not in plan.steers(fresh)


def test_a_text_of_ones_own_has_a_box() -> None:
    """Only where it is chosen; what stands there is text, never markup."""
    own = at(Lesson(lesson_data="text", lesson_text="<b>hi</b>"))
    assert "&lt;b&gt;hi" in plan.render(own)
    assert "<textarea" not in plan.render(at(Lesson()))


def test_why_it_stopped() -> None:
    """A refusal stands beneath the buttons."""
    told = at(Lesson(lesson_told=Message("train.nothing", {"count": 0})))
    assert "two different signs" in plan.steers(told)


@pytest.mark.parametrize("name", PRESETS)
def test_a_plan_that_goes_wrong(name: str) -> None:
    """Its button is pressed where exactly its plan is chosen, and what to look for is told."""
    chosen = {f"lesson_{part}": value for part, value in vars(PRESETS[name]).items()}
    html = plan.render(at(Lesson(**chosen)))
    pressed = [
        attrs["data-name"]
        for _, attrs in Reading(html).elements
        if attrs.get("data-action") == "lesson-preset" and attrs["aria-pressed"] == "true"
    ]
    assert pressed == [name]
    assert "lesson-look" in html
    other = plan.render(at(Lesson(**{**chosen, "lesson_seed": 7})))
    assert 'aria-pressed="true"' not in other
    assert "lesson-look" not in other


@pytest.mark.parametrize(
    ("loss", "answer"),
    [(3.4, "random"), (3.0, "random"), (2.5, "few of which fit"), (2.2, "in pairs"), (2, "real")],
)
def test_a_guess_before_the_run(loss: float, answer: str) -> None:
    """It is asked before the first step; step 100 answers it by the run's own held-out loss."""
    asks = Guessing(when=ALWAYS)
    before = at(Lesson()).but(guessing=asks)
    question = guess.open_question(before)
    assert question is not None
    assert "what will it write after 100 steps" in written.render(before)
    guessed = asks.choose(question, "pair")
    assert "data-key" not in written.render(before.but(guessing=guessed))

    early = Lesson(course=Course((3.0,) * 10, ((0, 3.3),)), lesson_marks=MARKS, samples=SAMPLES)
    assert "You said" not in written.render(at(early).but(guessing=guessed))
    course = Course((3.0,) * 100, ((0, 3.3), (50, 3.1), (100, loss)))
    late = at(Lesson(course=course, lesson_marks=MARKS, samples=SAMPLES)).but(guessing=guessed)
    told = " ".join("".join(Reading(written.render(late)).texts).split())
    assert "You said Letters that fit in pairs" in told
    assert answer in told
    skipped = late.but(guessing=asks.skip(question))
    assert "lesson-came" not in written.render(skipped)


@pytest.mark.parametrize("data", ["sums", "grammar", "text"])
def test_what_is_not_asked(data: str) -> None:
    """Where a text has no syllables to wait for, there is no question."""
    assert guess.open_question(at(Lesson(lesson_data=data)).but(guessing=Guessing(ALWAYS))) is None
