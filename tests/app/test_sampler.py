"""The step "sample": settings taken or refused, darts one after the other, a count of 200."""

from __future__ import annotations

import asyncio

import pytest

from seethrough.app.sampler import Sampler
from seethrough.app.state import TALLY, Sampling, Store, Throws
from seethrough.core.settings import PRESETS, preset
from tests.fake_engine import opened, tiny_model
from tests.steps import page_state
from tests.view.sample import CONFIG


def made(**changes: object) -> Sampler:
    """A sampler over a state that shows something."""
    return Sampler(Store(page_state(config=CONFIG, **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "written", "taken"),
    [
        ("temperature", "0.85", 0.85),
        ("temperature", "0", 0.0),
        ("top_k", "40", 40),
        ("top_p", "0.9", 0.9),
        ("min_p", "0.05", 0.05),
        ("seed", "12", 12),
    ],
)
def test_a_setting_is_taken(name: str, written: str, taken: float) -> None:
    """What a control says is the state's, of its own kind, and the rest stays."""
    sampler = made()
    sampler.set(name, written)

    sampling = sampler.store.state.sampling
    assert sampling[name] == taken
    assert type(sampling[name]) is type(Sampling()[name])
    others = [other for other in ("temperature", "top_k", "top_p", "min_p") if other != name]
    assert all(sampling[other] == Sampling()[other] for other in others)


@pytest.mark.parametrize(
    ("name", "written", "key"),
    [
        ("temperature", "hot", "page.number"),
        ("temperature", "-1", "sampling.temperature"),
        ("temperature", "nan", "sampling.temperature"),
        ("top_k", "2.5", "input.whole"),
        ("top_k", "1e999", "input.whole"),
        ("top_k", "49153", "input.whole"),
        ("top_k", "", "page.number"),
        ("top_p", "0", "sampling.top_p"),
        ("min_p", "1.5", "sampling.min_p"),
        ("seed", "-1", "input.whole"),
        ("preset", "none", "page.number"),
        ("__class__", "1", "page.number"),
    ],
)
def test_what_means_nothing_is_refused(name: str, written: str, key: str) -> None:
    """The old value stays, and a sentence says why; the next good one takes it off."""
    sampler = made()
    sampler.set(name, written)

    refused = sampler.store.state.choice.throws.refused
    assert refused is not None
    assert refused.key == key
    assert sampler.store.state.sampling == Sampling()
    sampler.set("top_k", "3")
    assert sampler.store.state.choice.throws.refused is None


def test_a_refusal_is_told_anew() -> None:
    """The same mistake twice draws the control twice, so that the old value stands there again."""
    sampler, seen = made(), []
    sampler.set("top_k", "x")
    sampler.store.subscribe(("throws",), lambda state: seen.append(state.choice.throws.refused))
    sampler.set("top_k", "x")

    assert [told is None for told in seen] == [True, False]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_the_shape_and_keeps_the_seed(name: str) -> None:
    """Four settings at once; seed and length are the reader's own."""
    sampler = made(sampling=Sampling(seed=9, max_new_tokens=3))
    sampler.set("preset", name)

    now = sampler.store.state.sampling
    assert now.shape == preset(name)
    assert (now.seed, now.max_new_tokens) == (9, 3)


def test_a_held_slider_changes_nothing_yet() -> None:
    """What it would do is shown; letting go takes it."""
    sampler = made()
    sampler.attempt("temperature", "1.2")
    held = sampler.store.state
    sampler.attempt("temperature", "x")

    assert held.choice.trying is not None
    assert held.choice.trying.temperature == 1.2
    assert held.sampling == Sampling()
    assert sampler.store.state is held
    sampler.set("temperature", "1.2")
    assert sampler.store.state.choice.trying is None
    assert sampler.store.state.sampling.temperature == 1.2


def test_darts_count_on_and_begin_anew() -> None:
    """Each throw is the next dart; another seed or another text begins with the first."""
    sampler = made()
    sampler.throw()
    sampler.throw()
    assert sampler.store.state.choice.throws.at == 2
    sampler.set("temperature", "1")
    assert sampler.store.state.choice.throws.at == 2
    sampler.set("seed", "5")
    assert sampler.store.state.choice.throws.at == 0
    sampler.throw()
    sampler.tally()
    assert sampler.store.state.choice.throws == Throws(1, TALLY)
    sampler.store.replace(tokens=())
    assert sampler.store.state.choice.throws == Throws(1, TALLY)
    sampler.store.replace(tokens=("another",))
    assert sampler.store.state.choice.throws == Throws()


def test_a_count_can_be_put_away() -> None:
    """The second press takes the count off."""
    sampler = made()
    sampler.tally()
    sampler.tally()

    assert sampler.store.state.choice.throws.tallied == 0


def test_the_open_model_names_its_tokens() -> None:
    """Its vocabulary is in the state from the end of the load on, and not before."""
    seen = []

    async def scenario() -> None:
        service = await opened(tiny_model())
        assert service.store.state.vocabulary is None
        service.store.subscribe(("vocabulary",), lambda state: seen.append(state.site.engine.model))
        await service.load()
        assert service.model is not None
        assert service.store.state.vocabulary is service.model.tokenizer

    asyncio.run(scenario())
    assert seen == [tiny_model().manifest.id]


@pytest.mark.parametrize("temperature", [0.0, 0.5])
def test_many_darts_need_chance(temperature: float) -> None:
    """Where chance is off it is switched on, at the model's own odds; other settings stay."""
    sampler = made(sampling=Sampling(temperature=temperature, top_k=5))
    sampler.throw_many()

    state = sampler.store.state
    assert state.choice.throws.tallied == TALLY
    assert state.sampling.temperature == (temperature or 1.0)
    assert state.sampling["top_k"] == (5 if temperature else 0)


def test_the_model_s_own_odds_are_thrown_at() -> None:
    """What a question asked is what is shown: own odds, whatever was set, and the same seed."""
    sampler = made(sampling=Sampling(temperature=0.5, top_k=5, seed=7))
    sampler.throw_own()

    state = sampler.store.state
    assert state.sampling == Sampling(temperature=1.0, seed=7)
    assert state.choice.throws.tallied == TALLY
