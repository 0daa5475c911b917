"""Recorded walks: their list, their files, and one as the page's state.

`recorded_changes` is pure, so that the build prerenders with the code that the page runs.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seethrough.app.state import Picture, RecordingCard
from seethrough.core.captured import Captured
from seethrough.core.errors import DownloadError
from seethrough.core.hooks import PATTERN, hook_name
from seethrough.core.recording import from_bytes, stream_names

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from seethrough.core.config import ModelConfig
    from seethrough.core.manifest import Manifest
    from seethrough.core.recording import Recording


def recording_cards(model: Mapping[str, Any]) -> tuple[RecordingCard, ...]:
    """The recordings of one row of models.json.

    Raises:
        TypeError, KeyError: A row is not one of a recording.
    """
    rows = model.get("recordings", [])
    return tuple(RecordingCard(model=model["id"], **row) for row in rows)


class RecordingShelf:
    """Fetches recordings, checks them, and keeps those that were opened.

    Args:
        fetch_bytes: Gives a file by its address relative to the page.
    """

    def __init__(self, fetch_bytes: Callable[[str], Awaitable[bytes]]) -> None:
        self._fetch_bytes = fetch_bytes
        self._kept: dict[str, Recording] = {}

    async def read(self, card: RecordingCard, manifest: Manifest) -> Recording:
        """One recording, checked against its hash and its model.

        Raises:
            DownloadError: It is missing, or not the bytes that the list names.
            SourceError: It cannot be read, or another export's files made it.
        """
        if card.id not in self._kept:
            data = await self._fetch_bytes(card.path)
            if hashlib.sha256(data).hexdigest() != card.sha256:
                raise DownloadError("engine.altered", path=card.path.rpartition("/")[2])
            recording = from_bytes(data)
            recording.check_against(manifest)
            self._kept[card.id] = recording
        return self._kept[card.id]


def recorded_changes(
    recording: Recording,
    config: ModelConfig,
    *,
    layer: int = 0,
    head: int = 0,
    position: int | None = None,
) -> dict[str, Any]:
    """The fields of AppState that show a recording: `store.replace(**recorded_changes(...))`.

    Args:
        config: Of the recording's model (`check_against` was asked before).
        layer, head: What to draw; outside the model it is the nearest that there is.
        position: The chosen token; None: the last.
    """
    last = len(recording.tokens) - 1
    picture = Picture(
        head=_within(head, config.n_heads - 1),
        position=last if position is None else _within(position, last),
        resid=recording.resid(),
        positions=recording.positions,
    )
    return {
        "recorded": recording,
        "source": "recorded",
        "model": recording.model,
        "config": config,
        "prompt": recording.prompt,
        "chat": recording.chat,
        "tokens": recording.tokens,
        "top": recording.top,
        "elapsed_ms": 0.0,
        "captured": captured_of(recording),
        "lens": None,
        "picture": with_layer(picture, recording, _within(layer, config.n_layers - 1)),
        "continuation": recording.continuation,
        "stop": recording.stop,
    }


def captured_of(recording: Recording) -> Captured:
    """What a recording holds, by hook name."""
    stream = stream_names(recording.n_layers)
    arrays = {name: recording.arrays[name] for name in stream}
    patterns = {hook_name(PATTERN, at): recording.pattern(at) for at in recording.layers}
    return Captured({**arrays, **patterns}, dict.fromkeys(stream, recording.positions))


def with_layer(picture: Picture, recording: Recording, layer: int) -> Picture:
    """The picture with another layer; its pattern is None where the recording lacks it."""
    pattern = recording.pattern(layer) if layer in recording.layers else None
    return replace(picture, layer=layer, pattern=pattern, asked=None)


def _within(value: int, last: int) -> int:
    return min(max(value, 0), last)
