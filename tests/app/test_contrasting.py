"""Two texts written side by side are what the model writes alone; their odds are a draw's own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.decoding import logits_behind, odds_of
from seethrough.app.pace import Pace
from seethrough.app.state import Sampling
from seethrough.core.against import Against
from seethrough.core.routes import Route
from tests.app.going import state_after
from tests.fake_engine import engine_of, opened, tiny_model, true_logits
from tests.recorded import opened_with, recorded
from tests.sampled import opened_with_gallery, sample

if TYPE_CHECKING:
    from seethrough.core.contrast import Contrast

MODEL = tiny_model()
OTHER = tiny_model(8)
PROMPT = "the thing and"
HOT = Sampling(temperature=0.8, top_k=5, seed=3)
CARD = sample()


async def written(plan: Against, settings: Sampling = Sampling()) -> Actions:  # noqa: B008 - frozen
    """A page on which both sides were written."""
    actions = Actions(await opened(MODEL))
    await actions.run(PROMPT, chat=False)
    actions.store.replace(sampling=settings, against=plan, route=Route("decode", "own", "compare"))
    await actions.during("generate", actions.contrasting.write())
    return actions


def contrast_of(actions: Actions) -> Contrast:
    """What is shown."""
    assert actions.state.chrome.error is None
    made = actions.state.run.contrast
    assert made is not None
    return made


def test_each_side_is_what_the_model_writes() -> None:
    """The very tokens of a continuation with the same settings, on both sides."""

    async def scenario() -> None:
        actions = await written(Against("settings", 6, HOT))
        made = contrast_of(actions)
        for side in made.sides:
            done = await actions.service.continue_ids(
                actions.state.run.ids, side.settings, lambda _: None
            )
            assert done.ids == tuple(step.id for step in side.steps)
            assert done.stop == side.stop
            assert [step.prob for step in done.steps] == [step.prob for step in side.steps]
        assert made.left.settings.temperature == 0
        assert made.is_whole

    asyncio.run(scenario())


def test_the_odds_of_a_side_are_a_draws() -> None:
    """Every candidate's chance, by the model and with the settings, from the engine's scores."""

    async def scenario() -> None:
        actions = await written(Against("settings", 4, HOT), Sampling(temperature=1.3))
        made, given = contrast_of(actions), actions.state.run.ids
        for side in made.sides:
            for at, shares in enumerate(side.shares):
                text = (*given, *(step.id for step in side.steps[:at]))
                logits = await logits_behind(actions.service, text)
                own, _ = odds_of(logits, Sampling(temperature=1.0), text)
                now, _ = odds_of(logits, side.settings, text)
                ids = [share.id for share in shares]
                assert [share.own for share in shares] == pytest.approx(own[ids], rel=1e-12)
                assert [share.now for share in shares] == pytest.approx(now[ids], rel=1e-12)

    asyncio.run(scenario())


def test_both_candidates_are_known_on_both_sides() -> None:
    """At the first difference each side knows what the other one took."""
    actions = asyncio.run(written(Against("settings", 8, Sampling(temperature=9.0, seed=5))))
    made = contrast_of(actions)
    assert made.first is not None
    row = {one.is_left: one for one in made.odds(made.first) if one.is_left or one.is_right}
    assert all(one.left is not None and one.right is not None for one in row.values())


def test_the_same_settings_write_the_same() -> None:
    """Nothing differs, and that is known."""
    actions = asyncio.run(written(Against("settings", 5, HOT), HOT))

    assert contrast_of(actions).first is None
    assert contrast_of(actions).is_whole


def test_another_prompt() -> None:
    """The right side is what the model writes behind the other prompt."""

    async def scenario() -> None:
        actions = await written(Against("prompt", 4, prompt="an other"), HOT)
        made = contrast_of(actions)
        ids = actions.service.prompt_ids("an other", chat=False)
        wanted = HOT.but(max_new_tokens=4)
        done = await actions.service.continue_ids(ids, wanted, lambda _: None)
        assert done.ids == tuple(step.id for step in made.right.steps)
        assert made.right.prompt == "an other"

    asyncio.run(scenario())


def test_another_model() -> None:
    """Written with the other model; then the first one is open again, its run as it was."""

    async def scenario() -> None:
        actions = Actions(await opened(MODEL, OTHER))
        await actions.run(PROMPT, chat=False)
        before, plan = actions.state.run, Against("model", 3, model=OTHER.manifest.id)
        actions.store.replace(against=plan)
        await actions.during("generate", actions.contrasting.write())
        made, run = contrast_of(actions), actions.state.run
        assert actions.service.is_loaded(MODEL.manifest.id)
        assert (run.tokens, run.captured) == (before.tokens, before.captured)
        assert actions.state.choice.against == plan
        assert (made.left.model, made.right.model) == (MODEL.manifest.id, OTHER.manifest.id)
        ids = actions.service.prompt_ids(PROMPT, chat=False)
        best = int(np.argmax(true_logits(OTHER, ids)))
        assert made.right.steps[0].id == best
        assert made.is_whole

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("plan", "key"),
    [
        (Against("prompt", 4, prompt="  "), "input.empty"),
        (Against("model", 4, model="none"), "versus.no_model"),
        (Against("model", 4, model=MODEL.manifest.id), "versus.no_model"),
    ],
)
def test_nothing_to_set_it_against(plan: Against, key: str) -> None:
    """No prompt, no such model, the same model: a sentence, and nothing runs."""
    actions = asyncio.run(written(plan))

    error = actions.state.chrome.error
    assert error is not None
    assert error.key == key
    assert actions.state.run.contrast is None


def test_stopped_what_was_written_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop ends it between two tokens."""
    monkeypatch.setattr(Pace, "is_due", lambda _pace: True)

    async def scenario() -> None:
        actions = Actions(await opened(MODEL))
        await actions.run(PROMPT, chat=False)
        actions.store.replace(against=Against("settings", 6, HOT))
        actions.store.subscribe(
            ("contrast",),
            lambda state: len(state.run.contrast.left.steps) == 2 and actions.cancel(),
        )
        await actions.during("generate", actions.contrasting.write())
        made = contrast_of(actions)
        assert 2 <= len(made.left.steps) < 6
        assert not made.is_whole
        assert made.first is None

    asyncio.run(scenario())


