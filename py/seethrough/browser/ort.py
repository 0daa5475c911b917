"""OrtEngine: app.engine.Engine over the worker of web/engine.js.

The worker moves arrays; which tokens, outputs and knobs is decided by the caller. A worker that
dies is replaced at once, and the model is loaded again from the browser's store.
"""

from __future__ import annotations

import asyncio
import itertools
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.engine import EngineInfo, Progress, RunResult
from seethrough.browser import ffi, host
from seethrough.core.assets import OF_ENGINE, size_of
from seethrough.core.errors import CancelledRunError, DownloadError, EngineError, SeethroughError
from seethrough.core.manifest import to_json
from seethrough.core.modes import EXACT, modes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.engine import ProductRequest, RunRequest
    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest

WORKER = "./engine.js"
# A free worker hears a call at once. One that still starts, or makes the session that boot.js asked
# for, may take long over its first: that many turns.
SILENCE_S = 30.0
FIRST_TURNS = 6
# Now and then the runtime hangs for good while it makes a session (seen in Firefox, once in some
# twenty starts on a busy machine). After so long it is tried anew with one thread, which may take
# so much longer.
SESSION_S = 40.0
BYTES_PER_S = 5_000_000
ALONE = 4.0
STUCK = "engine.stuck"
NOWHERE = -1  # a run that no cache keeps
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


class _Worker:
    """One worker and the calls that wait for it; `is_dead` once it is gone.

    The first takes over the worker that boot.js started: `model` is what it loads already, an id
    and a mode. Its end is told by the lock that it held, or, where the browser has no locks or
    keeps one, by its silence: it says "heard" as soon as it is free to take a call.
    """

    def __init__(self) -> None:
        self.name = host.worker_name()
        self.model = ""
        self.is_dead = False
        self._waiting: dict[int, tuple[asyncio.Future[ffi.Js], Callable[[ffi.Js], None]]] = {}
        self._unheard: set[int] = set()
        self._n_heard = 0
        self._is_listening = False
        self._on_message = ffi.callback(self._receive)
        self._on_error = ffi.callback(self._fail)
        early = host.take_early_worker(self._on_message, self._on_error)
        if early is None:
            self._worker = host.start_worker(WORKER, self.name, self._on_message, self._on_error)
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


