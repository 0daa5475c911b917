"""The last training step in slow motion: what is shown of it is the graph's own, to the bit."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.train.back_sums import RULES, sum_of_hook
from seethrough.core.train.backward import IGNORED
from seethrough.core.train.one_weight import one_weight
from seethrough.core.train.slow import GRAD, layer_names, splits, stream_of
from seethrough.core.train.weight_sums import pairs_of
from tests.app.test_training import room

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.actions import Actions
    from seethrough.app.slow import Slow
    from seethrough.core.train.slow import SlowStep
    from tests.native_learner import NativeLearner

# Of a float32 sum's own size: what another order of adding may move it.
ROUNDING = 2e-6


def after(
    *acts: Callable[[Actions], Awaitable[None] | None], steps: int = 12
) -> tuple[Slow, NativeLearner]:
    """What is shown after some steps and what the reader did then, and the learner."""

    async def work() -> tuple[Slow, NativeLearner]:
        actions, learners = await room()
        await actions.training.go(steps)
        await actions.slowing.open()
        for act in acts:
            done = act(actions)
            if done is not None:
                await done
        return actions.state.lesson.slow, learners[0]

    return asyncio.run(work())


@cache
def shown() -> SlowStep:
    """A step with every hook of its first layer."""
    slow, _ = after(lambda actions: actions.slowing.choose_part(0, "attn"))
    assert slow.step is not None
    return slow.step


def test_the_last_step_repeats_to_the_bit() -> None:
    """From the weights before it the step gives the very weights that are there now."""

    async def work() -> None:
        actions, learners = await room()
        await actions.training.go(7)
        await actions.slowing.open()
        step, learner = actions.state.lesson.slow.step, learners[0]
        last = actions.training.last
        assert step is not None
        assert last is not None
        assert step.number == 7
        assert np.array_equal(step.after.weights, (await learner.state()).weights)
        assert not np.array_equal(step.before.weights, step.after.weights)
        assert step.loss == pytest.approx(actions.state.lesson.course.losses[-1], rel=1e-6)
        tokens, targets = last.corpus.batch(7, last.plan.seed)
        assert np.array_equal(step.tokens, tokens)
        assert np.array_equal(step.targets, targets)

    asyncio.run(work())


def test_the_update_is_the_graphs() -> None:
    """Of any number of any weight the formula gives the graph's new weight, to the bit."""
    step = shown()
    rng = np.random.default_rng(0)
    for name, weight in step.weights.items():
        for _ in range(8):
            index = tuple(int(rng.integers(size)) for size in weight.shape)
            told = one_weight(step, name, index)
            assert told.new == told.is_new, (name, index)
            assert told.w == weight[index]
            assert told.clipped == pytest.approx(told.gradient * told.clip_scale, rel=1e-6)
    at = int(np.abs(step.after.m).argmax())
    assert step.after.m[at] == np.float32(step.before.m[at]) * np.float32(0.9) + np.float32(
        step.gradient[at] * np.float32(step.clip_scale)
    ) * (np.float32(1) - np.float32(0.9))


def test_the_error_is_p_minus_y() -> None:
    """A score's gradient is its share less 1 for the letter that came, by the number of letters."""
    step = shown()
    expected = step.shares.copy()
    places = np.flatnonzero(step.aims != IGNORED)
    expected[places, step.aims[places]] -= 1
    expected[step.aims == IGNORED] = 0

    error = step.arrays[f"{hooks.LOGITS}{GRAD}"] * step.n_targets
    assert np.allclose(error, expected, rtol=0, atol=2e-6)
    assert np.allclose(
        -np.log(step.p_of_aim(step.shares)[places]), step.losses[0][places], atol=1e-5
    )


def test_where_the_stream_splits_gradients_add_up() -> None:
    """What came along the stream and what came out of the branch are the graph's gradient there."""
    step = shown()
    found = splits(step)
    assert [(one.layer, one.part) for one in found] == [
        (1, "mlp"),
        (1, "attn"),
        (0, "mlp"),
        (0, "attn"),
    ]
    for one in found:
        assert np.allclose(one.past + one.through, one.total, rtol=0, atol=1e-6), one.hook
        assert np.abs(one.through).max() > 0
    assert [name for name, _ in stream_of(step)][-1] == "blocks.0.hook_resid_pre"


def test_before_and_after_are_the_loss_graphs() -> None:
    """The same text's losses with the old and the new weights are those of a forward pass."""

    async def work() -> None:
        actions, learners = await room()
        await actions.training.go(5)
        await actions.slowing.open()
        step, learner = actions.state.lesson.slow.step, learners[0]
        assert step is not None
        now = await learner.look(step.tokens, step.targets, ("losses", "loss"))
        assert np.array_equal(step.after_losses.ravel(), now["losses"])
        assert step.after_loss == pytest.approx(float(now["loss"]), rel=1e-6)
        decay = np.zeros_like(step.before.weights)
        await learner.begin(step.before, decay)
        then = await learner.look(step.tokens, step.targets, ("losses", "logits"))
        assert np.allclose(step.losses.ravel(), then["losses"], rtol=0, atol=1e-6)
        assert np.allclose(step.arrays["logits"], then["logits"][:64], rtol=0, atol=1e-6)

    asyncio.run(work())


