"""One loaded model in use: its tokeniser, and runs over the engine with KV-cache bookkeeping."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.caches import Caches
from seethrough.app.engine import RunRequest, RunResult
from seethrough.app.finite import check_finite
from seethrough.core.cache import ActivationCache
from seethrough.core.errors import CancelledRunError, EngineError
from seethrough.core.hooks import LOGIT_OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from seethrough.app.engine import Engine
    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest
    from seethrough.core.tokenizer import Tokenizer

# A longer prompt goes through the model in pieces: a run can then be cancelled between two of
# them, and the scores of 8,000 positions never stand in memory at once.
CHUNK = 128
# What an engine says that was replaced: before the run was asked for, or in it.
LOST = ("engine.restarted", "engine.crashed")


class LoadedModel:
    """Runs token sequences, reusing the engine's caches where the start is the same."""

    def __init__(
        self,
        manifest: Manifest,
        tokenizer: Tokenizer,
        engine: Engine,
        *,
        is_stopping: Callable[[], bool] = lambda: False,
        on_restart: Callable[[], None] = lambda: None,
    ) -> None:
        self.manifest = manifest
        self.tokenizer = tokenizer
        self.engine = engine
        self.is_stopping = is_stopping
        self.on_restart = on_restart
        self.caches = Caches(manifest.config)
        self._is_afresh = False

    def forget(self) -> None:
        """Compute the next run from the start: what was kept could change the last bits."""
        self._is_afresh = True

    async def next_logits(
        self, ids: Sequence[int], fetch: tuple[str, ...], *, top_k: int = 1
    ) -> RunResult:
        """The logit outputs after the last of the ids; only what the cache lacks is computed.

        Raises:
            CancelledRunError: The reader stopped it between two pieces of a long prompt.
        """
        ids, last = tuple(ids), RunRequest((), fetch=fetch, top_k=top_k)
        is_afresh, self._is_afresh = self._is_afresh, False

        def work() -> Awaitable[RunResult]:
            return self._advance(ids, 0 if is_afresh else self.caches.n_common(ids), last)

        return await self._recovered(work)

    async def _recovered(self, work: Callable[[], Awaitable[RunResult]]) -> RunResult:
        """What the work gives; once more if the engine died and came back with an empty cache."""
        try:
            return await work()
        except EngineError as error:
            if error.key not in LOST:
                raise
            self.caches.forget()
            self.on_restart()
            return await work()

    async def _advance(self, ids: tuple[int, ...], n_past: int, last: RunRequest) -> RunResult:
        """Run what follows the first `n_past` ids, piece by piece; at least the last id."""
        n_past = min(n_past, len(ids) - 1)
        while len(ids) - n_past > CHUNK:
            await self._run(ids, n_past, n_past + CHUNK, RunRequest(tokens=()))
            n_past += CHUNK
            if self.is_stopping():
                raise CancelledRunError("engine.cancelled")
        return await self._run(ids, n_past, len(ids), last)

    async def capture(
        self,
        ids: Sequence[int],
        names: tuple[str, ...],
        *,
        knobs: Mapping[str, Array] | None = None,
        unembed: tuple[tuple[int, int], ...] | None = None,
        top_k: int = 1,
    ) -> tuple[ActivationCache, RunResult]:
        """The named hooks of all positions in one run from the start.

        Args:
            unembed: (layer, position) of the states to unembed; None: every position at the end
                when a logit output or an ln_final hook is asked for, else only the last.
        """
        ids = tuple(ids)
        states = unembed or self._states(names, len(ids))
        request = RunRequest((), fetch=names, unembed=states, top_k=top_k, knobs=knobs or {})
        result = await self._recovered(lambda: self._run(ids, 0, len(ids), request))
        cache = ActivationCache(
            self.manifest.config,
            result.arrays,
            n_pos=len(ids),
            n_unembed=len(states),
            top_k=top_k,
            model=self.manifest.id,
        )
        return cache, result

    async def run_aside(self, ids: Sequence[int], names: tuple[str, ...]) -> Mapping[str, Array]:
        """The named outputs of some ids, odd numbers too, while the engine keeps what it has read.

        Logits are the last position's.
        """
        request = RunRequest(tuple(ids), fetch=names, write=None)
        return (await self.engine.run(request)).arrays

    def _states(self, names: tuple[str, ...], n_pos: int) -> tuple[tuple[int, int], ...]:
        end = self.manifest.config.n_layers
        wants_all = any(name in LOGIT_OUTPUTS or name.startswith("ln_final.") for name in names)
        positions = range(n_pos) if wants_all else (n_pos - 1,)
        return tuple((end, position) for position in positions)

    async def _run(
        self, ids: tuple[int, ...], start: int, end: int, request: RunRequest
    ) -> RunResult:
        """Run ids[start:end] after the first `start` cached ones, and remember what is kept.

        A run with knobs leaves the caches alone: what it reads and writes would be another model's.
        """
        request = replace(request, tokens=ids[start:end], n_past=start)
        if request.knobs:
            return await self._checked(replace(request, write=None))
        plan = self.caches.plan(start, ids[:end])
        self.caches.begin(plan)
        planned = replace(request, read=plan.read, write=plan.write, drop=plan.drop)
        result = await self._checked(planned)
        self.caches.end(plan, ids[:end])
        return result

    async def _checked(self, request: RunRequest) -> RunResult:
        """Run, and let no odd number pass: what gave one is not kept."""
        result = await self.engine.run(request)
        check_finite(result.arrays, request.knobs, self.manifest.config)
        return result
