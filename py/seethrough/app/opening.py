"""Opens models in the engine, and keeps the page's state true to what is open."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seethrough.app.loaded import LoadedModel
from seethrough.app.model_state import price_bytes
from seethrough.app.state import EngineStatus, Message, Run
from seethrough.core.errors import CancelledRunError, DownloadError, InputError, SeethroughError
from seethrough.core.modes import ENGINE_BYTES, mode_bytes, modes_of
from seethrough.core.tokenizer import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.engine import Engine, Progress
    from seethrough.app.library import Library
    from seethrough.app.state import Store
    from seethrough.app.turns import Turns
    from seethrough.core.manifest import Manifest

    FetchText = Callable[[str], Awaitable[str]]

MB = 10**6


class Opening:
    """The model that is open, and how another one takes its place. Who asks has the turn."""

    def __init__(
        self, store: Store, engine: Engine, library: Library, turns: Turns, fetch_text: FetchText
    ) -> None:
        self.model: LoadedModel | None = None
        self._store = store
        self._engine = engine
        self._library = library
        self._turns = turns
        self._fetch_text = fetch_text
        self._price = 0

    def is_open(self, model_id: str) -> bool:
        """Whether it is this model that can run now."""
        return self.model is not None and self.model.manifest.id == model_id

    async def open(self, model_id: str | None, mode: str | None = None) -> LoadedModel:
        """Open a model (the default one), unless it is open in that mode.

        Raises:
            UnknownNameError: This build has no such model.
            InputError: The engine cannot hold it in that mode.
            DownloadError, EngineError, CancelledRunError: See Engine.load.
        """
        manifest = self._library.manifest(model_id)
        engine = self._store.state.site.engine
        mode = self._mode(manifest, mode)
        is_same = self.is_open(manifest.id)
        if self.model is not None and is_same and mode == engine.mode:
            return self.model
        self.model = None
        self._store.replace(vocabulary=None)
        if not is_same and not self._recorded_model():
            # What the last model made has no meaning for this one; a recording has its own.
            self._forget(Run(manifest.id, given=self._store.state.run.given), error=None)
        self._price = price_bytes(self._store.state.site, manifest.id)
        total = self._price or manifest.download_bytes
        told = {"done_bytes": 0, "total_bytes": total, "model": manifest.id, "check": None}
        self.tell(stage="download", **told)
        try:
            return await self._load(manifest, mode)
        except SeethroughError as error:
            self._tell_failure(manifest.id, is_stopped=isinstance(error, CancelledRunError))
            raise

    def _mode(self, manifest: Manifest, asked: str | None) -> str:
        """The mode that was asked for, else the one before, else the device's, where it fits."""
        fitting = modes_of(manifest)
        if asked is not None and asked not in fitting:
            needed, most = mode_bytes(manifest)[asked], ENGINE_BYTES
            told = {"mode": asked, "needed": needed // MB, "most": most // MB}
            raise InputError("modes.too_large", model=manifest.title, **told)
        site = self._store.state.site
        before = site.engine.mode if self._had_choice() else ""
        wanted = asked or before or site.device.mode
        return wanted if wanted in fitting else fitting[0]

    def _had_choice(self) -> bool:
        """Whether the mode of the model before was anybody's wish."""
        before = self._store.state.site.engine.model
        return bool(before) and len(modes_of(self._library.manifest(before))) > 1

    async def _load(self, manifest: Manifest, mode: str) -> LoadedModel:
        base_url = self._library.folder(manifest.id)
        tokenizer = Tokenizer.from_json(await self._checked_text(manifest, base_url))
        given = self._library.given(manifest.id)
        info = await self._engine.load(manifest, base_url, self._on_progress, mode, given)
        model = self.model = LoadedModel(
            manifest,
            tokenizer,
            self._engine,
            is_stopping=lambda: self._turns.is_stopping,
            on_restart=lambda: self._store.replace(notice=Message("engine.recovered")),
        )
        self._store.replace(vocabulary=tokenizer)
        told = (info.backend, info.threads, info.session_ms, mode, manifest.id)
        self._store.replace(engine=EngineStatus("ready", 0, 0, *told))
        if info.is_kept:
            self._store.replace(stored=self._store.state.site.stored | {manifest.id})
        else:
            self._store.replace(notice=Message("engine.in_memory"))
        if not self._recorded_model():
            self._store.replace(model=manifest.id, config=manifest.config)
        return model

    def _tell_failure(self, model_id: str, *, is_stopped: bool) -> None:
        model = "" if is_stopped else model_id
        stage = "idle" if is_stopped else "failed"
        self.tell(stage=stage, done_bytes=0, total_bytes=0, model=model)
        if not self._recorded_model():
            self._store.replace(model=model)

    def _forget(self, run: Run, **changes: Any) -> None:  # noqa: ANN401 - fields of AppState
        """Show no numbers, at the layer, head and position that were chosen."""
        self._store.replace(run=run, choice=self._store.state.choice.place, **changes)

    def _recorded_model(self) -> str:
        """The model of the recording that is shown, which a load leaves in its place; or none."""
        recorded = self._store.state.run.recorded
        return recorded.model if recorded is not None else ""

    async def _checked_text(self, manifest: Manifest, base_url: str) -> str:
        text = await self._library.text(base_url + manifest.tokenizer.path)
        if hashlib.sha256(text.encode()).hexdigest() != manifest.tokenizer.sha256:
            raise DownloadError("engine.altered", path=manifest.tokenizer.path)
        if self._turns.is_stopping:  # before the engine knew of this load
            raise CancelledRunError("engine.cancelled")
        return text

    def _on_progress(self, progress: Progress) -> None:
        """Tell how far it is, in the very bytes that the reader was told before."""
        total = self._price or progress.total_bytes
        done = max(0, total - (progress.total_bytes - progress.done_bytes))
        self.tell(stage=progress.stage, done_bytes=done, total_bytes=total)

    def tell(self, **changes: Any) -> None:  # noqa: ANN401 - EngineStatus checks names
        """Write what the engine does into the page's state."""
        self._store.replace(engine=replace(self._store.state.site.engine, **changes))
