"""The one way to numbers: what is shown says what it wants, and is given it once.

The wants of the page and of whoever traces a number are joined; what is on hand is dropped; the
open engine or the recording is asked once for the rest; the last question wins. Nothing else adds
captured arrays to a run, and the budget (app/budget.py) bounds them.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from seethrough.app.budget import Budget
from seethrough.app.live import ask_engine
from seethrough.app.message import Message
from seethrough.app.parts import Parts
from seethrough.app.pushing import Pushing
from seethrough.app.recordings import names_of
from seethrough.app.tours import BLOCK, wanted_by
from seethrough.app.weights import Weights
from seethrough.core.captured import with_part, with_rows, with_whole
from seethrough.core.errors import CancelledRunError, DownloadError, SeethroughError
from seethrough.core.wants import NOTHING, Wants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.found import Found
    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.captured import Captured
    from seethrough.core.cell import Cell
    from seethrough.core.routes import Route


Key = TypeVar("Key")
Value = TypeVar("Value")
LAYER_WAITS = "recording.layer_waits"


def waiting_for(layer: int) -> Message:
    """What is said while a layer was asked for and something else goes on."""
    return Message(LAYER_WAITS, {"layer": layer})


class Fetcher:
    """Brings what is wanted into the shown run, one question at a time."""

    def __init__(self, service: Service, budget: Budget | None = None) -> None:
        self._service = service
        self._store = service.store
        self._budget = budget or Budget()
        self._lock = asyncio.Lock()
        self._failed: object = None
        self._traced: Wants = NOTHING
        self._is_traced: Callable[[], bool] = nobody_waits
        self._coming: tuple[asyncio.Future[Found] | None, tuple[str, str]] = (None, ("", ""))
        self._last: tuple[tuple[object, ...], tuple[Wants, Wants]] = ((), (NOTHING, NOTHING))
        self.parts = Parts(service)
        self.weights = Weights(service)
        self._pushing = Pushing(service)

    async def fill(self) -> None:
        """Bring what the page shows and lacks; what failed is tried again for another thing."""
        async with self._lock:
            while await self._bring_shown():
                pass

    async def prepare(self, route: Route) -> None:
        """Have what a route needs of the recording that is shown, before the page turns to it.

        A live run is not waited for, nor is what is inside a layer, which may be a long way: the
        page turns at once, and its numbers follow.
        """
        self._leave(route)
        if self._store.state.run.recorded is None or route.view == BLOCK:
            return
        async with self._lock:
            state = self._store.state.but(route=route)
            self._forget_failure(state)
            if state.run.recorded is not None and self._may_try(state):
                await self._try(state)

    def _leave(self, route: Route) -> None:
        """Wait no longer for a layer's inside where the reader turns away from it."""
        asked, there = self._coming
        if asked is not None and (route.view, route.subject) != there:
            asked.cancel()

    async def bring(self, wants: Wants, is_wanted: Callable[[], bool]) -> None:
        """Bring what a traced sum is made of; nothing where nobody waits any more.

        It stays as long as it is waited for, and is asked for together with what the page lacks.

        Raises:
            SeethroughError: The engine could not give it.
        """
        self._traced, self._is_traced = wants, is_wanted
        async with self._lock:
            state = aimed_at(self._store.state)
            if is_wanted() and lacking_in(state.run, wants):
                if state.run.recorded is None and self._may_try(state):
                    wants |= self._wanted(state)
                lacking = lacking_in(state.run, wants)
                self._put(state.run, await ask_engine(self._service, state.run, lacking), wants)

    async def _bring_shown(self) -> bool:
        """One question for what the page lacks. Returns: Whether to look again."""
        state = aimed_at(self._store.state)
        self._budget.see(self._wanted(state).held)
        self._forget_failure(state)
        if not self._lacking(state):
            self._store.replace(**self._arrival(self._store.state))
        elif self._may_try(state):
            return await self._try(state)
        elif state.run.recorded is not None:
            self._store.replace(**self._arrival(self._store.state))
        elif not state.busy:
            self._give_up()
        return False

    def _wanted(self, state: AppState) -> Wants:
        return self._told(state)[0]

    def _lacking(self, state: AppState) -> Wants:
        return self._told(state)[1]

    def _told(self, state: AppState) -> tuple[Wants, Wants]:
        """What a state wants and lacks: a question asks for both several times."""
        about_it = (state.run, state.choice, state.route, state.site.tours, state.depth)
        if not is_same(self._last[0], about_it):
            wants = wanted_by(state.site.tours, state)
            self._last = (about_it, (wants, lacking_in(state.run, wants)))
        return self._last[1]

    def _may_try(self, state: AppState) -> bool:
        """Whether something is lacking, and there is somebody to ask who did not just fail."""
        run, lacking = state.run, self._lacking(state)
        if not lacking or self._failed == self._about(state):
            return False
        is_open = self._is_open(state)
        if run.recorded is not None:
            return self.parts.has(state, lacking) or (is_open and lacking.of_model)
        return is_open and run.source == "live"

    async def _try(self, state: AppState) -> bool:
        """Ask; a failure is told once. Returns: Whether something came."""
        try:
            found = await self._ask(state)
        except CancelledRunError:
            self._give_up()
            return False
        except SeethroughError as error:
            self._fail(state, error)
            return False
        self._put(state.run, found, self._wanted(state))
        return True

    async def _ask(self, state: AppState) -> Found:
        """One question to whoever has it: the recording's parts, else the engine.

        Of a recording the engine is asked for its weights alone: the other numbers are its own.
        What vectors push comes last, when nothing else is lacking: it reads the whole unembedding.
        """
        run, lacking = state.run, self._lacking(state)
        if run.recorded is None:
            lacking |= lacking_in(run, self._traced_now())
        elif self.parts.has(state, lacking):
            return await self._ask_parts(state, lacking)
        else:
            lacking = lacking.only_of_model
        if lacking.pushes and lacking == Wants(pushes=lacking.pushes):
            return await self._pushing.ask(run, lacking.pushes, self._are_shown)
        return await ask_engine(self._service, run, lacking)

    async def _ask_parts(self, state: AppState, lacking: Wants) -> Found:
        """The recording's parts; where the inside of a layer cannot be had, the open engine."""
        if state.route.view != BLOCK:
            return await self.parts.ask(state, lacking)
        try:
            return await self._unless_left(state, lacking)
        except DownloadError:
            hooks = replace(lacking, without=frozenset(), is_marked=False, pushes=frozenset())
            if not self._is_open(state) or not hooks:
                raise
            return await ask_engine(self._service, state.run, hooks)

    async def _unless_left(self, state: AppState, lacking: Wants) -> Found:
        """What the parts hold.

        Raises:
            CancelledRunError: The reader turned to another page, or to another text.
        """
        asked = asyncio.ensure_future(self.parts.ask(state, lacking))
        self._coming = asked, (state.route.view, state.route.subject)
        try:
            return await asked
        except asyncio.CancelledError:
            if not asked.cancelled():
                raise
            raise CancelledRunError("engine.cancelled") from None
        finally:
            self._coming = None, ("", "")

    def _is_open(self, state: AppState) -> bool:
        """Whether the run's model can be asked now."""
        return self._service.is_loaded(state.run.model) and not state.busy

    def _are_shown(self, vectors: frozenset[Cell]) -> bool:
        """Whether the page still wants the tokens that these vectors push."""
        return vectors <= self._wanted(aimed_at(self._store.state)).pushes

    def _traced_now(self) -> Wants:
        """What somebody who traces a number waits for."""
        return self._traced if self._is_traced() else NOTHING

    def _about(self, state: AppState) -> object:
        """What a question is about: a failure is not repeated for the same.

        A part of a recording is the same file whatever is chosen of it; the inside of a layer is
        its own, and the open engine may have it.
        """
        choice, run = state.choice, state.run
        if run.recorded is not None:
            about = (state.route, run.model, run.recorded.id)
            is_inside = state.route.view == BLOCK
            layers = (choice.layer, choice.second)
            return (*about, *layers, self._is_open(state)) if is_inside else about
        chosen = (choice.layer, choice.position, choice.asked, choice.off, choice.second)
        return (state.route, run.model, run.ids, *chosen)

    def _forget_failure(self, state: AppState) -> None:
        """Another thing is shown: coming back tries again."""
        if self._failed != self._about(state):
            self._failed = None

    def _fail(self, state: AppState, error: SeethroughError) -> None:
        if self._store.state.run.is_of(state.run):
            self._failed = self._about(state)
            missing = self.parts.names(state, self._lacking(state))
            self._give_up()
            self._store.replace(error=Message(error.key, error.fields), missing=frozenset(missing))

    def _give_up(self) -> None:
        """The layer that was asked for does not come: the one that is drawn stays.

        Of a recording the page turns to it, and says what it lacks.
        """
        state = self._store.state
        if state.choice.asked_layer is not None:
            shown = state if state.run.recorded is None else aimed_at(state)
            layer = shown.choice.layer
            self._store.replace(layer=layer, asked_layer=None, notice=without_wait(state))

    def _arrival(self, state: AppState) -> dict[str, Any]:
        """What changes where everything of the layer that was asked for is here: it is drawn.

        Of a recording, where its parts have no more of it.
        """
        asked, aimed = state.choice.asked_layer, aimed_at(state)
        if asked is None:
            return {}
        lacking = self._lacking(aimed)
        if lacking and (state.run.recorded is None or self.parts.has(aimed, lacking)):
            return {}
        return {"layer": asked, "asked_layer": None, "notice": without_wait(state)}

    def _put(self, run: Run, found: Found, wants: Wants) -> None:
        """Add what came, if it is still of the shown run."""
        now = self._store.state
        if not now.run.is_of(run):
            return
        self._budget.see(wants.held)
        more = replace(
            now.run,
            captured=joined(now.run, found),
            lens=found.lens or now.run.lens,
            words=found.words or now.run.words,
            marked=found.marked or now.run.marked,
            without=merged(now.run.without, found.without),
            pushes=merged(now.run.pushes, found.pushes),
            read=found.read or now.run.read,
            missing=frozenset(),
        )
        state = now.but(run=more)
        arrival = self._arrival(state)
        captured = self._bounded(state.but(**arrival), wants)
        self._store.replace(run=replace(more, captured=captured), **arrival)

    def _bounded(self, state: AppState, wants: Wants) -> Captured:
        """Within the budget, with all that is drawn, aimed at, traced, or just came."""
        shown = self._wanted(state) | self._wanted(aimed_at(state))
        names = (wants | shown | self._traced_now()).held
        return self._budget.within(state.run.captured, names | UNCUT | own_names(state.run))


