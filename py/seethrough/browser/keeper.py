"""Keeps the site's files on this device: app.preparing.Keeper over web/bring.js."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.model_state import opens_unasked
from seethrough.app.preparing import Preparer
from seethrough.app.site import Offline
from seethrough.browser import ffi, host, wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

LOADING = ("download", "session")


class Keeping:
    """What is fetched and kept of the site beyond its start, asked for or not."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._preparer = Preparer(actions.store, BrowserKeeper())
        self._stage = ""
        self.look = self._preparer.look

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        preparer = self._preparer
        return {
            "prepare": lambda _values: preparer.prepare(),
            "stop-preparing": lambda _values: preparer.stop(),
            "recordings-only": lambda _values: preparer.want_recordings_only(is_on=True),
            "allow-live": lambda _values: preparer.want_recordings_only(is_on=False),
        }

    async def follow(self) -> None:
        """Once the page rests: open the model that is here, and have the other recorded walks."""
        actions = self._actions
        actions.store.subscribe(("engine",), self._look_again)
        await host.painted()
        await host.filled()
        await self.look()
        site = actions.state.site
        if opens_unasked(site, site.device.model):
            await actions.load(site.device.model)
        if site.offline.walks_bytes and not site.device.saves_data:
            await host.bring_walks()
            await self.look()

    def _look_again(self, state: AppState) -> None:
        """A load is over, well or not: look at what is stored now."""
        stage, before = state.site.engine.stage, self._stage
        self._stage = stage
        if before in LOADING and stage not in LOADING:
            ffi.start_task(self.look())


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
        walks, maps = int(told["walks"]), int(told["maps"])
        return Offline(to_fetch=to_fetch, walks_bytes=walks, maps_bytes=maps)

    async def prepare(self, model_id: str, on_bytes: Callable[[int], None]) -> None:
        """Fetch, check and keep all that is lacking; see app.preparing.Keeper."""
        bringing = host.Bringing(on_bytes)
        self._stop = bringing.stop
        try:
            await bringing.prepare(model_id)
        finally:
            self._stop = _nothing
        ffi.start_task(host.persist())  # Firefox asks the reader, who may not answer

    def stop(self) -> None:
        """End it at its next piece."""
        self._stop()

    def remember_recordings_only(self, *, is_on: bool) -> None:
        """Keep that wish for the next visit."""
        wishes.remember_recordings_only(is_on=is_on)


def _nothing() -> None:
    """Nothing goes on that could be stopped."""
