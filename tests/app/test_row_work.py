"""What is made of rows: from the map's file without a model, from the model once it is open."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.app.by_rows import chosen_group, chosen_tokens, offered_tokens
from seethrough.app.charting import Charting
from seethrough.app.places import place_of
from seethrough.app.row_picks import RowPicks
from seethrough.app.row_work import RowWork
from seethrough.app.state import AppState, Store
from seethrough.core.arithmetic import best_of, cosines_with, sum_of
from seethrough.core.atlas_rows import StoredRows
from seethrough.core.errors import CancelledRunError, EngineError, UnknownNameError
from seethrough.core.local_plane import MOST
from seethrough.core.near import nearest_of_each
from seethrough.core.routes import Route, address_of_place
from tests.atlases import GAP_ID, N_ROWS, rows, small_atlas, small_neighbours
from tests.steps import parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from seethrough.app.engine import ProductRequest
    from seethrough.core.atlas import Neighbours


ATLAS, ROWS = small_atlas(), rows()
DAYS = (1, 2, 3)
TERMS = (4, 5, 6)
# The unembedding is another matrix, stored dimension by dimension.
OUT = np.random.default_rng(21).normal(size=ROWS.shape).astype(np.float32)
MATRICES = {"W_E": ROWS, "W_U": np.ascontiguousarray(OUT.T)}


class Config:
    """The sizes of the matrices."""

    d_vocab, d_model = ROWS.shape


class Listing:
    """What is told of the model."""

    config = Config()


class Engine:
    """Multiplies rows, as the page's worker does."""

    def __init__(self) -> None:
        self.n_asked = 0

    async def product(self, request: ProductRequest) -> np.ndarray:
        """Sums in float64, rounded once."""
        self.n_asked += 1
        rows = MATRICES[request.name][request.first : request.end].astype(np.float64)
        made = request.vectors @ (rows.T if request.is_by_row else rows)
        return made.astype(np.float32)


class Shelf:
    """A library whose map has some rows and one sum."""

    has_rows = True
    has_near = True

    def manifest(self, _model: str) -> Listing:
        """What is told of the model."""
        return Listing()

    async def neighbours(self, _model: str, _matrix: str) -> Neighbours:
        """Those that are stored, if they are."""
        if not self.has_near:
            raise UnknownNameError("atlas.none", model="Tiny")
        return small_neighbours()

    async def stored_rows(self, _model: str) -> StoredRows:
        """The days' rows, and one sum."""
        if not self.has_rows:
            raise UnknownNameError("atlas.none", model="Tiny")
        found = best_of(cosines_with(ROWS, sum_of(*ROWS[list(TERMS)])), TERMS)
        return StoredRows({token: ROWS[token] for token in DAYS}, (found,))


class Service:
    """A service that gives rows of a model once it is open."""

    def __init__(self) -> None:
        self.library, self.engine = Shelf(), Engine()
        self.store = Store(
            AppState().but(route=Route("map"), atlas=ATLAS, chart_stage="ready", chart_model="tiny")
        )
        self.is_open = False
        self.read: list[Sequence[int]] = []
        self.fails: Exception | None = None
        self.then = lambda: None

    def is_loaded(self, _model: str) -> bool:
        """Whether the model is open."""
        return self.is_open

    def still(self, _model: str) -> AbstractAsyncContextManager[None]:
        """Have the engine."""

        @asynccontextmanager
        async def hold() -> AsyncIterator[None]:
            if not self.is_open:
                raise CancelledRunError("engine.cancelled")
            yield

        return hold()

    async def weight(self, name: str, some: Sequence[int]) -> np.ndarray:
        """Rows of a matrix as it is stored."""
        self.read.append(tuple(some))
        if self.fails is not None:
            raise self.fails
        self.then()
        return MATRICES[name][list(some)]


def begun(address: str = "#/map") -> tuple[Service, RowPicks, RowWork]:
    """The rows' part of the page after an address was gone to."""
    service = Service()
    charting = Charting(service)  # type: ignore[arg-type]
    picks, work = RowPicks(service.store, charting), RowWork(service)  # type: ignore[arg-type]
    place = parse(address)
    asyncio.run(charting.open(place))
    picks.open(place)
    asyncio.run(work.fill())
    return service, picks, work


def shown(service: Service) -> Any:  # noqa: ANN401 - the record
    """What is shown of rows."""
    return service.store.state.by_rows


