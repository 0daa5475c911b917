"""The engine's protocol: what the app asks of whatever runs the graph.

OrtEngine (browser/ort.py) runs it in the page; FakeEngine (here) runs the numpy reference, so
the app is tested without a browser and both pass the same tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from seethrough.core.modes import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest


@dataclass(frozen=True)
class Progress:
    """How far a load is: `stage` is "download" or "session"; bytes, 0 when unknown."""

    stage: str
    done_bytes: int = 0
    total_bytes: int = 0


@dataclass(frozen=True)
class RunRequest:
    """One forward pass.

    Args:
        tokens: The new token ids, at least one.
        n_past: Positions of a KV cache that the new tokens follow.
        fetch: Graph output names to bring back (hooks and logit outputs), nothing else is copied.
        unembed: (layer, position among the new tokens) of each residual state to unembed;
            layer n_layers is the end. None: the last position at the end.
        top_k: How many of the best logits the top outputs hold.
        knobs: head_scale, mlp_scale, resid_add, score_add as arrays; a missing one is neutral.
        read: The number of the cache that is read, where n_past is not 0.
        write: The number of the cache that then holds n_past and the new positions; None: none.
        drop: Caches that are given up, before the run.
    """

    tokens: tuple[int, ...]
    n_past: int = 0
    fetch: tuple[str, ...] = ()
    unembed: tuple[tuple[int, int], ...] | None = None
    top_k: int = 1
    knobs: Mapping[str, Array] = field(default_factory=dict)
    read: int = 0
    write: int | None = 0
    drop: tuple[int, ...] = ()


@dataclass(frozen=True)
class RunResult:
    """The fetched arrays by name, and what the run took in milliseconds."""

    arrays: Mapping[str, Array]
    elapsed_ms: float


@dataclass(frozen=True)
class ProductRequest:
    """Some vectors times a stretch of rows of a weight.

    Args:
        name: The weight, as the manifest names it.
        first, end: From which row to before which.
        vectors: [n, out] where `is_by_row` (each row gives a number of its own), else [n, rows]
            (each number times its row adds up).
    """

    name: str
    first: int
    end: int
    vectors: Array
    is_by_row: bool


@dataclass(frozen=True)
class EngineInfo:
    """What runs the graph: backend ("wasm"), threads, milliseconds to make the session.

    `is_kept` is false where the model could have been stored, but there was too little space.
    """

    backend: str
    threads: int
    session_ms: float = 0.0
    is_kept: bool = True


class Engine(Protocol):
    """Loads one model at a time and runs it."""

    def planned(self) -> EngineInfo:
        """Backend and threads that a load will use here."""
        ...

    async def load(
        self,
        manifest: Manifest,
        base_url: str,
        progress: Callable[[Progress], None],
        mode: str = EXACT,
        given: Array | None = None,
    ) -> EngineInfo:
        """Fetch, check and open a model in a mode of core.modes; `base_url` ends with a slash.

        Args:
            given: The weights as one vector, where they lie in no file (a model trained here).

        Raises:
            DownloadError: A file is missing, cut or altered; finished shards are kept.
            EngineError: The runtime could not open the graph.
            CancelledRunError: `cancel` was called.
        """
        ...

    async def run(self, request: RunRequest) -> RunResult:
        """Run one forward pass; the cache `write` then holds n_past + len(tokens) positions.

        Every other cache stays as it was.

        Raises:
            EngineError: The runtime failed, or no model is loaded.
            CancelledRunError: `cancel` was called.
        """
        ...

    async def read_bytes(self, ranges: tuple[tuple[int, int], ...]) -> tuple[bytes, ...]:
        """Bytes of the joined weight file, for each (offset, size)."""
        ...

    async def product(self, request: ProductRequest) -> Array:
        """Vectors times rows of a weight, where nothing else waits for it.

        Shapes: → [n, rows] by rows, else [n, out]; float32.
        Accuracy: of the numbers that `core.weights.decode_rows` gives; sums in float64.
        """
        ...

    def cancel(self) -> None:
        """Stop the load or run in progress at its next safe point."""
        ...
