"""Recorded walks: their list, their files, and one as the page's state.

`run_of` is pure, so that the build prerenders with the code that the page runs.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seethrough.app.state import PartCard, RecordingCard, Run
from seethrough.core.assets import DOCUMENT, INSIDE, PART, RECORDING, SAMPLE
from seethrough.core.captured import NOTHING, Captured
from seethrough.core.errors import DownloadError, SourceError, UnknownNameError
from seethrough.core.gallery import sample_from_bytes
from seethrough.core.hooks import LOGSUMEXP, PATTERN, hook_name
from seethrough.core.parts import part_from_bytes
from seethrough.core.recording import from_bytes, stream_names
from seethrough.core.train.documents import document_from_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from seethrough.core.assets import Asset
    from seethrough.core.config import ModelConfig
    from seethrough.core.gallery import Sample
    from seethrough.core.manifest import Manifest
    from seethrough.core.parts import Part
    from seethrough.core.recording import Recording


def recording_cards(models: Iterable[tuple[Manifest, str]]) -> tuple[RecordingCard, ...]:
    """The recordings of all models, each told apart from another model's of the same id.

    Args:
        models: Manifests, each with the address of its folder.
    Raises:
        TypeError, KeyError: An asset lacks what its kind tells.
    """
    return _told_apart(tuple(models), _cards)


def gallery_cards(models: Iterable[tuple[Manifest, str]]) -> tuple[RecordingCard, ...]:
    """The prompt galleries of all models, likewise."""
    return _told_apart(tuple(models), _samples)


def document_cards(models: Iterable[tuple[Manifest, str]]) -> tuple[RecordingCard, ...]:
    """The documents that all models read, likewise."""
    return _told_apart(tuple(models), _documents)


def _documents(manifest: Manifest, base: str) -> list[RecordingCard]:
    """The documents of one model."""
    return [
        RecordingCard(model=manifest.id, **asset.told, **_file(asset, base))
        for asset in manifest.of_kind(DOCUMENT)
    ]


def _told_apart(
    models: tuple[tuple[Manifest, str], ...],
    of_one: Callable[[Manifest, str], list[RecordingCard]],
) -> tuple[RecordingCard, ...]:
    """Cards of all models; where two have one of the same id, the later ones tell whose it is."""
    cards = [card for manifest, base in models for card in of_one(manifest, base)]
    titles = {manifest.id: manifest.title for manifest, _ in models}
    count = Counter(card.id for card in cards)
    first: dict[str, str] = {}
    for card in cards:
        first.setdefault(card.id, card.model)
    return tuple(
        replace(
            card,
            is_first=first[card.id] == card.model,
            model_title=titles[card.model] if count[card.id] > 1 else "",
        )
        for card in cards
    )


def _cards(manifest: Manifest, base: str) -> list[RecordingCard]:
    """The recordings of one model."""
    parts: dict[str, dict[str, PartCard]] = {}
    for asset in manifest.of_kind(PART, INSIDE):
        of_one = parts.setdefault(asset.told["recording"], {})
        of_one[asset.told["name"]] = PartCard(**_file(asset, base))
    return [
        RecordingCard(
            model=manifest.id,
            parts=parts.get(asset.told["id"], {}),
            **asset.told,
            **_file(asset, base),
        )
        for asset in manifest.of_kind(RECORDING)
    ]


def _samples(manifest: Manifest, base: str) -> list[RecordingCard]:
    """The prompt gallery of one model."""
    return [_sample(asset, manifest.id, base) for asset in manifest.of_kind(SAMPLE)]


def _sample(asset: Asset, model: str, base: str) -> RecordingCard:
    told = dict(asset.told)
    temperatures = tuple(map(float, told.pop("temperatures")))
    first = tuple((str(sign), float(prob)) for sign, prob in told.pop("first"))
    more = {"temperatures": temperatures, "first": first, **told, **_file(asset, base)}
    return RecordingCard(model=model, **more)


def _file(asset: Asset, base: str) -> dict[str, Any]:
    """Where an asset's file is, and what it must be."""
    return {"path": base + asset.path, "size_bytes": asset.size_bytes, "sha256": asset.sha256}


