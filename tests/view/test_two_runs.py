"""Two runs in one state: each is drawn as if it were alone, and what is kept is kept of both."""

from __future__ import annotations

import gc
import pkgutil
import weakref
from collections import Counter
from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pytest

import seethrough.view
from seethrough.app.recordings import run_of
from seethrough.core.captured import Captured
from seethrough.core.routes import OWN, Route
from seethrough.view.kept import Kept
from seethrough.view.late import Late
from seethrough.view.layout import PANELS, Memo, describe_cell, raster_for
from seethrough.view.steps.sample_odds import odds_of
from seethrough.view.tours import TOURS
from tests.fake_engine import tiny_model
from tests.recorded import recorded
from tests.steps import page_state
from tests.view.sample import Reading
from tests.view.walk_sample import walk_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seethrough.app.state import AppState

ROUTES = tuple(Route(tour.view, OWN, name) for tour in TOURS for name in tour.names or ("",))
PAIRS = {
    "families": (walk_state(family="llama"), walk_state(family="gpt2")),
    "prompts": (walk_state(), walk_state(("one", " two", " three"))),
}
# Panels of the text alone: both families read the same tokens.
OF_TOKENS = {"step-input", "step-tokenize"}
# Panels of what was searched or drawn behind a text, which neither run has.
OF_SEARCHES = {"step-beams", "step-endings", "step-compare"}
# A text that was read for its mistakes, which neither run was.
OF_READING = {"step-read"}
STEPS_OWN = {
    step.place: route for route in ROUTES for step in [page_state(route=route).step] if step
}


def beside(pair: str) -> tuple[AppState, AppState]:
    """One state, and the same state with the other run and what is chosen of it."""
    first, second = PAIRS[pair]
    return first, replace(first, run=second.run, choice=second.choice)


def places() -> Iterator[tuple[Route, str]]:
    """Every panel at every step of every tour; a step's own panel where it stands."""
    for route in ROUTES:
        for slot in PANELS:
            if STEPS_OWN.get(slot, route) == route:
                yield route, slot


def drawn(state: AppState, route: Route, slot: str) -> str:
    """A panel's markup at a step."""
    return PANELS[slot].render(replace(state, route=route))


def forget() -> None:
    """Leave nothing that a view keeps, as in a page that has just begun."""
    for found in pkgutil.walk_packages(seethrough.view.__path__, "seethrough.view."):
        for value in vars(import_module(found.name)).values():
            if isinstance(value, Late):  # its module is gone over itself
                continue
            for held in (value, *(cell.cell_contents for cell in closure(value))):
                if isinstance(held, Kept):
                    held._last.clear()
                if isinstance(held, weakref.WeakKeyDictionary):
                    held.clear()
                if hasattr(held, "cache_clear"):
                    held.cache_clear()


def closure(value: object) -> tuple[object, ...]:
    """The cells that a function holds."""
    return getattr(value, "__closure__", None) or ()


@pytest.mark.parametrize("pair", PAIRS)
def test_each_is_drawn_as_if_alone(pair: str) -> None:
    """Every panel at every step, drawn of both runs in turns, is what each run gives alone."""
    alone = []
    for state in beside(pair):
        forget()
        alone.append({place: drawn(state, *place) for place in places()})
    forget()
    differing = [place for place in places() if alone[0][place] != alone[1][place]]

    assert STEPS_OWN.keys() - OF_TOKENS - OF_SEARCHES - OF_READING <= {
        slot for _, slot in differing
    }
    for place in [*places(), *places()]:
        for state, expected in zip(beside(pair), alone, strict=True):
            assert drawn(state, *place) == expected[place], place


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[object]:
    """How often each part is made, by what keeps it."""
    counts: Counter[object] = Counter()
    of = Kept.of

    def counted(self: Kept[object], scene: object, make: Callable[[], object], *asked: object):
        def count() -> object:
            counts[self] += 1
            return make()

        return of(self, scene, count, *asked)

    monkeypatch.setattr(Kept, "of", counted)
    return counts


@pytest.mark.parametrize("pair", PAIRS)
def test_neither_throws_out_the_other(pair: str, made: Counter[object]) -> None:
    """In turns, twice: the second time no part is made, of either run."""
    forget()
    for route in ROUTES:
        here = [slot for at, slot in places() if at == route]
        for turn in range(2):
            before = made.total()
            for slot in here:
                for state in beside(pair):
                    drawn(state, route, slot)
            if turn:
                assert made.total() == before, route
    assert made.total() > 2 * len(STEPS_OWN)


