"""A worker of web/engine.js and the calls that wait for it.

It is told dead by the lock that it held, or by its silence.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from seethrough.browser import ffi, host
from seethrough.core.errors import CancelledRunError, DownloadError, EngineError, SeethroughError

if TYPE_CHECKING:
    from collections.abc import Callable

WORKER = "./engine.js"
# A free worker hears a call at once. One that still starts, or makes the session that boot.js asked
# for, may take long over its first: that many turns.
SILENCE_S = 30.0
FIRST_TURNS = 6
CRASHED = "engine.crashed"
ERRORS: dict[str, type[SeethroughError]] = {
    "engine.missing": DownloadError,
    "engine.not_served": DownloadError,
    "engine.truncated": DownloadError,
    "engine.altered": DownloadError,
    "engine.not_a_model_file": DownloadError,
    "engine.network": DownloadError,
    "engine.not_stored": DownloadError,
    "engine.cancelled": CancelledRunError,
}
_ids = itertools.count(1)


class EngineWorker:
    """One worker and the calls that wait for it; `is_dead` once it is gone.

    Args:
        takes_early: It takes over the worker that boot.js started, if there is one: `model` is what
            that loads already, an id and a mode.

    Its end is told by the lock that it held, or, where the browser has no locks or
    keeps one, by its silence: it says "heard" as soon as it is free to take a call.
    """

    def __init__(self, *, takes_early: bool = True) -> None:
        self.name = host.worker_name()
        self.model = ""
        self.is_dead = False
        self._waiting: dict[int, tuple[asyncio.Future[ffi.Js], Callable[[ffi.Js], None]]] = {}
        self._unheard: set[int] = set()
        self._n_heard = 0
        self._is_listening = False
        self._on_message = ffi.callback(self._receive)
        self._on_error = ffi.callback(self._fail)
        taken = (self._on_message, self._on_error)
        early = host.take_early_worker(*taken) if takes_early else None
        if early is None:
            self._worker = host.start_worker(WORKER, self.name, *taken)
            return
        self._worker, self.name, self.model, is_started = early
        if is_started:
            ffi.start_task(self._watch())

    async def call(
        self, kind: str, on_progress: Callable[[ffi.Js], None] | None = None, **values: object
    ) -> ffi.Js:
        """Send one message and wait for its answer.

        Raises:
            SeethroughError: The worker answered with an error, or died.
        """
        if self.is_dead:
            raise _ended()
        number = next(_ids)
        future: asyncio.Future[ffi.Js] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (future, on_progress or (lambda _progress: None))
        self._unheard.add(number)
        host.post(self._worker, {"id": number, "type": kind, **values})
        if not self._is_listening:
            self._is_listening = True
            ffi.start_task(self._listen())
        return await future

    def tell(self, kind: str) -> None:
        """Send a message that has no answer."""
        if not self.is_dead:
            host.post(self._worker, {"type": kind})

    def _receive(self, event: ffi.Js) -> None:
        data = event.data
        if data.id == 0:  # it holds its lock now, so that waiting for it means waiting for its end
            ffi.start_task(self._watch())
            return
        self._n_heard += 1
        if data.id not in self._waiting:
            return
        self._unheard.discard(data.id)
        if hasattr(data, "heard"):
            return
        future, on_progress = self._waiting[data.id]
        if hasattr(data, "progress"):
            on_progress(data.progress)
            return
        del self._waiting[data.id]
        if future.done():
            return
        if hasattr(data, "error"):
            future.set_exception(_error(str(data.error.key), data.error.fields.to_py()))
        else:
            future.set_result(data.result)

    async def _listen(self) -> None:
        """While calls wait: a worker that is free and says nothing for a whole turn is gone."""
        silent_turns = 0
        while self._waiting:
            n_heard, is_free = self._n_heard, self._waiting.keys() == self._unheard
            await asyncio.sleep(SILENCE_S)
            silent_turns = silent_turns + 1 if is_free and n_heard == self._n_heard else 0
            if silent_turns == (1 if self._n_heard else FIRST_TURNS):
                self._fail()
        self._is_listening = False

    async def _watch(self) -> None:
        if await host.lock_released(self.name):
            self._fail()

    def stop(self) -> None:
        """End the worker; who still waits gets an EngineError."""
        self._fail()

    def _fail(self, *_event: ffi.Js) -> None:
        if self.is_dead:
            return
        self.is_dead = True
        self._worker.terminate()
        for future, _on_progress in self._waiting.values():
            if not future.done():
                future.set_exception(_ended())
        self._waiting.clear()
        self._unheard.clear()
        ffi.release(self._on_message)
        ffi.release(self._on_error)


def _ended() -> SeethroughError:
    """Why a worker is gone: the host's policy forbids workers, or it crashed."""
    forbidden = host.forbidden_worker()
    return EngineError(CRASHED) if forbidden is None else _error(*forbidden)


def _error(key: str, fields: dict[str, object]) -> SeethroughError:
    return ERRORS.get(key, EngineError)(key, **fields)
