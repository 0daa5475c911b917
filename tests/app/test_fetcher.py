"""One way to numbers: joined, asked once, the last question wins, and nobody else writes arrays."""

from __future__ import annotations

import ast
import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app import live, runner
from seethrough.app import run as run_module
from seethrough.app.actions import Actions
from seethrough.app.comparing import Comparing
from seethrough.app.fetcher import lacking_in
from seethrough.app.tours import wanted_by
from seethrough.app.tracing import Tracer
from seethrough.core import hooks
from seethrough.core.captured import Captured
from seethrough.core.errors import EngineError
from seethrough.core.hooks import block_leaves, hook_name
from seethrough.core.recording import stream_names
from seethrough.core.reference import forward, from_arrays
from seethrough.core.routes import Route
from tests.fake_engine import engine_of, opened, served, tiny_model, true_logits
from tests.recorded import parts, recorded, site_of

if TYPE_CHECKING:
    from seethrough.app.engine import RunRequest

MODEL = tiny_model()
PROMPT = "the thing and"
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
BLOCK, ALL = Route("block", "own", "inside"), Route("all", "own")
SOURCES = Path(__file__).parents[2] / "py" / "seethrough"


class Page:
    """A page that ran a prompt, somewhere, and what it asked the engine since."""

    def __init__(self, actions: Actions, route: Route) -> None:
        self.actions, self.fetcher, self.store = actions, actions.fetcher, actions.store
        self.tracer = Tracer(actions.service, actions.fetcher)
        self.engine = engine_of(actions.service)
        self._before = len(self.engine.requests)
        self.store.replace(route=route)

    @property
    def captured(self) -> Captured:
        """What is on hand."""
        return self.store.state.run.captured

    @property
    def asked(self) -> list[RunRequest]:
        """The forward passes since."""
        return self.engine.requests[self._before :]

    def is_filled(self) -> bool:
        """Whether the page has all that it wants."""
        state = self.store.state
        return not lacking_in(state.run, wanted_by(state.site.tours, state))

    async def hold(self) -> asyncio.Event:
        """Fill the page, and hold the engine in it; what is given lets it go on."""
        self.engine.wait, self.engine.started = asyncio.Event(), asyncio.Event()
        gate = self.engine.wait
        self._held = asyncio.create_task(self.fetcher.fill())
        await self.engine.started.wait()
        return gate


async def page_at(route: Route) -> Page:
    """A page whose engine ran the prompt."""
    actions = Actions(await opened(MODEL))
    await actions.run(PROMPT, chat=False)
    return Page(actions, route)


def block_of(layer: int) -> set[str]:
    """All hooks inside a layer."""
    return {hook_name(leaf, layer) for leaf in block_leaves(MODEL.config)}


def test_page_and_tracer_ask_together() -> None:
    """The block of one layer and a number of another one: one forward pass brings both."""

    async def scenario() -> None:
        page = await page_at(BLOCK)
        await asyncio.gather(
            page.tracer.select("blocks.1.hook_resid_mid[1,5]"), page.fetcher.fill()
        )

        assert len(page.asked) == 1
        assert page.is_filled()
        traced = page.store.state.choice.sum
        assert traced is not None
        assert traced.sum is not None

    asyncio.run(scenario())


def test_what_waits_is_asked_for_with_the_next_question() -> None:
    """While the engine is at the page's question, another step and a number wait: one pass more."""

    async def scenario() -> None:
        page = await page_at(ALL)
        page.store.replace(captured=Captured())
        gate = await page.hold()
        page.store.replace(route=BLOCK)
        trace = asyncio.create_task(page.tracer.select("blocks.1.hook_resid_mid[1,5]"))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(trace, page.fetcher.fill())

        assert len(page.asked) == 2
        assert page.is_filled()
        assert page.store.state.choice.sum is not None
        assert page.store.state.choice.sum.sum is not None

    asyncio.run(scenario())


def test_what_is_on_hand_is_not_asked_for() -> None:
    """The run's own hooks are in no question; what came once is never asked for again."""

    async def scenario() -> None:
        page = await page_at(BLOCK)
        known = set(page.captured.arrays)
        await page.fetcher.fill()
        (asked,) = page.asked
        assert set(asked.fetch) == block_of(0) - known
        assert known & block_of(0)

        await page.fetcher.fill()
        await page.tracer.select("blocks.0.attn.hook_z[1,2,3]")
        assert len(page.asked) == 1

    asyncio.run(scenario())


