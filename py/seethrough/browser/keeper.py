"""Keeps the site's files on this device: app.preparing.Keeper over web/bring.js."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.site import Offline
from seethrough.browser import host, wishes

if TYPE_CHECKING:
    from collections.abc import Callable


class BrowserKeeper:
    """The browser's stores, and what is fetched into them."""

    def __init__(self) -> None:
        self._stop: Callable[[], None] = _nothing

    async def lacking(self) -> Offline:
        """What is not kept yet; see app.preparing.Keeper."""
        told = await host.lacking()
        if told is None:
            return Offline(is_served=False, walks_bytes=0)
        engine, models = int(told["engine"]), told["models"]
        to_fetch = {name: int(size) + engine for name, size in models.items()}
        return Offline(to_fetch=to_fetch, walks_bytes=int(told["walks"]))

    async def prepare(self, model_id: str, on_bytes: Callable[[int], None]) -> None:
        """Fetch, check and keep all that is lacking; see app.preparing.Keeper."""
        bringing = host.Bringing(on_bytes)
        self._stop = bringing.stop
        try:
            await bringing.prepare(model_id)
        finally:
            self._stop = _nothing
        await host.persist()

    def stop(self) -> None:
        """End it at its next piece."""
        self._stop()

    def remember_recordings_only(self, *, is_on: bool) -> None:
        """Keep that wish for the next visit."""
        wishes.remember_recordings_only(is_on=is_on)


def _nothing() -> None:
    """Nothing goes on that could be stopped."""