class OrtEngine:
    """Runs a model with ONNX Runtime Web in a worker."""

    def __init__(self) -> None:
        self._own: _Worker | None = None
        self._loaded: tuple[Manifest, str, str] | None = None
        self._cancelled = 0
        self._bringing: host.Bringing | None = None
        self._threads = host.thread_count()

    def planned(self) -> EngineInfo:
        """Backend and threads that a load will use here; see app.engine.Engine."""
        return EngineInfo("wasm", self._threads)

    async def load(
        self,
        manifest: Manifest,
        base_url: str,
        progress: Callable[[Progress], None],
        mode: str = EXACT,
    ) -> EngineInfo:
        """Fetch, check and open a model; see app.engine.Engine.

        A second one, or the same in another mode, gets a new worker: WebAssembly memory grows and
        is never given back.
        """
        await self._bring(manifest, progress)
        if self._loaded:
            self._worker.stop()
        self._loaded = None
        info = await self._open(manifest, base_url, mode, progress)
        self._loaded = (manifest, base_url, mode)
        host.remember_model(manifest.id, mode if len(modes_of(manifest)) > 1 else "")
        ffi.mark("seethrough.model-ready")
        return info

    async def run(self, request: RunRequest) -> RunResult:
        """Run one forward pass; see app.engine.Engine. A dead worker is replaced first."""
        await self._reload()
        if self._loaded is None:
            raise EngineError("engine.not_loaded")
        asked = self._cancelled
        last = (self._loaded[0].config.n_layers, len(request.tokens) - 1)
        layers, positions = zip(*(request.unembed or (last,)), strict=True)
        answer = await self._worker.call(
            "run",
            tokens=_int32(request.tokens),
            nPast=request.n_past,
            fetch=list(request.fetch),
            unembedLayer=_int32(layers),
            unembedPos=_int32(positions),
            topK=request.top_k,
            knobs={name: ffi.tensor(array) for name, array in request.knobs.items()},
            read=request.read,
            write=NOWHERE if request.write is None else request.write,
            drop=list(request.drop),
        )
        if asked != self._cancelled:
            raise CancelledRunError("engine.cancelled")
        names = request.fetch
        arrays = {name: ffi.numpy_array(getattr(answer.arrays, name)) for name in names}
        return RunResult(arrays, float(answer.elapsedMs))

    async def read_bytes(self, ranges: tuple[tuple[int, int], ...]) -> tuple[bytes, ...]:
        """Bytes of the joined weight file; see app.engine.Engine."""
        await self._reload()
        answer = await self._worker.call("read", ranges=[list(pair) for pair in ranges])
        return tuple(bytes(part.to_bytes()) for part in answer.parts)

    async def product(self, request: ProductRequest) -> Array:
        """Vectors times rows of a weight, in the worker; see app.engine.Engine."""
        await self._reload()
        answer = await self._worker.call(
            "product",
            name=request.name,
            rows={"first": request.first, "end": request.end, "isByRow": request.is_by_row},
            vectors=ffi.tensor(request.vectors),
        )
        return ffi.numpy_array(answer.arrays.product)

    def cancel(self) -> None:
        """Stop a download at its next piece; a session being made, or a run, at its end."""
        self._cancelled += 1
        if self._bringing is not None:
            self._bringing.stop()
        if self._own is not None:
            self._own.tell("cancel")

    async def _open(
        self,
        manifest: Manifest,
        base_url: str,
        mode: str,
        progress: Callable[[Progress], None],
    ) -> EngineInfo:
        asked = self._cancelled
        await host.keep_registered()
        if asked != self._cancelled:
            raise CancelledRunError("engine.cancelled")
        load = partial(self._load, manifest, base_url, mode, progress)
        try:
            answer = await load()
        except _StuckError:
            if asked != self._cancelled:
                raise CancelledRunError("engine.cancelled") from None
            if self._threads == 1:
                raise
            self._threads = 1
            answer = await load()
        return EngineInfo(
            str(answer.backend),
            int(answer.threads),
            float(answer.sessionMs),
            is_kept=str(answer.kept) != "full",
        )

    async def _bring(self, manifest: Manifest, progress: Callable[[Progress], None]) -> None:
        """Have the engine's own files here before its worker starts: their way is told, too."""
        total, done = await host.engine_bytes() + size_of(manifest.of_kind(*OF_ENGINE)), 0

        def tell(size_bytes: int) -> None:
            nonlocal done
            done += size_bytes
            progress(Progress("download", done, total))

        self._bringing = host.Bringing(tell)
        try:
            await self._bringing.engine()
        finally:
            self._bringing = None

    async def _load(
        self,
        manifest: Manifest,
        base_url: str,
        mode: str,
        progress: Callable[[Progress], None],
    ) -> ffi.Js:
        """Let a worker load a model.

        Raises:
            _StuckError: It did not make the session in time.
        """
        worker = self._alive(f"{manifest.id} {mode}")
        patience_s = SESSION_S + manifest.download_bytes / BYTES_PER_S
        watch = _Watch(worker, patience_s * (ALONE if self._threads == 1 else 1.0))

        def tell(told: ffi.Js) -> None:
            if str(told.stage) == "session":
                watch.begin()
            progress(Progress(str(told.stage), int(told.done), int(told.total)))

        try:
            return await worker.call(
                "load",
                tell,
                manifest=ffi.parse_json(to_json(manifest)),
                baseUrl=ffi.page_url(base_url),
                threads=self._threads,
                mode=mode,
            )
        except SeethroughError as error:
            worker.stop()  # what it has taken of memory is not given back, a lost thread not found
            if watch.is_over:
                raise _StuckError(STUCK) from error
            raise
        finally:
            watch.end()

    async def _reload(self) -> None:
        if self._worker.is_dead and self._loaded:
            await self._open(*self._loaded, lambda _progress: None)

    @property
    def _worker(self) -> _Worker:
        """The worker, dead or alive; it starts when it is first asked for.

        Before the first load it must not be: one that starts before `keep_registered` can be
        blocked.
        """
        if self._own is None:
            self._own = _Worker()
        return self._own

    def _alive(self, model: str) -> _Worker:
        """A worker that lives and was told to load no other model, an id and a mode."""
        if self._worker.model not in ("", model):
            self._worker.stop()
        if self._worker.is_dead:
            self._own = _Worker()
        return self._worker


class _StuckError(EngineError):
    """A session that would never be made."""


class _Watch:
    """Ends a worker that does not make a session in time; `is_over` once it did."""

    def __init__(self, worker: _Worker, patience_s: float) -> None:
        self.is_over = False
        self._worker = worker
        self._patience_s = patience_s
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The session is being made from now on."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._patience_s, self._stop)

    def end(self) -> None:
        """Nobody waits for it any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _stop(self) -> None:
        self.is_over = True
        self._worker.stop()


def _int32(values: tuple[int, ...]) -> ffi.Js:
    return ffi.typed_array(np.array(values, np.int32), np.int32)
