"""The last step of the run, once more and slowly: what is fetched of it, and what is chosen there.

A step with given weights repeats to the bit, so nothing is recorded while a model trains: the
learner keeps the weights that the last step began with, and runs it again for what is looked at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.app.learning import work_of
from seethrough.app.message import Message
from seethrough.app.slow import Slow
from seethrough.core import hooks
from seethrough.core.errors import SeethroughError
from seethrough.core.train.back_sums import sum_of_hook
from seethrough.core.train.one_weight import largest_gradient
from seethrough.core.train.slow import (
    GRAD,
    MLP,
    SlowStep,
    base_names,
    layer_names,
    of_document,
)
from seethrough.core.train.weight_sums import pairs_of, weight_sum

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.app.learning import Steps
    from seethrough.app.lesson import Lesson
    from seethrough.app.state import Store
    from seethrough.app.training import Last, Training
    from seethrough.core.cache import Array

FEW = 10  # steps that a reader without a run lets it do
SCALARS = ("grad_norm", "clip_scale")


class SlowMotion:
    """The only writer of `Lesson.slow`. What it shows is never of another step than the last."""

    def __init__(self, store: Store, training: Training) -> None:
        self._store = store
        self._training = training

    @property
    def _lesson(self) -> Lesson:
        return self._store.state.lesson

    @property
    def _slow(self) -> Slow:
        return self._lesson.slow

    async def open(self) -> None:
        """Have the last step, unless it is here or there is none."""
        step = self._slow.step
        is_here = step is not None and step.number == self._lesson.course.n_done
        if not (is_here or self._slow.is_coming):
            await self._bring(0, self._slow)

    async def train(self) -> None:
        """Let the model learn a few steps, and show the last of them."""
        was = self._slow
        await self._training.go(FEW)
        await self._bring(was.step.document if was.step else 0, was)

    async def choose_document(self, document: int) -> None:
        """Look at another document of the batch."""
        step = self._slow.step
        if step is not None and 0 <= document < len(step.tokens) and document != step.document:
            await self._bring(document, self._slow)

    def choose_place(self, position: int) -> None:
        """Look at another place of the document; the open sum was of the one before."""
        step = self._slow.step
        if step is not None and 0 <= position < len(step.text):
            self._write(position=position, opened=None)

    async def choose_part(self, layer: int, part: str) -> None:
        """Look into a part of a layer on the way back: its hooks are fetched."""
        step = self._slow.step
        if step is None or not 0 <= layer < step.config.n_layers:
            return
        weight = f"blocks.{layer}.mlp.W_in" if part == MLP else f"blocks.{layer}.attn.W_Q"
        self._write(layer=layer, part=part, opened=None)
        self.choose_weight(weight)
        await self._inside(layer)

    def choose_weight(self, name: str) -> None:
        """Choose a weight; of its numbers the one with the largest gradient."""
        step = self._slow.step
        if step is not None and name in step.weights:
            self._write(weight=name, cell=largest_gradient(step, name), opened=None)

    def choose_cell(self, cell: tuple[int, ...]) -> None:
        """Choose one number of the weight."""
        step, name = self._slow.step, self._slow.weight
        if step is None or name not in step.weights:
            return
        dims = step.weights[name].shape
        if len(cell) == len(dims) and all(
            0 <= at < size for at, size in zip(cell, dims, strict=True)
        ):
            self._write(cell=cell, opened=None)

    async def open_sum(self, name: str, index: tuple[int, ...]) -> None:
        """Open the sum behind a gradient: of a hook at a place, or of a weight's number."""
        step = self._slow.step
        if step is None or not name.endswith(GRAD):
            return
        bare = name.removesuffix(GRAD)
        if bare in step.weights:
            await self._open_weight(step, bare, index)
            return
        if f"{bare}{GRAD}" not in step.arrays and bare.startswith("blocks."):
            await self._inside(int(bare.split(".")[1]))
            step = self._slow.step or step
        if is_inside(index, step.arrays.get(name)):
            self._write(opened=sum_of_hook(step, bare, index))

    def close_sum(self) -> None:
        """Close the open sum."""
        if self._slow.opened is not None:
            self._write(opened=None)

    async def _open_weight(self, step: SlowStep, name: str, index: tuple[int, ...]) -> None:
        if not is_inside(index, step.weights[name]):
            return
        names = {one for pair in pairs_of(name) for one in pair if one is not None}
        rows = await self._again(names, step)
        if rows is not None:
            self._write(opened=weight_sum(step, name, index, rows))

    async def _inside(self, layer: int) -> None:
        """Every hook of a layer; those of another layer go, but for what every place needs."""
        step = self._slow.step
        if step is None:
            return
        found = await self._again(layer_names(step.config, layer), step)
        if found is None:
            return
        base = set(base_names(step.config))
        kept = {name: array for name, array in step.arrays.items() if name in base}
        arrays = kept | of_document(found, step.document, step.tokens.shape[1])
        self._write(step=replace(step, arrays=arrays))

    async def _again(self, names: Iterable[str], step: SlowStep) -> dict[str, Array] | None:
        """Outputs of the step by name; None where it is not the last any more."""
        last = self._training.last
        if last is None or not self._is_still(step.number):
            return None
        try:
            found = await last.learner.again(work_again(last, step.number, tuple(names)))
        except SeethroughError as error:
            self._write(told=Message(error.key, error.fields))
            return None
        return found if self._is_still(step.number) and self._slow.step is step else None

    def _is_still(self, number: int) -> bool:
        """Whether a step is the last one that was done, and none is being done."""
        return not self._lesson.is_going and self._lesson.course.n_done == number

    async def _bring(self, document: int, was: Slow) -> None:
        """Fetch the last step with one of its documents; what was chosen before stays."""
        last, number = self._training.last, self._lesson.course.n_done
        if last is None or not number or self._lesson.is_going:
            return
        self._write(is_coming=True, told=None)
        try:
            step = await taken_apart(last, number, document)
        except SeethroughError as error:
            self._write(is_coming=False, told=Message(error.key, error.fields))
            return
        if self._is_still(number):
            self._store.replace(slow=looked_at(step, was))
        else:
            self._write(is_coming=False)

    def _write(self, **changes: Any) -> None:  # noqa: ANN401 - dataclasses.replace checks kinds
        self._store.replace(slow=replace(self._slow, **changes))


