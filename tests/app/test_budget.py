"""What is kept of a run: within the budget, the least recently seen goes first."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.budget import KEPT_BYTES, Budget, size_of
from seethrough.app.fetcher import Fetcher
from seethrough.app.runner import beyond_blocks
from seethrough.app.state import Run, Store
from seethrough.app.tours import wanted_by
from seethrough.core import hooks
from seethrough.core.captured import Captured, of_last
from seethrough.core.config import ModelConfig
from seethrough.core.hooks import axis_sizes, block_leaves, fetchable, hook_name
from seethrough.core.recording import stream_names
from seethrough.core.routes import Route
from seethrough.core.sums import weight_dims
from seethrough.core.tokens import TokenView
from seethrough.view.tours import THE_BLOCK
from tests.fake_engine import engine_of, opened, tiny_model
from tests.steps import STEPS, page_state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array

MB = 1_000_000
N_TOKENS = 512
SMOLLM2 = ModelConfig(
    family="llama",
    d_model=576,
    n_layers=30,
    n_heads=9,
    n_key_value_heads=3,
    d_head=64,
    d_mlp=1536,
    d_vocab=49152,
    n_ctx=8192,
    eps=1e-5,
    rotary_base=100_000.0,
    act_fn="silu",
    normalization_type="RMS",
    positional_embedding_type="rotary",
    tie_word_embeddings=True,
)
TINY = tiny_model()


def held(**sizes: int) -> Captured:
    """Arrays of so many bytes."""
    return Captured({name: np.zeros(size, np.uint8) for name, size in sizes.items()})


def test_the_least_recently_seen_goes_first() -> None:
    """Never seen before seen long ago, seen long ago before seen last; no more than has to."""
    budget, captured = Budget(10), held(a=4, b=4, c=4, d=4)
    budget.see("abc")
    budget.see("a")

    assert budget.within(captured, frozenset()).arrays.keys() == {"a", "c"}
    assert Budget(12).within(captured, frozenset()).arrays.keys() == {"b", "c", "d"}
    assert budget.within(held(a=4, b=4), frozenset()).arrays.keys() == {"a", "b"}


def test_what_is_wanted_stays() -> None:
    """Whatever its age, and also where it alone is more than the budget."""
    budget = Budget(1)
    budget.see("b")

    assert budget.within(held(a=4, b=4, c=4), frozenset("ac")).arrays.keys() == {"a", "c"}


def test_an_array_of_two_names_counts_once() -> None:
    """It is gone only with its second name."""
    whole = np.zeros(8, np.uint8)
    captured = Captured({"a": whole, "b": whole, "c": np.zeros(4, np.uint8)}, {"a": (1,)})
    assert size_of(captured) == 12
    budget = Budget(5)
    budget.see("c")

    left = budget.within(captured, frozenset())
    assert left.arrays.keys() == {"c"}
    assert left.positions == {}
    assert size_of(left) <= 5


class Shapes:
    """A service that gives arrays of the right shapes, and counts what it is asked."""

    def __init__(self, config: ModelConfig, n_tokens: int) -> None:
        tokens = tuple(TokenView(at, "x", "x") for at in range(n_tokens))
        self.config, self.model, self.asked = config, None, list[tuple[str, ...]]()
        names = (*stream_names(config.n_layers), hook_name(hooks.PATTERN, 0))
        first = self.arrays((*names, *beyond_blocks(config)), n_tokens)
        captured = Captured(first, of_last(tuple(first), n_tokens - 1))
        run = Run("wide", config, "live", tokens=tokens, captured=captured)
        state = page_state(run=run, position=n_tokens - 1, route=Route("block", "own"))
        self.store = Store(state)

    def arrays(self, names: tuple[str, ...], n_tokens: int) -> dict[str, Array]:
        """Zeros, which cost no memory until they are read."""
        sizes, known = axis_sizes(self.config, n_pos=n_tokens), fetchable(self.config)
        dims = {name: tuple(sizes[axis] for axis in known[name].dims) for name in names}
        return {name: np.zeros(shape, np.float32) for name, shape in dims.items()}

    async def capture_ids(
        self, ids: tuple[int, ...], names: tuple[str, ...], *_: object, **_more: object
    ) -> dict[str, Array]:
        """One forward pass."""
        self.asked.append(names)
        await asyncio.sleep(0)
        return self.arrays(names, len(ids))

    async def weight(self, name: str, _part: object = None) -> Array:
        """A weight's numbers."""
        return np.zeros(weight_dims(self.config)[name], np.float32)

    @asynccontextmanager
    async def still(self, _model: str) -> AsyncIterator[None]:
        """Nobody else asks."""
        yield None

    def is_loaded(self, _model: str) -> bool:
        """It is open."""
        return True


