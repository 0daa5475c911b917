"""A second place beside the first: opened, chosen, in the address, its numbers in one pass."""

from __future__ import annotations

import asyncio

import pytest

from seethrough.app.fetcher import lacking_in
from seethrough.app.pairing import choose_second, close_second, switch_second
from seethrough.app.places import address
from seethrough.app.tours import wanted_by
from seethrough.core.moved import Moved
from seethrough.core.routes import Route
from seethrough.core.second import Second, read_second, written_second
from tests.app.test_block_choice import MODEL, at, is_filled, n_passes
from tests.steps import parse


def test_it_opens_with_the_next_head_and_closes() -> None:
    """One action opens and closes it; in a half without heads it begins with the token before."""
    actions = at("scores")
    switch_second(actions.store)
    assert actions.state.choice.second == Second(head=1)
    switch_second(actions.store)
    assert actions.state.choice.second is None

    actions = at("expand")
    switch_second(actions.store)
    assert actions.state.choice.second == Second(position=actions.state.choice.position - 1)
    close_second(actions.store)
    assert actions.state.choice.second is None


def test_another_head_costs_nothing_another_layer_one_pass() -> None:
    """The second's numbers are wanted with the first's, and brought at once."""
    actions = at("weights")
    before = n_passes(actions)
    choose_second(actions.store, head=1)
    asyncio.run(actions.fetcher.fill())
    assert (n_passes(actions), is_filled(actions)) == (before, True)

    actions = at("scores")
    before = n_passes(actions)
    choose_second(actions.store, layer=1)
    assert not is_filled(actions)
    asyncio.run(actions.fetcher.fill())
    assert (n_passes(actions), is_filled(actions)) == (before + 1, True)


def test_the_budget_keeps_both_layers() -> None:
    """With room for nothing, what is drawn of two layers stays."""
    actions = at("scores")
    actions.fetcher._budget.limit = 0
    choose_second(actions.store, layer=1)
    asyncio.run(actions.fetcher.fill())

    state = actions.state
    assert not lacking_in(state.run, wanted_by(state.site.tours, state))


@pytest.mark.parametrize(
    "second", [Second(head=1), Second(layer=1), Second(position=0), Second(1, 1, 0)]
)
def test_the_address_says_it(second: Second) -> None:
    """A copied link has the same beside it."""
    actions = at("scores")
    actions.store.replace(second=second)

    assert f"beside={written_second(second)}" in address(actions.state)
    assert parse(address(actions.state)).second == second


@pytest.mark.parametrize(
    "text",
    ["", "head", "head:", "head:x", "head:-1", "size:3", "head:1,head:2", "head:1,", "head:٣"],
)
def test_a_broken_address_means_nothing(text: str) -> None:
    """What is no place is named, not guessed."""
    assert read_second(text) is None


def test_the_sliders_of_a_rotation_are_in_the_address() -> None:
    """What was moved is said at the step that shows it; nothing where nothing was moved."""
    actions = at("qkv")
    assert "moved=" not in address(actions.state)
    actions.move(together=3, apart=-1)

    assert parse(address(actions.state)).moved == Moved(3, -1)
    actions.store.replace(route=Route("block", "own", "scores"))
    assert "moved=" not in address(actions.state)


def test_what_the_model_lacks_falls_away() -> None:
    """Of a place the parts that are there stay."""
    config = MODEL.config
    far = Second(layer=config.n_layers, head=1, position=9)
    assert far.inside(config.n_layers, config.n_heads, 3) == Second(head=1)
