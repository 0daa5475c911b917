"""Training: what is asked of whatever runs the graph of a step, and the loop around it.

A run is named by its plan: the same plan gives the same batches, and a longer run begins as a
shorter one. `OrtLearner` (browser/learner.py) runs it in a worker of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seethrough.core.errors import CancelledRunError, EngineError, InputError
from seethrough.core.hooks import expected_hooks
from seethrough.core.train.course import MOST_STEPS, Course
from seethrough.core.train.flat import flat_of
from seethrough.core.train.sizes import config_of, first_weights
from seethrough.core.train.update import KNOBS, Rule, Updated
from seethrough.core.train.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.train.corpus import Corpus

TOGETHER = 10  # steps that are asked for at once
LOOK_EVERY = 50  # steps between two looks at the held-out text
SAMPLE_SIGNS = 240


@dataclass(frozen=True)
class Steps:
    """Some steps to be done.

    Shapes: tokens, targets int64 [step, document, N_POS]; knobs float32 [step] each. `fetch`:
    outputs of the last step to bring back.
    """

    tokens: Array
    targets: Array
    knobs: Mapping[str, Array]
    fetch: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """What some steps told: `loss`, `grad_norm`, `clip_scale` [done], and what was fetched.

    Fewer than were asked for: it was stopped, or the last one's numbers are none.
    """

    arrays: Mapping[str, Array]

    @property
    def losses(self) -> Array:
        """The loss of each step before its update."""
        return self.arrays["loss"]


class Learner(Protocol):
    """Holds one model that learns: weights and moments stay with it between steps."""

    async def open(self, size: str, family: str) -> None:
        """Have the graphs of a size.

        Raises:
            DownloadError, EngineError: They are missing, or the runtime cannot open them.
        """
        ...

    async def begin(self, state: Updated, decay: Array) -> None:
        """Take weights and moments to go on from; `decay` [size] is by how much each shrinks."""
        ...

    async def steps(self, work: Steps) -> Done:
        """Do some steps; `cancel` ends them between two."""
        ...

    async def look(self, tokens: Array, targets: Array, fetch: tuple[str, ...]) -> dict[str, Array]:
        """The forward pass alone: outputs of the graph (`losses`, `loss`, hooks) by name."""
        ...

    async def again(self, work: Steps) -> dict[str, Array]:
        """The last step once more, from the weights that it began with; what is held stays.

        Args:
            work: That step alone; its `fetch` names what is brought.
        Returns: Outputs of the step's graph by name.

        Raises:
            EngineError: No step was done since `begin`.
        """
        ...

    async def state(self) -> Updated:
        """Weights and moments as they are now."""
        ...

    async def before(self) -> Updated:
        """Weights and moments as they were before the last step.

        Raises:
            EngineError: No step was done since `begin`.
        """
        ...

    def cancel(self) -> None:
        """Stop what is being done at its next safe point."""
        ...

    async def close(self) -> None:
        """Give the memory back."""
        ...


@dataclass(frozen=True)
class Plan:
    """How a model is trained.

    Raises:
        InputError: A number is out of its range.
    """

    size: str
    steps: int
    seed: int = 0
    rule: Rule = field(default_factory=Rule)
    family: str = "gpt2"

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS:
            raise InputError("train.steps", got=self.steps, most=MOST_STEPS)
        if not 0 < self.rule.lr <= 1:
            raise InputError("train.rate", got=self.rule.lr)
        if self.seed < 0:
            raise InputError("train.seed", got=self.seed)

    def config(self, corpus: Corpus) -> ModelConfig:
        """The sizes of the model for a text's alphabet."""
        return config_of(self.size, len(corpus.alphabet), self.family)


@dataclass(frozen=True)
class Trained:
    """A run's end: how it went, what it wrote, its weights by name."""

    plan: Plan
    course: Course
    sample: str
    weights: Mapping[str, Array]


