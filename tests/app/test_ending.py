"""A hundred endings: each is what the model writes with its seed, and branches cost one column."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from seethrough.app import pace
from seethrough.app.actions import Actions
from seethrough.app.state import Sampling
from seethrough.core.ending_plan import EndingPlan
from seethrough.core.errors import InputError
from seethrough.core.routes import Route
from tests.fake_engine import engine_of, opened, tiny_model
from tests.recorded import opened_with, recorded

MODEL = tiny_model()
PROMPT = "the thing and"
HOT = Sampling(temperature=0.6, top_k=3, seed=5)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn is told at once: a tiny model is done before a page would look again."""
    monkeypatch.setattr(pace.Pace, "is_due", lambda _pace: True)


async def page(settings: Sampling = HOT, n_tokens: int = 4) -> Actions:
    """A page that ran the prompt and shows the step."""
    actions = Actions(await opened(MODEL))
    await actions.run(PROMPT, chat=False)
    actions.store.replace(route=Route("decode", "own", "endings"))
    actions.store.replace(sampling=settings, ending_plan=EndingPlan(n_tokens, 20))
    return actions


@pytest.mark.parametrize(
    "settings",
    [
        HOT,
        Sampling(temperature=1.0, seed=1),
        Sampling(temperature=0.9, min_p=0.1, repetition_penalty=1.5, no_repeat_ngram_size=2),
        Sampling(),
    ],
    ids=str,
)
def test_each_is_what_the_model_writes_with_its_seed(settings: Sampling) -> None:
    """Seed by seed the very tokens of `generate`: the counts are exact, and the same each time."""

    async def scenario() -> None:
        actions = await page(settings)
        await actions.during("generate", actions.ending.draw())
        endings = actions.state.run.endings
        assert endings is not None
        assert endings.n_done == 20
        for way, seeds in endings.seeds.items():
            for seed in seeds:
                one = settings.but(seed=seed, max_new_tokens=4)
                done = await actions.service.continue_ids(
                    actions.state.run.ids, one, lambda _: None
                )
                assert done.ids == way
        counts = Counter({way: len(seeds) for way, seeds in endings.seeds.items()})
        await actions.during("generate", actions.ending.draw())
        again = actions.state.run.endings
        assert again is not None
        assert counts == {way: len(seeds) for way, seeds in again.seeds.items()}
        assert again.falling == endings.falling

    asyncio.run(scenario())


def test_what_begins_alike_is_run_once() -> None:
    """One pass of one column for each different beginning, however many seeds go through it."""

    async def scenario() -> None:
        actions = await page()
        before = len(engine_of(actions.service).requests)
        await actions.during("generate", actions.ending.draw())
        endings = actions.state.run.endings
        assert endings is not None
        begun = {way[:at] for way in endings.seeds for at in range(len(way))}
        columns = [len(one.tokens) for one in engine_of(actions.service).requests[before:]]
        assert columns == [1] * len(begun)

    asyncio.run(scenario())


def test_without_chance_all_are_one() -> None:
    """At temperature 0 each seed leads to the same ending."""

    async def scenario() -> None:
        actions = await page(Sampling())
        await actions.during("generate", actions.ending.draw())
        endings = actions.state.run.endings
        assert endings is not None
        assert [len(seeds) for seeds in endings.seeds.values()] == [20]

    asyncio.run(scenario())


def test_stopped_what_was_drawn_stays() -> None:
    """A stop ends it behind a pass; what was drawn is there, and fewer than asked for."""

    async def scenario() -> None:
        actions = await page(Sampling(temperature=2.0))
        actions.store.subscribe(
            ("endings",), lambda state: state.run.endings.seeds and actions.cancel()
        )
        await actions.during("generate", actions.ending.draw())
        endings, notice = actions.state.run.endings, actions.state.chrome.notice
        assert endings is not None
        assert 0 < endings.n_done < endings.n_draws
        assert notice is not None
        assert notice.key == "engine.cancelled"

    asyncio.run(scenario())


def test_a_recording_is_run_live_first() -> None:
    """From a recorded walk its model is opened, and the endings are of its text."""

    async def scenario() -> None:
        actions = Actions(await opened_with(recorded(), models=(MODEL,)))
        await actions.show_recording("thing")
        actions.store.replace(ending_plan=EndingPlan(4, 20))
        await actions.during("generate", actions.ending.draw())
        run = actions.state.run
        assert run.source == "live"
        assert run.endings is not None
        assert run.endings.n_done == 20
        await actions.run("an other", chat=False)
        assert actions.state.run.endings is None

    asyncio.run(scenario())


def test_the_model_has_no_room_beyond_its_context() -> None:
    """A text that fills the context but for two tokens gets endings of two."""

    async def scenario() -> None:
        actions = await page()
        room = MODEL.config.n_ctx - 2
        text = ("the " * 200)[:]
        ids = MODEL.tokenizer.encode(text)[:room]
        await actions.run(MODEL.tokenizer.decode(ids), chat=False)
        n_read = len(actions.state.run.ids)
        await actions.during("generate", actions.ending.draw())
        endings = actions.state.run.endings
        assert endings is not None
        longest = max(map(len, endings.seeds))
        assert longest == min(4, MODEL.config.n_ctx - n_read)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("written", "key"),
    [("0", "input.whole"), ("25", "input.whole"), ("x", "page.number"), ("", "page.number")],
)
def test_a_length_that_means_nothing_is_refused(written: str, key: str) -> None:
    """Each refusal is a sentence, and the length stays."""
    actions = asyncio.run(page())

    with pytest.raises(InputError) as refused:
        actions.ending.set("n_tokens", written)

    assert refused.value.key == key
    assert actions.state.choice.ending_plan.n_tokens == 4
    actions.ending.set("n_tokens", "12")
    actions.ending.set("n_draws", "30")
    assert actions.state.choice.ending_plan == EndingPlan(12, 30)
