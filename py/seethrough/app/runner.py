"""Makes runs: of a prompt, of a recording's text, of a text with tokens behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.inputs import prompt_film
from seethrough.app.message import Message
from seethrough.app.pace import Pace
from seethrough.app.run import PICTURE_TOKENS, Run
from seethrough.app.service import TOP_OUTPUTS
from seethrough.app.ways import beside, ids_of, token_of
from seethrough.core import hooks, sampling
from seethrough.core.captured import FIRST_OF_UNEMBED, Captured, of_last
from seethrough.core.clean_text import clean_text
from seethrough.core.errors import EngineError
from seethrough.core.hooks import hook_name
from seethrough.core.recording import stream_names
from seethrough.core.tokens import (
    STEP_CANDIDATES,
    Candidate,
    NewToken,
    TokenView,
    candidates,
    candidates_and_entropy,
    token_view,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from seethrough.app.generate import Step
    from seethrough.app.run import Branch
    from seethrough.app.service import Service
    from seethrough.app.state import AppState, Sampling
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.film import Film
    from seethrough.core.recording import Recording

TOP_K = 10
BETWEEN = 0.1  # seconds between two drawings of a text that grows


class Runner:
    """Asks the service for a run and shows it. Whoever calls it has the engine (app/gate.py)."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.store = service.store

    @property
    def state(self) -> AppState:
        """The state now."""
        return self.store.state

    @property
    def run_shown(self) -> Run:
        """The run that is shown."""
        return self.store.state.run

    @property
    def model(self) -> str:
        """The id of the model that is open, loading or failed; else the chosen one's; or empty."""
        return self.state.site.engine.model or self.run_shown.model

    async def of_prompt(
        self,
        prompt: str,
        *,
        chat: bool,
        model: str = "",
        keeps_position: bool = False,
        then: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Run a prompt, with a model that is opened first where it is named."""
        await self._ready(model)
        cleaned = clean_text(prompt)
        if cleaned.replaced_at:
            count = len(cleaned.replaced_at)
            self.store.replace(notice=Message("input.surrogates", {"count": count}))
        ids = self.service.prompt_ids(prompt, chat=chat)
        given = (prompt, chat)
        await self._show(ids, given, self._film(*given), keeps_position=keeps_position)
        if then is not None:
            await then()

    async def of_recording(self, recorded: Recording) -> None:
        """Run what a recording shows, at the same layer, head and position."""
        await self.service.load(recorded.model)
        given = (recorded.prompt, recorded.chat)
        await self._show(recorded.ids, given, self._film(*given), keeps_position=True)

    async def with_token(self, token: int) -> None:
        """Run the text with a token more, which the reader chose."""
        run = self.run_shown
        if not run.tokens:
            return
        if run.recorded is not None:
            await self.service.load(run.recorded.model)
        if run.continuation and run.continuation[0].id == token:
            way, rest, stop = run.continuation[:1], run.continuation[1:], run.stop
        else:
            way, rest, stop = (await self._chosen_by_reader(token),), (), ""
        written = (*run.written, *way)
        others = beside(run, ids_of((*written, *rest)))
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
        run = self.run_shown
        if not run.tokens:  # a script opened another model meanwhile
            return
        ids = (*run.ids[: run.n_prompt], *ids_of(written))
        if run.recorded is None and ids == run.ids:
            shown = run.on(following, stop, written=written, branches=branches)
            self.store.replace(run=shown, chosen_step=None)
            return
        film = run.film
        if run.recorded is not None:
            await self.service.load(run.recorded.model)
            film = self._film(run.recorded.prompt, chat=run.recorded.chat)
        way = Run(place_names=run.place_names).on(
            following, stop, written=written, branches=branches
        )
        await self._show(ids, run.given, film, way=way)

    async def write_on(self, settings: Sampling, given: tuple[int, ...] = ()) -> None:
        """Generate behind everything that is written; each step has its own dart.

        The first tokens are the `given` ones.
        """
        run = self.run_shown
        if not run.tokens:
            return
        ids, first = (*run.ids, *ids_of(run.continuation)), len(run.steps)
        growing = Growing(self)
        try:
            done = await self.service.continue_ids(
                ids, settings, growing.add, first=first, given=given
            )
        finally:
            growing.show()
        run = self.run_shown
        self.store.replace(stop=done.stop, branches=beside(run, ids_of(run.steps)))

    async def generate(self, prompt: str, settings: Sampling, *, chat: bool) -> None:
        """Write behind a prompt and what was put behind it; a new prompt is run first."""
        run = self.run_shown
        if run.recorded is not None and run.given == (prompt, chat):
            await self.of_recording(run.recorded)
        elif not run.tokens or run.source != "live" or run.given != (prompt, chat):
            await self.of_prompt(prompt, chat=chat)
        run = self.run_shown
        others = beside(run, ids_of(run.written))
        self.store.replace(run=run.on((), "", branches=others), chosen_step=None)
        await self.write_on(settings)

    def ends(self, token: int) -> bool:
        """Whether the model ends its text with this token."""
        model = self.service.model
        return model is not None and token in model.manifest.end_ids

    async def _ready(self, wanted: str = "") -> None:
        """Have a model: the wanted or open one, else the shown recording's, else the default."""
        recorded = self.run_shown.recorded
        if wanted:
            await self.service.load(wanted)
        elif self.service.model is None:
            chosen = self.state.site.device.model
            await self.service.load(recorded.model if recorded else chosen or None)

    def _film(self, prompt: str, chat: bool) -> Film | None:  # noqa: FBT001 - as in `Run.given`
        model = self.service.model
        if model is None:
            return None
        return prompt_film(prompt, model.tokenizer, model.manifest, chat=chat)

    async def _show(
        self,
        ids: tuple[int, ...],
        given: tuple[str, bool] | None,
        film: Film | None,
        *,
        keeps_position: bool = False,
        way: Run | None = None,
    ) -> None:
        """Run some ids and show what came out; the film is of the prompt that they begin with.

        `way` tells which of them were written, and what follows them.
        """
        config = self.service.prompt_config(ids)
        layer = self._wanted_layer(config)
        names = (*stream_names(config.n_layers), hook_name(hooks.PATTERN, layer))
        top, cache, elapsed_ms = await self._captured(ids, (*names, *beyond_blocks(config)))
        way = way or Run()
        run = Run(
            model=self.model,
            config=config,
            source="live",
            given=given,
            tokens=tuple(self.token(token) for token in ids),
            film=film,
            top=top,
            elapsed_ms=elapsed_ms,
            captured=Captured(dict(cache), of_last(tuple(cache), len(ids) - 1)),
            written=way.written,
            continuation=way.continuation,
            stop=way.stop,
            branches=way.branches,
            place_names=way.place_names,
        )
        wanted = self._wanted_layer(config)
        choice = self.state.choice.carried(self.run_shown, run, keeps_position=keeps_position)
        asked = None if wanted == layer else wanted
        self.store.replace(run=run, choice=choice.at_layer(layer, asked))

    def _wanted_layer(self, config: ModelConfig) -> int:
        """The layer that the reader chose last, inside the model."""
        choice = self.state.choice
        wanted = choice.layer if choice.asked_layer is None else choice.asked_layer
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

    async def _chosen_by_reader(self, token: int) -> NewToken:
        """A token that the reader puts behind the text, with what the model gave it there.

        Raises:
            EngineError: No model is loaded.
        """
        run, model = self.run_shown, self.service.model
        if model is None:
            raise EngineError("engine.not_loaded")
        logits = run.captured.row(hooks.LOGITS, len(run.tokens) - 1)
        if logits is None:
            for rank, item in enumerate(run.top):
                if item.id == token:
                    best = run.top[: max(STEP_CANDIDATES, rank + 1)]
                    return token_of(item, rank, best, run.elapsed_ms)
            logits = (await self.service.run_ids(run.ids, (hooks.LOGITS,))).arrays[hooks.LOGITS][0]
        candidates, entropy = candidates_and_entropy(model.tokenizer, logits, token)
        rank = sampling.standing(logits, token)[1]
        item = next(item for item in candidates if item.id == token)
        return replace(token_of(item, rank, candidates, run.elapsed_ms), entropy=entropy)

    def token(self, token: int) -> TokenView:
        """How a token of the open model reads."""
        model = self.service.model
        return TokenView(token, "", "") if model is None else token_view(model.tokenizer, token)


class Growing:
    """A text that is being written: shown token by token, or a few at once where they come fast."""

    def __init__(self, runner: Runner) -> None:
        self._runner, self._new = runner, list[NewToken]()
        self._pace = Pace(BETWEEN)

    def add(self, step: Step) -> None:
        """One token more."""
        token = self._runner.token(step.id)
        told = (step.prob, step.rank, step.candidates, step.elapsed_ms, step.entropy, step.how)
        self._new.append(NewToken(step.id, token.text, token.visible, *told))
        if self._pace.is_due():
            self.show()

    def show(self) -> None:
        """Show what was not shown yet."""
        if self._new:
            written = (*self._runner.run_shown.continuation, *self._new)
            self._new.clear()
            self._runner.store.replace(continuation=written)


def beyond_blocks(config: ModelConfig) -> tuple[str, ...]:
    """The hooks before and behind the blocks, and the logits: every run captures them."""
    return (*hooks.embed_leaves(config), *hooks.FINAL_LEAVES, hooks.LOGITS)
