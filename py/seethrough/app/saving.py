"""What a walk needs to be saved whole: the numbers of every step, also of those not seen yet."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seethrough.app.message import Message
from seethrough.app.tours import wanted_by
from seethrough.core.errors import SeethroughError
from seethrough.core.wants import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seethrough.app.fetcher import Fetcher
    from seethrough.app.state import AppState, Store
    from seethrough.core.routes import Route
    from seethrough.core.wants import Wants


# Where nobody but this device's reader gets to.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# What came tells at most once more what is wanted; the rest is room for steps to come.
MOST_ROUNDS = 4


def public_address(address: str) -> str:
    """The page's address, if a reader elsewhere can go there; else empty."""
    parts = urlsplit(address)
    is_public = parts.scheme in {"http", "https"} and parts.hostname not in LOOPBACK
    return address if is_public else ""


def wanted_at(state: AppState, routes: Iterable[Route]) -> Wants:
    """What some steps draw of the run that is shown, as far as can be told by now."""
    wants = NOTHING
    for route in routes:
        wants |= wanted_by(state.site.tours, state.but(route=route))
    return wants


async def bring_walk(fetcher: Fetcher, store: Store, routes: Sequence[Route]) -> bool:
    """Bring what some steps draw of the run that is shown; a failure is told on the page.

    A recording is asked for its parts, the engine for the rest of a live run; what came may tell
    what else a step wants: which heads matter, then where they look.

    Returns: Whether it is all here, of the same run.
    """
    state = store.state
    store.replace(error=None)
    if state.run.recorded is not None:
        for route in routes:
            await fetcher.prepare(route)
        return store.state.chrome.error is None and store.state.run.is_of(state.run)
    is_waiting, brought = True, NOTHING
    try:
        for _ in range(MOST_ROUNDS):
            wants = wanted_at(store.state, routes)
            if wants == brought:
                break
            await fetcher.bring(wants, lambda: is_waiting and store.state.run.is_of(state.run))
            brought = wants
    except SeethroughError as error:
        store.replace(error=Message(error.key, error.fields))
        return False
    finally:
        is_waiting = False
    return store.state.run.is_of(state.run)