async def train(
    learner: Learner,
    corpus: Corpus,
    plan: Plan,
    tell: Callable[[Course], None] = lambda _course: None,
) -> Trained:
    """Train a model from its first weights to the plan's last step.

    Args:
        tell: Hears how it goes, every few steps.

    Raises:
        EngineError: A number became none; the sentence names the step.
        CancelledRunError: The learner was stopped.
    """
    config = plan.config(corpus)
    flat = flat_of(config)
    await learner.open(plan.size, plan.family)
    await learner.begin(
        first_state(config, plan.seed), flat.decayed() * np.float32(plan.rule.decay)
    )
    course = await looked(learner, corpus, Course())
    while course.n_done < plan.steps:
        course = await go_on(learner, corpus, plan, course)
        tell(course)
    sample = await Writer(corpus, plan.seed).write(learner, SAMPLE_SIGNS)
    weights = flat.split((await learner.state()).weights)
    return Trained(plan, course, sample, weights)


def first_state(config: ModelConfig, seed: int) -> Updated:
    """The weights that a run begins with, and moments of nothing."""
    weights = flat_of(config).join(first_weights(config, seed))
    return Updated(weights, np.zeros_like(weights), np.zeros_like(weights))


async def go_on(learner: Learner, corpus: Corpus, plan: Plan, course: Course) -> Course:
    """A few steps further: to the next look at the held-out text, or TOGETHER."""
    first = course.n_done + 1
    last = min(
        plan.steps, first + TOGETHER - 1, (first - 1) // LOOK_EVERY * LOOK_EVERY + LOOK_EVERY
    )
    numbers = range(first, last + 1)
    done = await learner.steps(work_of(corpus, plan, numbers))
    is_good = np.isfinite(done.losses) & np.isfinite(done.arrays["grad_norm"])
    if is_good.all() and len(is_good) < len(numbers):
        raise CancelledRunError("engine.cancelled")
    # The learner's weights are those of the last good step, and so is the course.
    good = done.losses[is_good].tolist()
    if not good:
        tensor = await first_bad(learner, corpus, plan, first)
        raise EngineError("train.not_a_number", step=first, rate=plan.rule.lr, tensor=tensor)
    course = Course((*course.losses, *good), course.held)
    is_time = course.n_done % LOOK_EVERY == 0 or course.n_done == plan.steps
    return await looked(learner, corpus, course) if is_time else course


async def first_bad(learner: Learner, corpus: Corpus, plan: Plan, step: int) -> str:
    """The first hook of a step, else the first gradient, that has a number which is none."""
    config = plan.config(corpus)
    work = work_of(corpus, plan, (step,))
    hooks = tuple(spec.name for spec in expected_hooks(config))
    found = await learner.look(work.tokens[0], work.targets[0], hooks)
    gradients = tuple(f"{name}.grad" for name in flat_of(config).dims)
    if all(_are_numbers(found[name]) for name in hooks):
        found = dict((await learner.steps(replace(work, fetch=gradients))).arrays)
    names = (name for name in (*hooks, *gradients) if name in found)
    return next((name for name in names if not _are_numbers(found[name])), "loss")


def _are_numbers(values: Array) -> bool:
    """Whether all are; scores of what lies ahead are −∞ by right."""
    return not (np.isnan(values) | (values == np.inf)).any()


def work_of(corpus: Corpus, plan: Plan, numbers: Sequence[int]) -> Steps:
    """The windows and numbers of some steps; the first step is 1."""
    batches = [corpus.batch(number, plan.seed) for number in numbers]
    knobs = [plan.rule.knobs(number) for number in numbers]
    return Steps(
        np.stack([tokens for tokens, _ in batches]),
        np.stack([targets for _, targets in batches]),
        {name: np.array([each[name] for each in knobs], np.float32) for name in KNOBS},
    )


async def looked(learner: Learner, corpus: Corpus, course: Course) -> Course:
    """The course with the loss of the held-out text as it is now."""
    if len(corpus.held) <= 1:
        return course
    tokens, targets = corpus.held_batch()
    found = await learner.look(tokens, targets, ("loss",))
    return Course(course.losses, (*course.held, (course.n_done, float(found["loss"]))))
