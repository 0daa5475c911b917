"""The recorded insides of layers: each comes when it is looked at, and no other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.record_parts import file_of_part
from seethrough.core import hooks
from seethrough.core.errors import SourceError
from seethrough.core.hooks import block_leaves, hook_name
from seethrough.core.insides import (
    FINAL_WEIGHT,
    READING_PART,
    UNEMBEDDING,
    inside_names,
    inside_part,
)
from seethrough.core.messages import text
from seethrough.core.parts import part_from_bytes
from seethrough.core.routes import Route
from seethrough.view.block.scored import averages, scored
from seethrough.view.layout import PANELS
from tests.app.walked import IDS, LAST, MADE, MODEL, SECOND, Page, run, until
from tests.fake_engine import engine_of
from tests.recorded import insides, parts, site_of
from tests.view.sample import Reading

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from seethrough.core.parts import Part
    from tests.fake_engine import FakeSite

STEPS = ("qkv", "scores", "weights", "mix", "expand", "contract", "inside")
FOLDER = "models/tiny-7/recordings/insides/"


def site(**parted: Mapping[str, Part]) -> FakeSite:
    """The first recording has the inside of both layers, the second of the first one."""
    whole = {
        "thing": {**parts(), **insides()},
        "second": {**parts(made=SECOND), **insides(made=SECOND, layers=(0,), n_kept=1)},
    }
    return site_of(MADE, SECOND, parted={**whole, **parted})


def fetched(page: Page) -> list[str]:
    """The parts of whatever kind that were fetched, in order."""
    return [path.rpartition("/")[2] for path in page.site.fetched if "-" in path.split("/")[-1]]


def on_a_page(scenario: Callable[[Page], Awaitable[None]], files: FakeSite | None = None) -> Page:
    """A page after a scenario."""

    async def whole() -> Page:
        page = Page(files or site())
        await page.service.open()
        await scenario(page)
        return page

    return asyncio.run(whole())


def gone_to(*addresses: str, files: FakeSite | None = None) -> Page:
    """A page after the reader went to some addresses."""

    async def scenario(page: Page) -> None:
        for address in addresses:
            await page.go(address)

    return on_a_page(scenario, files)


def shown(page: Page) -> str:
    """What the step says, without tags."""
    state = page.state
    assert state.step is not None
    return "".join(Reading(PANELS[state.step.place_at(state.depth)].render(state)).texts)


@pytest.mark.parametrize("depth", ["idea", "numbers"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_its_numbers(step: str, depth: str) -> None:
    """Without the model, from this layer's file and no other layer's."""
    page = gone_to(f"#/block/thing/{step}?layer=1&head=1&pos=0&depth={depth}")

    assert (page.state.chrome.error, page.state.run.source) == (None, "recorded")
    assert (page.state.choice.layer, page.state.choice.position) == (1, 0)
    assert engine_of(page.service).requests == []
    assert set(fetched(page)) <= {"thing-inside-1", "thing-reading"}
    told = shown(page)
    for key in ("inside.lacking", "inside.comes", "inside.lacking_layer", "scored.lacking"):
        assert text(key, layer="1", layers="") not in told


@pytest.mark.parametrize("layer", [0, 1])
def test_the_numbers_are_the_run_s(layer: int) -> None:
    """Every hook of the layer at every position, bit for bit; masked scores are −∞."""
    captured = gone_to(f"#/block/thing/inside?layer={layer}").state.run.captured

    for leaf in block_leaves(MODEL.config):
        name = hook_name(leaf, layer)
        np.testing.assert_array_equal(captured.arrays[name], run()[name], err_msg=name)
    assert np.isneginf(captured.arrays[hook_name(hooks.SCORES, layer)][0, 0, 1])
    other = hook_name(hooks.Q, 1 - layer)
    assert not captured.has(other)


def test_what_a_score_is_read_by_is_the_model_s() -> None:
    """The norm's divisor of every token, its weight, the rows of the text's tokens."""
    captured = gone_to("#/block/thing/contract?layer=0&pos=1").state.run.captured

    for position in range(len(IDS)):
        np.testing.assert_array_equal(
            captured.row(hooks.FINAL_SCALE, position), run()[hooks.FINAL_SCALE][position]
        )
    np.testing.assert_array_equal(captured.arrays[FINAL_WEIGHT], MODEL.arrays[FINAL_WEIGHT])
    for token in {*IDS[1:], *(item.id for item in MADE.top)}:
        np.testing.assert_array_equal(
            captured.row(UNEMBEDDING, token), MODEL.arrays[UNEMBEDDING][:, token]
        )


def test_what_a_half_added_is_told_beside_the_average_token() -> None:
    """From the average row, as the whole unembedding would have it."""
    state = gone_to("#/block/thing/contract?layer=1&pos=1").state

    scale = run()[hooks.FINAL_SCALE][1, 0]
    read = MODEL.arrays[UNEMBEDDING].astype(float) * MODEL.arrays[FINAL_WEIGHT][:, None] / scale
    expected = [
        float((run()[hook_name(leaf, 1)][1] @ read).mean())
        for leaf in (hooks.ATTN_OUT, hooks.MLP_OUT)
    ]
    np.testing.assert_allclose(averages(state), expected, rtol=1e-5, atol=1e-7)
    assert len(scored(state)) == 1


@pytest.mark.parametrize(("step", "times"), [("contract", 1), ("scores", 1), ("qkv", 1)])
def test_what_lacks_is_said_once(step: str, times: int) -> None:
    """One sentence and one button, of a layer or of a token that the recording lacks."""
    for place in ("layer=1", "layer=0&pos=0"):
        state = gone_to(f"#/block/second/{step}?{place}&depth=numbers").state
        assert state.step is not None
        markup = PANELS[state.step.place_at(state.depth)].render(state)
        assert markup.count('data-action="live"') == times


def test_home_and_the_walk_read_none() -> None:
    """Neither their start nor any step of the walk fetches an inside."""
    walk = ("input", "tokenize", "embed", "layers", "logits", "softmax", "sample", "loop", "done")
    page = gone_to("#/", *(f"#/walk/thing/{step}?pos=0" for step in walk), "#/all/thing")

    assert not any("inside" in name or "reading" in name for name in fetched(page))


def test_each_layer_is_fetched_once() -> None:
    """Steps, heads and tokens of a layer share its file; a return to a layer asks nothing."""

    async def scenario(page: Page) -> None:
        for step in (*STEPS, *STEPS):
            for layer in (0, 1):
                await page.go(f"#/block/thing/{step}?layer={layer}&head=1&pos=2")

    names = fetched(on_a_page(scenario))

    assert sorted(names) == ["thing-inside-0", "thing-inside-1", "thing-reading"]


def test_both_kinds_of_parts_stand_together() -> None:
    """Rows that one part has more than another stay, whichever comes first."""
    walk, block = "#/walk/thing/layers", "#/block/thing/contract?layer=0&pos=0"
    for addresses in ((walk, block), (block, walk)):
        captured = gone_to("#/walk/thing/logits", *addresses).state.run.captured
        name = hook_name(hooks.MLP_OUT, 0)
        for position in range(len(IDS)):
            np.testing.assert_array_equal(captured.row(name, position), run()[name][position])
        np.testing.assert_array_equal(captured.row(hooks.LOGITS, LAST), run()[hooks.LOGITS][LAST])
        assert captured.row(hooks.FINAL_SCALE, 0) is not None


def test_a_layer_is_drawn_once_it_is_here() -> None:
    """The one that is drawn stays until the other one's file came."""

    async def scenario(page: Page) -> None:
        await page.go("#/block/thing/scores?layer=0")
        page.site.wait = wait = asyncio.Event()
        late = asyncio.create_task(page.actions.select_layer(1))
        await until(lambda: page.site.fetched[-1].endswith("inside-1"))
        assert (page.state.choice.layer, page.state.choice.asked_layer) == (0, 1)
        wait.set()
        await late
        assert (page.state.choice.layer, page.state.choice.asked_layer) == (1, None)

    on_a_page(scenario)


