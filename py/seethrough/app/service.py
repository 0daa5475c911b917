"""What can be asked of Seethrough, by the page and by scripts alike: all async, plain results.

Every failure is a SeethroughError with a sentence. One call at a time reaches the engine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from seethrough.app import inputs
from seethrough.app.generate import Generation, Step, generate
from seethrough.app.lens import lens_of, states_of, told_of
from seethrough.app.library import Library
from seethrough.app.opening import Opening
from seethrough.app.settings import checked_sampling, whole
from seethrough.app.state import EngineStatus, Sampling, Store
from seethrough.app.turns import Turns
from seethrough.core import hooks
from seethrough.core.errors import CancelledRunError, EngineError
from seethrough.core.hooks import matching_hooks
from seethrough.core.modes import check_mode
from seethrough.core.tokens import STOPPED, candidates, texts
from seethrough.core.weights import decode_rows, row_ranges

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from seethrough.app.engine import Engine, RunResult
    from seethrough.app.learning import Learner
    from seethrough.app.loaded import LoadedModel
    from seethrough.core.cache import ActivationCache, Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.parts import Part
    from seethrough.core.recording import Recording

T = TypeVar("T")
FetchText = Callable[[str], Awaitable[str]]
FetchBytes = Callable[[str], Awaitable[bytes]]
# A text, or the very ids that the model gets.
Given = str | Sequence[int]
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
        self.new_learner: Callable[[], Learner] | None = None  # makes what trains a model
        self.turns = Turns(self._cancel)
        self.library = Library(store, fetch_text, fetch_bytes)
        self._opening = Opening(store, engine, self.library, self.turns, fetch_text)

    @property
    def model(self) -> LoadedModel | None:
        """The model that is open."""
        return self._opening.model

    @asynccontextmanager
    async def use(self, model_id: str | None = None) -> AsyncIterator[LoadedModel]:
        """Have the engine, and a model open in it: the named one, else the open or default one.

        Nobody else gets the engine before this ends: ids and numbers are of one model.

        Raises:
            UnknownNameError: This build has no such model.
            DownloadError, EngineError, CancelledRunError: See Engine.load.
        """
        async with self.turns.take() as turn:
            if model_id is not None or self.model is None:
                await self._opening.open(model_id)
            turn.check()
            yield self._loaded()

    @asynccontextmanager
    async def still(self, model_id: str) -> AsyncIterator[LoadedModel]:
        """Have the engine with a model that was open when it was asked for.

        Raises:
            CancelledRunError: Another one was opened meanwhile: what was asked means nothing now.
        """
        async with self.turns.take():
            if not self.is_loaded(model_id):
                raise CancelledRunError("engine.cancelled")
            yield self._loaded()

    async def open(self) -> None:
        """Read the list of this build's models, and their manifests.

        The list tells of known models that this build lacks, too.

        Raises:
            DownloadError: The list or a manifest is missing.
            SourceError: One of them cannot be read.
        """
        await self.library.open()
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
        async with self.turns.take():
            await self._opening.open(model_id, checked)
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
        return await self.library.recording(recording_id, model)

    async def part(self, recording_id: str, name: str, model: str = "") -> Part:
        """A further part of a recorded walk (core/parts.py), checked against the walk.

        Raises:
            UnknownNameError: This build has no such recording, or the recording no such part.
            DownloadError, SourceError: As `recording`.
        """
        return await self.library.part(recording_id, name, model)

    def is_loaded(self, model_id: str) -> bool:
        """Whether it is this model that can run now."""
        return self._opening.is_open(model_id)

    def config_of(self, model_id: str) -> ModelConfig:
        """The config of a model of this build, loaded or not.

        Raises:
            UnknownNameError: This build has no such model.
        """
        return self.library.manifest(model_id).config

    async def hooks(self, pattern: str = "*", *, model: str | None = None) -> list[str]:
        """The hooks that a model has, by a name with wildcards: "blocks.*.attn.hook_pattern".

        Nothing is loaded for it.

        Raises:
            UnknownNameError: No hook matches, or this build has no such model.
        """
        async with self.turns.take():
            is_open = model is None and self.model is not None
            manifest = self._loaded().manifest if is_open else self.library.manifest(model)
        return list(matching_hooks([pattern], manifest.config, manifest.id))

    async def tokenize(self, text: Given, *, model: str | None = None) -> list[dict[str, Any]]:
        """Each token of a text: id, and its text as the vocabulary decodes it."""
        async with self.use(model) as opened:
            ids = inputs.tokens_of(text, opened.tokenizer, opened.manifest)
            return [{"id": one, "text": texts(opened.tokenizer, one)[0]} for one in ids]

    async def decode(self, ids: Sequence[int], *, model: str | None = None) -> str:
        """The text of some ids."""
        async with self.use(model) as opened:
            checked = inputs.check_ids(ids, opened.manifest.config)
            return opened.tokenizer.decode(checked)

    async def next(
        self, prompt: Given, k: int = 10, *, chat: bool = False, model: str | None = None
    ) -> dict[str, Any]:
        """The whole input's ids and the k best next tokens, probabilities over the vocabulary.

        An id that no token has, as of a padded vocabulary, stands there by its name: ⟨id 50300⟩.
        Computed from the start, so that the same question has the same answer to the last bit.
        """
        async with self.use(model) as opened:
            ids = self.prompt_ids(prompt, chat=chat)
            k = whole("k", k, 1, opened.manifest.config.d_vocab)
            opened.forget()
            result = await self.run_ids(ids, TOP_OUTPUTS, top_k=k)
            best = candidates(opened.tokenizer, result.arrays)
        return {"ids": list(ids), "top": [told_of(item) for item in best]}

    async def run_ids(
        self, ids: Sequence[int], fetch: tuple[str, ...], *, top_k: int = 1
    ) -> RunResult:
        """The named logit outputs after the last of some ids."""
        async with self.use() as model:
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
        async with self.use() as model:
            asked = model.capture(ids, names, knobs=knobs, unembed=unembed, top_k=top_k)
            cache, _ = await self._guarded(asked)
        return cache

    async def capture_next(
        self, ids: Sequence[int], names: tuple[str, ...], *, top_k: int
    ) -> tuple[ActivationCache, float]:
        """Some hooks and the top outputs after the last id, in one pass; and its milliseconds."""
        async with self.use() as model:
            last = ((model.manifest.config.n_layers, len(ids) - 1),)
            cache, result = await self._guarded(
                model.capture(ids, (*names, *TOP_OUTPUTS), unembed=last, top_k=top_k)
            )
        return cache, result.elapsed_ms

    async def capture(
        self,
        prompt: Given,
        names: Sequence[str],
        *,
        chat: bool = False,
        model: str | None = None,
        knobs: Mapping[str, Any] | None = None,
    ) -> dict[str, Array]:
        """The named hooks of the prompt, no batch axis, after the knobs; wildcards are taken.

        Logit outputs and ln_final hooks come for every position.

        Raises:
            UnknownNameError: No such hook or knob.
            ShapeError, InputError: A knob does not fit, or the capture is too large.
        """
        async with self.use(model) as opened:
            ids = self.prompt_ids(prompt, chat=chat)
            asked = inputs.check_capture(names, opened.manifest, len(ids))
            checked = inputs.check_knobs(knobs or {}, opened.manifest.config, len(ids))
            return dict(await self.capture_ids(ids, asked, checked))

    async def lens(
        self,
        prompt: Given,
        *,
        layers: Sequence[int] | None = None,
        positions: Sequence[int] | None = None,
        k: int = 10,
        chat: bool = False,
        model: str | None = None,
    ) -> dict[str, Any]:
        """The logits that the states between layers give, and the best tokens of each.

        Args:
            layers: Layer l is the state that enters block l, n_layers the end; negative ones count
                from the end. None: all.
            positions: Likewise, of the input's tokens. None: the last.
        Raises:
            InputError: No such layer or position, or too many logits.
        """
        async with self.use(model) as opened:
            ids = self.prompt_ids(prompt, chat=chat)
            config = opened.manifest.config
            k = whole("k", k, 1, config.d_vocab)
            states = states_of(config, len(ids), layers, positions)
            names = (hooks.LOGITS, *TOP_OUTPUTS)
            cache = await self.capture_ids(ids, names, unembed=states.pairs, top_k=k)
            return {"ids": list(ids), **lens_of(states, cache, opened.tokenizer)}

    async def generate(
        self, prompt: Given, *, chat: bool = False, model: str | None = None, **settings: float
    ) -> dict[str, Any]:
        """Continue a prompt: the new ids, their text, and why it stopped; from the start, as next.

        Args:
            settings: Of the draw, by name (core/settings.py).
        """
        async with self.use(model) as opened:
            ids = self.prompt_ids(prompt, chat=chat)
            opened.forget()
            done = await self.continue_ids(ids, Sampling(settings), lambda _: None)
            text = opened.tokenizer.decode(done.ids, at_start=False)
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
        steps: list[Step] = []

        def tell(step: Step) -> bool:
            steps.append(step)
            on_step(step)
            return self.turns.heed_stop()

        async with self.use() as model:
            settings = checked_sampling(settings, model.manifest.config)
            try:
                work = generate(model, ids, settings, tell, first=first, given=given)
                return await self._guarded(work)
            except CancelledRunError:
                self.turns.heed_stop()
                return Generation(tuple(steps), STOPPED)

    async def weight(
        self, name: str, rows: Sequence[int] | int | None = None, *, model: str | None = None
    ) -> Array:
        """Rows of a weight as float32; None: all of them, where that is at most 4 million numbers.

        Raises:
            UnknownNameError: No such weight.
            InputError: A row that is not there, or too many numbers.
        """
        async with self.use(model) as opened:
            manifest = opened.manifest
            entry, checked = inputs.check_weight(manifest, name, rows)
            chunks = await self._guarded(
                self.engine.read_bytes(row_ranges(manifest, entry, checked))
            )
        return decode_rows(manifest, entry, checked, chunks)

    def stop(self) -> None:
        """Stop what is going on at its next safe point, whoever asked for it."""
        self.turns.stop()

    def _cancel(self) -> None:
        self.engine.cancel()

    def prompt_ids(self, prompt: Given, *, chat: bool) -> tuple[int, ...]:
        """The whole input as the model gets it, lone surrogates replaced; see inputs.prompt_ids."""
        model = self._loaded()
        return inputs.prompt_ids(prompt, model.tokenizer, model.manifest, chat=chat)

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

    async def _guarded(self, work: Awaitable[T]) -> T:
        """Await engine work with the stage told; whoever asks has the turn."""
        self._opening.tell(stage="running")
        try:
            return await work
        finally:
            self._opening.tell(stage="ready")