def test_stored_rows_need_no_model() -> None:
    """A group of the map's file is drawn at once, an axis over it, a known sum."""
    service, _, _ = begun("#/map?words=days&axis=1,2&sum=4,5,6")
    by_rows = shown(service)

    assert by_rows.local.tokens == DAYS
    assert by_rows.axis.values[:2].tolist() == [0.0, pytest.approx(1.0)]
    assert by_rows.sum_found.terms == TERMS
    assert (by_rows.local_told, by_rows.axis_told, by_rows.sum_told) == (None, None, None)
    assert service.read == []


def test_other_rows_wait_for_the_model() -> None:
    """What needs it says so; once it is open everything comes, exactly."""
    service, picks, work = begun("#/map?pick=7,8,9,10&axis=7,1&sum=7,8,9")
    by_rows = shown(service)
    assert (by_rows.local, by_rows.axis, by_rows.sum_found) == (None, None, None)
    keys = {told.key for told in (by_rows.local_told, by_rows.axis_told, by_rows.sum_told)}
    assert keys == {"rows.needs_model"}

    service.is_open = True
    asyncio.run(work.fill())
    by_rows = shown(service)
    assert by_rows.local.tokens == (7, 8, 9, 10)
    assert by_rows.axis.tokens == (7, 8, 9, 10)
    expected = best_of(cosines_with(ROWS, sum_of(*ROWS[[7, 8, 9]])), (7, 8, 9))
    assert by_rows.sum_found == expected
    assert not by_rows.is_adding
    n_read = len(service.read)
    asyncio.run(work.fill())
    assert len(service.read) == n_read
    picks.show_sum(99)


def test_what_fails_is_told_once() -> None:
    """An engine that fails is not asked again for the same; for other tokens it is."""
    service, picks, work = begun("#/map?pick=7,8,9")
    service.is_open, service.fails = True, EngineError("engine.not_loaded")
    asyncio.run(work.fill())
    asyncio.run(work.fill())
    assert shown(service).local_told.key == "engine.not_loaded"
    assert len(service.read) == 1

    service.fails = None
    picks.turn(10)
    asyncio.run(work.fill())
    assert shown(service).local.tokens == (7, 8, 9, 10)


def test_a_sum_that_nobody_waits_for_ends() -> None:
    """Other words are asked for meanwhile: theirs is the answer."""
    service, picks, work = begun("#/map?sum=7,8,9")
    service.is_open = True
    service.then = lambda: picks.take("sum-2", 20)
    asyncio.run(work.fill())
    service.then = lambda: None
    asyncio.run(work.fill())
    assert shown(service).sum_found.terms == (7, 8, 20)


def test_too_few_are_refused_in_a_sentence() -> None:
    """One token is no picture; and a build whose map has no rows says what it needs."""
    service, _, _ = begun("#/map?pick=1")
    assert shown(service).local_told.key == "rows.too_few"
    service, _, work = begun()
    service.library.has_rows = False
    service.store.replace(picked=DAYS)
    asyncio.run(work.fill())
    assert shown(service).local is not None  # the rows were there before


@pytest.mark.parametrize(
    "address",
    ["#/map?pick=4,1,2", "#/map?axis=4,5", "#/map?sum=6,7,8", "#/map?words=days&pick=1,2"],
)
def test_a_link_shows_the_same_again(address: str) -> None:
    """Picked tokens, an axis and a sum come back in the same letters."""
    service, _, _ = begun(address)
    place = address_of_place(place_of(service.store.state))

    assert address.partition("?")[2].partition("=")[0] in place
    assert address.rpartition("&")[2].removeprefix("#/map?") in place


def test_nonsense_in_a_link_is_named() -> None:
    """Tokens that are not there are told, and left out."""
    service, _, _ = begun(f"#/map?pick=1,999999&axis={GAP_ID},2&sum=1,2,999999")
    notice = service.store.state.chrome.notice

    assert notice is not None
    assert notice.fields == {"fields": f"pick=999999, axis={GAP_ID}, sum=999999"}
    assert shown(service).picked == (1,)
    assert shown(service).axis_ends == (None, 2)
    assert shown(service).sum_terms == (1, 2, None)
    assert shown(service).sum_found is None


def test_tokens_are_picked_one_by_one() -> None:
    """From what was found; a search or a group lets go of them."""
    service, picks, _ = begun("#/map?words=days")
    picks.turn(2)
    picks.turn(4)
    picks.turn(GAP_ID)
    state = service.store.state
    assert state.by_rows.picked == (1, 3, 4)
    assert offered_tokens(state.chart, state.by_rows) == (1, 2, 3, 4)
    assert chosen_group(state.chart, state.by_rows) == ""

    Charting(service).seek("dog")  # type: ignore[arg-type]
    state = service.store.state
    assert state.by_rows.picked == ()
    assert chosen_tokens(state.chart, state.by_rows) == (4,)


