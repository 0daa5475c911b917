"""Who has the engine: one at a time, in the order of asking, from the question to its answer."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import CancelledRunError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


class Turn:
    """One asker's hold of the engine.

    `is_stopped` from a stop until whoever has the turn heeded it; `task` is who has it;
    `is_script`: no reader's wish. `gives_way`: it is stopped as soon as anybody else asks.
    """

    def __init__(self, *, is_script: bool = False, gives_way: bool = False) -> None:
        self.is_stopped = False
        self.is_script = is_script
        self.gives_way = gives_way
        self.task: asyncio.Task[Any] | None = None
        self.may_go = asyncio.Event()

    def check(self) -> None:
        """Go no further once stopped.

        Raises:
            CancelledRunError: It was stopped.
        """
        if self.is_stopped:
            raise CancelledRunError("engine.cancelled")


class Turns:
    """The queue for the engine; its first has it.

    Args:
        cancel: Tells the engine to stop what it does.
    """

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._queue: deque[Turn] = deque()

    @property
    def now(self) -> Turn | None:
        """The turn of the moment."""
        return self._queue[0] if self._queue else None

    @property
    def is_stopping(self) -> bool:
        """Whether the turn of the moment shall end."""
        return self.now is not None and self.now.is_stopped

    @property
    def is_script(self) -> bool:
        """Whether a script has the engine now."""
        return self.now is not None and self.now.is_script

    def heed_stop(self) -> bool:
        """Whether the turn of the moment shall end; whoever asks ends its work, and that is all."""
        is_stopping = self.is_stopping
        if self.now is not None:
            self.now.is_stopped = False
        return is_stopping

    @asynccontextmanager
    async def take(self, turn: Turn | None = None) -> AsyncIterator[Turn]:
        """Wait for the engine, and have it. Whoever has it may ask again inside.

        Raises:
            CancelledRunError: The turn was stopped before it began.
        """
        if self.now is not None and self.now.task is asyncio.current_task():
            yield self.now
            return
        mine = turn or Turn()
        mine.check()
        mine.task = asyncio.current_task()
        self._queue.append(mine)
        try:
            if self.now is not mine:
                self._press()
                await mine.may_go.wait()
            mine.check()
            yield mine
        finally:
            self._end(mine)

    def stop(self, turn: Turn | None = None) -> None:
        """End a turn (that of the moment) at its next safe point; one that waits never begins."""
        turn = turn or self.now
        if turn is None:
            return
        turn.is_stopped = True
        if turn is self.now:
            self._cancel()
        else:
            turn.may_go.set()

    def _press(self) -> None:
        """Stop a turn of the moment that gives way."""
        if self.now is not None and self.now.gives_way and not self.now.is_stopped:
            self.stop()

    def _end(self, turn: Turn) -> None:
        self._queue.remove(turn)
        if self.now is not None:
            self.now.may_go.set()


def drop(work: Awaitable[object]) -> None:
    """Let go of work that was not begun; nothing for what has ended."""
    if hasattr(work, "close"):
        work.close()
