"""What a reader can do on the page with the model: each action asks the runner, one at a time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from seethrough.app.beaming import Beaming
from seethrough.app.charting import Charting
from seethrough.app.contrasting import Contrasting
from seethrough.app.ending import Ending
from seethrough.app.fetcher import Fetcher, waiting_for
from seethrough.app.gate import Gate
from seethrough.app.message import Message
from seethrough.app.pathing import Pathing
from seethrough.app.proving import Proving
from seethrough.app.recordings import run_of
from seethrough.app.row_picks import RowPicks
from seethrough.app.row_work import RowWork
from seethrough.app.runner import Runner
from seethrough.app.searching import Searching
from seethrough.app.settings import fitted
from seethrough.app.state import Moved, Run, Text
from seethrough.app.tours import chosen_of
from seethrough.core.errors import SeethroughError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service
    from seethrough.app.slowing import SlowMotion
    from seethrough.app.state import AppState, RecordingCard, Sampling
    from seethrough.app.training import Training
    from seethrough.core.heads import Heads
    from seethrough.core.recording import Recording


class Actions:
    """What computes, and what is chosen of it, written into the page's state."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.store = service.store
        self.fetcher = Fetcher(service)
        self.runner = Runner(service)
        self.searching = Searching(service, self.fetcher)
        self.beaming = Beaming(service, self.runner)
        self.ending = Ending(service, self.runner)
        self.contrasting = Contrasting(service, self.runner)
        self.charting = Charting(service)
        self.pathing = Pathing(service, self.fetcher, self.charting, self.show_recording)
        self.proving = Proving(service)
        self.row_picks = RowPicks(service.store, self.charting)
        self.row_work = RowWork(service)
        self._gate = Gate(service, self.fetcher)
        self._fitted: Message | None = None
        self.store.subscribe(("config",), self._fit)

    @cached_property
    def training(self) -> Training:
        """What trains a model; few readers need it, so it is imported when one does."""
        from seethrough.app.training import Training  # noqa: PLC0415 - see above

        return Training(self.service)

    @cached_property
    def slowing(self) -> SlowMotion:
        """What shows the last step of the training slowly."""
        from seethrough.app.slowing import SlowMotion  # noqa: PLC0415 - see above

        return SlowMotion(self.store, self.training)

    @property
    def state(self) -> AppState:
        """The state now."""
        return self.store.state

    @property
    def asked(self) -> tuple[str, bool] | None:
        """Prompt and mode of what is shown live; None where a recording is shown, or nothing."""
        run = self.state.run
        return run.given if run.source == "live" else None

    async def load(self, model_id: str = "") -> None:
        """Fetch and open a model, so that it can run: this one, the last one tried, the default."""
        await self._gate.do("load", self.service.load(model_id or self.runner.model or None))

    async def switch(self, model_id: str) -> None:
        """Switch models; rerun the shown prompt and keep the selection.

        A message stays one only where the new model has a chat template; else a notice says so.
        What the reader asks for during the load goes first.
        """
        run, turn, self._fitted = self.state.run, self._gate.turn, None
        is_other = run.model != model_id if run.recorded else not self.service.is_loaded(model_id)
        await self.load(model_id)
        if run.given is None or not is_other or self._gate.is_waiting or turn != self._gate.turn:
            return
        if self.service.is_loaded(model_id):
            await self._run_again(*run.given, model_id)
            self._tell_fitted()

    async def use_mode(self, mode: str) -> None:
        """Hold the model's weights another way (core.modes); what is shown stays."""
        await self._gate.do("load", self.service.load(self.runner.model or None, mode))

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
        work = self.runner.of_prompt(prompt, chat=chat, model=model, then=then)
        await self._gate.do("run", work, prompt=prompt, chat=chat)

    async def generate(self, prompt: str, *, chat: bool, settings: Sampling) -> None:
        """Continue what is shown: the prompt, with what was appended; a new prompt is run first."""
        work = self.runner.generate(prompt, settings, chat=chat)
        await self._gate.do("generate", work, prompt=prompt, chat=chat, sampling=settings)

    async def during(self, name: str, work: Awaitable[object]) -> None:
        """Do one thing at a time, named as `Site.busy` tells it."""
        await self._gate.do(name, work)

    async def append(self, token: int) -> None:
        """Put a candidate behind the text and run again: the reader chooses the next token."""
        await self._gate.do("run", self.runner.with_token(token))

    async def show_recording(self, recording_id: str, model: str = "") -> None:
        """Show a recorded walk, at the layer and head that were shown; the last one asked for wins.

        It needs no engine: a load goes on behind it, a run or a continuation is stopped. `model`
        tells whose it is, where several have one of this id.
        """
        await self._show_recorded(lambda: self.service.recording(recording_id, model))

    async def show_sample(self, card: RecordingCard, temperature: float) -> None:
        """Show a card of the prompt gallery at one of its temperatures, as a recorded walk."""
        await self._show_recorded(lambda: self.service.library.sample(card, temperature))

    async def show_document(self, card: RecordingCard) -> None:
        """Show a document that the model read, as a recorded walk."""
        await self._show_recorded(lambda: self.service.library.document(card))

    async def _show_recorded(self, read: Callable[[], Awaitable[Recording]]) -> None:
        gate = self._gate
        gate.turn += 1
        turn = gate.turn
        await gate.stop_for_a_recording()
        try:
            recording = await read()
        except SeethroughError as error:
            if turn == gate.turn:
                self.store.replace(error=Message(error.key, error.fields))
            return
        if turn != gate.turn or gate.is_busy_for_a_recording():
            return  # the reader went on to something else
        run = run_of(recording, self.service.config_of(recording.model))
        self.store.replace(
            run=run,
            choice=self.state.choice.carried(self.state.run, run),
            text=Text(recording.prompt, recording.chat),
            error=None,
            notice=None,
        )

    async def go_live(self) -> None:
        """Run what the recording shows, here; the layer, head and position stay."""
        recorded, turn = self.state.run.recorded, self._gate.turn
        if recorded is None:
            return
        if not self.state.busy and not self.service.is_loaded(recorded.model):
            await self.load(recorded.model)
            if turn != self._gate.turn or not self.service.is_loaded(recorded.model):
                return
        subject = {"prompt": recorded.prompt, "chat": recorded.chat}
        await self._gate.do("run", self.runner.of_recording(recorded), **subject)

    async def select_layer(self, layer: int) -> None:
        """Draw another layer, as soon as its numbers are here."""
        choice, run = self.state.choice, self.state.run
        if layer == choice.layer and choice.asked_layer is None:
            return
        if run.source != "live" and not self._waits_for(layer):
            self.store.replace(layer=layer, asked_layer=None)
            return
        self.store.replace(asked_layer=layer)
        if self.state.busy and run.source == "live":
            self.store.replace(notice=waiting_for(layer))
        else:
            await self.fetcher.fill()

    def _waits_for(self, layer: int) -> bool:
        """Whether the shown layer of a recording stays until the other one's inside is here."""
        state, parts = self.state, self.fetcher.parts
        return parts.brings_layer(state, layer) and not parts.brings_layer(
            state, state.choice.layer
        )

    async def select_place(self, layer: int, head: int) -> None:
        """Draw a head of any layer."""
        self.select_head(head)
        await self.select_layer(layer)

    def move(self, *, together: int | None = None, apart: int | None = None) -> None:
        """Move a query and a key by positions, together or apart, to see what it does."""
        now = self.state.choice.moved
        moved = Moved(
            now.together if together is None else together, now.apart if apart is None else apart
        )
        self.store.replace(moved=moved)

    async def turn_layer(self, distance: int) -> None:
        """Draw the layer before or after; they go round. Nothing where none is to be chosen."""
        config, choice = self.state.run.config, self.state.choice
        if config is not None and self._may_choose("layer"):
            here = choice.layer if choice.asked_layer is None else choice.asked_layer
            await self.select_layer((here + distance) % config.n_layers)

    def turn_head(self, distance: int) -> None:
        """Draw the head before or after; they go round. Nothing where none is to be chosen."""
        config = self.state.run.config
        if config is not None and self._may_choose("head"):
            self.select_head((self.state.choice.head + distance) % config.n_heads)

    def _may_choose(self, name: str) -> bool:
        """Whether the shown step's address says such a choice."""
        return name in chosen_of(self.state.site.tours, self.state.route)

    def select_head(self, head: int) -> None:
        """Draw another head's attention."""
        choice = self.state.choice
        if head != choice.head or choice.is_mean:
            self.store.replace(head=head, is_mean=False)

    def show_mean(self) -> None:
        """Draw the mean over all heads."""
        self.store.replace(is_mean=True)

    def switch_special(self) -> None:
        """Leave the special tokens out of the text, or show them again."""
        self.store.replace(hides_special=not self.state.choice.hides_special)

    def select_neuron(self, neuron: int) -> None:
        """Tell of another neuron of the layer."""
        if neuron != self.state.choice.neuron:
            self.store.replace(neuron=neuron)

    def select_position(self, position: int) -> None:
        """Draw another token's residual stream."""
        if position != self.state.choice.position:
            self.store.replace(position=position)

    def switch_heads(self, heads: Heads) -> None:
        """Switch a head off, or on again; of several at once, exactly those are off then."""
        off = self.state.choice.off
        others = off if len(heads) == 1 else frozenset()
        self.store.replace(off=off - heads if heads <= off else others | heads)

    def select_word(self, word: int) -> None:
        """Draw the merges of another word of the text."""
        if word != self.state.choice.word:
            self.store.replace(word=word)

    def cancel(self) -> None:
        """Stop what is going on, the page's own or a script's."""
        self._gate.stop()

    def clear(self) -> None:
        """Show nothing yet: the reader turns from a recording to a text of their own."""
        self._gate.turn += 1
        state = self.state
        self.store.replace(run=Run(state.run.model, state.run.config), choice=state.choice.followed)

    def _fit(self, state: AppState) -> None:
        """Another model: settings beyond its vocabulary cut nothing, and a notice says so."""
        if state.run.config is None:
            return
        sampling, note = fitted(state.sampling, state.run.config)
        if note is not None:
            self._fitted = note
            self.store.replace(sampling=sampling, notice=note)

    def _tell_fitted(self) -> None:
        """Say it again after the run that followed, which took the notice away."""
        if self._fitted is not None and self.state.chrome.notice is None:
            self.store.replace(notice=self._fitted)

    async def _run_again(self, prompt: str, chat: bool, model_id: str) -> None:  # noqa: FBT001 - as in `Run.given`
        model = self.service.model
        is_chat = chat and model is not None and model.manifest.chat is not None
        work = self.runner.of_prompt(prompt, chat=is_chat, model=model_id, keeps_position=True)
        await self._gate.do("run", work, prompt=prompt, chat=is_chat)
        if chat and not is_chat and model is not None and self.state.chrome.error is None:
            fields = {"model": model.manifest.title}
            self.store.replace(notice=Message("input.no_chat", fields))