class RecordingShelf:
    """Fetches recordings, checks them, and keeps those that were opened.

    Args:
        fetch_bytes: Gives a file by its address relative to the page.
    """

    def __init__(self, fetch_bytes: Callable[[str], Awaitable[bytes]]) -> None:
        self._fetch_bytes = fetch_bytes
        self._kept: dict[tuple[str, str], Recording] = {}
        self._parts: dict[tuple[str, str, str], Part] = {}
        self._samples: dict[tuple[str, str], Sample] = {}
        self._documents: dict[tuple[str, str], Recording] = {}

    async def read(self, card: RecordingCard, manifest: Manifest) -> Recording:
        """One recording, checked against its hash and its model.

        Raises:
            DownloadError: It is missing, or not the bytes that the list names.
            SourceError: It cannot be read, another export's files made it, or the list tells of
                another text.
        """
        key = card.model, card.id
        if key not in self._kept:
            recording = from_bytes(await self._checked(card))
            recording.check_against(manifest)
            check_listed(recording, card)
            self._kept[key] = recording
        return self._kept[key]

    async def read_part(self, card: RecordingCard, manifest: Manifest, name: str) -> Part:
        """A part of a recording, checked against its hash and the recording.

        Raises:
            UnknownNameError: The recording has no such part.
            DownloadError, SourceError: As `read`.
        """
        if name not in card.parts:
            near = ", ".join(card.parts) or "-"
            raise UnknownNameError("recording.no_part", id=card.id, name=name, near=near)
        key = card.model, card.id, name
        if key not in self._parts:
            recording = await self.read(card, manifest)
            part = part_from_bytes(await self._checked(card.parts[name]))
            if part.name != name:
                raise SourceError("recording.other_part", part=name, id=card.id)
            part.check_against(recording, manifest.config)
            self._parts[key] = part
        return self._parts[key]

    async def read_sample(
        self, card: RecordingCard, manifest: Manifest, temperature: float
    ) -> Recording:
        """What a card of the gallery has of one temperature; raises as `read`."""
        return (await self.read_whole_sample(card, manifest)).at(temperature)

    async def read_whole_sample(self, card: RecordingCard, manifest: Manifest) -> Sample:
        """A card of the gallery with all its temperatures; raises as `read`."""
        key = card.model, card.id
        if key not in self._samples:
            sample = sample_from_bytes(await self._checked(card))
            sample.check_against(manifest)
            check_listed(sample.prompt, card)
            self._samples[key] = sample
        return self._samples[key]

    async def read_document(self, card: RecordingCard, manifest: Manifest) -> Recording:
        """A text that the model read; raises as `read`."""
        key = card.model, card.id
        if key not in self._documents:
            document = document_from_bytes(await self._checked(card))
            document.check_against(manifest)
            check_listed(document, card)
            self._documents[key] = document
        return self._documents[key]

    async def _checked(self, card: RecordingCard | PartCard) -> bytes:
        """A file's bytes, if they are those that the list names."""
        data = await self._fetch_bytes(card.path)
        if hashlib.sha256(data).hexdigest() != card.sha256:
            raise DownloadError("engine.altered", path=card.path.rpartition("/")[2])
        return data


def check_listed(recording: Recording, card: RecordingCard) -> None:
    """Refuse a recording that is not the one that the list tells of.

    Raises:
        SourceError: Its name, text, mode or number of tokens differ.
    """
    told = (card.id, card.prompt, card.chat, card.n_tokens)
    if told != (recording.id, recording.prompt, recording.chat, len(recording.tokens)):
        raise SourceError("recording.other_listed", id=card.id)


def run_of(recording: Recording, config: ModelConfig) -> Run:
    """A recording as the run that it was.

    Args:
        config: Of the recording's model (`check_against` was asked before).
    """
    return Run(
        model=recording.model,
        config=config,
        source="recorded",
        recorded=recording,
        given=(recording.prompt, recording.chat),
        tokens=recording.tokens,
        film=recording.film,
        top=recording.top,
        captured=captured_of(recording),
        continuation=recording.continuation,
        stop=recording.stop,
        marked=recording.marked,
        without=recording.without,
        read=recording.read,
    )


def names_of(recording: Recording) -> tuple[str, ...]:
    """The hooks that a recording holds itself."""
    if recording.is_text_alone:
        return ()
    patterns = (hook_name(PATTERN, layer) for layer in recording.layers)
    return (*stream_names(recording.n_layers), LOGSUMEXP, *patterns)


def captured_of(recording: Recording) -> Captured:
    """What a recording holds, by hook name."""
    if recording.is_text_alone:
        return NOTHING
    stream = stream_names(recording.n_layers)
    arrays = {name: recording.arrays[name] for name in stream}
    patterns = {hook_name(PATTERN, at): recording.pattern(at) for at in recording.layers}
    total = {LOGSUMEXP: recording.arrays[LOGSUMEXP]}
    last = (len(recording.tokens) - 1,)
    positions = {**dict.fromkeys(stream, recording.positions), LOGSUMEXP: last}
    return Captured({**arrays, **total, **patterns}, positions)
