"""The files of a map: fetched when they are first shown, checked, and kept."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from seethrough.core.assets import ATLAS
from seethrough.core.atlas import (
    EMBEDDING,
    MATRICES,
    NEIGHBOURS,
    PLACES,
    atlas_from_bytes,
    map_name,
    neighbours_from_bytes,
)
from seethrough.core.atlas_rows import ROWS, stored_from_bytes
from seethrough.core.errors import DownloadError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.core.assets import Asset
    from seethrough.core.atlas import Atlas, Neighbours
    from seethrough.core.atlas_rows import StoredRows
    from seethrough.core.manifest import Manifest


def map_file(manifest: Manifest, name: str) -> Asset | None:
    """A file of a model's map; None where the build made none."""
    files = manifest.of_kind(ATLAS)
    return next((asset for asset in files if asset.told.get("name") == name), None)


def matrices_of(manifest: Manifest) -> tuple[str, ...]:
    """Whose rows the maps of a model are of."""
    has_map = (map_file(manifest, map_name(PLACES, one)) is not None for one in MATRICES)
    return tuple(one for one, is_there in zip(MATRICES, has_map, strict=True) if is_there)


class AtlasShelf:
    """Fetches maps and keeps those that were opened.

    Args:
        fetch_bytes: Gives a file by its address relative to the page.
    """

    def __init__(self, fetch_bytes: Callable[[str], Awaitable[bytes]]) -> None:
        self._fetch_bytes = fetch_bytes
        self._atlases: dict[tuple[str, str], Atlas] = {}
        self._neighbours: dict[tuple[str, str], Neighbours] = {}

    async def read(self, manifest: Manifest, folder: str, matrix: str = EMBEDDING) -> Atlas:
        """A model's map of a matrix, checked against its hash and its model.

        Raises:
            UnknownNameError: This build has no map of it.
            DownloadError: It is missing, or not the bytes that the list names.
            SourceError: It cannot be read, or is of other weights.
        """
        key = (manifest.id, matrix)
        if key not in self._atlases:
            name = map_name(PLACES, matrix)
            atlas = atlas_from_bytes(await self._checked(manifest, folder, name))
            atlas.check_against(manifest)
            self._atlases[key] = atlas
        return self._atlases[key]

    async def neighbours(
        self, manifest: Manifest, folder: str, matrix: str = EMBEDDING
    ) -> Neighbours:
        """Each token's nearest rows; raises as `read`."""
        key = (manifest.id, matrix)
        if key not in self._neighbours:
            atlas = await self.read(manifest, folder, matrix)
            name = map_name(NEIGHBOURS, matrix)
            found = neighbours_from_bytes(await self._checked(manifest, folder, name))
            found.check_against(atlas)
            self._neighbours[key] = found
        return self._neighbours[key]

    async def stored_rows(self, manifest: Manifest, folder: str) -> StoredRows:
        """The rows that can be looked at before the model is open; raises as `read`."""
        return stored_from_bytes(await self._checked(manifest, folder, ROWS), manifest)

    async def _checked(self, manifest: Manifest, folder: str, name: str) -> bytes:
        asset = map_file(manifest, name)
        if asset is None:
            raise UnknownNameError("atlas.none", model=manifest.title)
        data = await self._fetch_bytes(folder + asset.path)
        if hashlib.sha256(data).hexdigest() != asset.sha256:
            raise DownloadError("engine.altered", path=asset.path.rpartition("/")[2])
        return data
