"""Where the reader is: addresses become state, and the state has an address to copy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from seethrough.app.state import Message
from seethrough.core.messages import FALLBACK
from seethrough.core.routes import FIRST_STEP, OWN, SUBJECTS, Place, Route, address_of, shows

if TYPE_CHECKING:
    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState


class Navigation:
    """Takes the page to a place: the view at once, then what has to be fetched or run for it."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._store = actions.store
        self._turn = 0

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
        await self._prepare(route)
        if turn == self._turn:
            await self._actions.parts.fill(route)
        if turn != self._turn:
            return False
        state = self._actions.state
        changes: dict[str, Any] = {"route": route, "language": place.language or state.language}
        if route.subject == OWN and place.prompt is not None and not state.busy:
            changes |= {"prompt": place.prompt, "chat": place.chat}
        self._store.replace(**changes)
        return True

    async def finish(self, place: Place) -> None:
        """Run the address's own prompt, then choose what it names there.

        What the address holds that means nothing is named in a notice.
        """
        turn = self._turn
        if self._actions.state.route.subject == OWN:
            await self._run_own(place)
        if turn == self._turn:
            await self._choose(place)
            self._tell_ignored(place)

    async def _prepare(self, route: Route) -> None:
        """Have the numbers of the recording that the route shows, or none before one's own text."""
        state = self._actions.state
        shown = state.recorded.id if state.recorded else ""
        wanted = route.subject if route.view in SUBJECTS else ""
        if route.view == "home" and not state.source and state.recordings:
            wanted = state.recordings[0].id
        if wanted == OWN and shown:
            self._actions.clear()
        elif wanted not in {"", OWN, shown}:
            turn = self._turn
            await self._actions.show_recording(wanted)
            now = self._actions.state.recorded
            if turn == self._turn and (now is None or now.id != wanted):
                self._actions.clear()  # it cannot be had: the numbers of another one must go

    async def _run_own(self, place: Place) -> None:
        """Run the prompt of the address with its model, unless its numbers are shown already.

        Nothing is run where a download is not wanted.
        """
        state, model = self._actions.state, model_of(place, self._actions.state)
        is_shown = (*(self._actions.asked or ()), state.model) == (place.prompt, place.chat, model)
        may_run = state.device.may_download or self._actions.service.is_loaded(model)
        if place.prompt is None or is_shown or state.busy or not may_run:
            return
        await self._actions.run(place.prompt, chat=place.chat, model=model)

    def _tell_ignored(self, place: Place) -> None:
        is_unknown = place.model not in {None, *_ids(self._actions.state)}
        ignored = [*place.ignored, *(["model"] if is_unknown else [])]
        if ignored:
            fields = {"fields": ", ".join(ignored)}
            self._store.replace(notice=Message("route.ignored", fields))

    async def _choose(self, place: Place) -> None:
        """The position, head and layer of the address, as far as there are such."""
        state = self._actions.state
        if place.position is not None and place.position < len(state.tokens):
            self._actions.select_position(place.position)
        if state.config is None:
            return
        if place.head is not None and place.head < state.config.n_heads:
            self._actions.select_head(place.head)
        is_layer = place.layer is not None and place.layer < state.config.n_layers
        if place.layer is not None and is_layer and place.layer != state.picture.layer:
            await self._actions.select_layer(place.layer)


def model_of(place: Place, state: AppState) -> str:
    """The model that an address means: the one that it names, else the page's default."""
    ids = _ids(state)
    if place.model in ids:
        return str(place.model)
    return ids[0] if ids else ""


def _ids(state: AppState) -> list[str]:
    return [card.id for card in state.models]


def settled(route: Route, state: AppState) -> Route:
    """A route without gaps: a walk has a subject and a step, an unknown recording is none."""
    if route.view not in SUBJECTS:
        return route
    known = [card.id for card in state.recordings]
    subject = route.subject
    if subject not in {OWN, *known}:
        current = state.recorded.id if state.recorded else ""
        subject = current or (known[0] if known and state.source != "live" else OWN)
    step = route.step or (FIRST_STEP if route.view == "walk" else "")
    return replace(route, subject=subject, step=step)


def address(state: AppState) -> str:
    """The whole address of what is shown, so that a copied link shows the same."""
    route = state.route
    fields: dict[str, str] = {}
    if route.view in SUBJECTS:
        if route.subject == OWN and (state.source == "live" or state.busy == "run"):
            fields["prompt"] = state.prompt
            if state.chat:
                fields["chat"] = "1"
            if state.model not in {"", *_ids(state)[:1]}:
                fields["model"] = state.model
        if state.tokens and shows(route, "pos"):
            fields["pos"] = str(state.picture.position)
        if shows(route, "layer"):
            fields["layer"] = str(state.picture.layer)
            fields["head"] = str(state.picture.head)
    if state.language != FALLBACK:
        fields["lang"] = state.language
    query = urlencode(fields, quote_via=quote, errors="replace")
    return address_of(route) + (f"?{query}" if query else "")
