"""Parts that are kept while nothing changes that they are drawn from; films told on demand."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seethrough.core.captured import Captured
from seethrough.core.routes import Route
from seethrough.view.film import Film
from seethrough.view.kept import Held, kept
from seethrough.view.node import h, to_html
from seethrough.view.steps import layers_norms
from tests.view.walk_sample import walk_state

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Node


def test_made_anew_only_for_what_it_is_drawn_from() -> None:
    """The part is made again for a changed field of its own or another argument, not else."""
    made = []

    @kept("tokens")
    def part(state: AppState, more: int) -> Node:
        made.append(more)
        return h("p", {}, len(state.run.tokens), more)

    state = walk_state()
    first = part(state, 1)
    assert part(state.but(prompt="other"), 1) is first
    assert part(state.but(tokens=state.run.tokens[:2]), 1).html == "<p>21</p>"
    assert part(state, 2).html == f"<p>{len(state.run.tokens)}2</p>"
    assert made == [1, 1, 2]


def test_a_way_back_is_the_same() -> None:
    """Another object for the same route is no change; another array or text object is one."""
    route, values = Route("walk", "own", "embed"), [1, 2]

    held = Held((route, values))

    assert held.is_same((Route("walk", "own", "embed"), values))
    assert not held.is_same((route, [1, 2]))
    assert not held.is_same((Route("walk", "own", "layers"), values))
    assert not held.is_same((route,))
    assert not Held((route,)).is_same((route, values))


def test_what_is_gone_is_not_nothing() -> None:
    """What a drawing was made of may be gone; then it is no drawing of None."""
    gone = Captured()
    held = Held((gone, 1))
    assert held.is_same((gone, 1))
    del gone
    gc.collect()

    assert not held.is_same((None, 1))
    assert Held((None, 1)).is_same((None, 1))


@pytest.mark.parametrize("changes", [{"unfolded": frozenset()}, {"tokens": 3}, {"position": 1}])
def test_kept_lengths_are_those_of_the_state(changes: dict[str, object]) -> None:
    """What step 4 keeps of the lengths is what would be written anew, whatever changed."""
    state = walk_state()
    layers_norms.panel(state, 7)
    if "unfolded" in changes:
        state = state.but(unfolded=frozenset())
    elif "tokens" in changes:
        state = state.but(tokens=state.run.tokens[:3])
    else:
        state = state.but(choice=replace(state.choice, position=1))
    fresh = layers_norms.panel.__wrapped__  # type: ignore[attr-defined]

    assert layers_norms.panel(state, 7).html == to_html(fresh(state, 7))


def test_a_film_tells_only_what_is_asked() -> None:
    """A film is counted without telling a moment; each is told when its turn comes."""
    told: list[str] = []

    def teller(name: str) -> str:
        told.append(name)
        return name

    film = Film(tuple(lambda name=name: teller(name) for name in "abc"))  # type: ignore[misc]
    assert len(film) == 3
    assert told == []
    assert film[1] == "b"
    assert list(film[1:]) == ["b", "c"]
    assert told == ["b", "b", "c"]
