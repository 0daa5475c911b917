"""What a reader can do on the page: each action asks the service and writes the state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.app.service import candidates
from seethrough.app.state import Candidate, Message, NewToken, Picture, TokenView
from seethrough.core import hooks
from seethrough.core.clean_text import clean_text
from seethrough.core.errors import CancelledRunError, SeethroughError
from seethrough.core.hooks import hook_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from seethrough.app.generate import Step
    from seethrough.app.service import Service
    from seethrough.app.state import AppState, Sampling
    from seethrough.core.cache import ActivationCache, Array
    from seethrough.core.config import ModelConfig

TOP_K = 10
# Pictures of every layer at every position; longer inputs are captured in part (the first
# positions), because 512 tokens of SmolLM2's residual stream are 37 MB.
PICTURE_TOKENS = 512


class Actions:
    """The only writers of the page's state beside the service's engine status."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.store = service.store
        self._asked: tuple[str, bool] | None = None

    @property
    def state(self) -> AppState:
        """The state now."""
        return self.store.state

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids that are shown."""
        return tuple(token.id for token in self.state.tokens)

    async def load(self, model_id: str = "") -> None:
        """Fetch and open a model, so that it can run: this one, the last one tried, the default."""
        await self._doing("load", self.service.load(model_id or self.state.model or None))

    async def run(self, prompt: str, *, chat: bool) -> None:
        """Run a prompt: its tokens, the best next tokens, the two pictures."""
        await self._doing("run", self._run(prompt, chat=chat), prompt=prompt, chat=chat)

    async def generate(self, prompt: str, *, chat: bool, settings: Sampling) -> None:
        """Continue what is shown: the prompt, with what was appended; a new prompt is run first."""
        work = self._generate(prompt, settings, chat=chat)
        await self._doing("generate", work, prompt=prompt, chat=chat, sampling=settings)

    async def append(self, token: int) -> None:
        """Put a candidate behind the text and run again: the reader chooses the next token."""
        await self._doing("run", self._append(token))

    async def select_layer(self, layer: int) -> None:
        """Draw another layer's attention."""
        if not self.state.busy:
            self.store.replace(picture=replace(self.state.picture, layer=layer, pattern=None))
        if self.ids:
            await self._doing("run", self._capture_pattern(layer))

    def select_head(self, head: int) -> None:
        """Draw another head's attention."""
        self.store.replace(picture=replace(self.state.picture, head=head))

    def select_position(self, position: int) -> None:
        """Draw another token's residual stream."""
        self.store.replace(picture=replace(self.state.picture, position=position))

    def cancel(self) -> None:
        """Stop what is going on."""
        self.service.stop()

    def dismiss(self) -> None:
        """Take the error and the notice off the page."""
        self.store.replace(error=None, notice=None)

    async def _doing(self, name: str, work: Awaitable[object], **changes: Any) -> None:  # noqa: ANN401 - fields of AppState
        """Do one thing at a time; what fails is told in a sentence and the prompt stays."""
        if self.state.busy:
            if hasattr(work, "close"):
                work.close()
            return
        self.store.replace(busy=name, error=None, notice=None, **changes)
        try:
            await work
        except CancelledRunError as error:
            self.store.replace(notice=Message(error.key, error.fields))
        except SeethroughError as error:
            self.store.replace(error=Message(error.key, error.fields))
        finally:
            self.store.replace(busy="")

    async def _run(self, prompt: str, *, chat: bool) -> None:
        if self.service.model is None:
            await self.service.load()
        cleaned = clean_text(prompt)
        if cleaned.replaced_at:
            count = len(cleaned.replaced_at)
            self.store.replace(notice=Message("input.surrogates", {"count": count}))
        await self._show(self.service.prompt_ids(prompt, chat=chat))
        self._asked = (prompt, chat)

    async def _append(self, token: int) -> None:
        if self.ids:
            await self._show((*self.ids, token))

    async def _generate(self, prompt: str, settings: Sampling, *, chat: bool) -> None:
        if not self.ids or self._asked != (prompt, chat):
            await self._run(prompt, chat=chat)
        self.store.replace(continuation=(), stop="")
        done = await self.service.continue_ids(self.ids, settings, self._on_step)
        self.store.replace(stop=done.stop)

    def _on_step(self, step: Step) -> None:
        token = self._token(step.id)
        new = NewToken(step.id, token.text, token.visible, step.prob, step.rank)
        self.store.replace(continuation=(*self.state.continuation, new))

    async def _show(self, ids: tuple[int, ...]) -> None:
        """Run some ids and show what came out."""
        config = self.service.prompt_config(ids)
        picture = self.state.picture
        layer = min(picture.layer, config.n_layers - 1)
        top, elapsed_ms = await self._top(ids)
        cache = await self._capture(ids[:PICTURE_TOKENS], config, layer)
        self.store.replace(
            tokens=tuple(self._token(token) for token in ids),
            top=top,
            elapsed_ms=elapsed_ms,
            continuation=(),
            stop="",
            picture=Picture(
                layer=layer,
                head=min(picture.head, config.n_heads - 1),
                position=min(len(ids), PICTURE_TOKENS) - 1,
                resid=residual_stream(cache, config),
                pattern=cache[hook_name(hooks.PATTERN, layer)],
            ),
        )

    async def _top(self, ids: Sequence[int]) -> tuple[tuple[Candidate, ...], float]:
        fetch = (hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP)
        result = await self.service.run_ids(ids, fetch, top_k=TOP_K)
        model = self.service.model
        return (candidates(model.tokenizer, result.arrays) if model else ()), result.elapsed_ms

    async def _capture(
        self, ids: tuple[int, ...], config: ModelConfig, layer: int
    ) -> ActivationCache:
        names = (*residual_names(config), hook_name(hooks.PATTERN, layer))
        return await self.service.capture_ids(ids, names)

    async def _capture_pattern(self, layer: int) -> None:
        name = hook_name(hooks.PATTERN, layer)
        cache = await self.service.capture_ids(self.ids[:PICTURE_TOKENS], (name,))
        self.store.replace(picture=replace(self.state.picture, layer=layer, pattern=cache[name]))

    def _token(self, token: int) -> TokenView:
        model = self.service.model
        if model is None:
            return TokenView(token, "", "")
        tokenizer = model.tokenizer
        special = token in tokenizer.special_ids
        return TokenView(token, tokenizer.decode([token]), tokenizer.visible(token), special)


def residual_names(config: ModelConfig) -> tuple[str, ...]:
    """The hooks of the residual picture: what enters each block, then what leaves the last."""
    entering = tuple(hook_name(hooks.RESID_PRE, layer) for layer in range(config.n_layers))
    return (*entering, hook_name(hooks.RESID_POST, config.n_layers - 1))


def residual_stream(cache: ActivationCache, config: ModelConfig) -> Array:
    """The captured residual stream as one array [n_layers + 1, pos, d_model]."""
    return np.stack([cache[name] for name in residual_names(config)])
