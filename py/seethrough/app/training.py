"""What a reader does in the room of training: choose, go, pause, begin again, open the model."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from seethrough.app.learning import MOST_STEPS, Plan, Trained, first_state, go_on, looked
from seethrough.app.lesson import Lesson
from seethrough.app.lessons import corpus_of, open_up, opening_of
from seethrough.app.message import Message
from seethrough.app.slow import Slow
from seethrough.core.errors import CancelledRunError, EngineError, SeethroughError
from seethrough.core.routes import Place, Route
from seethrough.core.train.corpus import unseen
from seethrough.core.train.course import OWN_TEXT, Course, Sample
from seethrough.core.train.flat import flat_of
from seethrough.core.train.marks import marks
from seethrough.core.train.presets import PRESETS
from seethrough.core.train.update import Rule
from seethrough.core.train.writing import Writer

if TYPE_CHECKING:
    from seethrough.app.learning import Learner
    from seethrough.app.service import Service
    from seethrough.core.train.corpus import Corpus

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
    """The only writer of the lesson. What is trained lies in a learner of its own."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.store
        self._learner: Learner | None = None
        self._corpus: Corpus | None = None
        self._is_pausing = False

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
        try:
            learner = await self._opened()
            self._store.replace(lesson_stage="going")
            while self._lesson.course.n_done < goal and not self._is_pausing:
                await self._advance(learner, goal)
            await self._write(learner)
        except CancelledRunError:
            pass
        except SeethroughError as error:
            self._store.replace(lesson_told=Message(error.key, error.fields))
        finally:
            stage = "paused" if self._lesson.course.n_done else ""
            self._store.replace(lesson_stage=stage)

    def pause(self) -> None:
        """Stop after the steps that are being done."""
        self._is_pausing = True

    async def again(self) -> None:
        """Forget what was trained; the plan stays."""
        learner, self._learner, self._corpus = self._learner, None, None
        if learner is not None:
            await learner.close()
        was = self._lesson
        plan = Lesson(
            lesson_data=was.lesson_data,
            lesson_text=was.lesson_text,
            lesson_size=was.lesson_size,
            lesson_rate=was.lesson_rate,
            lesson_seed=was.lesson_seed,
        )
        self._store.replace(lesson=plan)

    @property
    def last(self) -> Last | None:
        """What the last step was done with and on; None before the first."""
        if self._learner is None or self._corpus is None:
            return None
        return Last(self._learner, self._corpus, self._plan)

    async def open_model(self) -> Place | None:
        """Let every view find the model as it is now; returns where it is seen at work."""
        if self._learner is None or self._corpus is None or self._lesson.is_going:
            return None
        plan, corpus, course = self._plan, self._corpus, self._lesson.course
        if self._lesson.own_step != course.n_done or not self._lesson.own_model:
            vector = (await self._learner.state()).weights
            weights = flat_of(plan.config(corpus)).split(vector)
            trained = Trained(plan, course, "", weights)
            name = open_up(self._service, trained, corpus, self._lesson.lesson_data)
            self._store.replace(own_model=name, own_step=course.n_done)
        prompt = opening_of(self._lesson.lesson_data, corpus)
        return Place(
            Route("generate", "own", "simple"), prompt=prompt, model=self._lesson.own_model
        )

    def unseen_text(self) -> str:
        """A text for the model to read that it was not trained on; nothing before a run."""
        return "" if self._corpus is None else unseen(self._corpus)

    async def _opened(self) -> Learner:
        """The learner, with the first weights where nothing was done yet."""
        if self._learner is not None:
            return self._learner
        if self._service.new_learner is None:
            raise EngineError("engine.not_loaded")
        lesson, plan = self._lesson, self._plan
        is_own = lesson.lesson_data == OWN_TEXT
        data = {"text": lesson.lesson_text} if is_own else lesson.lesson_data
        corpus = await corpus_of(self._service, data, plan.seed)
        learner = self._service.new_learner()
        try:
            await learner.open(plan.size, plan.family)
            config = plan.config(corpus)
            decay = (flat_of(config).decayed() * plan.rule.decay).astype("float32")
            await learner.begin(first_state(config, plan.seed), decay)
            self._learner, self._corpus = learner, corpus
            course = await looked(learner, corpus, Course())
        except BaseException:
            with suppress(SeethroughError):
                await learner.close()
            self._learner = None
            raise
        self._store.replace(course=course, lesson_marks=marks(corpus))
        await self._write(learner)
        return learner

    async def _advance(self, learner: Learner, goal: int) -> None:
        """A few steps, their time, and a sample where one is due."""
        assert self._corpus is not None
        before, begun = self._lesson.course, time.perf_counter()
        course = await go_on(learner, self._corpus, replace(self._plan, steps=goal), before)
        taken = (time.perf_counter() - begun) * 1000 / (course.n_done - before.n_done)
        was = self._lesson.lesson_ms or taken
        self._store.replace(course=course, lesson_ms=was + SMOOTH * (taken - was))
        if is_due(course.n_done, self._lesson.samples):
            await self._write(learner)

    async def _write(self, learner: Learner) -> None:
        """What the model writes now; one sample a step."""
        assert self._corpus is not None
        step, samples = self._lesson.course.n_done, self._lesson.samples
        if samples and samples[-1].step == step:
            return
        writer = Writer(self._corpus, self._lesson.lesson_seed)
        if self._corpus.has_documents:
            lines = await writer.lines(learner, N_LINES, LINE_SIGNS)
        else:
            lines = [await writer.write(learner, TEXT_SIGNS)]
        self._store.replace(samples=(*samples, Sample(step, tuple(lines))))


def is_due(step: int, samples: tuple[Sample, ...]) -> bool:
    """Whether a sample is written after a step: at WRITTEN_AT, then at doubles of the last."""
    if not samples:
        return True
    last = samples[-1].step
    due = next((one for one in WRITTEN_AT if one > last), 2 * last)
    return step >= due