def test_a_recording_is_run_live_first() -> None:
    """Its text with its model; a new run begins without."""

    async def scenario() -> None:
        actions = Actions(await opened_with(recorded(), models=(MODEL,)))
        await actions.show_recording("thing")
        await actions.during("generate", actions.contrasting.write())
        assert contrast_of(actions).left.prompt == recorded().prompt
        await actions.run("an other", chat=False)
        assert actions.state.run.contrast is None

    asyncio.run(scenario())


def gallery_page() -> Actions:
    """A page with a walk and a card; nothing is loaded."""
    models = (MODEL,)
    return Actions(asyncio.run(opened_with_gallery(CARD, walks=(recorded(),), models=models)))


@pytest.mark.parametrize(
    ("address", "pair"),
    [
        ("#/decode/capital/compare", (0, 1)),
        ("#/decode/thing/compare", (0, 1)),
        ("#/decode/capital/compare?against=settings,12,temperature:5", (0, 5)),
        ("#/decode/capital/compare?temperature=1&against=settings,12,temperature:5", (1, 5)),
        ("#/decode/capital/compare?temperature=1", (1, 0)),
        ("#/decode/capital/compare?temperature=0.7&against=settings,12,temperature:2", (0, 1)),
    ],
)
def test_a_recorded_example_needs_no_engine(address: str, pair: tuple[int, int]) -> None:
    """The temperatures of the address where they were recorded; nothing is loaded."""
    actions = gallery_page()
    state = state_after(actions, address)
    made = state.site.example

    assert made is not None
    assert made.is_recorded
    assert tuple(side.settings.temperature for side in made.sides) == pair
    assert engine_of(actions.service).requests == []
    assert state.chrome.error is None
    assert state.route.step == "compare"


def test_the_examples_odds_are_exact() -> None:
    """What a recording says of both settings is what the engine would say."""
    made = state_after(
        gallery_page(), "#/decode/capital/compare?temperature=1&against=settings,12,temperature:5"
    ).site.example
    assert made is not None
    for side in made.sides:
        for at, shares in enumerate(side.shares):
            text = (*CARD.prompt.ids, *(step.id for step in side.steps[:at]))
            now, _ = odds_of(true_logits(MODEL, text), side.settings, text)
            assert [share.now for share in shares] == pytest.approx(
                [now[share.id] for share in shares], rel=1e-5
            )


def test_an_example_has_as_many_tokens_as_the_plan() -> None:
    """Two of five's three; it says that it was cut."""
    address = "#/decode/capital/compare?against=settings,2,temperature:5"
    made = state_after(gallery_page(), address).site.example
    assert made is not None
    assert len(made.right.steps) == 2
    assert made.right.stop == "max_new_tokens"