def test_all_layers_of_a_long_text_stay_within_the_budget() -> None:
    """SmolLM2, 512 tokens, each of 30 layers looked at: never above 256 MB, one pass a layer."""
    service = Shapes(SMOLLM2, N_TOKENS)
    fetcher, store, most = Fetcher(cast("Service", service)), service.store, [0]
    store.subscribe(("captured",), lambda state: most.append(size_of(state.run.captured)))
    first = size_of(store.state.run.captured)

    async def visit(*layers: int) -> int:
        """How many passes looking at some layers costs."""
        before = len(service.asked)
        for layer in layers:
            if layer != store.state.choice.layer:
                store.replace(asked_layer=layer)
            await fetcher.fill()
            assert (store.state.choice.layer, store.state.choice.asked_layer) == (layer, None)
            lacking = wanted_by(store.state.site.tours, store.state)
            assert not lacking.lacking(store.state.run.captured, None)
        return len(service.asked) - before

    n_passes = asyncio.run(visit(*range(30)))
    one = {hook_name(leaf, 7) for leaf in block_leaves(SMOLLM2)}
    n_bytes = sum(array.nbytes for array in service.arrays(tuple(one), N_TOKENS).values())
    print(
        f"first run {first / MB:.1f} MB, a layer {n_bytes / MB:.1f} MB, 30 layers"
        f" {30 * n_bytes / MB:.0f} MB; kept at most {max(most) / MB:.1f} MB, {n_passes} passes"
    )
    assert KEPT_BYTES == 256 * MB
    assert max(most) <= 256 * MB
    assert max(most) > 256 * MB - 2 * n_bytes  # and it is made use of
    assert n_passes == 30
    assert 30 * n_bytes > 4 * 256 * MB
    assert asyncio.run(visit(28, 27, 26, 25, 29)) == 0
    assert asyncio.run(visit(0)) == 1
    assert asyncio.run(visit(0, 29, 0)) == 0
    assert max(most) <= 256 * MB


def drawn(state: AppState) -> list[str]:
    """All panels of the shown step, those inside others too."""
    step = state.step
    assert step is not None
    return [step.render(state), *(render(state) for _, render in step.inner.values())]


PLACES = [
    *(Route("walk", "own", step) for step in STEPS),
    *(Route("block", "own", step) for step in THE_BLOCK.names),
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.step)
def test_what_went_comes_back_as_it_was(place: Route) -> None:
    """Everything is thrown out between two looks at a step: the second draws the very same."""

    async def scenario() -> None:
        actions = Actions(await opened(TINY))
        await actions.run("the thing and", chat=False)
        store = actions.store
        store.replace(route=place)
        await actions.fetcher.fill()
        first = drawn(store.state)

        actions.fetcher._budget.limit = 0
        is_block = place.view == "block"
        away = Route("walk", "own", "softmax") if is_block else Route("block", "own", "inside")
        store.replace(route=away, captured=Captured())
        await actions.fetcher.fill()
        wanted = wanted_by(store.state.site.tours, store.state).names
        assert store.state.run.captured.arrays.keys() == wanted

        store.replace(route=place)
        await actions.fetcher.fill()
        assert drawn(store.state) == first
        assert store.state.chrome.error is None

    asyncio.run(scenario())


def test_everything_at_once_comes_back() -> None:
    """The page of all pictures asks for the stream and the pattern, in one pass."""

    async def scenario() -> None:
        actions = Actions(await opened(TINY))
        await actions.run("the thing and", chat=False)
        run = actions.state.run
        stream, pattern = run.stream_at(2), run.pattern(0)
        actions.store.replace(captured=Captured(), route=Route("all", "own"))
        requests = engine_of(actions.service).requests
        before = len(requests)
        await actions.fetcher.fill()

        assert len(requests) == before + 1
        np.testing.assert_array_equal(actions.state.run.stream_at(2), stream)
        np.testing.assert_array_equal(actions.state.run.pattern(0), pattern)

    asyncio.run(scenario())
