"""What a page needs beyond the run: fetched when the engine is free, a failure told once."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from seethrough.app.state import Message
from seethrough.core.errors import CancelledRunError, SeethroughError

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.app.state import AppState


class Filling(ABC):
    """Fetches one kind of thing for as long as the page lacks it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.store
        self._lock = asyncio.Lock()
        self._failed: object = None

    async def fill(self) -> None:
        """Fetch what is missing; what failed is tried again for another thing."""
        async with self._lock:
            while self._may_fetch(self._store.state):
                state = self._store.state
                try:
                    await self._fetch(state)
                except CancelledRunError:
                    return
                except SeethroughError as error:
                    self._failed = self._asked(state)
                    self._store.replace(error=Message(error.key, error.fields))

    def _may_fetch(self, state: AppState) -> bool:
        """Whether a free, open model is shown that lacks something, and did not just fail."""
        is_live = state.source == "live" and bool(state.tokens) and not state.busy
        if not is_live or not self._service.is_loaded(state.model):
            return False
        return self._is_wanting(state) and self._failed != self._asked(state)

    @abstractmethod
    def _asked(self, state: AppState) -> object:
        """What the page is about, as far as it is fetched for."""

    @abstractmethod
    def _is_wanting(self, state: AppState) -> bool:
        """Whether what is shown lacks something."""

    @abstractmethod
    async def _fetch(self, state: AppState) -> None:
        """One run with what is missing; the text or the model may be another one meanwhile."""
