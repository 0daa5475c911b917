"""Makes this device ready for offline use, when asked; keeps what is told of that true."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from seethrough.app.message import Message
from seethrough.app.model_state import first_model, ready_bytes
from seethrough.app.site import Preparing
from seethrough.core.errors import CancelledRunError, SeethroughError

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.site import Offline
    from seethrough.app.state import AppState, Store


class Keeper(Protocol):
    """Keeps the site's files on this device (browser/keeper.py)."""

    async def lacking(self) -> Offline:
        """What is not kept yet."""
        ...

    async def prepare(self, model_id: str, on_bytes: Callable[[int], None]) -> None:
        """Fetch, check and keep all that is lacking; `on_bytes` hears of each piece.

        Raises:
            DownloadError: A file did not come whole, or there is no room; what came is kept.
            CancelledRunError: `stop` was called.
        """
        ...

    def stop(self) -> None:
        """End it at its next piece."""
        ...

    def remember_recordings_only(self, *, is_on: bool) -> None:
        """Keep that wish for the next visit."""
        ...


class Preparer:
    """What a reader can do about what this device keeps."""

    def __init__(self, store: Store, keeper: Keeper) -> None:
        self._store = store
        self._keeper = keeper
        store.subscribe(("is_recordings_only",), self._remember)

    async def look(self) -> None:
        """Put what is lacking into the state; a model that lacks nothing is stored."""
        offline = await self._keeper.lacking()
        stored = frozenset(name for name, lacks in offline.to_fetch.items() if lacks == 0)
        self._store.replace(offline=offline, stored=stored)

    async def prepare(self) -> None:
        """Fetch all that is lacking for every view and a text of one's own; told in bytes."""
        site = self._store.state.site
        card = first_model(site)
        if card is None or site.preparing.is_going:
            return
        self._store.replace(preparing=Preparing("going", 0, ready_bytes(site)))
        try:
            await self._keeper.prepare(card.id, self._on_bytes)
            ended = Preparing("done")
        except CancelledRunError:
            ended = Preparing()
        except SeethroughError as error:
            ended = Preparing("failed", error=Message(error.key, error.fields))
        await self.look()
        self._store.replace(preparing=ended)

    def stop(self) -> None:
        """End it; what is here stays."""
        if self._store.state.site.preparing.is_going:
            self._keeper.stop()

    def want_recordings_only(self, *, is_on: bool) -> None:
        """Turn the mode on or off in which nothing is fetched for a text of one's own."""
        self._store.replace(is_recordings_only=is_on, notice=None)

    def _remember(self, state: AppState) -> None:
        """Whoever wished it: the reader here, or a link."""
        self._keeper.remember_recordings_only(is_on=state.site.is_recordings_only)

    def _on_bytes(self, size_bytes: int) -> None:
        told = self._store.state.site.preparing
        done = min(told.total_bytes, max(0, told.done_bytes + size_bytes))
        self._store.replace(preparing=replace(told, done_bytes=done))