@pytest.mark.parametrize("leaf", [leaf for leaf in RULES if leaf in hooks.LEAF_DIMS])
def test_every_gradient_opens_to_its_sum(leaf: str) -> None:
    """The terms of a hook's gradient give the graph's number, whichever place is opened."""
    step = shown()
    outside = leaf in hooks.OUTSIDE_BLOCKS
    name = hooks.hook_name(leaf, None if outside else 0)
    array = step.arrays[f"{name}{GRAD}"]
    rng = np.random.default_rng(1)
    size = float(np.abs(array[np.isfinite(array)]).max())
    for _ in range(12):
        index = tuple(int(rng.integers(size)) for size in array.shape)
        found = sum_of_hook(step, name, index)
        assert found is not None
        assert found.total == pytest.approx(float(array[index]), abs=ROUNDING * size), index
        assert len(found.terms) <= 6


OPENED = (
    *("W_E", "W_pos", "ln_final.w", "ln_final.b", "blocks.0.ln1.w", "blocks.1.ln2.b"),
    *(f"blocks.0.attn.W_{part}" for part in "QKVO"),
    *(f"blocks.1.attn.b_{part}" for part in "QVO"),
    *("blocks.1.mlp.W_in", "blocks.1.mlp.W_out", "blocks.0.mlp.b_in", "blocks.0.mlp.b_out"),
)


def test_every_weights_gradient_opens_to_its_sum() -> None:
    """The rows of the whole batch add up to a weight's gradient."""
    seen: list[Slow] = []

    async def look(actions: Actions) -> None:
        for name in OPENED:
            actions.slowing.choose_weight(name)
            await actions.slowing.open_sum(f"{name}{GRAD}", actions.state.lesson.slow.cell)
            seen.append(actions.state.lesson.slow)

    after(look)
    for name, slow in zip(OPENED, seen, strict=True):
        found, step = slow.opened, slow.step
        assert found is not None, name
        assert step is not None
        assert found.value == step.weight_gradients[name][slow.cell]
        bound = ROUNDING * abs(found.value) + 1e-9
        assert found.total == pytest.approx(found.value, abs=bound), name
        assert found.n_rest + len(found.terms) > 1


def test_what_is_held_is_one_document_and_one_layer() -> None:
    """Another layer's inside takes the place of the one before; a batch's arrays are not kept."""
    slow, _ = after(
        lambda actions: actions.slowing.choose_part(1, "mlp"),
        lambda actions: actions.slowing.choose_part(0, "attn"),
    )
    step = slow.step
    assert step is not None
    assert "blocks.0.attn.hook_pattern.grad" in step.arrays
    assert "blocks.1.attn.hook_pattern.grad" not in step.arrays
    for name, array in step.arrays.items():
        assert array.base is None, name
        assert array.shape[-1] == 64 or len(array) == 64, name
    assert slow.weight == "blocks.0.attn.W_Q"


def test_another_document() -> None:
    """Its numbers are fetched, the number of the model that is looked at stays."""
    slow, _ = after(
        lambda actions: actions.slowing.choose_cell((3, 4)),
        lambda actions: actions.slowing.choose_document(5),
        lambda actions: actions.slowing.choose_place(7),
    )
    step = slow.step
    assert step is not None
    assert step.document == 5
    assert (slow.position, slow.cell) == (7, (3, 4))
    assert np.allclose(-np.log(step.p_of_aim(step.shares)), step.losses[5], rtol=0, atol=1e-5)


STRANGE: dict[str, Callable[[Actions], Awaitable[None] | None]] = {
    "document": lambda actions: actions.slowing.choose_document(16),
    "place": lambda actions: actions.slowing.choose_place(64),
    "layer": lambda actions: actions.slowing.choose_part(9, "mlp"),
    "weight": lambda actions: actions.slowing.choose_weight("blocks.9.mlp.W_in"),
    "number": lambda actions: actions.slowing.choose_cell((9999, 0)),
    "axis": lambda actions: actions.slowing.open_sum("W_E.grad", (0,)),
    "name": lambda actions: actions.slowing.open_sum("nothing.grad", (0, 0)),
    "no gradient": lambda actions: actions.slowing.open_sum("logits", (0, 0)),
}


def test_what_is_not_there_changes_nothing() -> None:
    """A place, a layer or a name that the step does not have is passed over."""

    async def act(actions: Actions) -> None:
        was = actions.state.lesson.slow
        for what, one in STRANGE.items():
            done = one(actions)
            if done is not None:
                await done
            assert actions.state.lesson.slow == was, what

    slow, _ = after(act)
    assert slow.step is not None
    assert slow.opened is None


def test_without_a_run_ten_steps_make_one() -> None:
    """Who comes by address alone lets it do ten steps, and sees the last."""

    async def work() -> tuple[Slow, Slow]:
        actions, _ = await room()
        await actions.slowing.open()
        empty = actions.state.lesson.slow
        await actions.slowing.train()
        return empty, actions.state.lesson.slow

    empty, slow = asyncio.run(work())
    assert empty.step is None
    assert slow.step is not None
    assert slow.step.number == 10


def test_more_steps_let_the_old_one_go() -> None:
    """While the model learns on, nothing of an older step is shown as the last."""

    async def work() -> tuple[Slow, Slow]:
        actions, _ = await room()
        await actions.training.go(3)
        await actions.slowing.open()
        await actions.training.go(1)
        between = actions.state.lesson.slow
        await actions.slowing.open()
        return between, actions.state.lesson.slow

    between, slow = asyncio.run(work())
    assert between.step is None
    assert slow.step is not None
    assert slow.step.number == 4


def test_a_layers_names_are_the_graphs() -> None:
    """What is fetched of a layer are outputs of the step's graph, each once."""
    step = shown()
    names = layer_names(step.config, 0)
    assert len(set(names)) == len(names)
    assert {one for name in step.weights for pair in pairs_of(name) for one in pair if one}
