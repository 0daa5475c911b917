"""Where the reader is: addresses become state (app/places.py makes addresses of it again)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seethrough.app.branches import replay
from seethrough.app.comparing import compare_with
from seethrough.app.documents import document_at, settled_subject, show_document
from seethrough.app.model_state import opens_unasked
from seethrough.app.places import (
    address,
    has_heads,
    has_word,
    model_ids,
    not_there,
    not_written,
    too_large,
    with_settings,
)
from seethrough.app.state import TALLY, Message, Throws, card_of
from seethrough.app.tours import COMPARE, DECODE, GENERATE, WALK, step_of, tour_of
from seethrough.core.errors import SeethroughError
from seethrough.core.fields import written_ids
from seethrough.core.hooks import leaf_of
from seethrough.core.routes import FIDELITY, MAP, OWN, SLOW, TRAIN, Place, Route
from seethrough.core.settings import shaping

if TYPE_CHECKING:
    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState, RecordingCard, Sampling

MOST_NAMED = 60
# What a prompt may begin in: it waits for the end of a load.
FREE = {"", "load"}
__all__ = ["Navigation", "address", "model_of", "settled"]


def still_shows(state: AppState, route: Route) -> bool:
    """Whether the number whose sum is open belongs to what a route shows, too."""
    traced, step = state.choice.sum, step_of(state.site.tours, route)
    is_same = (route.view, route.step) == (state.route.view, state.route.step)
    if traced is None or step is None or is_same:
        return True
    is_of_all = not step.hooks and route.view != WALK
    return is_of_all or leaf_of(traced.cell.name) in step.hooks


class Navigation:
    """Takes the page to a place: the view at once, then what has to be fetched or run for it."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._store = actions.store
        self._turn = 0
        # What the address chose, until it is all there: it stays in the address so long.
        self.promised: Place | None = None
        self._told: list[Message] = []
        self._wished: list[Message] = []

    async def go(self, place: Place) -> None:
        """Show a place, and run what its address asks for."""
        if await self.show(place):
            await self.finish(place)

    async def show(self, place: Place) -> bool:
        """Turn to a place. The last one asked for wins.

        A recording is fetched before the page turns to it, so that no number ever stands under
        another text's name, and with it what the step needs of it.

        Returns:
            Whether the page is there now; another one may have been asked for meanwhile.
        """
        self._turn += 1
        turn = self._turn
        route = settled(place.route, self._actions.state)
        await self._prepare(route, with_settings(self._actions.state.sampling, place))
        if turn == self._turn:
            await self._actions.fetcher.prepare(route)
        if turn != self._turn:
            return False
        state = self._actions.state
        changes: dict[str, Any] = {"route": route, "language": place.language or state.language}
        changes["depth"] = place.depth or state.depth
        is_tour = tour_of(state.site.tours, route.view) is not None
        if is_tour:
            settings = with_settings(state.sampling, place)
            is_lab = route.view == DECODE  # whose settings are for what is run there
            changes["sampling"] = settings if is_lab else as_recorded(state, settings)
            changes["beam_plan"] = place.beam_plan or state.choice.beam_plan
            changes["ending_plan"] = place.ending_plan or state.choice.ending_plan
            changes["against"] = place.against or state.choice.against
            changes["column"] = place.column
        if route.subject == OWN and place.prompt is not None and state.busy in FREE:
            changes |= {"prompt": place.prompt, "chat": place.chat}
        self._wished = []
        if place.is_recordings_only and not state.site.is_recordings_only:
            changes["is_recordings_only"] = True
            self._wished.append(Message("ready.by_link"))
        self.promised = replace(place, route=route) if is_tour else None
        if state.unfolded and route != state.route:
            changes["unfolded"] = frozenset()
        if place.cell is None and not still_shows(state, route):
            changes["sum"] = None
        self._store.replace(**changes)
        if route.step == COMPARE:
            await self._bring_example()
        return turn == self._turn

    async def _bring_example(self) -> None:
        """The recorded example of two settings; what is wrong with it is told."""
        try:
            await self._actions.contrasting.example()
        except SeethroughError as error:
            self._store.replace(error=Message(error.key, error.fields))

    async def finish(self, place: Place, *, is_asked: bool = False) -> bool:
        """Run the address's own prompt, put its tokens behind it, choose what it names there.

        What the address holds that means nothing, or that is not there, is named in a notice.

        Args:
            is_asked: The reader wants the run, also where it costs a download.
        Returns:
            Whether the page is at the place now.
        """
        turn, self._told = self._turn, [*self._wished]
        if self._actions.state.route.subject == OWN:
            await self._run_own(place, is_asked=is_asked)
        if turn != self._turn:
            return False
        if self._actions.state.tour is not None:
            await self._choose(place)
        elif self._actions.state.route.view == MAP:
            await self._actions.charting.open(place)
            await self._open_path(place)
            self._actions.row_picks.open(place)
            await self._actions.row_work.fill()
        elif self._actions.state.route.view == FIDELITY:
            await self._actions.proving.open(place.route.subject)
        elif self._actions.state.route.view == SLOW:
            await self._actions.slowing.open()
        self._tell(place)
        if not self._waits(place):
            self.promised = None
        if self._actions.state.run.recorded is not None:
            await self._actions.fetcher.fill()  # what is inside a layer comes behind the page
        return turn == self._turn

    async def _open_path(self, place: Place) -> None:
        """The path on the map that the address names; what is not there is told."""
        if place.walk is None:
            return
        await self._actions.pathing.open_walk(place.walk, place.path)
        path, walk = self._actions.state.chart.chart_path, self._actions.state.walk_card
        if walk is None or place.walk not in {walk.subject, walk.full_name}:
            self._told.append(Message("route.no_subject", {"name": place.walk[:MOST_NAMED]}))
        elif place.path is not None and (path is None or path.position != place.path):
            last = walk.n_tokens - 1
            self._told.append(Message("route.no_position", {"got": place.path, "last": last}))

    async def run(self, prompt: str, *, chat: bool) -> bool:
        """Run what the reader wrote. A link's prompt that waited for this gets all that it chose.

        Returns:
            Whether it was a link's.
        """
        place, self.promised = self.promised, None
        if place is None or (prompt, chat) != (place.prompt, place.chat):
            await self._actions.run(prompt, chat=chat)
            return False
        self.promised = place
        return await self.finish(place, is_asked=True)

    def forget(self) -> None:
        """The reader does something else: what a link promised is no more."""
        self.promised = None

    def _waits(self, place: Place) -> bool:
        """Whether the address's prompt was not run because that would cost a download."""
        state = self._actions.state
        return place.prompt is not None and state.run.source == "" and state.chrome.error is None

    async def _prepare(self, route: Route, sampling: Sampling) -> None:
        """Have the numbers of the recording that the route shows, or none before one's own text.

        A card of the gallery comes with the temperature that the reader set, where it has that.
        """
        state = self._actions.state
        shown, cards = state.run.recorded, state.site.recordings
        is_tour = tour_of(state.site.tours, route.view) is not None
        wanted = card_of(cards, route.subject) if is_tour else None
        if route.view == "home" and not state.run.source and cards:
            wanted = cards[0]
        sample, document = sample_at(state, route), document_at(state, route)
        if is_tour and route.subject == OWN and shown is not None:
            self._actions.clear()
        elif document is not None:
            turn = self._turn
            if not await show_document(self._actions, document) and turn == self._turn:
                self._actions.clear()
        elif sample is not None:
            await self._show_sample(sample, sampling.temperature)
        elif wanted is not None and not wanted.is_of(shown):
            turn = self._turn
            await self._actions.show_recording(wanted.id, wanted.model)
            if turn == self._turn and not wanted.is_of(self._actions.state.run.recorded):
                self._actions.clear()  # it cannot be had: the numbers of another one must go

    async def _show_sample(self, card: RecordingCard, temperature: float) -> None:
        """Have a card of the gallery at a temperature, unless it is shown so already."""
        turn, wanted = self._turn, card.recorded_at(temperature)
        shown = self._actions.state.run.recorded
        if card.is_of(shown) and shown is not None and shown.temperature == wanted:
            return
        await self._actions.show_sample(card, wanted)
        if turn == self._turn and not card.is_of(self._actions.state.run.recorded):
            self._actions.clear()

    async def _run_own(self, place: Place, *, is_asked: bool) -> None:
        """Run the prompt of the address with its model, unless its numbers are shown already.

        Nothing is run where a download is not wanted. Behind it come the very tokens of the
        address: nothing is sampled again.
        """
        state, model = self._actions.state, model_of(place, self._actions.state)
        if place.prompt is None or state.busy not in FREE:
            return
        if (*(self._actions.asked or ()), state.run.model) == (place.prompt, place.chat, model):
            if not self._has_written(place):
                await self._actions.during("run", self._write(place))
        elif self._may_run(model, is_asked=is_asked):
            turn = self._turn
            await self._actions.run(
                place.prompt, chat=place.chat, model=model, then=lambda: self._write(place)
            )
            if turn == self._turn:
                self._leave_others(place)

    def _may_run(self, model: str, *, is_asked: bool) -> bool:
        """Whether a prompt may run with a model: it is here, or the reader wants it fetched."""
        site, service = self._actions.state.site, self._actions.service
        return is_asked or service.is_loaded(model) or opens_unasked(site, model)

    def _leave_others(self, place: Place) -> None:
        """What is shown of another text goes, where the address's own could not be run."""
        state = self._actions.state
        if not state.busy and state.run.given not in {None, (place.prompt, place.chat)}:
            self._actions.clear()

    def _is_foreign(self, place: Place) -> bool:
        """Whether the address is of a model that is not here: its ids are other tokens."""
        return place.model not in {None, *model_ids(self._actions.state)}

    def _has_written(self, place: Place) -> bool:
        """Whether the address's tokens stand behind the text: more may, which nobody takes away."""
        state, ids = self._actions.state, place.written or ()
        is_there = tuple(step.id for step in state.run.steps[: len(ids)]) == ids
        is_more = len(state.run.steps) > len(ids)
        return not ids or (is_there and (is_more or len(state.run.written) == place.taken))

    async def _write(self, place: Place) -> None:
        """Put the address's tokens behind the text, if they can stand there."""
        if self._is_foreign(place):
            return
        problem = not_written(place, self._actions.state)
        if problem is not None:
            self._told.append(problem)
        elif place.written and not self._has_written(place):
            await replay(self._actions, place.written, place.taken, place.stop)

    def _tell(self, place: Place) -> None:
        """A notice of whatever had no meaning or is not there."""
        state, asked = self._actions.state, place.route.subject
        told = [*self._told]
        ignored = [as_written(name, place.said.get(name, "")) for name in place.ignored]
        if self._is_foreign(place):
            ignored.append(as_written("model", str(place.model)))
            ignored += [as_written("written", written_ids(place.written))] if place.written else []
        if ignored:
            told.insert(0, Message("route.ignored", {"fields": ", ".join(ignored)}))
        is_there = asked in {"", OWN} or card_of(state.site.recordings, asked) is not None
        is_there |= (sample_at(state, place.route) or document_at(state, place.route)) is not None
        if tour_of(state.site.tours, place.route.view) and not is_there:
            told.append(Message("route.no_subject", {"name": asked[:MOST_NAMED]}))
        if told:
            self._store.replace(notice=replace(told[0], more=tuple(told[1:])))

    async def _choose(self, place: Place) -> None:
        """What the address chooses of the text and the model, as far as there is such."""
        state, actions = self._actions.state, self._actions
        self._store.replace(is_mean=place.is_mean, hides_special=place.hides_special)
        if place.prompt is None or state.run.source:
            self._told += not_there(place, state)
        if place.compared is not None:
            await actions.fetcher.fill()  # the logits that it is compared by
            state = self._actions.state
        self._choose_of_text(place, state)
        if state.run.config is None:
            return
        beyond = too_large(place, state.run.config)
        if beyond:
            self._store.replace(sampling=state.sampling.but(**dict.fromkeys(beyond, 0)))
        if place.neuron is not None and place.neuron < state.run.config.d_mlp:
            actions.select_neuron(place.neuron)
        if place.head is not None and place.head < state.run.config.n_heads:
            actions.select_head(place.head)
        is_layer = place.layer is not None and place.layer < state.run.config.n_layers
        if place.layer is not None and is_layer and place.layer != state.choice.layer:
            await actions.select_layer(place.layer)

    def _choose_of_text(self, place: Place, state: AppState) -> None:
        """The address's token, word, step, compared token and dart."""
        if place.position is not None and place.position < len(state.run.tokens):
            self._actions.select_position(place.position)
        if place.second is not None and state.run.config is not None:
            config, n_tokens = state.run.config, len(state.run.tokens)
            second = place.second.inside(config.n_layers, config.n_heads, n_tokens)
            self._store.replace(second=second or None)
        if place.moved is not None:
            self._store.replace(moved=place.moved)
        if has_word(place, state):
            self._store.replace(word=place.word)
        if place.off is not None and has_heads(place, state):
            self._store.replace(off=place.off)
        if place.chosen_step is not None and place.chosen_step < len(state.run.steps):
            self._store.replace(chosen_step=place.chosen_step)
        if place.compared is not None and state.run.tokens:
            changes = compare_with(state, place.compared)
            self._store.replace(**changes)
            if not changes:
                self._told.append(Message("route.no_compared", {"got": place.compared}))
        if state.run.tokens and (place.dart is not None or place.is_tallied):
            tallied = TALLY if place.is_tallied else state.choice.throws.tallied
            self._store.replace(throws=Throws(place.dart or 0, tallied))