def test_a_line_is_drawn_around_dots() -> None:
    """All inside it are picked, at most so many, hidden kinds not; one around nothing, none."""
    service, picks, _ = begun()
    service.store.replace(chart_size=(600, 600, 1.0))
    for point in ((-5, -5), (-5, -4), (700, -5), (700, 700), (-5, 700)):
        picks.draw(point)
    assert len(shown(service).lasso) == 4  # one lay too close to the one before
    picks.close()
    assert len(shown(service).picked) == MOST
    assert shown(service).picked[:6] == (1, 2, 3, 4, 5, 6)  # whole words first
    assert shown(service).n_beyond == N_ROWS - MOST
    picks.clear()
    for point in ((0, 0), (4, 0), (4, 4)):
        picks.draw(point)
    picks.close(is_done=False)
    assert (shown(service).picked, shown(service).lasso) == ((), ())
    picks.turn_lasso()
    assert shown(service).has_lasso
    service.store.replace(chart_hidden=frozenset({0}))
    picks.take_sight()
    assert 4 not in shown(service).picked


def test_boxes_take_the_likeliest_token() -> None:
    """A word means the one that begins with a space; what fits nothing empties the box."""
    service, picks, _ = begun("#/map?sum=1,2,3")
    picks.type_into("sum-1", "dog")
    assert shown(service).sum_terms == (1, 4, 3)
    picks.type_into("sum-1", "no such word")
    assert shown(service).sum_terms == (1, None, 3)
    picks.type_into("sum-1", "/(/")
    picks.take("sum-1", 5)
    picks.swap("sum-0", "sum-2")
    assert shown(service).sum_terms == (3, 5, 1)
    picks.type_into("axis-0", "#7")
    picks.take("axis-1", 8)
    picks.swap("axis-0", "axis-1")
    picks.swap("axis-0", "sum-1")
    picks.type_into("nonsense", "dog")
    assert shown(service).axis_ends == (8, 7)


@pytest.mark.parametrize(("matrix", "table"), [("W_E", ROWS), ("W_U", OUT)])
def test_neighbours_that_are_not_stored_are_found(matrix: str, table: np.ndarray) -> None:
    """With the model open the exact nearest rows come, of either matrix; twins by their ids."""
    service, _, work = begun()
    service.library.has_near, service.is_open = False, True
    lengths = np.linalg.norm(table, axis=1).astype(np.float32)
    service.store.replace(atlas=replace(ATLAS, matrix=matrix, norms=lengths))
    ids, cosines = nearest_of_each(table, 20)
    for token in (0, 40, 50, 7):
        asyncio.run(Charting(service).select(token))  # type: ignore[arg-type]
        asyncio.run(work.fill())
        state = service.store.state
        found = state.by_rows.near_of(state.chart)
        assert found is not None
        assert found[0].tolist() == ids[token].tolist()
        np.testing.assert_allclose(found[1], cosines[token], atol=1e-12)
    assert service.engine.n_asked == 4


def test_neighbours_wait_for_the_model() -> None:
    """Without it the token says what it needs; stored ones are never looked for."""
    service, _, work = begun()
    service.library.has_near = False
    asyncio.run(Charting(service).select(7))  # type: ignore[arg-type]
    asyncio.run(work.fill())
    state = service.store.state
    assert state.by_rows.near_of(state.chart) is None
    assert shown(service).near_told.key == "rows.needs_model"

    stored, _, work = begun()
    stored.is_open = True
    asyncio.run(Charting(stored).select(7))  # type: ignore[arg-type]
    asyncio.run(work.fill())
    assert stored.engine.n_asked == 0
    assert shown(stored).near is None


def test_sums_are_of_the_matrix_that_is_shown() -> None:
    """Over the unembedding the answer to a sum is that of its rows."""
    service, _, work = begun("#/map?sum=7,8,9")
    service.is_open = True
    service.store.replace(atlas=replace(ATLAS, matrix="W_U"))
    asyncio.run(work.fill())

    expected = best_of(cosines_with(OUT, sum_of(*OUT[[7, 8, 9]])), (7, 8, 9))
    assert shown(service).sum_found.ids == expected.ids
    np.testing.assert_allclose(shown(service).sum_found.cosines, expected.cosines, atol=1e-12)