def test_a_layer_change_is_one_forward_pass() -> None:
    """On the page of a block its pattern and all of its hooks come together; back costs none."""

    async def scenario() -> None:
        page = await page_at(BLOCK)
        await page.fetcher.fill()
        before = len(page.asked)
        await page.actions.select_layer(1)
        await page.fetcher.fill()

        assert len(page.asked) == before + 1
        assert hook_name(hooks.PATTERN, 1) in page.asked[-1].fetch
        assert page.captured.has(*block_of(1))
        assert page.is_filled()
        await page.actions.select_layer(0)
        assert page.store.state.choice.layer == 0
        await page.actions.select_layer(1)
        assert page.store.state.choice.layer == 1
        assert len(page.asked) == before + 1

    asyncio.run(scenario())


def test_another_token_of_a_block_costs_no_pass() -> None:
    """A layer is kept whole: whatever token is chosen, its numbers are here."""

    async def scenario() -> None:
        page = await page_at(BLOCK)
        await page.fetcher.fill()
        before = len(page.asked)
        for position in range(len(IDS)):
            page.actions.select_position(position)
            await page.fetcher.fill()
            assert page.is_filled()

        assert len(page.asked) == before

    asyncio.run(scenario())


def test_the_last_question_wins() -> None:
    """Three layers and steps in a row while the engine is held: it is asked for the last alone."""

    async def scenario() -> None:
        page = await page_at(ALL)
        page.store.replace(captured=Captured())
        gate = await page.hold()
        fills = []
        for route in (Route("walk", "own", "layers"), BLOCK, Route("walk", "own", "softmax")):
            page.store.replace(route=route)
            fills.append(page.fetcher.fill())
        gate.set()
        await asyncio.gather(page._held, *fills)

        assert [set(request.fetch) for request in page.asked][1:] == [{hooks.LOGITS}]
        assert page.is_filled()

    asyncio.run(scenario())


@pytest.mark.parametrize("is_traced", [False, True], ids=["page", "tracer"])
def test_a_run_that_was_left_gets_nothing(is_traced: bool) -> None:  # noqa: FBT001 - a case
    """What comes for it lands nowhere: neither there nor with the run that is shown now."""

    async def scenario() -> None:
        page = await page_at(BLOCK if not is_traced else Route("walk", "own", "input"))
        page.engine.wait, page.engine.started = asyncio.Event(), asyncio.Event()
        gate = page.engine.wait
        cell = "blocks.0.attn.hook_z[1,2,3]"
        work = page.tracer.select(cell) if is_traced else page.fetcher.fill()
        late = asyncio.create_task(work)
        await page.engine.started.wait()
        left = page.store.state.run
        new = replace(left, tokens=tuple(replace(token) for token in left.tokens))
        page.store.replace(run=new, busy="run")
        gate.set()
        await late

        assert page.store.state.run is new
        assert not left.captured.has("blocks.0.attn.hook_q")
        assert page.store.state.chrome.error is None

    asyncio.run(scenario())


def test_a_failing_number_is_not_the_page_s_failure() -> None:
    """Asked for together and failed: the number says so, and the page asks again for its own."""

    async def scenario() -> None:
        page = await page_at(BLOCK)
        page.engine.fail_run = EngineError("engine.session", reason="no memory")
        await page.tracer.select("blocks.1.hook_resid_mid[1,5]")
        traced = page.store.state.choice.sum
        assert traced is not None
        assert traced.message is not None
        assert traced.message.key == "engine.session"
        assert page.store.state.chrome.error is None
        await page.fetcher.fill()
        assert page.is_filled()

    asyncio.run(scenario())


