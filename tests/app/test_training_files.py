"""A run beyond one visit: kept on the device, as a file, after its worker died."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.training_files import TrainingFiles
from seethrough.core.errors import EngineError
from tests.app.test_training import lesson_of, room
from tests.native_learner import NativeLearner

if TYPE_CHECKING:
    from seethrough.app.actions import Actions
    from seethrough.app.learning import Done, Steps


class Shelf:
    """A device that keeps one run, as long as it `is_free`."""

    def __init__(self) -> None:
        self.data: bytes | None = None
        self.is_free = True

    async def put(self, data: bytes) -> bool:
        """Keep a run."""
        if self.is_free:
            self.data = data
        return self.is_free

    async def get(self) -> bytes | None:
        """The run that is kept."""
        return self.data

    async def drop(self) -> None:
        """Keep none."""
        self.data = None


def files_of(actions: Actions, shelf: Shelf) -> TrainingFiles:
    """The room's files on a device."""
    return TrainingFiles(actions.training, actions.store, shelf)


async def losses_after(actions: Actions, n_steps: int) -> tuple[float, ...]:
    """The course after some steps more."""
    await actions.training.go(n_steps)
    return lesson_of(actions).course.losses


def test_a_way_back_leads_on_as_before() -> None:
    """From a step that is kept the same curve comes again, to the bit."""

    async def work() -> None:
        actions, _ = await room()
        await actions.training.go(10)
        first = await losses_after(actions, 15)
        assert lesson_of(actions).kept_steps == (0, 10, 25)
        await actions.training.back_to(10)
        lesson = lesson_of(actions)
        assert lesson.course.losses == first[:10]
        assert [one.step for one in lesson.samples] == [0, 10]
        assert lesson.kept_steps == (0, 10)
        assert await losses_after(actions, 15) == first
        await actions.training.back_to(11)
        assert lesson_of(actions).course.n_done == 25

    asyncio.run(work())


def test_a_run_goes_on_in_the_next_visit() -> None:
    """The device has it after a pause; it is told, opened, and goes on as if never left."""

    async def work() -> None:
        shelf = Shelf()
        actions, _ = await room()
        files_of(actions, shelf)
        await actions.training.go(10)
        there = await losses_after(actions, 5)
        whole = await losses_after(actions, 6)

        later, _ = await room()
        shelf_then = Shelf()
        shelf_then.data = shelf.data
        files = files_of(later, shelf_then)
        await files.look()
        found = lesson_of(later).found_run
        assert found is not None
        assert (found.step, found.chosen.size) == (21, "25k")
        await files.go_on()
        lesson = lesson_of(later)
        assert lesson.found_run is None
        assert lesson.course.losses == whole
        assert there == whole[:15]
        assert lesson.lesson_stage == "paused"
        assert await losses_after(later, 4) == await losses_after(actions, 4)

    asyncio.run(work())


def test_a_file_is_the_run() -> None:
    """What is saved and opened elsewhere opens in every view without a step, and goes on."""

    async def work() -> None:
        actions, _ = await room()
        files = files_of(actions, Shelf())
        assert files.file() is None
        await actions.training.go(3)
        data = files.file()
        assert data is not None

        other, learners = await room()
        await other.training.set("size", "100k")
        await files_of(other, Shelf()).open_file(data)
        assert lesson_of(other).lesson_size == "25k"
        assert await other.training.open_model() is not None
        assert not learners
        assert await losses_after(other, 2) == await losses_after(actions, 2)

    asyncio.run(work())


@pytest.mark.parametrize("data", [b"", b"no run at all"])
def test_another_file_changes_nothing(data: bytes) -> None:
    """It is refused in a sentence, and the run stays."""

    async def work() -> None:
        actions, _ = await room()
        files = files_of(actions, Shelf())
        await actions.training.go(2)
        await files.open_file(data)
        told = lesson_of(actions).lesson_told
        assert told is not None
        assert told.key == "trainfile.not_ours"
        assert lesson_of(actions).course.n_done == 2

    asyncio.run(work())


def test_a_full_device_is_told_once() -> None:
    """The run goes on."""

    async def work() -> None:
        shelf = Shelf()
        shelf.is_free = False
        actions, _ = await room()
        files_of(actions, shelf)
        await actions.training.go(2)
        told = lesson_of(actions).lesson_told
        assert told is not None
        assert told.key == "train.not_kept"
        await actions.training.go(2)
        assert lesson_of(actions).lesson_told is None
        assert lesson_of(actions).course.n_done == 4

    asyncio.run(work())


def test_what_is_no_run_is_not_offered() -> None:
    """A file that an older page left, or a cut one, goes from the device."""

    async def work() -> None:
        shelf = Shelf()
        shelf.data = b"cut"
        actions, _ = await room()
        await files_of(actions, shelf).look()
        assert lesson_of(actions).found_run is None
        assert shelf.data is None

    asyncio.run(work())


def test_a_run_can_be_forgotten() -> None:
    """It is offered no more, and not on the device."""

    async def work() -> None:
        shelf = Shelf()
        actions, _ = await room()
        files_of(actions, shelf)
        await actions.training.go(2)
        later, _ = await room()
        files = files_of(later, shelf)
        await files.look()
        await files.forget()
        assert shelf.data is None
        assert lesson_of(later).found_run is None

    asyncio.run(work())


class Dying(NativeLearner):
    """A learner whose worker dies in the middle of some steps."""

    is_dying = False

    async def steps(self, work: Steps) -> Done:
        """Do some steps, or die."""
        if self.is_dying:
            raise EngineError("engine.crashed")
        return await super().steps(work)


def test_a_learner_that_dies() -> None:
    """The run falls back to the newest step that is kept, says how much is lost, and goes on."""

    async def work() -> None:
        actions, _ = await room()
        made: list[Dying] = []

        def learner() -> Dying:
            made.append(Dying())
            return made[-1]

        actions.service.new_learner = learner
        await actions.training.go(10)
        first = await losses_after(actions, 15)

        def die(_state: object) -> None:
            made[0].is_dying = lesson_of(actions).course.n_done == 35

        actions.store.subscribe(("course",), die)
        await actions.training.go(100)
        lesson = lesson_of(actions)
        assert lesson.lesson_told is not None
        assert lesson.lesson_told.fields == {"step": 25, "n": 10}
        assert lesson.course.losses == first
        assert (await losses_after(actions, 1))[:25] == first
        assert len(made) == 2

    asyncio.run(work())


def test_numbers_beyond_all_bounds_are_named() -> None:
    """The sentence names the step and the first tensor; the run stands at its last good step."""

    async def work() -> None:
        actions, learners = await room()
        await actions.training.go(2)
        learners[0]._state.weights[5] = np.inf
        await actions.training.go(2)
        told = lesson_of(actions).lesson_told
        assert told is not None
        assert told.key == "train.not_a_number"
        assert (told.fields["step"], told.fields["tensor"]) == (3, "hook_embed")
        assert lesson_of(actions).course.n_done == 2

    asyncio.run(work())


def test_the_run_before_lies_under_the_next() -> None:
    """A change of the plan keeps the old course with its plan."""

    async def work() -> None:
        actions, _ = await room()
        await actions.training.go(3)
        losses = lesson_of(actions).course.losses
        await actions.training.set("rate", "0.01")
        earlier = lesson_of(actions).earlier_run
        assert earlier is not None
        assert earlier.course.losses == losses
        assert (earlier.chosen.rate, lesson_of(actions).lesson_rate) == (0.003, 0.01)

    asyncio.run(work())
