"""What a reader can do on the page: each action asks the service and writes the state."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.app.branches import beside, chosen_by_reader
from seethrough.app.inputs import prompt_film
from seethrough.app.parts import Parts
from seethrough.app.recordings import recorded_changes, with_layer
from seethrough.app.service import NOTHING_SHOWN, TOP_OUTPUTS
from seethrough.app.state import Message, Picture
from seethrough.core import hooks
from seethrough.core.captured import FIRST_OF_UNEMBED, Captured, of_last
from seethrough.core.clean_text import clean_text
from seethrough.core.errors import CancelledRunError, SeethroughError
from seethrough.core.hooks import hook_name
from seethrough.core.recording import stream_names
from seethrough.core.tokens import Candidate, NewToken, TokenView, candidates, token_view

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from seethrough.app.generate import Step
    from seethrough.app.service import Service
    from seethrough.app.state import AppState, Branch, Sampling
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.film import Film
    from seethrough.core.recording import Recording

TOP_K = 10
NOTHING_WRITTEN: dict[str, Any] = {
    "written": (),
    "continuation": (),
    "stop": "",
    "chosen_step": None,
    "branches": (),
}
# Pictures of every layer at every position; longer inputs are captured in part (the first
# positions), because 512 tokens of SmolLM2's residual stream are 37 MB.
PICTURE_TOKENS = 512
STOPPED_BY_A_RECORDING = ("run", "generate")
LAYER_WAITS = "recording.layer_waits"
LOAD_WAITS = "recording.load_waits"


class Actions:
    """What computes, and what is chosen of it, written into the page's state."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.store = service.store
        self.parts = Parts(service)
        self._asked: tuple[str, bool] | None = None
        self._ended = asyncio.Event()  # of what is going on
        self._is_waiting = False  # for a load to end
        self._turn = 0  # how often the reader turned to another subject

    @property
    def state(self) -> AppState:
        """The state now."""
        return self.store.state

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids that are shown."""
        return tuple(token.id for token in self.state.tokens)

    @property
    def asked(self) -> tuple[str, bool] | None:
        """Prompt and mode of what is shown live; None where a recording is shown, or nothing."""
        return self._asked if self.state.source == "live" else None

    async def load(self, model_id: str = "") -> None:
        """Fetch and open a model, so that it can run: this one, the last one tried, the default."""
        await self._doing("load", self.service.load(model_id or self._model or None))

    async def switch(self, model_id: str) -> None:
        """Change to a model; where another one's numbers stand, run their prompt with it, in place.

        A message stays one only where the new model has a chat template; else a notice says so.
        What the reader asks for during the load goes first.
        """
        recorded, asked, turn = self.state.recorded, self._asked, self._turn
        if recorded is not None:
            asked = (recorded.prompt, recorded.chat) if recorded.model != model_id else None
        elif self.service.is_loaded(model_id):
            asked = None
        await self.load(model_id)
        if asked is None or self._is_waiting or turn != self._turn:
            return
        if self.service.is_loaded(model_id):
            await self._run_again(*asked)

    async def use_mode(self, mode: str) -> None:
        """Hold the model's weights another way (core.modes); what is shown stays."""
        await self._doing("load", self.service.load(self._model or None, mode))

    async def run(
        self,
        prompt: str,
        *,
        chat: bool,
        model: str = "",
        then: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Run a prompt: tokens, best next tokens, pictures; `model` is opened first.

        `then` is done before the engine is free for anything else.
        """
        work = self._run(prompt, chat=chat, model=model, then=then)
        await self._doing("run", work, prompt=prompt, chat=chat)

    async def generate(self, prompt: str, *, chat: bool, settings: Sampling) -> None:
        """Continue what is shown: the prompt, with what was appended; a new prompt is run first."""
        work = self._generate(prompt, settings, chat=chat)
        await self._doing("generate", work, prompt=prompt, chat=chat, sampling=settings)

    async def during(self, name: str, work: Awaitable[object]) -> None:
        """Do one thing at a time, named as `AppState.busy` tells it."""
        await self._doing(name, work)

    async def append(self, token: int) -> None:
        """Put a candidate behind the text and run again: the reader chooses the next token."""
        await self._doing("run", self._append(token))

    async def show_recording(self, recording_id: str) -> None:
        """Show a recorded walk, at the layer and head that were shown; the last one asked for wins.

        It needs no engine: a load goes on behind it, a run or a continuation is stopped.
        """
        self._turn += 1
        turn = self._turn
        if self.state.busy in STOPPED_BY_A_RECORDING:
            self.cancel()
            await self._ended.wait()
        try:
            recording = await self.service.recording(recording_id)
        except SeethroughError as error:
            if turn == self._turn:
                self.store.replace(error=Message(error.key, error.fields))
            return
        if turn != self._turn or self.state.busy in STOPPED_BY_A_RECORDING:
            return  # the reader went on to something else
        picture, config = self.state.picture, self.service.config_of(recording.model)
        changes = recorded_changes(recording, config, layer=picture.layer, head=picture.head)
        self._asked = None
        self.store.replace(error=None, notice=None, **{**NOTHING_SHOWN, **changes})

    async def go_live(self) -> None:
        """Run what the recording shows, here; the layer, head and position stay."""
        recorded, turn = self.state.recorded, self._turn
        if recorded is None:
            return
        if not self.state.busy and not self.service.is_loaded(recorded.model):
            await self.load(recorded.model)
            if turn != self._turn or not self.service.is_loaded(recorded.model):
                return
        subject = {"prompt": recorded.prompt, "chat": recorded.chat}
        await self._doing("run", self._live(recorded), **subject)

    async def select_layer(self, layer: int) -> None:
        """Draw another layer's attention; while the engine is busy, as soon as it is free."""
        picture, recorded = self.state.picture, self.state.recorded
        if layer == picture.layer and picture.asked is None:
            return
        if recorded is not None:
            self.store.replace(picture=with_layer(picture, recorded, layer))
        elif not self.ids:
            self.store.replace(picture=replace(picture, layer=layer))
        else:
            self.store.replace(picture=replace(picture, asked=layer))
            if self.state.busy:
                self.store.replace(notice=Message(LAYER_WAITS, {"layer": layer}))
            else:
                await self._doing("run", self._draw_asked())

    def select_head(self, head: int) -> None:
        """Draw another head's attention."""
        if head != self.state.picture.head:
            self.store.replace(picture=replace(self.state.picture, head=head))

    def select_position(self, position: int) -> None:
        """Draw another token's residual stream."""
        if position != self.state.picture.position:
            self.store.replace(picture=replace(self.state.picture, position=position))

    def select_word(self, word: int) -> None:
        """Draw the merges of another word of the text."""
        if word != self.state.word:
            self.store.replace(word=word)

    def cancel(self) -> None:
        """Stop what is going on."""
        self.service.stop()

    def clear(self) -> None:
        """Show nothing yet: the reader turns from a recording to a text of their own."""
        self._turn += 1
        self._asked = None
        self.store.replace(**NOTHING_SHOWN)

    @property
    def _model(self) -> str:
        """The id of the model that is open, loading or failed; else the chosen one's; or empty."""
        return self.state.engine.model or self.state.model

    async def _run_again(self, prompt: str, chat: bool) -> None:  # noqa: FBT001 - as in `asked`
        model = self.service.model
        may_chat = model is not None and model.manifest.chat is not None
        work = self._run(prompt, chat=chat and may_chat, keeps_position=True)
        await self._doing("run", work, prompt=prompt, chat=chat and may_chat)
        if chat and not may_chat and model is not None and self.state.error is None:
            fields = {"model": model.manifest.title}
            self.store.replace(notice=Message("input.no_chat", fields))

    async def _doing(self, name: str, work: Awaitable[object], **changes: Any) -> None:  # noqa: ANN401 - fields of AppState
        """Do one thing at a time; what fails is told in a sentence and the prompt stays.

        What is asked for during a load waits for its end; anything else is refused while busy.
        """
        if not await self._may_begin(name, changes):
            if hasattr(work, "close"):
                work.close()
            return
        ended = self._ended = asyncio.Event()
        self.store.replace(busy=name, error=None, notice=None, **changes)
        try:
            await work
            await self._draw_asked()
        except CancelledRunError as error:
            self.store.replace(notice=Message(error.key, error.fields))
        except SeethroughError as error:
            self.store.replace(error=Message(error.key, error.fields))
        finally:
            if self.state.picture.asked is not None:
                self.store.replace(picture=replace(self.state.picture, asked=None))
            self.store.replace(busy="")
            ended.set()

    async def _may_begin(self, name: str, changes: dict[str, Any]) -> bool:
        """Whether the engine is free; one action may wait for the end of a load."""
        if self.state.busy != "load" or name == "load" or self._is_waiting:
            return not self.state.busy
        turn, self._is_waiting = self._turn, True
        self.store.replace(notice=Message(LOAD_WAITS), **changes)
        await self._ended.wait()
        self._is_waiting = False
        self._take_off(LOAD_WAITS)
        return self.service.model is not None and turn == self._turn and not self.state.busy

    def _take_off(self, key: str) -> None:
        """Take a notice off the page that has come true."""
        if self.state.notice is not None and self.state.notice.key == key:
            self.store.replace(notice=None)

    async def _ready(self, wanted: str = "") -> None:
        """Have a model: the wanted or open one, else the shown recording's, else the default."""
        recorded = self.state.recorded
        if wanted:
            await self.service.load(wanted)
        elif self.service.model is None:
            await self.service.load(recorded.model if recorded else None)

    async def _live(self, recorded: Recording) -> None:
        await self.service.load(recorded.model)
        film = self._film(recorded.prompt, chat=recorded.chat)
        await self._show(recorded.ids, keeps_position=True, film=film)
        self._asked = (recorded.prompt, recorded.chat)

    async def _run(
        self,
        prompt: str,
        *,
        chat: bool,
        model: str = "",
        keeps_position: bool = False,
        then: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        await self._ready(model)
        cleaned = clean_text(prompt)
        if cleaned.replaced_at:
            count = len(cleaned.replaced_at)
            self.store.replace(notice=Message("input.surrogates", {"count": count}))
        ids = self.service.prompt_ids(prompt, chat=chat)
        film = self._film(prompt, chat=chat)
        await self._show(ids, keeps_position=keeps_position, film=film)
        self._asked = (prompt, chat)
        if then is not None:
            await then()

    async def _append(self, token: int) -> None:
        state = self.state
        if not self.ids:
            return
        if state.recorded is not None:
            await self.service.load(state.recorded.model)
        if state.continuation and state.continuation[0].id == token:
            way, rest, stop = state.continuation[:1], state.continuation[1:], state.stop
        else:
            way, rest, stop = (await chosen_by_reader(self.service, token),), (), ""
        written = (*state.written, *way)
        others = beside(state, [step.id for step in (*written, *rest)])
        await self.turn_to(written, rest, stop, branches=others)

    async def turn_to(
        self,
        written: tuple[NewToken, ...],
        following: tuple[NewToken, ...] = (),
        stop: str = "",
        *,
        branches: tuple[Branch, ...] = (),
    ) -> None:
        """Show the prompt and some new tokens as the input, others behind it.

        The engine runs only what is not shown live already.
        """
        state, recorded = self.state, self.state.recorded
        ids = (*self.ids[: state.n_prompt], *(step.id for step in written))
        way: dict[str, Any] = {
            "written": written,
            "continuation": following,
            "stop": stop,
            "branches": branches,
        }
        if recorded is None and ids == self.ids:
            self.store.replace(chosen_step=None, **way)
            return
        if recorded is not None:
            await self.service.load(recorded.model)
        film = self._film(recorded.prompt, chat=recorded.chat) if recorded else state.film
        await self._show(ids, film=film, **way)
        if recorded is not None:
            self._asked = (recorded.prompt, recorded.chat)

    async def write_on(self, settings: Sampling, given: tuple[int, ...] = ()) -> None:
        """Generate behind everything that is written; each step has its own dart.

        The first tokens are the `given` ones.
        """
        ids = (*self.ids, *(step.id for step in self.state.continuation))
        first = len(self.state.steps)
        done = await self.service.continue_ids(
            ids, settings, self._on_step, first=first, given=given
        )
        others = beside(self.state, [step.id for step in self.state.steps])
        self.store.replace(stop=done.stop, branches=others)

    def ends(self, token: int) -> bool:
        """Whether the model ends its text with this token."""
        model = self.service.model
        return model is not None and token in model.manifest.end_ids

    async def _generate(self, prompt: str, settings: Sampling, *, chat: bool) -> None:
        recorded = self.state.recorded
        if recorded is not None and (recorded.prompt, recorded.chat) == (prompt, chat):
            await self._live(recorded)
        elif not self.ids or self._asked != (prompt, chat):
            await self._run(prompt, chat=chat)
        state = self.state
        others = beside(state, [step.id for step in state.written])
        self.store.replace(continuation=(), stop="", chosen_step=None, branches=others)
        await self.write_on(settings)

    def _on_step(self, step: Step) -> None:
        token = self._token(step.id)
        told = (step.prob, step.rank, step.candidates, step.elapsed_ms)
        new = NewToken(step.id, token.text, token.visible, *told)
        self.store.replace(continuation=(*self.state.continuation, new))

    def _film(self, prompt: str, *, chat: bool) -> Film | None:
        model = self.service.model
        if model is None:
            return None
        return prompt_film(prompt, model.tokenizer, model.manifest, chat=chat)

    async def _show(
        self,
        ids: tuple[int, ...],
        *,
        film: Film | None,
        keeps_position: bool = False,
        **way: Any,  # noqa: ANN401 - fields of AppState
    ) -> None:
        """Run some ids and show what came out; the film is of the prompt that they begin with.

        `way` tells which of them were written, and what follows them.
        """
        config = self.service.prompt_config(ids)
        layer = self._wanted_layer(config)
        names = (*stream_names(config.n_layers), hook_name(hooks.PATTERN, layer))
        top, cache, elapsed_ms = await self._captured(ids, (*names, *beyond_blocks(config)))
        now, wanted = self.state.picture, self._wanted_layer(config)
        last = min(len(ids), PICTURE_TOKENS) - 1
        self.store.replace(
            source="live",
            recorded=None,
            model=self._model,
            config=config,
            tokens=tuple(self._token(token) for token in ids),
            film=film,
            word=self.state.word if film == self.state.film else None,
            top=top,
            elapsed_ms=elapsed_ms,
            **{**NOTHING_WRITTEN, **way},
            captured=Captured(dict(cache), of_last(tuple(cache), len(ids) - 1)),
            lens=None,
            asked=self.state.asked if self.state.model == self._model else (),
            compared=None,
            asked_note=None,
            picture=Picture(
                layer=layer,
                head=min(now.head, config.n_heads - 1),
                position=min(now.position, last) if keeps_position else last,
                resid=residual_stream(cache, config),
                pattern=cache[hook_name(hooks.PATTERN, layer)],
                asked=None if wanted == layer else wanted,
            ),
        )

    def _wanted_layer(self, config: ModelConfig) -> int:
        """The layer that the reader chose last, inside the model."""
        picture = self.state.picture
        wanted = picture.layer if picture.asked is None else picture.asked
        return min(wanted, config.n_layers - 1)

    async def _captured(
        self, ids: tuple[int, ...], names: tuple[str, ...]
    ) -> tuple[tuple[Candidate, ...], Mapping[str, Array], float]:
        """The best next tokens, the hooks of the pictured positions, and the milliseconds.

        One forward pass; a long input goes on after the pictured part, which the engine keeps.
        """
        if len(ids) <= PICTURE_TOKENS:
            cache, elapsed_ms = await self.service.capture_next(ids, names, top_k=TOP_K)
            return self._candidates(cache), cache, elapsed_ms
        early = tuple(name for name in names if name not in FIRST_OF_UNEMBED)
        late = tuple(name for name in names if name in FIRST_OF_UNEMBED)
        cache = await self.service.capture_ids(ids[:PICTURE_TOKENS], early)
        result = await self.service.run_ids(ids, (*late, *TOP_OUTPUTS), top_k=TOP_K)
        return self._candidates(result.arrays), {**cache, **result.arrays}, result.elapsed_ms

    def _candidates(self, arrays: Mapping[str, Array]) -> tuple[Candidate, ...]:
        model = self.service.model
        return candidates(model.tokenizer, arrays) if model else ()

    async def _draw_asked(self) -> None:
        """Draw the layer that was asked for, until it is the one that is shown."""
        while (layer := self.state.picture.asked) is not None and self.state.source == "live":
            name = hook_name(hooks.PATTERN, layer)
            cache = await self.service.capture_ids(self.ids[:PICTURE_TOKENS], (name,))
            now = self.state.picture
            asked = None if now.asked == layer else now.asked
            drawn = replace(now, layer=layer, pattern=cache[name], asked=asked)
            self.store.replace(picture=drawn)
            self._take_off(LAYER_WAITS)

    def _token(self, token: int) -> TokenView:
        model = self.service.model
        if model is None:
            return TokenView(token, "", "")
        return token_view(model.tokenizer, token)


def beyond_blocks(config: ModelConfig) -> tuple[str, ...]:
    """The hooks before and behind the blocks, and the logits: every run captures them."""
    return (*hooks.embed_leaves(config), *hooks.FINAL_LEAVES, hooks.LOGITS)


def residual_stream(cache: Mapping[str, Array], config: ModelConfig) -> Array:
    """The captured residual stream as one array [n_layers + 1, pos, d_model]."""
    return np.stack([cache[name] for name in stream_names(config.n_layers)])