def test_a_layer_that_is_not_recorded_is_said() -> None:
    """Its number, those that are there, and one click that runs it at the same place."""
    page = gone_to("#/block/second/scores?layer=1&head=1&pos=1")

    assert page.state.choice.layer == 1
    assert text("inside.lacking_layer", layer="1", layers="0") in shown(page)
    asyncio.run(page.actions.go_live())
    state = page.state
    assert state.run.source == "live"
    assert (state.choice.layer, state.choice.head, state.choice.position) == (1, 1, 1)


def test_a_token_that_is_not_recorded_is_said() -> None:
    """Of a layer whose file has the last tokens alone; the last one has everything."""
    page = gone_to("#/block/second/qkv?layer=0&pos=0")
    assert "The last tokens have everything" in shown(page)

    last = len(SECOND.ids) - 1
    page.actions.select_position(last)
    assert "The last tokens have everything" not in shown(page)
    captured = page.state.run.captured
    assert captured.row(hook_name(hooks.Q, 0), 0) is None
    assert captured.row(hook_name(hooks.K, 0), 0) is not None


def missing(files: FakeSite, name: str) -> None:
    """The host has lost it."""
    del files.files[FOLDER + name]


def altered(files: FakeSite, name: str) -> None:
    """A byte is another one."""
    whole = files.files[FOLDER + name]
    assert isinstance(whole, bytes)
    files.files[FOLDER + name] = whole[:-1] + b"!"