def work_again(last: Last, number: int, names: tuple[str, ...]) -> Steps:
    """One step of a run, with what is fetched of it."""
    return replace(work_of(last.corpus, last.plan, [number]), fetch=names)


async def taken_apart(last: Last, number: int, document: int) -> SlowStep:
    """The last step with all that its places are drawn from.

    Raises:
        EngineError: The learner has none, or fails.
    """
    learner, plan = last.learner, last.plan
    config = plan.config(last.corpus)
    work = work_again(last, number, base_names(config))
    found = await learner.again(work)
    before, after = await learner.before(), await learner.state()
    tokens, targets = work.tokens[0], work.targets[0]
    later = await learner.look(tokens, targets, ("losses", hooks.LOGITS))
    shape = tokens.shape
    logits = of_document({hooks.LOGITS: later[hooks.LOGITS]}, document, shape[1])
    return SlowStep(
        number=number,
        config=config,
        alphabet=last.corpus.alphabet,
        has_documents=last.corpus.has_documents,
        knobs=plan.rule.knobs(number),
        decay=plan.rule.decay,
        tokens=tokens,
        targets=targets,
        losses=found["losses"].reshape(shape),
        **{name: float(np.ravel(found[name])[0]) for name in SCALARS},
        document=document,
        arrays=of_document(found, document, shape[1]),
        gradient=found["grad"],
        before=before,
        after=after,
        after_losses=later["losses"].reshape(shape),
        after_logits=logits[hooks.LOGITS],
    )


def looked_at(step: SlowStep, was: Slow) -> Slow:
    """Where the reader looks first: at the largest mistake, at the number that is told the most.

    What was chosen of the model before stays, where the model has it.
    """
    weight, cell, layer = was.weight, was.cell, was.layer
    if not is_inside(cell, step.weights.get(weight)):
        layer = step.config.n_layers - 1
        weight = f"blocks.{layer}.mlp.W_in"
        cell = largest_gradient(step, weight)
    return Slow(step=step, position=step.worst, layer=layer, weight=weight, cell=cell)


def is_inside(index: tuple[int, ...], array: Array | None) -> bool:
    """Whether an array has such a place."""
    return (
        array is not None
        and len(index) == array.ndim
        and all(0 <= at < size for at, size in zip(index, array.shape, strict=True))
    )
