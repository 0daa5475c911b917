"""The parts of a recorded walk (core/parts.py), asked for what the walk itself lacks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.found import Found
from seethrough.app.run import Lens
from seethrough.app.tours import BLOCK
from seethrough.core.hooks import FINAL_LEAVES, FINAL_SCALE, LOGITS, embed_leaves
from seethrough.core.insides import (
    FINAL_WEIGHT,
    READING_PART,
    UNEMBEDDING,
    inside_names,
    inside_part,
    layer_of_part,
)
from seethrough.core.parts import LAYERS_PART, PARTS, write_names

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
        return bool(self.names(state, lacking))

    async def ask(self, state: AppState, lacking: Wants) -> Found:
        """What the parts hold; inside a layer one after the other, for two may have the same hook.

        Raises:
            SeethroughError: A part is missing, or not the one that the list names.
        """
        recording, found = state.run.recorded, Found()
        if recording is None:
            return found
        names = self.names(state, lacking)
        for name in names[:1] if state.route.view == BLOCK else names:
            part = await self._service.part(recording.id, name, recording.model)
            self._brought[recording.model, recording.id, name] = tuple(part.more(recording)[0])
            found = joined(found, part, recording)
        return found

    def names(self, state: AppState, lacking: Wants) -> list[str]:
        """The parts that have something of it, in the order of asking."""
        card, found = state.walk_card, []
        for name in may_be_asked(state):
            if card is None or name not in card.parts or not is_in(state.run, name, lacking):
                continue
            if not self._is_here(state.run, name):
                found.append(name)
            lacking = left_by(state.run, name, lacking)
        return found

    def brings_layer(self, state: AppState, layer: int) -> bool:
        """Whether the inside of a layer would have to come first, were it shown."""
        card, name = state.walk_card, inside_part(layer)
        is_inside = card is not None and state.route.view == BLOCK and name in card.parts
        return is_inside and not self._is_here(state.run, name)

    def _is_here(self, run: Run, name: str) -> bool:
        """Whether all that a part brings is here: of a large vocabulary it has no logits."""
        recording = run.recorded
        key = (recording.model, recording.id, name) if recording is not None else ("", "", name)
        brought = self._brought.get(key)
        if brought is None:
            return has_part(run, name)
        return run.captured.has(*brought) and (name != LAYERS_PART or run.lens is not None)


def may_be_asked(state: AppState) -> tuple[str, ...]:
    """The parts that a page may ask for: what is inside a layer only where it is looked at."""
    if state.route.view != BLOCK:
        return PARTS
    return (inside_part(state.choice.layer), READING_PART, *PARTS)


def joined(found: Found, part: Part, recording: Recording) -> Found:
    """The same with one part more."""
    arrays, positions = part.more(recording)
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
    layer, is_of_token = layer_of_part(name), any(row == UNEMBEDDING for row, _ in lacking.rows)
    if layer is not None:
        return not lacking.names.isdisjoint(inside_names(run.config, layer))
    if name == READING_PART:
        return is_of_token or FINAL_SCALE in lacking.names or FINAL_WEIGHT in lacking.weights
    if name == LAYERS_PART:
        return bool(lacking.lens) or not lacking.names.isdisjoint(write_names(run.config))
    names = (*embed_leaves(run.config), *FINAL_LEAVES, LOGITS)
    return is_of_token or not lacking.names.isdisjoint(names)


def left_by(run: Run, name: str, lacking: Wants) -> Wants:
    """What of it no other part is asked for, where a layer has its own."""
    layer = layer_of_part(name)
    if layer is not None and run.config is not None:
        own = frozenset(inside_names(run.config, layer))
        return replace(lacking, hooks=frozenset(at for at in lacking.hooks if at[0] not in own))
    if name == READING_PART:
        return replace(
            lacking,
            hooks=frozenset(at for at in lacking.hooks if at[0] != FINAL_SCALE),
            rows=frozenset(row for row in lacking.rows if row[0] != UNEMBEDDING),
            weights=lacking.weights - {FINAL_WEIGHT},
        )
    return lacking


def has_part(run: Run, name: str) -> bool:
    """Whether the numbers of a part are in the run."""
    if run.config is None or name == READING_PART:
        return False
    layer = layer_of_part(name)
    if layer is not None:
        return run.captured.has(*inside_names(run.config, layer))
    if name == LAYERS_PART:
        return run.lens is not None and run.captured.has(*write_names(run.config))
    names = (*embed_leaves(run.config), *FINAL_LEAVES, LOGITS, UNEMBEDDING)
    return run.captured.has(*names)
