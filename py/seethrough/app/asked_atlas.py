"""What scripts ask of the map: a token's neighbours, and where tokens lie. No model is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.app.settings import whole
from seethrough.core.atlas import N_NEIGHBOURS
from seethrough.core.atlas_search import has
from seethrough.core.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.library import Library
    from seethrough.core.atlas import Atlas


async def neighbours(
    library: Library, token: int, k: int = N_NEIGHBOURS, model: str | None = None
) -> list[dict[str, Any]]:
    """The k nearest rows of a token by cosine, best first, itself left out.

    Raises:
        UnknownNameError: No such model, or this build has no map of it.
        InputError: No such token, or k is not from 1 to N_NEIGHBOURS.
        DownloadError, SourceError: The map did not come whole.
    """
    k = whole("k", k, 1, N_NEIGHBOURS)
    name = library.manifest(model).id
    atlas = await library.atlas(name)
    check_token(atlas, token)
    near = await library.neighbours(name)
    found = zip(near.ids[token, :k].tolist(), near.cosines[token, :k].tolist(), strict=True)
    return [{"id": one, "text": text_of(atlas, one), "cosine": cosine} for one, cosine in found]


async def where(
    library: Library, ids: Sequence[int], layout: str | None = None, model: str | None = None
) -> list[dict[str, Any]]:
    """Where some tokens lie in a layout, in its own units.

    Raises:
        UnknownNameError: No such model, no map of it, or no such layout.
        InputError: No such token.
        DownloadError, SourceError: The map did not come whole.
    """
    atlas = await library.atlas(library.manifest(model).id)
    chosen = atlas.layouts[0] if layout is None else layout
    if chosen not in atlas.layouts:
        raise UnknownNameError("atlas.no_layout", name=chosen, near=", ".join(atlas.layouts))
    for token in ids:
        check_token(atlas, token)
    places = atlas.places[chosen]
    return [{"id": one, "x": float(places[one, 0]), "y": float(places[one, 1])} for one in ids]


def check_token(atlas: Atlas, token: int) -> None:
    """Refuse an id that no token has.

    Raises:
        InputError: It has none.
    """
    if not has(atlas, token):
        raise InputError("atlas.no_token", id=token, last=atlas.n_tokens - 1)


def text_of(atlas: Atlas, token: int) -> str:
    """A token's text; bytes that are no UTF-8 become U+FFFD."""
    return atlas.raw(token).decode("utf-8", "replace")
