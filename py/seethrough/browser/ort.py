"""OrtEngine: app.engine.Engine over the worker of web/engine.js.

The worker moves arrays; which tokens, outputs and knobs is decided by the caller. A worker that
dies is replaced at once, and the model is loaded again from the browser's store.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.engine import EngineInfo, Progress, RunResult
from seethrough.browser import ffi, host
from seethrough.browser.worker import EngineWorker
from seethrough.core.assets import OF_ENGINE, size_of
from seethrough.core.errors import CancelledRunError, EngineError, SeethroughError
from seethrough.core.manifest import to_json
from seethrough.core.modes import EXACT, modes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.engine import ProductRequest, RunRequest
    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest

# Now and then the runtime hangs for good while it makes a session (seen in Firefox, once in some
# twenty starts on a busy machine). After so long it is tried anew with one thread, which may take
# so much longer.
SESSION_S = 40.0
BYTES_PER_S = 5_000_000
ALONE = 4.0
STUCK = "engine.stuck"
NOWHERE = -1  # a run that no cache keeps


class OrtEngine:
    """Runs a model with ONNX Runtime Web in a worker."""

    def __init__(self) -> None:
        self._own: EngineWorker | None = None
        self._loaded: tuple[Manifest, str, str, Array | None] | None = None
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
        given: Array | None = None,
    ) -> EngineInfo:
        """Fetch, check and open a model; see app.engine.Engine.

        A second one, or the same in another mode, gets a new worker: WebAssembly memory grows and
        is never given back.
        """
        await self._bring(manifest, progress)
        if self._loaded:
            self._worker.stop()
        self._loaded = None
        info = await self._open(manifest, base_url, mode, given, progress)
        self._loaded = (manifest, base_url, mode, given)
        if given is None:
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
        given: Array | None,
        progress: Callable[[Progress], None],
    ) -> EngineInfo:
        asked = self._cancelled
        await host.keep_registered()
        if asked != self._cancelled:
            raise CancelledRunError("engine.cancelled")
        load = partial(self._load, manifest, base_url, mode, given, progress)
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
        given: Array | None,
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
                given=None if given is None else ffi.typed_array(given),
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
    def _worker(self) -> EngineWorker:
        """The worker, dead or alive; it starts when it is first asked for.

        Before the first load it must not be: one that starts before `keep_registered` can be
        blocked.
        """
        if self._own is None:
            self._own = EngineWorker()
        return self._own

    def _alive(self, model: str) -> EngineWorker:
        """A worker that lives and was told to load no other model, an id and a mode."""
        if self._worker.model not in ("", model):
            self._worker.stop()
        if self._worker.is_dead:
            self._own = EngineWorker()
        return self._worker


class _StuckError(EngineError):
    """A session that would never be made."""


class _Watch:
    """Ends a worker that does not make a session in time; `is_over` once it did."""

    def __init__(self, worker: EngineWorker, patience_s: float) -> None:
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
