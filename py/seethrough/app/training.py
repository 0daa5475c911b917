"""What a reader does in the room of training: choose, go, pause, go back, open the model."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from seethrough.app.checkpoints import Checkpoints
from seethrough.app.learning import Plan, Trained, first_state, go_on, looked
from seethrough.app.lesson import Earlier, lesson_of
from seethrough.app.lessons import corpus_of, open_up, opening_of
from seethrough.app.message import Message
from seethrough.app.slow import Slow
from seethrough.core.errors import CancelledRunError, EngineError, SeethroughError
from seethrough.core.routes import Place, Route
from seethrough.core.train.copies import Copies
from seethrough.core.train.corpus import unseen
from seethrough.core.train.course import MOST_STEPS, OWN_TEXT, Course, Sample
from seethrough.core.train.flat import flat_of
from seethrough.core.train.kept import Kept, digest_of
from seethrough.core.train.marks import marks
from seethrough.core.train.presets import PRESETS
from seethrough.core.train.update import Rule
from seethrough.core.train.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.learning import Learner
    from seethrough.app.lesson import Lesson
    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.train.corpus import Corpus
    from seethrough.core.train.update import Updated

# A sample is written at these steps, at twice the last one after them, and at each pause.
WRITTEN_AT = (0, 10, 50, 100, 200, 400)
N_LINES, LINE_SIGNS, TEXT_SIGNS = 8, 24, 80
SMOOTH = 0.3  # how much the newest measure of a step's time counts
KINDS = {"rate": float, "seed": int}


class Last(NamedTuple):
    """Who did the last step, with which text, by which plan."""

    learner: Learner
    corpus: Corpus
    plan: Plan


class Training:
    """The only writer of the lesson. What is trained lies in a learner of its own.

    `told`: hears of each state that is kept.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.store
        self._learner: Learner | None = None
        self._corpus: Corpus | None = None
        self._copies: Copies | None = None
        self._states = Checkpoints()
        self._is_pausing = False
        self._has_stepped = False  # since the learner began
        self.told: Callable[[Kept], Awaitable[None]] | None = None

    @property
    def _lesson(self) -> Lesson:
        return self._store.state.lesson

    @property
    def _plan(self) -> Plan:
        lesson = self._lesson
        rule = Rule(lr=lesson.lesson_rate)
        return Plan(lesson.lesson_size, MOST_STEPS, lesson.lesson_seed, rule)

    async def set(self, name: str, value: str) -> None:
        """Choose something of the plan; what was trained by another plan is given up."""
        try:
            chosen = KINDS.get(name, str)(value)
        except ValueError:
            self._store.replace(lesson_told=Message(f"train.{name}", {"got": value}))
            return
        if not self._lesson.is_going and getattr(self._lesson, f"lesson_{name}") != chosen:
            await self.again()
            self._store.replace(**{f"lesson_{name}": chosen})

    async def use(self, preset: str) -> None:
        """Take one of the plans in which something goes wrong; nothing is begun."""
        if self._lesson.is_going or preset not in PRESETS:
            return
        await self.again()
        chosen = vars(PRESETS[preset])
        self._store.replace(**{f"lesson_{name}": value for name, value in chosen.items()})

    async def go(self, n_steps: int) -> None:
        """Do some steps more; a pause or an error ends them before."""
        if self._lesson.is_going:
            return
        goal = min(MOST_STEPS, self._lesson.course.n_done + n_steps)
        self._is_pausing = False
        self._store.replace(lesson_stage="opening", lesson_goal=goal, lesson_told=None, slow=Slow())
        await self._guarded(self._go_to(goal))

    async def _go_to(self, goal: int) -> None:
        learner = await self._opened()
        self._store.replace(lesson_stage="going")
        while self._lesson.course.n_done < goal and not self._is_pausing:
            await self._advance(learner, goal)
        await self._write(learner)

    async def _guarded(self, work: Awaitable[None]) -> None:
        """Do what may fail: why is told, and the run stands at a step that it can go on from."""
        try:
            await work
        except CancelledRunError:
            pass
        except SeethroughError as error:
            self._store.replace(lesson_told=Message(error.key, error.fields))
            # A number that became none costs nothing: the learner has the last good step.
            if isinstance(error, EngineError) and not error.key.startswith("train."):
                await self._fall_back()
        finally:
            stage = "paused" if self._lesson.course.n_done else ""
            self._store.replace(lesson_stage=stage)

    def pause(self) -> None:
        """Stop after the steps that are being done."""
        self._is_pausing = True

    async def again(self) -> None:
        """Forget what was trained, but for its course; the plan stays."""
        await self._let_go()
        self._states = Checkpoints()
        was = self._lesson
        earlier = Earlier(was.chosen, was.course) if was.course.n_done else was.earlier_run
        lesson = replace(lesson_of(was.chosen), earlier_run=earlier, found_run=was.found_run)
        self._store.replace(lesson=lesson)

    async def back_to(self, step: int) -> None:
        """Go back to a step that is kept: what came after it is forgotten."""
        state = self._states.at(step)
        if state is None or self._lesson.is_going:
            return
        self._store.replace(lesson_told=None)
        await self._guarded(self._begin_at(step, state))

    async def _begin_at(self, step: int, state: Updated) -> None:
        self._stand_at(step)
        if self._learner is not None:
            await self._learner.begin(state, self._decay())

    async def open_kept(self, kept: Kept) -> None:
        """Go on with a run that a file holds.

        Raises:
            InputError: The site's text is not the one that it learned.
            DownloadError: The site's file is missing.
        """
        chosen = kept.chosen
        is_own = chosen.data == OWN_TEXT
        data = {"text": chosen.text} if is_own else chosen.data
        corpus = await corpus_of(self._service, data, chosen.seed)
        kept.check_text(corpus)
        plan = Plan(chosen.size, MOST_STEPS, chosen.seed, Rule(lr=chosen.rate))
        flat_of(plan.config(corpus)).split(kept.state.weights)  # refuses another model's
        await self.again()
        step = kept.course.n_done
        self._corpus = corpus
        self._states.add(step, kept.state)
        lesson = replace(
            lesson_of(chosen),
            course=kept.course,
            samples=tuple(map(self._sourced, kept.samples)),
            kept_steps=(step,),
            lesson_marks=marks(corpus),
            lesson_stage="paused" if step else "",
        )
        self._store.replace(lesson=lesson)

    def kept(self) -> Kept | None:
        """The run as it was at the newest step that is kept."""
        if self._corpus is None or not self._states.steps:
            return None
        step, lesson = self._states.steps[-1], self._lesson
        state = self._states.at(step)
        assert state is not None
        samples = tuple(one for one in lesson.samples if one.step <= step)
        course = lesson.course.until(step)
        return Kept(lesson.chosen, course, samples, state, digest_of(self._corpus))

    @property
    def last(self) -> Last | None:
        """What the last step was done with and on; None before the first, or behind a way back."""
        if self._learner is None or self._corpus is None or not self._has_stepped:
            return None
        return Last(self._learner, self._corpus, self._plan)

    async def open_model(self) -> Place | None:
        """Let every view find the model as it is now; returns where it is seen at work."""
        lesson, corpus = self._lesson, self._corpus
        if corpus is None or lesson.is_going:
            return None
        plan, course = self._plan, lesson.course
        state = await self._learner.state() if self._learner else self._states.at(course.n_done)
        if state is None:
            return None
        if lesson.own_step != course.n_done or not lesson.own_model:
            weights = flat_of(plan.config(corpus)).split(state.weights)
            trained = Trained(plan, course, "", weights)
            name = open_up(self._service, trained, corpus, lesson.lesson_data)
            self._store.replace(own_model=name, own_step=course.n_done)
        prompt = opening_of(lesson.lesson_data, corpus)
        return Place(
            Route("generate", "own", "simple"), prompt=prompt, model=self._lesson.own_model
        )

    def unseen_text(self) -> str:
        """A text for the model to read that it was not trained on; nothing before a run."""
        return "" if self._corpus is None else unseen(self._corpus)

    async def _opened(self) -> Learner:
        """The learner, at the run's step; with the first weights where nothing was done yet."""
        if self._learner is not None:
            return self._learner
        if self._service.new_learner is None:
            raise EngineError("engine.not_loaded")
        learner = self._service.new_learner()
        try:
            await self._begin(learner)
        except BaseException:
            with suppress(SeethroughError):
                await learner.close()
            self._learner = None
            raise
        return learner

    async def _begin(self, learner: Learner) -> None:
        lesson, plan = self._lesson, self._plan
        is_own = lesson.lesson_data == OWN_TEXT
        data = {"text": lesson.lesson_text} if is_own else lesson.lesson_data
        corpus = self._corpus or await corpus_of(self._service, data, plan.seed)
        await learner.open(plan.size, plan.family)
        self._corpus = corpus
        kept = self._states.at(lesson.course.n_done)
        await learner.begin(kept or first_state(plan.config(corpus), plan.seed), self._decay())
        self._learner = learner
        if kept is None:
            course = await looked(learner, corpus, Course())
            self._store.replace(course=course, lesson_marks=marks(corpus))
            await self._write(learner)

    def _sourced(self, sample: Sample) -> Sample:
        """A sample with where each of its lines is from."""
        assert self._corpus is not None
        if not self._corpus.has_documents:
            return sample
        if self._copies is None:
            self._copies = Copies(self._corpus)
        return replace(sample, sources=tuple(map(self._copies.of, sample.lines)))

    def _decay(self) -> Array:
        """By how much each number shrinks: float32 [size]."""
        assert self._corpus is not None
        plan = self._plan
        return (flat_of(plan.config(self._corpus)).decayed() * plan.rule.decay).astype("float32")

    async def _fall_back(self) -> None:
        """The learner is gone: stand at the newest step that is kept."""
        await self._let_go(keeps_text=True)
        step = max(self._states.steps, default=0)
        lost = self._lesson.course.n_done - step
        self._stand_at(step)
        if self._states.steps:
            self._store.replace(lesson_told=Message("train.fell_back", {"step": step, "n": lost}))

    async def _let_go(self, *, keeps_text: bool = False) -> None:
        learner, self._learner = self._learner, None
        if not keeps_text:
            self._corpus = self._copies = None
        if learner is not None:
            with suppress(SeethroughError):
                await learner.close()

    def _stand_at(self, step: int) -> None:
        """Forget what came after a step."""
        self._states.cut(step)
        self._has_stepped = False
        lesson = self._lesson
        self._store.replace(
            course=lesson.course.until(step),
            samples=tuple(one for one in lesson.samples if one.step <= step),
            kept_steps=self._states.steps,
            lesson_goal=step,
            slow=Slow(),
        )

    async def _advance(self, learner: Learner, goal: int) -> None:
        """A few steps, their time, and a sample where one is due."""
        assert self._corpus is not None
        before, begun = self._lesson.course, time.perf_counter()
        course = await go_on(learner, self._corpus, replace(self._plan, steps=goal), before)
        taken = (time.perf_counter() - begun) * 1000 / (course.n_done - before.n_done)
        self._has_stepped = True
        was = self._lesson.lesson_ms or taken
        self._store.replace(course=course, lesson_ms=was + SMOOTH * (taken - was))
        if is_due(course.n_done, self._lesson.samples):
            await self._write(learner)

    async def _write(self, learner: Learner) -> None:
        """What the model writes now, and a state to come back to; one of both a step."""
        assert self._corpus is not None
        step, samples = self._lesson.course.n_done, self._lesson.samples
        if samples and samples[-1].step == step:
            return
        writer = Writer(self._corpus, self._lesson.lesson_seed)
        if self._corpus.has_documents:
            lines = await writer.lines(learner, N_LINES, LINE_SIGNS)
        else:
            lines = [await writer.write(learner, TEXT_SIGNS)]
        self._states.add(step, await learner.state())
        sample = self._sourced(Sample(step, tuple(lines)))
        self._store.replace(samples=(*samples, sample), kept_steps=self._states.steps)
        kept = self.kept()
        if self.told is not None and kept is not None:
            await self.told(kept)


def is_due(step: int, samples: tuple[Sample, ...]) -> bool:
    """Whether a sample is written after a step: at WRITTEN_AT, then at doubles of the last."""
    if not samples:
        return True
    last = samples[-1].step
    due = next((one for one in WRITTEN_AT if one > last), 2 * last)
    return step >= due
