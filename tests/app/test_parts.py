"""A recorded walk's parts on the page: fetched when a step needs one, once, and no other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.tracing import wants_of
from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.parts import LAYERS_PART, LOGITS_PART, PARTS
from seethrough.core.sums import needs, sum_of
from tests.app.walked import (
    IDS,
    LAST,
    MADE,
    MODEL,
    NAMES,
    PART_OF_STEP,
    SECOND,
    Page,
    run,
    site,
    walked,
)
from tests.fake_engine import engine_of
from tests.recorded import parts
from tests.steps import STEPS

if TYPE_CHECKING:
    from seethrough.core.parts import Part


def test_the_list_tells_of_the_parts() -> None:
    """Path, size and hash of each, before any is fetched."""
    page = walked()

    card = page.state.site.recordings[0]
    assert sorted(card.parts) == sorted(PARTS)
    for name, part in card.parts.items():
        assert part.path == f"models/tiny-7/recordings/parts/thing-{name}"
        assert part.size_bytes == len(page.site.files[part.path])
    assert page.fetched() == []


@pytest.mark.parametrize("step", STEPS)
def test_a_step_fetches_the_part_that_it_needs(step: str) -> None:
    """And only that one, with no call to the engine."""
    page = walked(f"#/walk/thing/{step}")

    assert page.fetched() == ([f"thing-{PART_OF_STEP[step]}"] if step in PART_OF_STEP else [])
    assert (page.state.chrome.error, page.state.run.source) == (None, "recorded")
    assert engine_of(page.service).requests == []


@pytest.mark.parametrize("step", ["embed", "logits", "softmax", "sample"])
def test_the_logits_part_stands_in_the_state(step: str) -> None:
    """Every embedding, the final norm, all logits, the best tokens' vectors: the run's own."""
    captured = walked(f"#/walk/thing/{step}").state.run.captured

    for position in range(len(IDS)):
        np.testing.assert_array_equal(
            captured.row(hooks.EMBED, position), run()[hooks.EMBED][position]
        )
    np.testing.assert_array_equal(captured.row(hooks.LOGITS, LAST), run()[hooks.LOGITS][LAST])
    np.testing.assert_array_equal(captured.row(hooks.FINAL_OUT, LAST), run()[hooks.FINAL_OUT][LAST])
    for item in MADE.top:
        np.testing.assert_array_equal(captured.row("W_U", item.id), MODEL.arrays["W_U"][:, item.id])
    assert captured.row("blocks.0.hook_resid_pre", LAST) is not None


def test_the_tokens_that_a_dart_may_land_on_are_named() -> None:
    """Some hundred of the best ones, without a tokeniser; another recording has its own."""
    page = walked("#/walk/thing/sample", "#/walk/thing/layers")
    words = parts()[LOGITS_PART].words

    assert page.state.run.words == words
    assert words.items() >= {item.id: item.visible for item in MADE.top}.items()
    asyncio.run(page.go("#/walk/second/layers"))
    assert page.state.run.words == {}


def test_a_recorded_chance_can_be_traced() -> None:
    """What a token's share of all was made of is recorded: its sum needs no model."""
    shown = walked("#/walk/thing/softmax").state.run
    assert shown.config is not None
    cell = Cell("probs", (LAST, shown.top[1].id))
    asked = needs(cell, shown.config, shown.ids)
    made = sum_of(cell, shown.config, shown.ids, shown.captured, {})

    assert not asked.weights
    assert not wants_of(asked).lacking(shown.captured, None)
    np.testing.assert_allclose(made.value, shown.top[1].prob, rtol=1e-5)


def test_the_layers_part_stands_in_the_state() -> None:
    """What each layer wrote at the recorded positions, and the lens of the last token."""
    state = walked("#/walk/thing/layers").state

    for name in NAMES:
        np.testing.assert_array_equal(state.run.captured.row(name, LAST), run()[name][LAST])
        assert state.run.captured.row(name, 0) is None
    assert state.run.lens is not None
    assert (state.run.lens.position, state.run.lens.tops) == (LAST, parts()[LAYERS_PART].lens)


