"""What this build has, by its own lists: models with their manifests, recorded walks."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING

from seethrough.app.atlases import AtlasShelf, map_file, matrices_of
from seethrough.app.cards import Terms
from seethrough.app.recordings import (
    RecordingShelf,
    document_cards,
    gallery_cards,
    recording_cards,
)
from seethrough.app.state import AbsentModel, Message, ModelCard
from seethrough.core.assets import ATLAS, CHECK, FIDELITY, LICENCE, Asset, size_of
from seethrough.core.atlas import EMBEDDING, PLACES
from seethrough.core.errors import DownloadError, SourceError, UnknownNameError, near_misses
from seethrough.core.fidelity import Fidelity, fidelity_from_bytes
from seethrough.core.manifest import Manifest, from_json
from seethrough.core.modes import mode_bytes, modes_of
from seethrough.core.self_check import SelfCheck, self_check_from_bytes
from seethrough.core.train.places import LEARNING, graphs_of, run_graph_path, text_path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.state import RecordingCard, Store
    from seethrough.core.atlas import Atlas, Neighbours
    from seethrough.core.atlas_rows import StoredRows
    from seethrough.core.cache import Array
    from seethrough.core.gallery import Sample
    from seethrough.core.parts import Part
    from seethrough.core.recording import Recording

    FetchText = Callable[[str], Awaitable[str]]
    FetchBytes = Callable[[str], Awaitable[bytes]]


class Library:
    """Reads the lists of this build, and gives what they name.

    Args:
        fetch_text, fetch_bytes: Give a file by its address relative to the page.
    """

    def __init__(self, store: Store, fetch_text: FetchText, fetch_bytes: FetchBytes) -> None:
        self._store = store
        self._fetch_text = fetch_text
        self._fetch_bytes = fetch_bytes
        self._manifests: dict[str, tuple[Manifest, str]] = {}
        self._shelf = RecordingShelf(fetch_bytes)
        self._atlases = AtlasShelf(fetch_bytes)
        self._default = ""
        self._engine_bytes = self._learning_bytes = 0
        self._graphs: dict[str, Asset] = {}
        self._given: dict[str, Array] = {}
        self._texts: dict[str, str] = {}

    async def open(self) -> None:
        """Read the list of this build's models, and their manifests.

        The list tells of known models that this build lacks, too.

        Raises:
            DownloadError: The list or a manifest is missing.
            SourceError: One of them cannot be read.
        """
        listing = await self._fetch_text("models.json")
        try:
            told = json.loads(listing)
            absent = tuple(AbsentModel(**row) for row in told.get("absent", []))
            rows = [(row["path"], row.get("default")) for row in told["models"]]
            self._engine_bytes = sum(size for size, _hash in told.get("engine", {}).values())
            learning = told.get("learning", {})
            self._graphs = graphs_of(learning)
            self._learning_bytes = sum(size for size, _hash in learning.values())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError("manifest.unreadable", reason=str(error)[:200]) from error
        for path, is_default in rows:
            manifest = from_json(await self._fetch_text(f"{path}manifest.json"))
            self._manifests[manifest.id] = (manifest, path)
            if is_default:
                self._default = manifest.id
        try:
            recordings = recording_cards(self._manifests.values())
            gallery = gallery_cards(self._manifests.values())
            documents = document_cards(self._manifests.values())
        except (KeyError, TypeError) as error:
            raise SourceError("manifest.unreadable", reason=str(error)[:200]) from error
        known = self._manifests.values()
        cards = tuple(card_of(one, self._engine_bytes, folder) for one, folder in known)
        told = {"recordings": recordings, "gallery": gallery, "documents": documents}
        self._store.replace(models=cards, absent=absent, **told)

    def manifest(self, model_id: str | None) -> Manifest:
        """A model's manifest; the default one's where none is named.

        Raises:
            UnknownNameError: This build has no such model.
        """
        wanted = self._default if model_id is None else model_id
        if wanted not in self._manifests:
            near = near_misses(str(wanted), self._manifests) or ", ".join(self._manifests)
            raise UnknownNameError("models.unknown", name=wanted, near=near)
        return self._manifests[wanted][0]

    def run_graph(self, size: str, family: str) -> Asset:
        """The graph that runs a trained model of a size.

        Raises:
            UnknownNameError: This build carries none.
        """
        path = run_graph_path(size, family)
        if path not in self._graphs:
            raise UnknownNameError("models.unknown", name=path, near=", ".join(self._graphs) or "-")
        return self._graphs[path]

    def add(self, manifest: Manifest, tokenizer: str, weights: Array) -> None:
        """Take in a model that was trained here; all that asks for a model finds it from now on.

        Shapes: weights float32, all in one vector.
        """
        self._manifests[manifest.id] = (manifest, LEARNING)
        self._texts[LEARNING + manifest.tokenizer.path] = tokenizer
        self._given[manifest.id] = weights
        others = [card for card in self._store.state.site.models if card.id != manifest.id]
        card = card_of(manifest, self._engine_bytes, LEARNING)
        here = self._store.state.site.stored | {manifest.id}
        self._store.replace(models=(*others, card), stored=here)

    def given(self, model_id: str) -> Array | None:
        """The weights of a model that was trained here; None where they lie in files."""
        return self._given.get(model_id)

    async def learned_text(self, name: str) -> str:
        """A text to learn that the site has."""
        return zlib.decompress(await self._fetch_bytes(text_path(name))).decode()

    async def text(self, path: str) -> str:
        """A file of a model: the site's, or one that was made here."""
        return self._texts[path] if path in self._texts else await self._fetch_text(path)

    def folder(self, model_id: str) -> str:
        """Where a model's files lie; it ends with a slash."""
        return self._manifests[model_id][1]

    async def recording(self, recording_id: str, model: str) -> Recording:
        """A recorded walk, checked against its model's manifest.

        Raises:
            UnknownNameError: This build has no such recording.
            DownloadError: It is missing or altered.
            SourceError: It cannot be read, or another export's files made it.
        """
        card = self._card(recording_id, model)
        return await self._shelf.read(card, self.manifest(card.model))

    async def sample(self, card: RecordingCard, temperature: float) -> Recording:
        """What a card of the gallery has of one temperature; raises as `recording`."""
        return await self._shelf.read_sample(card, self.manifest(card.model), temperature)

    async def document(self, card: RecordingCard) -> Recording:
        """A text that the model read, with its guesses; raises as `recording`."""
        return await self._shelf.read_document(card, self.manifest(card.model))

    async def whole_sample(self, card: RecordingCard) -> Sample:
        """A card of the gallery with all its temperatures; raises as `recording`."""
        return await self._shelf.read_whole_sample(card, self.manifest(card.model))

    async def part(self, recording_id: str, name: str, model: str) -> Part:
        """A further part of a recorded walk (core/parts.py), checked against the walk.

        Raises:
            UnknownNameError: This build has no such recording, or the recording no such part.
            DownloadError, SourceError: As `recording`.
        """
        card = self._card(recording_id, model)
        return await self._shelf.read_part(card, self.manifest(card.model), name)

    @property
    def maps_bytes(self) -> int:
        """The size of all maps, and of what training needs: what rooms of their own have."""
        maps = sum(size_of(manifest.of_kind(ATLAS)) for manifest, _ in self._manifests.values())
        return maps + self._learning_bytes

    def mapped(self, model_id: str) -> str | None:
        """This model, if it has a map, else the first that has one; None where none has."""
        known = sorted(self._manifests, key=lambda one: one != model_id)
        has_map = (one for one in known if map_file(self._manifests[one][0], PLACES) is not None)
        return next(has_map, None)

    def matrices(self, model_id: str) -> tuple[str, ...]:
        """Whose rows a model's maps are of."""
        return matrices_of(self._manifests[model_id][0])

    async def atlas(self, model_id: str, matrix: str = EMBEDDING) -> Atlas:
        """A model's map; raises as AtlasShelf.read."""
        return await self._atlases.read(*self._manifests[model_id], matrix)

    async def neighbours(self, model_id: str, matrix: str = EMBEDDING) -> Neighbours:
        """The neighbours of each of its tokens; raises as AtlasShelf.read."""
        return await self._atlases.neighbours(*self._manifests[model_id], matrix)

    async def stored_rows(self, model_id: str) -> StoredRows:
        """The rows of it that need no open model; raises as AtlasShelf.read."""
        return await self._atlases.stored_rows(*self._manifests[model_id])

    async def self_check(self, model_id: str) -> SelfCheck | None:
        """The numbers that a model's own are held to; None where the build made none.

        Raises:
            DownloadError: They are missing, or not the bytes that the list names.
            SourceError: They cannot be read.
        """
        data = await self._only(model_id, CHECK)
        return None if data is None else self_check_from_bytes(data, self.manifest(model_id))

    async def fidelity(self, model_id: str) -> Fidelity | None:
        """How far a model's numbers are from its source's; None where the build has no report.

        Raises:
            DownloadError, SourceError: As `self_check`; or other files than these were measured.
        """
        data = await self._only(model_id, FIDELITY)
        return None if data is None else fidelity_from_bytes(data, self.manifest(model_id))

    async def _only(self, model_id: str, kind: str) -> bytes | None:
        """The one file of its kind, checked; None where there is none."""
        manifest, folder = self._manifests[model_id]
        for asset in manifest.of_kind(kind):
            data = await self._fetch_bytes(folder + asset.path)
            if hashlib.sha256(data).hexdigest() != asset.sha256:
                raise DownloadError("engine.altered", path=asset.path.rpartition("/")[2])
            return data
        return None

    def _card(self, recording_id: str, model: str) -> RecordingCard:
        known = [card for card in self._store.state.site.recordings if model in {"", card.model}]
        found = next((card for card in known if card.id == recording_id), None)
        if found is None:
            ids = dict.fromkeys(card.id for card in known)
            near = near_misses(str(recording_id), ids) or ", ".join(ids) or "-"
            raise UnknownNameError("recording.unknown", name=recording_id, near=near)
        return found


def card_of(manifest: Manifest, engine_bytes: int = 0, folder: str = "") -> ModelCard:
    """What is told of a model before its download, which brings the engine's files too."""
    return ModelCard(
        id=manifest.id,
        title=manifest.title,
        download_bytes=manifest.download_bytes + engine_bytes,
        n_params=manifest.n_params,
        n_layers=manifest.config.n_layers,
        licence=manifest.licence,
        origin=manifest.origin.get("source", ""),
        has_chat=manifest.chat is not None,
        mode_bytes=mode_bytes(manifest),
        modes=modes_of(manifest),
        block_size=manifest.block_size,
        chat_reason=Message(**manifest.chat_reason) if manifest.chat_reason else None,
        terms=terms_of(manifest, folder),
    )


def terms_of(manifest: Manifest, folder: str) -> Terms | None:
    """The licence that goes with a model's files; None where nothing needs to be told."""
    found = {item.told.get("name"): item for item in manifest.of_kind(LICENCE)}
    if found.keys() < {"terms", "notice"}:
        return None
    text, notice = found["terms"], found["notice"]
    return Terms(str(text.told["title"]), folder + text.path, folder + notice.path)
