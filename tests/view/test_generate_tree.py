"""The drawn tree: every way and token once, the reader's place, names; text stays text."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from seethrough.app.state import AppState, Branch, Stage
from seethrough.core.routes import OWN, Route
from seethrough.core.tokens import END, LIMIT, NewToken
from seethrough.view import pages
from seethrough.view.generate import tree
from seethrough.view.layout import ACTIONS
from seethrough.view.steps.written import bits
from tests.english import exact, probability
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, N_NEW, walk_state

HOSTILE = "<img src=x onerror=alert(1)>\"'\0"


def at(*, family: str = "llama", depth: str = "idea", **changes: object) -> AppState:
    """A state in the room, with one other way: it leaves at the second token."""
    state = walk_state(("January", ",", " February", ","), family)
    route, stage = Route("generate", OWN, "tree"), Stage(moment=None)
    first, second, *_ = state.run.continuation
    other = replace(second, id=second.id + 1, text=" x", visible="·x", prob=0.01, rank=5)
    ways = (Branch((first, other), LIMIT),)
    told = {"branches": ways, "stop": END, **changes}
    return state.but(route=route, stage=stage, depth=depth, **told)  # type: ignore[arg-type]


def names(state: AppState) -> list[str]:
    """The data-step of each token's button, with the number of its way."""
    found = [attrs for _, attrs in Reading(tree.idea(state)).elements]
    return [
        f"{one['data-index']}:{one['data-step']}"
        for one in found
        if one.get("data-action") == "stand-at"
    ]


@pytest.mark.parametrize("depth", ["idea", "numbers"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_is_whole(family: str, depth: str) -> None:
    """Unique ids, known actions, no way drawn twice."""
    state = at(family=family, depth=depth)
    reading = Reading(pages.render(state))
    ids = reading.values("id")

    assert len(set(ids)) == len(ids)
    assert set(reading.values("data-action")) <= set(ACTIONS)
    assert sorted(names(state)) == sorted([*(f"-1:{step}" for step in range(N_NEW)), "0:1"])


def test_a_fork_tells_both_chances() -> None:
    """Each way of a fork begins with the chance of its first token; a lone one has none."""
    state = at()
    texts = Reading(tree.idea(state)).texts

    chosen = state.run.continuation[1].prob
    assert texts.count(probability(0.01)) >= 1
    assert texts.count(probability(chosen)) >= 1
    assert "you are here" in texts


def test_names_stand_at_their_places() -> None:
    """What the reader calls a place is text, whatever it holds."""
    state = at()
    path = tuple(step.id for step in state.run.steps[:2])
    drawn = tree.idea(state.but(place_names={path: HOSTILE}))

    assert "<img" not in drawn
    assert any("<img src=x" in text for text in Reading(drawn).texts)


def test_all_ways_stand_in_a_table() -> None:
    """At the numbers each way has its text, its name, its tokens and all their bits."""
    state = at(depth="numbers", unfolded=None)
    path = tuple(step.id for step in state.run.steps)
    texts = Reading(tree.render(state.but(place_names={path: "mine"}))).texts
    for way in state.run.ways:
        assert exact(math.fsum(bits(step.prob) for step in way.steps)) in texts
    assert "mine" in texts
    assert LIMIT in texts


def test_a_hostile_token_stays_text() -> None:
    """A token's own signs are never markup."""
    bad = NewToken(3, HOSTILE, HOSTILE, 0.5, 0)
    assert "<img" not in tree.idea(at(branches=(Branch((bad,)),)))


def test_one_way_says_how_another_begins() -> None:
    """Without a fork the tree tells how to make one; without a run, that one must run first."""
    assert any("One way so far" in text for text in Reading(tree.idea(at(branches=()))).texts)
    empty = at(branches=()).but(tokens=(), top=(), continuation=())
    assert any("Run a text first" in text for text in Reading(tree.idea(empty)).texts)


def test_two_hundred_nodes_are_few_elements() -> None:
    """A tree of 200 tokens draws at most four elements a token."""
    state = at()
    token = state.run.continuation[0]
    ways = tuple(
        Branch(tuple(replace(token, id=100 * way + step + 1) for step in range(10)))
        for way in range(20)
    )
    assert len(Reading(tree.idea(state.but(branches=ways))).elements) < 4 * 230
