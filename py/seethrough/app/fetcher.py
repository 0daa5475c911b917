"""The one way to numbers: what is shown says what it wants, and is given it once.

The wants of the page and of whoever traces a number are joined; what is on hand is dropped; the
open engine or the recording is asked once for the rest; the last question wins. Nothing else
writes captured arrays, and the budget (app/budget.py) bounds them.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.budget import Budget
from seethrough.app.live import ask_engine
from seethrough.app.message import Message
from seethrough.app.parts import Parts
from seethrough.app.tours import wanted_by
from seethrough.app.weights import Weights
from seethrough.core.captured import with_rows
from seethrough.core.errors import CancelledRunError, SeethroughError
from seethrough.core.wants import NOTHING, Wants

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.found import Found
    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.captured import Captured
    from seethrough.core.routes import Route


LAYER_WAITS = "recording.layer_waits"


def waiting_for(layer: int) -> Message:
    """What is said while a layer was asked for and something else goes on."""
    return Message(LAYER_WAITS, {"layer": layer})


class Fetcher:
    """Brings what is wanted into the shown run."""

    def __init__(self, service: Service, budget: Budget | None = None) -> None:
        self._service = service
        self._store = service.store
        self._budget = budget or Budget()
        self._lock = asyncio.Lock()
        self._failed: object = None
        self._traced: Wants = NOTHING
        self.parts = Parts(service)
        self.weights = Weights(service)

    async def fill(self) -> None:
        """Bring what the page shows and lacks; what failed is tried again for another thing."""
        async with self._lock:
            while await self._bring_shown():
                pass

    async def prepare(self, route: Route) -> None:
        """Have what a route needs of the recording that is shown, before the page turns to it."""
        async with self._lock:
            state = self._store.state.but(route=route)
            lacking = lacking_in(state.run, self._wanted(state))
            self._forget_failure(state)
            if state.run.recorded is not None and self._may_try(state, lacking):
                await self._try(state, lacking)

    async def bring(self, wants: Wants, is_wanted: Callable[[], bool]) -> None:
        """Bring what a traced sum is made of, of a live run; nothing where nobody waits any more.

        It is kept as long as it is traced.

        Raises:
            SeethroughError: The engine could not give it.
        """
        async with self._lock:
            if not is_wanted():
                return
            self._traced = wants
            state = self._store.state
            lacking = lacking_in(state.run, wants)
            if lacking:
                self._put(state.run, await ask_engine(self._service, state.run, lacking), wants)

    async def _bring_shown(self) -> bool:
        """One question for what the page lacks. Returns: Whether to look again."""
        now = self._store.state
        aimed = aimed_at(now)
        wants = self._wanted(aimed)
        self._budget.see(wants.names)
        lacking = lacking_in(now.run, wants)
        self._forget_failure(aimed)
        if not lacking:
            self._arrive(aimed)
            return False
        if not self._may_try(aimed, lacking):
            if not now.busy:
                self._give_up()
            return False
        return await self._try(aimed, lacking)

    def _wanted(self, state: AppState) -> Wants:
        return wanted_by(state.site.tours, state)

    def _may_try(self, state: AppState, lacking: Wants) -> bool:
        """Whether there is somebody to ask, who did not just fail."""
        if not lacking or self._failed == about(state):
            return False
        if state.run.recorded is not None:
            return self.parts.has(state, lacking)
        is_live = state.run.source == "live" and not state.busy
        return is_live and self._service.is_loaded(state.run.model)

    async def _try(self, state: AppState, lacking: Wants) -> bool:
        """Ask; a failure is told once. Returns: Whether something came."""
        try:
            if state.run.recorded is not None:
                found = await self.parts.ask(state, lacking)
            else:
                found = await ask_engine(self._service, state.run, lacking)
        except CancelledRunError:
            self._give_up()
            return False
        except SeethroughError as error:
            self._fail(state, error)
            return False
        self._put(state.run, found, self._wanted(state))
        return True

    def _forget_failure(self, state: AppState) -> None:
        """Another thing is shown: coming back tries again."""
        if self._failed != about(state):
            self._failed = None

    def _fail(self, state: AppState, error: SeethroughError) -> None:
        if self._store.state.run.is_of(state.run):
            self._failed = about(state)
            self._give_up()
            self._store.replace(error=Message(error.key, error.fields))

    def _give_up(self) -> None:
        if self._store.state.choice.asked_layer is not None:
            self._store.replace(asked_layer=None)

    def _arrive(self, aimed: AppState) -> None:
        """Everything of a layer that was asked for is here: the pictures turn to it."""
        asked = self._store.state.choice.asked_layer
        if asked is not None and asked == aimed.choice.layer:
            self._turn_to_layer(self._store.state.run, asked)

    def _turn_to_layer(self, run: Run, layer: int) -> None:
        notice = self._store.state.chrome.notice
        is_over = notice is not None and notice.key == LAYER_WAITS
        self._store.replace(
            run=run, layer=layer, asked_layer=None, notice=None if is_over else notice
        )

    def _put(self, run: Run, found: Found, wants: Wants) -> None:
        """Add what came, if it is still of the shown run."""
        now = self._store.state
        if not now.run.is_of(run):
            return
        self._budget.see(wants.names)
        captured = now.run.captured.with_more(found.arrays, found.positions)
        for name, rows in found.rows.items():
            captured = with_rows(captured, name, rows)
        run = replace(
            now.run,
            captured=self._bounded(captured, wants),
            lens=found.lens or now.run.lens,
            words=found.words or now.run.words,
        )
        asked = now.choice.asked_layer
        if asked is not None and not lacking_in(run, self._wanted(aimed_at(now))):
            self._turn_to_layer(run, asked)
        else:
            self._store.replace(run=run)

    def _bounded(self, captured: Captured, wants: Wants) -> Captured:
        shown = self._wanted(aimed_at(self._store.state))
        traced = self._traced if self._store.state.choice.sum is not None else NOTHING
        return self._budget.within(captured, (wants | shown | traced).names | UNCUT)


# Small, and made in pieces: rows of the unembedding.
UNCUT = frozenset({"W_U"})


def lacking_in(run: Run, wants: Wants) -> Wants:
    """What of the wants a run does not hold."""
    return wants.lacking(run.captured, None if run.lens is None else run.lens.position)


def aimed_at(state: AppState) -> AppState:
    """The state with the layer that was asked for in its place."""
    asked = state.choice.asked_layer
    return state if asked is None else state.but(layer=asked)


def about(state: AppState) -> object:
    """What a question is about: a failure is not repeated for the same."""
    choice, run = state.choice, state.run
    return (state.route, run.model, run.ids, choice.layer, choice.position, choice.asked)
