"""The room of training: steps, pauses, samples, what is given up, the model that comes out."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from seethrough.app.actions import Actions
from seethrough.app.lesson import Lesson
from seethrough.app.training import is_due
from seethrough.core.train.course import Sample
from seethrough.core.train.places import graphs_of
from seethrough.core.train.presets import PRESETS
from seethrough.core.train.sizes import N_POS
from seethrough.core.train.update import Rule
from tests.fake_engine import opened, tiny_model
from tests.native_learner import NativeLearner

if TYPE_CHECKING:
    from seethrough.app.service import Service

TEXT = "the cat sat on the mat. " * 70


async def room() -> tuple[Actions, list[NativeLearner]]:
    """A page at the room with a small model and a text of one's own, and the learners it makes."""
    service: Service = await opened(tiny_model())
    learners: list[NativeLearner] = []

    def made() -> NativeLearner:
        learners.append(NativeLearner())
        return learners[-1]

    service.new_learner = made
    listed = {"learn/run-gpt2-25k.onnx": [5, b64encode(bytes(32)).decode()]}
    service.library._graphs = graphs_of(listed)
    actions = Actions(service)
    for name, value in (("data", "text"), ("size", "25k"), ("text", TEXT)):
        await actions.training.set(name, value)
    return actions, learners


def lesson_of(actions: Actions) -> Lesson:
    """What the room shows."""
    return actions.state.lesson


def test_steps_are_added_to_steps() -> None:
    """Two goes make one course; the marks are there from the first, a sample at each pause."""

    async def work() -> Lesson:
        actions, learners = await room()
        await actions.training.go(1)
        assert lesson_of(actions).lesson_stage == "paused"
        await actions.training.go(24)
        assert len(learners) == 1
        return lesson_of(actions)

    lesson = asyncio.run(work())
    assert lesson.course.n_done == 25
    assert [one.step for one in lesson.samples] == [0, 1, 11, 25]
    assert [step for step, _ in lesson.course.held] == [0, 1, 25]
    assert set(lesson.lesson_marks) == {"uniform", "letter", "pair", "triple"}
    assert lesson.course.losses[-1] < lesson.course.losses[0]


def test_a_pause_ends_it_early() -> None:
    """After a pause no more steps are done than were under way."""

    async def work() -> int:
        actions, _ = await room()
        actions.store.subscribe(("course",), lambda _state: actions.training.pause())
        await actions.training.go(500)
        return lesson_of(actions).course.n_done

    assert asyncio.run(work()) <= 10


def test_another_plan_begins_anew() -> None:
    """A change of the plan gives up what was trained and its learner; the same value does not."""

    async def work() -> None:
        actions, learners = await room()
        await actions.training.go(2)
        await actions.training.set("size", "25k")
        assert lesson_of(actions).course.n_done == 2
        await actions.training.set("rate", "0.01")
        assert lesson_of(actions).course.n_done == 0
        assert lesson_of(actions).lesson_rate == 0.01
        assert lesson_of(actions).lesson_text == TEXT
        assert learners[0].is_closed

    asyncio.run(work())


def test_the_model_is_opened_once_a_step() -> None:
    """What was trained has a name that every view finds, and a new one after more steps."""

    async def work() -> None:
        actions, _ = await room()
        await actions.training.go(2)
        first = await actions.training.open_model()
        again = await actions.training.open_model()
        await actions.training.go(1)
        later = await actions.training.open_model()
        assert first is not None
        assert later is not None
        assert first == again
        assert (first.model, later.model) == ("trained-1", "trained-2")
        assert first.prompt == TEXT[:12]
        cards = {card.id for card in actions.state.site.models}
        assert {"trained-1", "trained-2"} <= cards & actions.state.site.stored | {"trained-1"}
        manifest = actions.service.library.manifest("trained-1")
        given = actions.service.library.given("trained-1")
        assert given is not None
        assert given.size * 4 == manifest.weight_bytes

    asyncio.run(work())


def test_a_text_that_cannot_be_learned() -> None:
    """Why it did not begin is told, and the room is as it was."""

    async def work() -> Lesson:
        actions, _ = await room()
        await actions.training.set("text", "aaaa")
        await actions.training.go(5)
        return lesson_of(actions)

    lesson = asyncio.run(work())
    assert lesson.lesson_told is not None
    assert lesson.lesson_told.key == "train.nothing"
    assert (lesson.lesson_stage, lesson.course.n_done) == ("", 0)


@pytest.mark.parametrize("seed", ["", "x", "1.5"])
def test_a_seed_that_is_no_number(seed: str) -> None:
    """It is refused in a sentence, and the plan stays."""

    async def work() -> Lesson:
        actions, _ = await room()
        await actions.training.set("seed", seed)
        return lesson_of(actions)

    lesson = asyncio.run(work())
    assert lesson.lesson_told is not None
    assert lesson.lesson_told.key == "train.seed"
    assert lesson.lesson_seed == 0


@pytest.mark.parametrize(
    ("last", "due"), [(0, 10), (10, 50), (50, 100), (400, 800), (800, 1600), (25, 50)]
)
def test_when_a_sample_is_due(last: int, due: int) -> None:
    """Samples become rarer: from noise to words in a list that can be read."""
    samples = (Sample(last, ("x",)),)
    assert not is_due(due - 1, samples)
    assert is_due(due, samples)


def test_the_rate_that_is_offered_first() -> None:
    """The room begins with the rate of the door and of the measurements."""
    assert Lesson().lesson_rate == Rule().lr


def test_a_plan_that_goes_wrong_is_taken() -> None:
    """All of the plan is set at once, what was trained is given up, nothing is begun."""

    async def work() -> Lesson:
        actions, learners = await room()
        await actions.training.go(2)
        await actions.training.use("same")
        assert learners[0].is_closed
        await actions.training.use("nothing")
        return lesson_of(actions)

    lesson = asyncio.run(work())
    assert {name: getattr(lesson, f"lesson_{name}") for name in vars(PRESETS["same"])} == vars(
        PRESETS["same"]
    )
    assert lesson.course.n_done == 0
    assert lesson.lesson_stage == ""


def test_what_a_model_reads_that_it_never_saw() -> None:
    """Nothing before a run; then the text that was held out."""

    async def work() -> tuple[str, str]:
        actions, _ = await room()
        before = actions.training.unseen_text()
        await actions.training.go(1)
        return before, actions.training.unseen_text()

    before, after = asyncio.run(work())
    assert before == ""
    assert after in TEXT
    assert len(after) < N_POS
