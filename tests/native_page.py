"""The page without a browser: its own service, actions and views over native onnxruntime.

What a reader would see of a step, on the real model, in CPython.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from seethrough.app.actions import Actions
from seethrough.app.engine import EngineInfo, RunRequest, RunResult
from seethrough.app.saving import bring_walk
from seethrough.app.service import Service
from seethrough.app.state import Store
from seethrough.app.tracing import Tracer
from seethrough.core.depth import IDEA, NUMBERS
from seethrough.core.routes import OWN, Route
from seethrough.core.weights import multiplied
from seethrough.view import saved_page
from seethrough.view.layout import PANELS
from tests.native import native
from tests.steps import page_state

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from export.native import NativeModel
    from seethrough.app.engine import ProductRequest, Progress
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.heads import Heads
    from seethrough.core.manifest import Manifest
    from seethrough.core.tokens import Candidate
    from seethrough.view.saved_page import Inside


class NativeEngine:
    """app.engine.Engine over the exported graph in native onnxruntime."""

    def __init__(self, models: dict[str, Path]) -> None:
        self._folders = models
        self._model: NativeModel | None = None
        self._caches: dict[int, dict[str, Array]] = {}

    def planned(self) -> EngineInfo:
        """What a load will use."""
        return EngineInfo("native", 1)

    async def load(
        self,
        manifest: Manifest,
        base_url: str,  # noqa: ARG002 - the protocol's
        progress: Callable[[Progress], None],  # noqa: ARG002 - the protocol's
        mode: str = "exact",  # noqa: ARG002 - the protocol's
        given: Array | None = None,  # noqa: ARG002 - the protocol's
    ) -> EngineInfo:
        """Open the model's folder."""
        self._model = native(self._folders[manifest.id])
        self._caches = {}
        return EngineInfo("native", 1)

    async def run(self, request: RunRequest) -> RunResult:
        """One forward pass after what is kept of a cache."""
        model = self._opened
        for number in request.drop:
            del self._caches[number]
        model.reset()
        past = self._caches.get(request.read, model.past)
        model.past = {name: array[:, :, : request.n_past] for name, array in past.items()}
        begin = time.perf_counter()
        last = ((model.manifest.config.n_layers, len(request.tokens) - 1),)
        arrays = model.run(
            request.tokens,
            request.fetch,
            unembed=request.unembed or last,
            top_k=request.top_k,
            knobs=request.knobs,
        )
        if request.write is not None:
            self._caches[request.write] = model.past
        return RunResult(arrays, (time.perf_counter() - begin) * 1000)

    async def read_bytes(self, ranges: tuple[tuple[int, int], ...]) -> tuple[bytes, ...]:
        """Bytes of the joined weight file."""
        return tuple(self._opened.data[at : at + size] for at, size in ranges)

    async def product(self, request: ProductRequest) -> Array:
        """Vectors times rows of a weight."""
        rows = self._opened.rows(request.name, range(request.first, request.end))
        return multiplied(rows, request.vectors, is_by_row=request.is_by_row)

    def cancel(self) -> None:
        """Nothing here goes on for long."""

    @property
    def _opened(self) -> NativeModel:
        assert self._model is not None, "no model is loaded"
        return self._model


class NativePage:
    """A built site's page: run a prompt, turn to a step, read what stands there."""

    def __init__(self, dist: Path) -> None:
        # In a thread of its own: a browser's driver may have this one's event loop.
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.new_event_loop()

        async def text(path: str) -> str:
            return (dist / path).read_text(encoding="utf-8")

        async def data(path: str) -> bytes:
            return (dist / path).read_bytes()

        folders = {folder.name: folder for folder in (dist / "models").iterdir()}
        self.service = Service(Store(page_state()), NativeEngine(folders), text, data)
        self.actions = Actions(self.service)
        self._tracer = Tracer(self.service, self.actions.fetcher)
        self._do(self.service.open())

    @property
    def state(self) -> AppState:
        """What the page holds now."""
        return self.actions.state

    def run(self, prompt: str, *, chat: bool = False) -> None:
        """Run a reader's prompt.

        Raises:
            AssertionError: The page says that something went wrong.
        """
        self._do(self.actions.run(prompt, chat=chat))
        assert self.state.chrome.error is None, self.state.chrome.error

    def open(self, recording: str) -> None:
        """Show a recorded walk."""
        self._do(self.actions.show_recording(recording))
        assert self.state.chrome.error is None, self.state.chrome.error

    def turn_to(self, step: str) -> str:
        """A step's markup, once everything that it needs has been fetched."""
        recorded = self.state.run.recorded
        route = Route("walk", recorded.id if recorded else OWN, step)
        self.actions.store.replace(route=route)
        self._do(self.actions.fetcher.fill())
        return PANELS[f"step-{step}"].render(self.state)

    def turn_inside(self, step: str, depth: str = NUMBERS, **choice: int) -> str:
        """A step's markup inside the layer, once everything that it needs has been fetched."""
        self.actions.store.replace(route=Route("block", OWN, step), depth=depth, **choice)
        self._do(self.actions.fetcher.fill())
        assert self.state.chrome.error is None, self.state.chrome.error
        assert self.state.step is not None
        return PANELS[self.state.step.place_at(depth)].render(self.state)

    def without(self, off: Heads) -> tuple[Candidate, ...]:
        """The best next tokens with some heads switched off, as the idea of step 4 shows them."""
        route = Route("walk", OWN, "layers")
        self.actions.store.replace(route=route, depth=IDEA, off=off)
        self._do(self.actions.fetcher.fill())
        return self.state.run.without[off]

    def choose(self, position: int) -> None:
        """Choose a token."""
        self.actions.select_position(position)

    def choose_layer(self, layer: int) -> None:
        """Choose a layer, whose numbers step 4 shows; the pattern is left as it is."""
        self.actions.store.replace(layer=layer)

    def generate(self, count: int) -> None:
        """Continue the shown prompt greedily."""
        settings = self.state.sampling.but(max_new_tokens=count)
        work = self.actions.generate(
            self.state.text.prompt, chat=self.state.text.chat, settings=settings
        )
        self._do(work)

    def trace(self, cell: str) -> None:
        """Ask for the sum behind a number."""
        self._do(self._tracer.select(cell))

    def open_block(self) -> str:
        """The inside of the chosen layer's block, once its hooks have been fetched."""
        self.actions.store.replace(route=Route("block", OWN, "inside"))
        self._do(self.actions.fetcher.fill())
        return PANELS["inside"].render(self.state)

    def save(self, depth: str, inside: Inside) -> str:
        """The walk over what is shown, as one file, at a depth."""
        route = Route("walk", OWN, "input")
        self.actions.store.replace(route=route, depth=depth)
        fetcher, store = self.actions.fetcher, self.actions.store
        self._do(bring_walk(fetcher, store, saved_page.routes(self.state)))
        assert self.state.chrome.error is None, self.state.chrome.error
        return saved_page.document(self.state, saved_page.body_of(self.state), inside)

    def close(self) -> None:
        """End its event loop."""
        self._loop.close()
        self._thread.shutdown()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self._thread.submit(self._loop.run_until_complete, work).result()
