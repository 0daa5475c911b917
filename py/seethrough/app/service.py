"""What can be asked of Seethrough, by the page and by scripts alike: all async, plain results.

Every failure is a SeethroughError with a sentence. One call at a time reaches the engine.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from seethrough.app import inputs
from seethrough.app.generate import Generation, Step, generate
from seethrough.app.library import Library
from seethrough.app.loaded import LoadedModel
from seethrough.app.settings import checked_sampling, whole
from seethrough.app.state import (
    EngineStatus,
    Message,
    Run,
    Sampling,
    Store,
)
from seethrough.core import hooks
from seethrough.core.clean_text import clean_text
from seethrough.core.errors import (
    CancelledRunError,
    DownloadError,
    EngineError,
    SeethroughError,
)
from seethrough.core.modes import check_mode
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.tokens import STOPPED, candidates, named, texts
from seethrough.core.weights import decode_rows, row_ranges

if TYPE_CHECKING:
    from seethrough.app.engine import Engine, Progress, RunResult
    from seethrough.core.cache import ActivationCache, Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.manifest import Manifest
    from seethrough.core.parts import Part
    from seethrough.core.recording import Recording

T = TypeVar("T")
FetchText = Callable[[str], Awaitable[str]]
FetchBytes = Callable[[str], Awaitable[bytes]]
TOP_OUTPUTS = (hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP)


class Service:
    """The models of this build, the one that is loaded, and what it can be asked.

    Args:
        fetch_text, fetch_bytes: Give a file by its address relative to the page.
    """

    def __init__(
        self, store: Store, engine: Engine, fetch_text: FetchText, fetch_bytes: FetchBytes
    ) -> None:
        self.store = store
        self.engine = engine
        self.fetch_text = fetch_text
        self.model: LoadedModel | None = None
        self._library = Library(store, fetch_text, fetch_bytes)
        self._lock = asyncio.Lock()
        self._stopping = False

    async def open(self) -> None:
        """Read the list of this build's models, and their manifests.

        The list tells of known models that this build lacks, too.

        Raises:
            DownloadError: The list or a manifest is missing.
            SourceError: One of them cannot be read.
        """
        await self._library.open()
        plan = self.engine.planned()
        status = EngineStatus(stage="idle", backend=plan.backend, threads=plan.threads)
        self.store.replace(engine=status)

    async def ready(self) -> dict[str, Any]:
        """The models of this build, the loaded one or None, backend and threads.

        Before a model is loaded, backend and threads are those that a load will use.
        """
        status = self.store.state.site.engine
        models = [
            {"id": card.id, "title": card.title, "download_bytes": card.download_bytes}
            for card in self.store.state.site.models
        ]
        model = self.model.manifest.id if self.model else None
        return {
            "models": models,
            "model": model,
            "backend": status.backend or None,
            "threads": status.threads or None,
            "mode": status.mode or self.store.state.site.device.mode,
        }

    async def load(self, model_id: str | None = None, mode: str | None = None) -> dict[str, Any]:
        """Make a model ready to run; the default one when none is named.

        Args:
            mode: How its weights are held (core.modes); None: as before, or as the device needs.

        Raises:
            UnknownNameError: This build has no such model, or there is no such mode.
            DownloadError, EngineError, CancelledRunError: see Engine.load.
        """
        checked = None if mode is None else check_mode(mode)
        async with self._lock:
            await self._load(model_id, checked)
        return await self.ready()

    async def recording(self, recording_id: str, model: str = "") -> Recording:
        """A recorded walk, checked against its model's manifest; no model need be loaded.

        Args:
            model: Whose it is; empty: the first that has one of this id.

        Raises:
            UnknownNameError: This build has no such recording.
            DownloadError: It is missing or altered.
            SourceError: It cannot be read, or another export's files made it.
        """
        return await self._library.recording(recording_id, model)

    async def part(self, recording_id: str, name: str, model: str = "") -> Part:
        """A further part of a recorded walk (core/parts.py), checked against the walk.

        Raises:
            UnknownNameError: This build has no such recording, or the recording no such part.
            DownloadError, SourceError: As `recording`.
        """
        return await self._library.part(recording_id, name, model)

    def is_loaded(self, model_id: str) -> bool:
        """Whether it is this model that can run now."""
        return self.model is not None and self.model.manifest.id == model_id

    def config_of(self, model_id: str) -> ModelConfig:
        """The config of a model of this build, loaded or not.

        Raises:
            UnknownNameError: This build has no such model.
        """
        return self._library.manifest(model_id).config

    async def tokenize(self, text: str) -> list[dict[str, Any]]:
        """Each token of a text: id, and its text as the vocabulary decodes it."""
        model = await self._ensure()
        inputs.check_prompt(text)
        ids = model.tokenizer.encode(clean_text(text).text)
        return [{"id": token, "text": texts(model.tokenizer, token)[0]} for token in ids]

    async def next(self, prompt: str, k: int = 10, *, chat: bool = False) -> dict[str, Any]:
        """The whole input's ids and the k best next tokens, probabilities over the vocabulary."""
        model = await self._ensure()
        ids = self.prompt_ids(prompt, chat=chat)
        k = whole("k", k, 1, model.manifest.config.d_vocab)
        result = await self.run_ids(ids, TOP_OUTPUTS, top_k=k)
        rows = [
            {"id": item.id, "text": named(item), "logit": item.logit, "prob": item.prob}
            for item in candidates(model.tokenizer, result.arrays)
        ]
        return {"ids": list(ids), "top": rows}

    async def run_ids(
        self, ids: Sequence[int], fetch: tuple[str, ...], *, top_k: int = 1
    ) -> RunResult:
        """The named logit outputs after the last of some ids."""
        model = await self._ensure()
        async with self._lock:
            return await self._guarded(model.next_logits(ids, fetch, top_k=top_k))

    async def capture_ids(
        self,
        ids: Sequence[int],
        names: tuple[str, ...],
        knobs: Mapping[str, Array] | None = None,
        unembed: tuple[tuple[int, int], ...] | None = None,
        top_k: int = 1,
    ) -> ActivationCache:
        """The named hooks of some ids, in one run from the start; see LoadedModel.capture."""
        model = await self._ensure()
        asked = model.capture(ids, names, knobs=knobs, unembed=unembed, top_k=top_k)
        async with self._lock:
            cache, _ = await self._guarded(asked)
        return cache

    async def capture_next(
        self, ids: Sequence[int], names: tuple[str, ...], *, top_k: int
    ) -> tuple[ActivationCache, float]:
        """Some hooks and the top outputs after the last id, in one pass; and its milliseconds."""
        model = await self._ensure()
        last = ((model.manifest.config.n_layers, len(ids) - 1),)
        async with self._lock:
            cache, result = await self._guarded(
                model.capture(ids, (*names, *TOP_OUTPUTS), unembed=last, top_k=top_k)
            )
        return cache, result.elapsed_ms

    async def capture(
        self,
        prompt: str,
        names: Sequence[str],
        *,
        chat: bool = False,
        knobs: Mapping[str, Any] | None = None,
    ) -> dict[str, Array]:
        """The named hooks of the prompt, no batch axis, after the knobs.

        Logit outputs and ln_final hooks come for every position.

        Raises:
            UnknownNameError: No such hook or knob.
            ShapeError, InputError: A knob does not fit, or the capture is too large.
        """
        model = await self._ensure()
        ids = self.prompt_ids(prompt, chat=chat)
        asked = inputs.check_capture(names, model.manifest, len(ids))
        checked = inputs.check_knobs(knobs or {}, model.manifest.config, len(ids))
        return dict(await self.capture_ids(ids, asked, checked))

    async def generate(
        self, prompt: str, *, chat: bool = False, **settings: float
    ) -> dict[str, Any]:
        """Continue a prompt: the new ids, their text, and why it stopped.

        Args:
            settings: Of the draw, by name (core/settings.py).
        """
        model = await self._ensure()
        ids = self.prompt_ids(prompt, chat=chat)
        done = await self.continue_ids(ids, Sampling(settings), lambda _: None)
        text = model.tokenizer.decode(done.ids, at_start=False)
        return {"ids": list(done.ids), "text": text, "stop": done.stop}

    async def continue_ids(
        self,
        ids: tuple[int, ...],
        settings: Sampling,
        on_step: Callable[[Step], None],
        *,
        first: int = 0,
        given: Sequence[int] = (),
    ) -> Generation:
        """Generate after some ids; `stop` ends it between two tokens.

        Args:
            first: How many of the ids are new tokens already; see app.generate, as for `given`.
        Raises:
            InputError: A sampling setting means nothing.
        """
        model = await self._ensure()
        settings = checked_sampling(settings, model.manifest.config)
        steps: list[Step] = []

        def tell(step: Step) -> bool:
            steps.append(step)
            on_step(step)
            return self._stopping

        async with self._lock:
            try:
                work = generate(model, ids, settings, tell, first=first, given=given)
                return await self._guarded(work)
            except CancelledRunError:
                return Generation(tuple(steps), STOPPED)

    async def weight(self, name: str, rows: Sequence[int] | int | None = None) -> Array:
        """Rows of a weight as float32; None: all of them, where that is at most 4 million numbers.

        Raises:
            UnknownNameError: No such weight.
            InputError: A row that is not there, or too many numbers.
        """
        model = await self._ensure()
        entry, checked = inputs.check_weight(model.manifest, name, rows)
        ranges = row_ranges(model.manifest, entry, checked)
        async with self._lock:
            chunks = await self._guarded(self.engine.read_bytes(ranges))
        return decode_rows(model.manifest, entry, checked, chunks)

    def stop(self) -> None:
        """Stop what is going on at its next safe point."""
        self._stopping = True
        self.engine.cancel()

    def prompt_ids(self, prompt: str, *, chat: bool) -> tuple[int, ...]:
        """The whole input as the model gets it, lone surrogates replaced; see inputs.prompt_ids."""
        model = self._loaded()
        text = clean_text(prompt).text if isinstance(prompt, str) else prompt
        return inputs.prompt_ids(text, model.tokenizer, model.manifest, chat=chat)

    def prompt_config(self, ids: tuple[int, ...]) -> ModelConfig:
        """The loaded model's config, once the ids are known to fit it.

        Raises:
            InputError: More ids than the model has positions for.
        """
        config = self._loaded().manifest.config
        inputs.check_count(ids, config)
        return config

    def _loaded(self) -> LoadedModel:
        if self.model is None:
            raise EngineError("engine.not_loaded")
        return self.model

    async def _ensure(self) -> LoadedModel:
        """The loaded model; the default one is loaded first when there is none."""
        async with self._lock:
            if self.model is None:
                await self._load(None)
            return self._loaded()

    async def _load(self, model_id: str | None, mode: str | None = None) -> None:
        manifest = self._library.manifest(model_id)
        model_id, base_url = manifest.id, self._library.folder(manifest.id)
        mode = mode or self.store.state.site.engine.mode or self.store.state.site.device.mode
        is_same = self.is_loaded(model_id)
        if is_same and mode == self.store.state.site.engine.mode:
            return
        self._stopping = False
        self.model = None
        self.store.replace(vocabulary=None)
        if not is_same and not self._recorded_model():
            # What the last model made has no meaning for this one; a recording has its own.
            self._forget(Run(model_id, given=self.store.state.run.given), error=None)
        self._tell(stage="download", total_bytes=manifest.download_bytes, model=model_id)
        try:
            tokenizer = Tokenizer.from_json(await self._checked_text(manifest, base_url))
            info = await self.engine.load(manifest, base_url, self._on_progress, mode)
        except SeethroughError as error:
            stopped = isinstance(error, CancelledRunError)
            self._tell(
                stage="idle" if stopped else "failed",
                done_bytes=0,
                total_bytes=0,
                model="" if stopped else model_id,
            )
            if not self._recorded_model():
                self.store.replace(model="" if stopped else model_id)
            raise
        self.model = LoadedModel(
            manifest,
            tokenizer,
            self.engine,
            is_stopping=lambda: self._stopping,
            on_restart=lambda: self.store.replace(notice=Message("engine.recovered")),
        )
        self.store.replace(vocabulary=tokenizer)
        told = (info.backend, info.threads, info.session_ms, mode, model_id)
        self.store.replace(engine=EngineStatus("ready", 0, 0, *told))
        if info.is_kept:
            self.store.replace(stored=self.store.state.site.stored | {model_id})
        else:
            self.store.replace(notice=Message("engine.in_memory"))
        if not self._recorded_model():
            self.store.replace(model=manifest.id, config=manifest.config)

    def _forget(self, run: Run, **changes: Any) -> None:  # noqa: ANN401 - fields of AppState
        """Show no numbers, at the layer, head and position that were chosen."""
        self.store.replace(run=run, choice=self.store.state.choice.place, **changes)

    def _recorded_model(self) -> str:
        """The model of the recording that is shown, which a load leaves in its place; or none."""
        recorded = self.store.state.run.recorded
        return recorded.model if recorded is not None else ""

    async def _checked_text(self, manifest: Manifest, base_url: str) -> str:
        text = await self.fetch_text(base_url + manifest.tokenizer.path)
        if hashlib.sha256(text.encode()).hexdigest() != manifest.tokenizer.sha256:
            raise DownloadError("engine.altered", path=manifest.tokenizer.path)
        if self._stopping:  # before the engine knew of this load
            raise CancelledRunError("engine.cancelled")
        return text

    async def _guarded(self, work: Awaitable[T]) -> T:
        """Await engine work with the stage told."""
        self._stopping = False
        self._tell(stage="running")
        try:
            return await work
        finally:
            self._tell(stage="ready")

    def _on_progress(self, progress: Progress) -> None:
        self._tell(
            stage=progress.stage, done_bytes=progress.done_bytes, total_bytes=progress.total_bytes
        )

    def _tell(self, **changes: Any) -> None:  # noqa: ANN401 - EngineStatus checks names
        self.store.replace(engine=replace(self.store.state.site.engine, **changes))