def test_a_recorded_number_stays_the_recording_s() -> None:
    """The open model traces a sum of a recorded walk: rows that are shown stay the very numbers."""

    async def scenario() -> None:
        made = recorded()
        names = stream_names(MODEL.config.n_layers)
        moved = {name: made.arrays[name] + np.float32(0.25) for name in names}
        made = replace(made, arrays={**made.arrays, **moved})
        service = served(site_of(made))
        await service.open()
        actions = Actions(service)
        await actions.show_recording("thing")
        await actions.load("tiny-7")
        page = Page(actions, Route("walk", "thing", "layers"))
        shown = {at: page.store.state.run.stream_at(at) for at in (3, 4)}
        await page.tracer.select("blocks.1.hook_attn_out[2,5]")
        await page.tracer.select("blocks.1.hook_resid_pre[2,5]")

        assert len(page.asked) >= 1
        run = page.store.state.run
        assert run.source == "recorded"
        for at, stream in shown.items():
            np.testing.assert_array_equal(run.stream_at(at), stream)
        true, _ = forward(MODEL.config, from_arrays(MODEL.arrays), IDS)
        name = "blocks.1.hook_resid_pre"
        np.testing.assert_allclose(run.captured.row(name, 2), true[name][2], atol=1e-4)

    asyncio.run(scenario())


def test_a_token_of_ones_own_is_compared_with_a_recording() -> None:
    """Its vector is a weight: the open model gives it, and no pass is made for a recorded walk."""

    async def scenario() -> None:
        service = served(site_of(recorded(), parted={"thing": parts()}))
        await service.open()
        actions = Actions(service)
        await actions.show_recording("thing")
        await actions.load("tiny-7")
        page = Page(actions, Route("walk", "thing", "logits"))
        await page.fetcher.fill()
        Comparing(service).ask("Q")
        await page.fetcher.fill()

        (token,) = page.store.state.choice.asked
        row = page.captured.row("W_U", token.id)
        np.testing.assert_array_equal(row, MODEL.arrays["W_U"][:, token.id])
        assert page.asked == []

    asyncio.run(scenario())


def test_a_part_that_is_not_there_is_asked_for_once() -> None:
    """Whatever else is chosen at the step: the file is the same, and so is its failure."""

    async def scenario() -> None:
        site = site_of(recorded(), parted={"thing": parts()})
        del site.files["models/tiny-7/recordings/parts/thing-layers"]
        service = served(site)
        await service.open()
        actions = Actions(service)
        await actions.show_recording("thing")
        page = Page(actions, Route("walk", "thing", "layers"))
        await page.fetcher.fill()
        assert page.store.state.chrome.error is not None
        page.store.replace(error=None)
        for position in (0, 3, 4):
            page.actions.select_position(position)
            await page.fetcher.fill()

        assert page.store.state.chrome.error is None
        assert sum(path.endswith("thing-layers") for path in site.fetched) == 1

    asyncio.run(scenario())


def test_the_logits_of_a_long_run_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last token lies behind those that are kept: its logits are had by going on from them."""
    for module in (run_module, runner, live):
        monkeypatch.setattr(module, "PICTURE_TOKENS", 3)

    async def scenario() -> None:
        page = await page_at(Route("walk", "own", "logits"))
        await page.fetcher.fill()
        page.store.replace(captured=Captured())
        await page.fetcher.fill()

        last = len(IDS) - 1
        logits = page.captured.row(hooks.LOGITS, last)
        np.testing.assert_allclose(logits, true_logits(MODEL, IDS), atol=1e-4)
        assert page.captured.row(hooks.FINAL_OUT, last) is not None
        assert page.is_filled()
        assert page.store.state.chrome.error is None

    asyncio.run(scenario())


def writers() -> set[tuple[str, str]]:
    """Where captured arrays are written: by keyword, or as a field's name in a dict of changes."""
    found = set()
    for file in sorted(SOURCES.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for scope in ast.walk(tree):
            if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                found |= {(file.name, scope.name) for node in ast.walk(scope) if is_writing(node)}
    return found


def is_writing(node: ast.AST) -> bool:
    """Whether an expression gives a field `captured` a value."""
    if isinstance(node, ast.Dict):
        return any(isinstance(key, ast.Constant) and key.value == "captured" for key in node.keys)
    return isinstance(node, ast.Call) and any(item.arg == "captured" for item in node.keywords)


def test_only_the_fetcher_adds_arrays_to_a_run() -> None:
    """Besides, a run is made with its first ones: by the engine's run, and of a recording."""
    assert writers() == {
        ("fetcher.py", "_put"),
        ("runner.py", "_show"),
        ("recordings.py", "run_of"),
    }
