"""The parts of a recorded walk (core/parts.py) on the page: each fetched when a step needs it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seethrough.app.state import Lens, Message
from seethrough.core.errors import SeethroughError
from seethrough.core.hooks import FINAL_LEAVES, embed_leaves
from seethrough.core.parts import LAYERS_PART, LOGITS_PART, UNEMBEDDING, write_names

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.parts import Part
    from seethrough.core.recording import Recording
    from seethrough.core.routes import Route

# The part that a step of the walk needs beyond the recording itself.
PART_OF_STEP = {
    "embed": LOGITS_PART,
    "layers": LAYERS_PART,
    "logits": LOGITS_PART,
    "softmax": LOGITS_PART,
    "sample": LOGITS_PART,
}


class Parts:
    """Puts the part that a step needs of the shown walk into `captured`, `lens` and `words`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.store
        self._lock = asyncio.Lock()
        self._failed: tuple[str, str] | None = None  # recording and step

    async def fill(self, route: Route | None = None) -> None:
        """Fetch what a route needs of the recording that is shown, if it is not there yet.

        What cannot be had is told once; coming back to the step tries again.

        Args:
            route: Where the reader is, or is about to be; None: the present one.
        """
        route = route or self._store.state.route
        step = route.step if route.view == "walk" else ""
        recording, name = self._store.state.recorded, PART_OF_STEP.get(step, "")
        if recording is None:
            return
        place = (recording.id, step)
        if self._failed != place:
            self._failed = None
        async with self._lock:
            if self._failed != place and self._is_wanting(recording, name):
                await self._fetch(recording, name, place)

    async def _fetch(self, recording: Recording, name: str, place: tuple[str, str]) -> None:
        """Fetch a part; where the reader went on to another subject meanwhile it lands nowhere."""
        try:
            part = await self._service.part(recording.id, name)
        except SeethroughError as error:
            if self._store.state.recorded is recording:
                self._failed = place
                self._store.replace(error=Message(error.key, error.fields))
            return
        if self._store.state.recorded is recording:
            self._put(part, recording)

    def _is_wanting(self, recording: Recording, name: str) -> bool:
        """Whether this recording is shown, has the part, and its numbers are not there yet."""
        state = self._store.state
        cards = {card.id: card for card in state.recordings}
        card = cards.get(recording.id)
        is_there = state.recorded is recording and card is not None and name in card.parts
        return is_there and not has_part(state, name)

    def _put(self, part: Part, recording: Recording) -> None:
        state = self._store.state
        lens = Lens(len(part.ids) - 1, part.lens) if part.lens else state.lens
        arrays, positions = part.more(recording)
        known = state.captured.positions.get(UNEMBEDDING, ())
        if set(known) >= set(positions.get(UNEMBEDDING, ())):  # and rows that the reader asked for
            arrays.pop(UNEMBEDDING, None)
            positions.pop(UNEMBEDDING, None)
        captured = state.captured.with_more(arrays, positions)
        self._store.replace(captured=captured, lens=lens, words=part.words or state.words)


def has_part(state: AppState, name: str) -> bool:
    """Whether the numbers of a part stand in the state."""
    config = state.config
    if config is None:
        return False
    if name == LAYERS_PART:
        return state.lens is not None and state.captured.has(*write_names(config))
    names = (*embed_leaves(config), *FINAL_LEAVES, UNEMBEDDING)
    return state.captured.has(*names)