def as_written(name: str, value: str) -> str:
    """A field as the address has it, in quotation marks; a long one is cut."""
    whole = f"{name}={value}" if value else name
    return f"“{whole if len(whole) <= MOST_NAMED else whole[:MOST_NAMED] + '…'}”"


def model_of(place: Place, state: AppState) -> str:
    """The model that an address means: the one that it names, else the page's default."""
    ids = model_ids(state)
    if place.model in ids:
        return str(place.model)
    return ids[0] if ids else ""


def sample_at(state: AppState, route: Route) -> RecordingCard | None:
    """The card of the gallery that a route names; a recorded walk of this name comes first."""
    if (
        route.view not in {GENERATE, DECODE}
        or card_of(state.site.recordings, route.subject) is not None
    ):
        return None
    return card_of(state.site.gallery, route.subject)


def as_recorded(state: AppState, wanted: Sampling) -> Sampling:
    """The settings; of a card that is shown those that it was drawn with, so that a run agrees."""
    shown = state.run.recorded
    if shown is None or not shown.is_text_alone or shown.read:
        return wanted
    return wanted.but(**{**shaping(), "temperature": shown.temperature, "seed": shown.seed})


def settled(route: Route, state: AppState) -> Route:
    """A route without gaps: a walk has a subject and a step, an unknown recording is none.

    A recorded walk has one name in this build: its id, or, where a model before its own has one of
    the same id, its model and id. In the room of generation a card of the gallery has its text
    alone, so the first step.
    """
    tour = tour_of(state.site.tours, route.view)
    if tour is None:
        return route
    if route.view == TRAIN:
        return settled_subject(route, state)
    sample = sample_at(state, route)
    if sample is not None:
        step = tour.first if route.view == GENERATE else tour.settled(route.step)
        return replace(route, subject=sample.subject, step=step)
    cards = state.site.recordings
    card = None if route.subject == OWN else card_of(cards, route.subject)
    if card is None and route.subject != OWN:
        first = next(iter(cards), None) if state.run.source != "live" else None
        card = state.walk_card or first
    subject = OWN if card is None else card.subject
    return replace(route, subject=subject, step=tour.settled(route.step))
