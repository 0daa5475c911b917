"""A head switched off inside its layer: what is asked, what is said before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seethrough.core.wants import Wants
from seethrough.view import transport
from seethrough.view.block import off
from seethrough.view.ideas.plain import mark_at, name_at
from seethrough.view.node import to_html
from tests.view.sample import Reading
from tests.view.test_block_steps import at, drawn, words

if TYPE_CHECKING:
    from seethrough.app.state import AppState

HEADS = frozenset({(1, 1), (0, 0)})
STEPS = ("weights", "mix")


def switched(step: str, heads: frozenset[tuple[int, int]] = HEADS) -> AppState:
    """Some heads off, the model's first two answers swapped and a third gone."""
    state = at(step)
    first, second, *rest = state.run.top
    now = (replace(second, prob=0.75), replace(first, prob=0.125), *rest[1:3])
    return state.but(off=heads, run=replace(state.run, without={heads: now}))


@pytest.mark.parametrize("step", STEPS)
def test_the_answer_without_the_heads_is_wanted(step: str) -> None:
    """What is asked for is the very set of heads that are off; nothing while all are on."""
    assert off.wants(switched(step)) == Wants(without=frozenset({HEADS}))
    assert off.wants(at(step)) == Wants()


@pytest.mark.parametrize("step", STEPS)
def test_before_and_after_stand_side_by_side(step: str) -> None:
    """Each answer has both chances and their difference in points; bars are as long."""
    state = switched(step)
    html = drawn(state)
    changes = {change.item.id: change for change in off.changes_of(state)}
    first = state.run.top[0]

    assert changes[first.id].before == first.prob
    assert changes[first.id].after == 0.125
    told = f"{100 * (0.125 - first.prob):+.1f}".replace("-", "\u2212")
    assert told in words(html)
    assert 'width="12.50%"' in html
    assert any(change.after is None for change in changes.values())
    assert "not among the best" in words(html)


def test_each_head_has_its_switch() -> None:
    """The shown head, the others that are off, and all at once can be switched."""
    heads = Reading(to_html(off.figure(switched("mix")))).values("data-heads")
    assert heads == ["1.1", "0.0", "0.0,1.1"]
    assert Reading(to_html(off.figure(at("mix")))).values("data-heads") == ["1.1"]


def test_it_is_said_that_the_answer_is_asked_for() -> None:
    """Until it is known there is no table."""
    state = at("weights").but(off=HEADS)
    assert "Asking the model again" in words(drawn(state))


@pytest.mark.parametrize("depth", ["numbers", "code"])
@pytest.mark.parametrize("step", STEPS)
def test_heads_are_off_where_the_answer_without_them_stands(step: str, depth: str) -> None:
    """There nothing says that they are on again; the ideas and what comes behind do."""
    assert transport.heads_on(switched(step).but(depth=depth)) == []
    assert transport.heads_on(switched(step).but(depth="idea")) != []
    assert transport.heads_on(switched("expand").but(depth=depth)) != []


def test_of_equal_words_it_is_said_which() -> None:
    """The second of two equal words is named so; a word that stands alone is not."""
    state = at("mix", texts=(" the", " dog", " the", "."))
    assert words(to_html(mark_at(state, 2))) == "the (2nd)"
    assert name_at(state, 0) == "the (1st)"
    assert words(to_html(mark_at(state, 1))) == "dog"