def test_a_panel_of_each_run_is_made_once(made: Counter[object]) -> None:
    """A page's memo of its panels holds both runs' markup: two of each, however often asked."""
    memo = Memo()
    for route in ROUTES:
        here = [slot for at, slot in places() if at == route]
        before = Counter(made)
        for _ in range(3):
            for slot in here:
                for state in beside("families"):
                    memo.markup(replace(state, route=route), slot)
        keepers = memo._kept.values()
        assert max((made - before)[keeper] for keeper in keepers) == 2


def arrays_in(value: object) -> Iterator[np.ndarray]:
    """Every array that a value holds, by whatever way; a view is its owner."""
    if isinstance(value, np.ndarray):
        while isinstance(value.base, np.ndarray):
            value = value.base
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from arrays_in(getattr(value, item.name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from arrays_in(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from arrays_in(item)


def n_bytes(*values: object) -> int:
    """The bytes of the distinct arrays that some values hold."""
    return sum({id(array): array.nbytes for value in values for array in arrays_in(value)}.values())


def copied(state: AppState) -> AppState:
    """The same run, its numbers in arrays of its own."""
    known = state.run.captured
    arrays = {name: array.copy() for name, array in known.arrays.items()}
    return state.but(captured=Captured(arrays, dict(known.positions)))


def look_at(state: AppState) -> None:
    """Draw every panel and every picture at every step, and tell a cell of each."""
    memo = Memo()
    for route, slot in places():
        here = replace(state, route=route)
        PANELS[slot].render(here)
        for tag, attributes in Reading(memo.markup(here, slot)).elements:
            if tag == "canvas":
                assert raster_for(here, attributes["data-raster"] or "", dark=False) is not None
            if "data-rows" in attributes:
                describe_cell(here, attributes["data-raster"] or "", 0, 0)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_arrays_are_held_once(family: str) -> None:
    """A live run holds its captured arrays and no other, before and after all is drawn."""
    state = copied(walk_state(family=family))
    captured = sum(array.nbytes for array in state.run.captured.arrays.values())

    assert n_bytes(state) == captured
    look_at(state)
    assert n_bytes(state) == captured


def test_a_recording_is_held_once() -> None:
    """The run of a recording has the recording's own arrays, and its patterns unpacked, once."""
    made = recorded()
    run = run_of(made, tiny_model().config)
    unpacked = sum(made.pattern(layer).nbytes for layer in made.layers)

    assert n_bytes(run) == n_bytes(made) + unpacked
    shown = page_state(run=run, position=run.last_kept)
    look_at(shown)
    assert n_bytes(shown) == n_bytes(made) + unpacked


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_nothing_holds_a_run_that_is_gone(family: str) -> None:
    """After every panel and picture was drawn of it, a run that is let go takes its arrays along.

    The other one, which was drawn in turns with it, stays.
    """
    stays = copied(walk_state(("one", " two"), family))
    state = copied(walk_state(family=family))
    held = [weakref.ref(array) for array in state.run.captured.arrays.values()]
    held += [weakref.ref(state.run), weakref.ref(state.run.captured)]
    kept = weakref.ref(stays.run.captured)
    for shown in (state, stays, state):
        look_at(shown)
    assert all(ref() is not None for ref in held)

    del state, shown
    gc.collect()
    assert [ref() for ref in held if ref() is not None] == []
    assert kept() is stays.run.captured


def test_forgetting_forgets(made: Counter[object]) -> None:
    """What the tests above clear is what the views keep: after it all is made again."""
    state, route = walk_state(), Route("walk", OWN, "layers")
    forget()
    drawn(state, route, "step-layers")
    first = made.total()
    drawn(state, route, "step-layers")
    assert made.total() == first > 0
    forget()
    drawn(state, route, "step-layers")
    assert made.total() == 2 * first


def test_another_choice_of_a_run_is_another_drawing() -> None:
    """Two scenes of the same run at other tokens are told apart."""
    state = replace(walk_state(), route=Route("walk", OWN, "embed"))
    other = state.but(position=1)
    first, second = (PANELS["step-embed"].render(scene) for scene in (state, other))

    assert first != second
    assert PANELS["step-embed"].render(state) == first


def test_the_odds_of_both_runs_are_kept() -> None:
    """The dart's odds over the whole vocabulary are computed once for each run, not in turns."""
    first, second = beside("families")
    both = [odds_of(first), odds_of(second)]

    assert both[0] is not both[1]
    assert [odds_of(first), odds_of(second)] == both
