"""One thing at a time: what is asked for begins when the engine is free, and fails in words."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from seethrough.app.message import Message
from seethrough.app.turns import Turn, drop
from seethrough.core.errors import CancelledRunError, SeethroughError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from seethrough.app.fetcher import Fetcher
    from seethrough.app.service import Service

STOPPED_BY_A_RECORDING = ("run", "generate")
LOAD_WAITS = "recording.load_waits"
RECORDINGS_ONLY = "ready.recordings_only"


class Gate:
    """Lets one action through; one more may wait for the end of a load.

    `turn` counts how often the reader turned to another subject: what waited is then dropped.
    """

    def __init__(self, service: Service, fetcher: Fetcher) -> None:
        self._service = service
        self._store = service.store
        self._fetcher = fetcher
        self._ended = asyncio.Event()  # of what is going on
        self._going = Turn()  # of the engine, for what is going on
        self.is_waiting = False  # for a load to end
        self.turn = 0

    async def do(self, name: str, work: Awaitable[object], **changes: Any) -> None:  # noqa: ANN401 - fields of AppState
        """Do one thing at a time; what fails is told in a sentence and the prompt stays.

        What is asked for during a load waits for its end; anything else is refused while busy.

        Args:
            name: As `Site.busy` tells it.
            changes: What is shown of it at once.
        """
        if self._is_unwanted() or not await self._may_begin(name, changes):
            drop(work)
            return
        ended, going = asyncio.Event(), Turn()
        self._ended, self._going = ended, going
        self._store.replace(busy=name, error=None, notice=None, **changes)
        try:
            async with self._service.turns.take(going):
                await work
        except CancelledRunError as error:
            self._store.replace(notice=Message(error.key, error.fields), asked_layer=None)
        except SeethroughError as error:
            self._store.replace(error=Message(error.key, error.fields), asked_layer=None)
        finally:
            drop(work)
            self._store.replace(busy="")
            ended.set()
        if self._store.state.choice.asked_layer is not None:
            await self._fetcher.fill()

    def stop(self) -> None:
        """End what is going on, the page's own or a script's; what waits for it never begins."""
        self._service.stop()
        if self._store.state.busy:
            self._service.turns.stop(self._going)

    async def stop_for_a_recording(self) -> None:
        """End a run or a continuation: the reader turns to a recording, which needs no engine."""
        if self._store.state.busy in STOPPED_BY_A_RECORDING:
            self._service.turns.stop(self._going)
            await self._ended.wait()

    def is_busy_for_a_recording(self) -> bool:
        """Whether a run or a continuation is going on, which a recording must not disturb."""
        return self._store.state.busy in STOPPED_BY_A_RECORDING

    def _is_unwanted(self) -> bool:
        """Whether the reader wants recordings only, and no model is open; it is said then."""
        is_unwanted = self._store.state.site.is_recordings_only and self._service.model is None
        if is_unwanted:
            self._store.replace(notice=Message(RECORDINGS_ONLY))
        return is_unwanted

    async def _may_begin(self, name: str, changes: dict[str, Any]) -> bool:
        """Whether the engine is free; one action may wait for the end of a load."""
        if self._store.state.busy != "load" or name == "load" or self.is_waiting:
            return not self._store.state.busy
        turn, self.is_waiting = self.turn, True
        self._store.replace(notice=Message(LOAD_WAITS), **changes)
        await self._ended.wait()
        self.is_waiting = False
        notice = self._store.state.chrome.notice
        if notice is not None and notice.key == LOAD_WAITS:
            self._store.replace(notice=None)
        return self._service.model is not None and turn == self.turn and not self._store.state.busy