def test_both_parts_stand_together() -> None:
    """The second one takes nothing away, and neither is fetched twice."""
    page = walked(*(f"#/walk/thing/{step}" for step in (*STEPS, *reversed(STEPS))))

    assert page.fetched() == [f"thing-{LOGITS_PART}", f"thing-{LAYERS_PART}"]
    assert page.state.run.captured.has(hooks.LOGITS, hooks.EMBED, "W_U", *NAMES)


def test_a_part_comes_back_with_its_recording() -> None:
    """Another recording has its own numbers; the first one's are kept, and shown at once again."""
    page = walked("#/walk/thing/logits", "#/walk/second/logits")
    second = page.state.run.captured.row(hooks.LOGITS, len(SECOND.ids) - 1)
    assert second is not None
    assert page.state.run.captured.row(hooks.LOGITS, LAST) is None or len(SECOND.ids) == len(IDS)
    assert not np.array_equal(second, run()[hooks.LOGITS][LAST])

    asyncio.run(page.go("#/walk/thing/logits"))

    np.testing.assert_array_equal(
        page.state.run.captured.row(hooks.LOGITS, LAST), run()[hooks.LOGITS][LAST]
    )
    assert page.fetched() == [f"thing-{LOGITS_PART}", f"second-{LOGITS_PART}"]


def test_the_numbers_are_there_when_the_page_turns() -> None:
    """No moment in which the step is shown without what it needs."""

    async def scenario() -> list[bool]:
        page, seen = Page(site()), []
        await page.service.open()
        await page.go("#/walk/thing/input")
        page.service.store.subscribe(
            ("route",), lambda state: seen.append(state.run.captured.has(hooks.LOGITS))
        )
        await page.go("#/walk/thing/softmax")
        return seen

    assert asyncio.run(scenario()) == [True]


def test_a_recording_without_parts_is_shown_all_the_same() -> None:
    """What it lacks is for the step to say; nothing is fetched, and no error told."""
    page = walked("#/walk/thing/logits", "#/walk/thing/layers", files=site(thing={}))

    assert (page.state.chrome.error, page.state.run.source, page.fetched()) == (
        None,
        "recorded",
        [],
    )
    assert (page.state.run.lens, page.state.run.captured.has(hooks.LOGITS)) == (None, False)


def test_going_live_asks_the_engine_alone() -> None:
    """A live run's numbers are the engine's: no part is fetched for them."""
    page = walked("#/walk/thing/input")

    asyncio.run(page.actions.go_live())
    asyncio.run(page.go("#/walk/own/softmax?prompt=the%20thing%20and"))

    assert page.state.run.source == "live"
    assert page.fetched() == []


def test_another_recording_takes_what_belonged_to_the_first() -> None:
    """Lens, chosen word and all that was fetched for one prompt go with it."""
    page = walked("#/walk/thing/layers")
    page.service.store.replace(word=1)

    asyncio.run(page.go("#/walk/second/input"))

    assert (page.state.run.lens, page.state.choice.word) == (None, None)
    assert page.state.run.film == SECOND.film


def test_a_part_without_logits_is_asked_for_once() -> None:
    """A vocabulary too large for the file: what the part has is shown, and nobody asks again."""
    whole = parts()
    held = {
        name: array for name, array in whole[LOGITS_PART].arrays.items() if name != hooks.LOGITS
    }
    small = {**whole, LOGITS_PART: replace(whole[LOGITS_PART], arrays=held)}
    asked: list[str] = []

    async def scenario() -> Page:
        page = Page(site(thing=small))
        await page.service.open()
        give = page.service.part

        async def counted(walk: str, name: str, model: str = "") -> Part:
            asked.append(name)
            assert len(asked) < 10, "it is asked for again and again"
            return await give(walk, name, model)

        page.service.part = counted  # type: ignore[method-assign]
        for step in ("logits", "softmax", "sample", "logits"):
            await page.go(f"#/walk/thing/{step}")
        return page

    page = asyncio.run(scenario())

    assert asked == [LOGITS_PART]
    assert page.state.run.captured.row(hooks.FINAL_OUT, LAST) is not None
    assert not page.state.run.captured.has(hooks.LOGITS)
