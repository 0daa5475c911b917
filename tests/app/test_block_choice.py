"""Inside a layer: another head costs no forward pass, another layer one, a way back none."""

from __future__ import annotations

import asyncio

import pytest

from seethrough.app.actions import Actions
from seethrough.app.fetcher import lacking_in
from seethrough.app.places import address
from seethrough.app.state import Moved
from seethrough.app.tours import wanted_by
from seethrough.core.routes import Route
from seethrough.view.tours import THE_BLOCK, TOURS
from tests.fake_engine import engine_of, opened, tiny_model
from tests.steps import parse

MODEL = tiny_model()
PROMPT = "the thing and"
# Steps that tell what something does to a score.
READ_BY_THE_NORM = ("mix", "expand", "contract")


def at(step: str, view: str = "block") -> Actions:
    """Actions after a live run, at a step, its numbers brought."""
    actions = Actions(asyncio.run(opened(MODEL)))
    asyncio.run(actions.run(PROMPT, chat=False))
    actions.store.replace(route=Route(view, "own", step), tours=TOURS, depth="numbers")
    asyncio.run(actions.fetcher.fill())
    return actions


def n_passes(actions: Actions) -> int:
    """How often the engine was asked."""
    return len(engine_of(actions.service).requests)


def is_filled(actions: Actions) -> bool:
    """Whether all that the page draws is here."""
    state = actions.state
    return not lacking_in(state.run, wanted_by(state.site.tours, state))


def go_through(actions: Actions) -> None:
    """Every head and token of the layer, each filled."""
    for head in range(MODEL.config.n_heads):
        for position in range(len(actions.state.run.tokens)):
            actions.select_head(head)
            actions.select_position(position)
            asyncio.run(actions.fetcher.fill())


@pytest.mark.parametrize("step", THE_BLOCK.names)
def test_a_head_and_a_token_cost_no_pass(step: str) -> None:
    """All heads and tokens of a layer are here with it, but a token's final norm: asked for once.

    What a half or a neuron adds to a score is read with that norm's divisor held.
    """
    actions = at(step)
    before, n_tokens = n_passes(actions), len(actions.state.run.tokens)
    go_through(actions)
    first = n_passes(actions) - before
    go_through(actions)

    assert is_filled(actions)
    assert first == (n_tokens - 1 if step in READ_BY_THE_NORM else 0)  # the last is here
    assert n_passes(actions) == before + first


@pytest.mark.parametrize("step", THE_BLOCK.names)
def test_a_layer_costs_one_pass_and_back_none(step: str) -> None:
    """Another layer is one forward pass at most; the layer before is still here."""
    actions = at(step)
    before = n_passes(actions)
    asyncio.run(actions.turn_layer(1))
    assert (actions.state.choice.layer, is_filled(actions)) == (1, True)
    assert n_passes(actions) <= before + 1
    there = n_passes(actions)
    asyncio.run(actions.turn_layer(-1))

    assert actions.state.choice.layer == 0
    assert n_passes(actions) == there


def test_keys_go_round() -> None:
    """After the last head comes the first, before the first layer the last."""
    actions = at("qkv")
    n_layers, n_heads = MODEL.config.n_layers, MODEL.config.n_heads
    for _ in range(n_heads - 1):
        actions.turn_head(1)
    assert actions.state.choice.head == n_heads - 1
    actions.turn_head(1)
    assert actions.state.choice.head == 0
    asyncio.run(actions.turn_layer(-1))
    assert actions.state.choice.layer == n_layers - 1


def test_keys_do_nothing_where_nothing_is_to_be_chosen() -> None:
    """On the walk, whose steps show no head, the keys change nothing."""
    actions = at("softmax", view="walk")
    actions.turn_head(1)
    asyncio.run(actions.turn_layer(1))

    assert (actions.state.choice.head, actions.state.choice.layer) == (0, 0)


def test_a_place_is_a_layer_and_a_head() -> None:
    """A click on the wall goes to both, and the address says so."""
    actions = at("weights")
    asyncio.run(actions.select_place(1, 1))
    place = parse(address(actions.state))

    assert (actions.state.choice.layer, actions.state.choice.head) == (1, 1)
    assert (place.layer, place.head, place.route.step) == (1, 1, "weights")
    assert is_filled(actions)


def test_positions_are_moved_one_way_at_a_time() -> None:
    """What is moved together stays where the distance changes, and the other way round."""
    actions = at("qkv")
    actions.move(together=4)
    actions.move(apart=-1)
    assert actions.state.choice.moved == Moved(4, -1)
    actions.move(together=0)

    assert actions.state.choice.moved == Moved(0, -1)
