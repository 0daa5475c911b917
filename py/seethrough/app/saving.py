"""What a walk needs to be saved whole: the numbers of every step, also of those not seen yet."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seethrough.app.message import Message
from seethrough.app.tours import wanted_by
from seethrough.core.errors import SeethroughError
from seethrough.core.wants import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.app.fetcher import Fetcher
    from seethrough.app.state import Store
    from seethrough.core.routes import Route


# Where nobody but this device's reader gets to.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def public_address(address: str) -> str:
    """The page's address, if a reader elsewhere can go there; else empty."""
    parts = urlsplit(address)
    is_public = parts.scheme in {"http", "https"} and parts.hostname not in LOOPBACK
    return address if is_public else ""


async def bring_walk(fetcher: Fetcher, store: Store, routes: Iterable[Route]) -> bool:
    """Bring what some steps draw of the run that is shown; a failure is told on the page.

    A recording is asked for its parts, the engine for the rest of a live run.

    Returns: Whether it is all here, of the same run.
    """
    state = store.state
    store.replace(error=None)
    if state.run.recorded is not None:
        for route in routes:
            await fetcher.prepare(route)
        return store.state.chrome.error is None and store.state.run.is_of(state.run)
    wants = NOTHING
    for route in routes:
        wants |= wanted_by(state.site.tours, state.but(route=route))
    is_waiting = True
    try:
        await fetcher.bring(wants, lambda: is_waiting and store.state.run.is_of(state.run))
    except SeethroughError as error:
        store.replace(error=Message(error.key, error.fields))
        return False
    finally:
        is_waiting = False
    return store.state.run.is_of(state.run)