@pytest.mark.parametrize(
    ("spoil", "key"), [(missing, "engine.missing"), (altered, "engine.altered")]
)
def test_what_cannot_be_had_is_told_once(spoil: Callable[[FakeSite, str], None], key: str) -> None:
    """The sentence, no loop; the step says it too; coming back tries again."""

    async def scenario(page: Page) -> None:
        whole = page.site.files[FOLDER + "thing-inside-1"]
        spoil(page.site, "thing-inside-1")
        await page.go("#/block/thing/scores?layer=1")
        assert page.state.chrome.error is not None
        assert page.state.chrome.error.key == key
        assert page.state.choice.layer == 1
        assert text("inside.missing", layer="1") in shown(page)
        page.service.store.replace(error=None)
        for _ in range(3):
            await page.actions.fetcher.fill()
        assert fetched(page) == ["thing-inside-1"]
        assert page.state.chrome.error is None

        await page.actions.select_layer(0)
        await page.actions.fetcher.fill()
        assert page.state.run.captured.has(hook_name(hooks.Q, 0))
        page.site.files[FOLDER + "thing-inside-1"] = whole
        await page.actions.select_layer(1)
        assert page.state.run.captured.has(hook_name(hooks.Q, 1))
        assert page.state.run.missing == frozenset()
        assert page.state.chrome.error is None

    on_a_page(scenario)


def test_where_the_model_is_open_it_gives_what_cannot_be_fetched() -> None:
    """Offline a device that is ready shows every layer; the recording's own numbers stay."""

    async def scenario(page: Page) -> None:
        await page.actions.load()
        missing(page.site, "thing-inside-1")
        await page.go("#/block/thing/scores?layer=1&pos=0")
        captured = page.state.run.captured
        assert (page.state.chrome.error, page.state.run.source) == (None, "recorded")
        assert captured.has(hook_name(hooks.SCORES, 1))
        np.testing.assert_array_equal(captured.arrays["blocks.0.hook_resid_pre"], MADE.resid()[0])

    on_a_page(scenario)


def test_leaving_in_the_middle_of_a_fetch() -> None:
    """The next page turns at once; what came too late is not told, and a return has it."""

    async def scenario(page: Page) -> None:
        await page.go("#/walk/thing/input")
        page.site.wait = wait = asyncio.Event()
        late = asyncio.create_task(page.go("#/block/thing/scores?layer=1"))
        await until(lambda: page.site.fetched[-1].endswith("inside-1"))
        page.site.wait = None
        await page.go("#/walk/thing/tokenize")
        assert page.state.route == Route("walk", "thing", "tokenize")
        wait.set()
        await late
        assert page.state.chrome.error is None
        assert not page.state.run.captured.has(hook_name(hooks.Q, 1))
        await page.go("#/block/thing/scores?layer=1")
        assert page.state.run.captured.has(hook_name(hooks.Q, 1))

    on_a_page(scenario)


def test_another_recording_takes_nothing_of_the_first() -> None:
    """Its own file is asked for, and what came late of the first lands nowhere."""

    async def scenario(page: Page) -> None:
        await page.go("#/walk/thing/input")
        page.site.wait = wait = asyncio.Event()
        late = asyncio.create_task(page.go("#/block/thing/scores?layer=0"))
        await until(lambda: page.site.fetched[-1].endswith("thing-inside-0"))
        page.site.wait = None
        await page.go("#/block/second/scores?layer=0&pos=1")
        wait.set()
        await late
        state = page.state
        assert state.run.recorded is not None
        assert state.run.recorded.id == "second"
        n_pos = len(SECOND.ids)
        assert state.run.captured.arrays[hook_name(hooks.SCORES, 0)].shape[1:] == (n_pos, n_pos)

    on_a_page(scenario)


def odd(**changes: object) -> Part:
    """The inside of layer 0, some fields changed."""
    return replace(insides()[inside_part(0)], **changes)  # type: ignore[arg-type]


def with_array(name: str, array: np.ndarray) -> Part:
    """The same with one array changed."""
    return odd(arrays={**odd().arrays, hook_name(name, 0): array})


@pytest.mark.parametrize(
    "part",
    [
        insides(made=SECOND)[inside_part(0)],
        odd(graph_sha256="1" * 64),
        odd(name="inside-1"),
        odd(name="inside-7"),
        with_array(hooks.Z, np.zeros((2, 2), np.float32)),
        with_array(hooks.MLP_POST, odd().arrays[hook_name(hooks.MLP_POST, 0)] * np.inf),
        with_array(hooks.SCORES, odd().arrays[hook_name(hooks.SCORES, 0)] * np.nan),
        insides()[READING_PART],
    ],
    ids=["another walk's", "another export's", "renamed", "no layer", "dims", "inf", "nan", "kind"],
)
def test_an_inside_of_something_else_is_refused(part: Part) -> None:
    """Its hash is the list's, and yet its numbers are not this layer's."""
    files = site(thing={**parts(), **insides(), inside_part(0): part})

    async def ask(page: Page) -> None:
        with pytest.raises(SourceError):
            await page.service.part("thing", inside_part(0), "")

    on_a_page(ask, files)


def test_names_of_parts() -> None:
    """A name without meaning is no part; a hook has one place in a file."""
    for name in ("inside-", "inside-01", "inside-x", "more"):
        with pytest.raises(SourceError):
            part_from_bytes(file_of_part(odd(name=name)))
    assert set(odd().arrays) == set(inside_names(MODEL.config, 0))
