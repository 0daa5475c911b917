"""The parts of a recorded walk (core/parts.py), asked for what the walk itself lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.found import Found
from seethrough.app.run import Lens
from seethrough.core.hooks import FINAL_LEAVES, LOGITS, embed_leaves
from seethrough.core.parts import LAYERS_PART, PARTS, UNEMBEDDING, write_names

if TYPE_CHECKING:
    from seethrough.app.run import Run
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.parts import Part
    from seethrough.core.recording import Recording
    from seethrough.core.wants import Wants


class Parts:
    """Fetches the parts of the shown walk that have what is lacking."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._brought: dict[tuple[str, str, str], tuple[str, ...]] = {}

    def has(self, state: AppState, lacking: Wants) -> bool:
        """Whether the shown recording has a part with something of it that is not there yet."""
        return bool(self._names(state, lacking))

    async def ask(self, state: AppState, lacking: Wants) -> Found:
        """What the parts hold.

        Raises:
            SeethroughError: A part is missing, or not the one that the list names.
        """
        recording, found = state.run.recorded, Found()
        if recording is None:
            return found
        for name in self._names(state, lacking):
            part = await self._service.part(recording.id, name, recording.model)
            self._brought[recording.model, recording.id, name] = tuple(part.more(recording)[0])
            found = joined(found, part, recording, state.run)
        return found

    def _names(self, state: AppState, lacking: Wants) -> list[str]:
        card = state.walk_card
        known = () if card is None else (name for name in PARTS if name in card.parts)
        return [
            name
            for name in known
            if not self._is_here(state.run, name) and is_in(state.run, name, lacking)
        ]

    def _is_here(self, run: Run, name: str) -> bool:
        """Whether all that a part brings is here: of a large vocabulary it has no logits."""
        recording = run.recorded
        key = (recording.model, recording.id, name) if recording is not None else ("", "", name)
        brought = self._brought.get(key)
        if brought is None:
            return has_part(run, name)
        return run.captured.has(*brought) and (name != LAYERS_PART or run.lens is not None)


def joined(found: Found, part: Part, recording: Recording, run: Run) -> Found:
    """The same with one part more; rows of tokens that the reader asked for stay."""
    arrays, positions = part.more(recording)
    known = run.captured.positions.get(UNEMBEDDING, ())
    if set(known) >= set(positions.get(UNEMBEDDING, ())):
        arrays.pop(UNEMBEDDING, None)
        positions.pop(UNEMBEDDING, None)
    return Found(
        {**found.arrays, **arrays},
        {**found.positions, **positions},
        found.rows,
        Lens(len(part.ids) - 1, part.lens) if part.lens else found.lens,
        part.words or found.words,
    )


def is_in(run: Run, name: str, lacking: Wants) -> bool:
    """Whether a part has something of what is lacking."""
    if run.config is None:
        return False
    if name == LAYERS_PART:
        return bool(lacking.lens) or not lacking.names.isdisjoint(write_names(run.config))
    names = (*embed_leaves(run.config), *FINAL_LEAVES, LOGITS)
    is_of_token = any(name == UNEMBEDDING for name, _ in lacking.rows)
    return is_of_token or not lacking.names.isdisjoint(names)


def has_part(run: Run, name: str) -> bool:
    """Whether the numbers of a part are in the run."""
    if run.config is None:
        return False
    if name == LAYERS_PART:
        return run.lens is not None and run.captured.has(*write_names(run.config))
    names = (*embed_leaves(run.config), *FINAL_LEAVES, LOGITS, UNEMBEDDING)
    return run.captured.has(*names)