# Small, and made in pieces: rows of the unembedding.
UNCUT = frozenset({"W_U"})


def nobody_waits() -> bool:
    """Before a number was ever traced."""
    return False


def joined(run: Run, found: Found) -> Captured:
    """What a run holds and what came; rows that were known stay the very numbers.

    A recording's parts say which positions they have; they are its own numbers.
    """
    of_parts = {name: array for name, array in found.arrays.items() if name in found.positions}
    whole = {name: array for name, array in found.arrays.items() if name not in of_parts}
    captured = with_whole(run.captured, whole)
    for name, array in of_parts.items():
        captured = with_part(captured, name, array, found.positions[name])
    for name, rows in found.rows.items():
        captured = with_rows(captured, name, rows)
    return captured


def merged(known: Mapping[Key, Value], more: Mapping[Key, Value]) -> Mapping[Key, Value]:
    """What is known and what came; the very same where nothing did, so that nothing is redrawn."""
    return {**known, **more} if more else known


def own_names(run: Run) -> frozenset[str]:
    """What a recorded run has of its recording, which no part could give again."""
    return frozenset() if run.recorded is None else frozenset(names_of(run.recorded))


def is_same(values: tuple[object, ...], others: tuple[object, ...]) -> bool:
    """Whether these are the very same objects."""
    pairs = zip(values, others, strict=False)
    return len(values) == len(others) and all(one is other for one, other in pairs)


def without_wait(state: AppState) -> Message | None:
    """The notice that stands, unless it tells of a layer that waits."""
    notice = state.chrome.notice
    return None if notice is not None and notice.key == LAYER_WAITS else notice


def lacking_in(run: Run, wants: Wants) -> Wants:
    """What of the wants a run does not hold."""
    return wants.lacking(
        run.captured,
        None if run.lens is None else run.lens.position,
        is_marked=run.marked is not None,
        without=run.without,
        pushes=run.pushes,
        is_read=bool(run.read),
    )


def aimed_at(state: AppState) -> AppState:
    """The state with the layer that was asked for in its place."""
    asked = state.choice.asked_layer
    return state if asked is None else state.but(layer=asked)
