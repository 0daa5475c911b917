"""What a reader does with the map: it comes when it is asked for, links show the same again."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import pytest

from seethrough.app import asked_atlas
from seethrough.app.atlases import AtlasShelf, matrices_of
from seethrough.app.charting import Charting
from seethrough.app.places import place_of
from seethrough.app.state import AppState, Store
from seethrough.core.assets import ATLAS, Asset
from seethrough.core.errors import DownloadError, InputError, SourceError, UnknownNameError
from seethrough.core.plane import Window
from seethrough.core.routes import Route, address_of_place
from tests.atlases import neighbours_bytes, places_bytes, small_atlas
from tests.steps import parse

if TYPE_CHECKING:
    from seethrough.core.atlas import Atlas, Neighbours

PLACES, NEIGHBOURS = places_bytes(), neighbours_bytes()
FILES = {
    "places": PLACES,
    "neighbours": NEIGHBOURS,
    "places-out": places_bytes(matrix="W_U"),
    "neighbours-out": NEIGHBOURS,
}
MAP = Route("map")


class Config:
    """The vocabulary's size, which is all that a map asks for."""

    d_vocab = 90


class Listing:
    """A manifest with a map's files."""

    id, title, config = "tiny", "Tiny", Config()

    def __init__(self, *names: str) -> None:
        self.shards = (Asset("weights", "w", 1, "aa"),)
        data = FILES
        self.assets = [
            Asset(
                ATLAS, name, len(data[name]), hashlib.sha256(data[name]).hexdigest(), {"name": name}
            )
            for name in names
        ]

    def of_kind(self, kind: str) -> list[Asset]:
        """Its files."""
        return [asset for asset in self.assets if asset.kind == kind]


class Shelf:
    """A library with one model, counting what is fetched."""

    def __init__(self, *names: str, files: dict[str, bytes] | None = None) -> None:
        self.fetched: list[str] = []
        self._files = files or FILES
        self._listing = Listing(*names)
        self._shelf = AtlasShelf(self._fetch)

    async def _fetch(self, path: str) -> bytes:
        self.fetched.append(path)
        return self._files[path.rpartition("/")[2]]

    def manifest(self, _model: str | None) -> Listing:
        """The model's list."""
        return self._listing

    def mapped(self, _model: str) -> str | None:
        """The model that has a map."""
        return "tiny" if self._listing.assets else None

    def matrices(self, _model: str) -> tuple[str, ...]:
        """Whose rows there are maps of."""
        return matrices_of(self._listing)  # type: ignore[arg-type]

    async def atlas(self, _model: str, matrix: str = "W_E") -> Atlas:
        """The map."""
        return await self._shelf.read(self._listing, "models/tiny/", matrix)  # type: ignore[arg-type]

    async def neighbours(self, _model: str, matrix: str = "W_E") -> Neighbours:
        """The neighbours."""
        return await self._shelf.neighbours(self._listing, "models/tiny/", matrix)  # type: ignore[arg-type]


class OneShelf:
    """A service, as far as the map asks for one."""

    def __init__(self, shelf: Shelf) -> None:
        self.library, self.store = shelf, Store(AppState().but(route=MAP))


def opened(address: str = "#/map", *names: str, files: dict[str, bytes] | None = None):
    """The map after an address was gone to, and what was fetched."""
    shelf = Shelf(*(names or ("places", "neighbours")), files=files)
    service = OneShelf(shelf)
    charting = Charting(service)  # type: ignore[arg-type]
    asyncio.run(charting.open(parse(address)))
    return charting, service.store, shelf


def test_the_map_comes_when_its_page_is_opened() -> None:
    """Once; the neighbours with the first token that is opened."""
    charting, store, shelf = opened()
    assert store.state.chart.chart_stage == "ready"
    assert shelf.fetched == ["models/tiny/places"]

    asyncio.run(charting.select(4))
    asyncio.run(charting.select(5))
    asyncio.run(charting.open(parse("#/map")))
    assert shelf.fetched == ["models/tiny/places", "models/tiny/neighbours"]
    assert store.state.chart.chart_token == 5
    assert store.state.chart.atlas_near is not None


@pytest.mark.parametrize(
    "address",
    [
        "#/map",
        "#/map?layout=pca&at=0.25000,0.50000,12.50&token=4&hide=inside&q=dog",
        "#/map?at=0.50000,0.50000,3.00&words=days",
    ],
)
def test_a_link_shows_the_same_again(address: str) -> None:
    """Layout, window, token, hidden kinds and search come back in the same letters."""
    _, store, _ = opened(address)

    assert address_of_place(place_of(store.state)) == address
    assert store.state.chrome.notice is None


def test_a_link_without_a_window_flies_to_what_it_names() -> None:
    """Whoever asks for a token or words sees them."""
    for address in ("#/map?token=4", "#/map?q=dog", "#/map?words=days"):
        _, store, _ = opened(address)
        assert store.state.chart.chart_window != Window()


def test_nonsense_in_a_link_is_named() -> None:
    """A token that is not there is told; the map is shown all the same."""
    _, store, _ = opened("#/map?token=999999")
    notice = store.state.chrome.notice

    assert notice is not None
    assert notice.key == "route.ignored"
    assert store.state.chart.chart_token is None


def test_an_altered_file_is_refused() -> None:
    """Nothing of it is shown; trying again fetches it again."""
    charting, store, shelf = opened("#/map", files={"places": PLACES[:-1] + b"x"})
    error = store.state.chart.chart_error

    assert store.state.chart.chart_stage == "failed"
    assert error is not None
    assert error.key == "engine.altered"
    asyncio.run(charting.again())
    assert len(shelf.fetched) == 2


def test_altered_neighbours_leave_the_map() -> None:
    """The picture stays, the token's card says what is wrong."""
    charting, store, _ = opened("#/map", files={"places": PLACES, "neighbours": b"no"})
    asyncio.run(charting.select(4))

    assert store.state.chart.atlas is not None
    assert store.state.chart.chart_error is not None
    assert store.state.chart.chart_token == 4


def test_a_build_without_a_map() -> None:
    """The page says so, and nothing is fetched."""
    shelf = Shelf()
    service = OneShelf(shelf)
    asyncio.run(Charting(service).open(parse("#/map")))  # type: ignore[arg-type]

    assert service.store.state.chart.chart_stage == "none"
    assert shelf.fetched == []
    with pytest.raises(UnknownNameError, match="--no-map"):
        asyncio.run(shelf.atlas("tiny"))


def test_a_map_of_other_weights_is_refused() -> None:
    """Its numbers may not be this model's."""
    atlas = small_atlas()
    listing = Listing("places")
    atlas.check_against(listing)  # type: ignore[arg-type]
    listing.shards = (Asset("weights", "w", 1, "bb"),)
    with pytest.raises(SourceError, match="not made with"):
        atlas.check_against(listing)  # type: ignore[arg-type]


def test_words_are_marked_and_let_go() -> None:
    """A group's words are found and seen; pressed once more, nothing is marked."""
    charting, store, _ = opened()
    charting.show_group("days")
    assert store.state.chart.chart_found == (1, 2, 3)
    charting.show_group("days")
    assert store.state.chart.chart_found == ()
    charting.show_group("no such group")
    assert store.state.chart.chart_group == ""


def test_a_search_takes_the_groups_place() -> None:
    """What is typed is found at once; a broken pattern is told, and finds nothing."""
    charting, store, _ = opened()
    charting.show_group("days")
    charting.seek("dog")
    assert (store.state.chart.chart_found, store.state.chart.chart_group) == ((4,), "")
    charting.seek("/(/")
    refused = store.state.chart.chart_refused
    assert refused is not None
    assert store.state.chart.chart_found == ()


def test_kinds_and_layouts_turn() -> None:
    """A kind is hidden and shown again; another layout is seen whole; nonsense does nothing."""
    charting, store, _ = opened()
    charting.turn_kind(1)
    assert store.state.chart.chart_hidden == {1}
    charting.turn_kind(1)
    charting.turn_kind(99)
    assert store.state.chart.chart_hidden == frozenset()
    charting.look(Window(0.2, 0.2, 9))
    charting.lay_out("pca")
    charting.lay_out("no such layout")
    assert (store.state.chart.chart_layout, store.state.chart.chart_window) == ("pca", Window())
    charting.resize(0, 0, 1)
    charting.resize(300, 200, 2)
    assert store.state.chart.chart_size == (300, 200, 2)
    charting.close()
    assert store.state.chart.chart_token is None


def test_a_missing_file_is_told() -> None:
    """What cannot be fetched is an error with a sentence, not a picture."""

    async def missing(path: str) -> bytes:
        raise DownloadError("engine.network", path=path)

    with pytest.raises(DownloadError):
        asyncio.run(AtlasShelf(missing).read(Listing("places"), "models/tiny/"))  # type: ignore[arg-type]


def test_scripts_ask_for_neighbours_and_places() -> None:
    """The stored ones, best first; what is not there is a sentence."""
    shelf = Shelf("places", "neighbours")
    near = asyncio.run(asked_atlas.neighbours(shelf, 50, 2))  # type: ignore[arg-type]
    (place,) = asyncio.run(asked_atlas.where(shelf, [4], "pca"))  # type: ignore[arg-type]
    (first,) = asyncio.run(asked_atlas.where(shelf, [4]))  # type: ignore[arg-type]

    assert near[0] == {"id": 40, "text": "w33", "cosine": pytest.approx(1, abs=1e-6)}
    assert len(near) == 2
    atlas = small_atlas()
    assert (place["x"], place["y"]) == tuple(atlas.places["pca"][4, :2])
    assert (first["x"], first["y"]) == tuple(atlas.places["near"][4, :2])
    wrong = (
        (asked_atlas.neighbours(shelf, 999), InputError, "no token 999"),  # type: ignore[arg-type]
        (asked_atlas.neighbours(shelf, 89), InputError, "no token 89"),  # type: ignore[arg-type]
        (asked_atlas.neighbours(shelf, 4, 21), InputError, "k"),  # type: ignore[arg-type]
        (asked_atlas.where(shelf, [4], "x"), UnknownNameError, "near, pca"),  # type: ignore[arg-type]
    )
    for asked, kind, said in wrong:
        with pytest.raises(kind, match=said):
            asyncio.run(asked)


BOTH = ("places", "neighbours", "places-out", "neighbours-out")


def test_a_model_may_have_two_maps() -> None:
    """Of the rows that go in and of those that come out; the open token stays, its link too."""
    charting, store, shelf = opened("#/map?token=4", *BOTH)
    assert store.state.chart.chart_matrices == ("W_E", "W_U")

    asyncio.run(charting.show_matrix("W_U"))
    assert store.state.chart.atlas is not None
    assert store.state.chart.atlas.matrix == "W_U"
    assert store.state.chart.chart_token == 4
    assert store.state.chart.atlas_near is not None
    assert shelf.fetched[-2:] == ["models/tiny/places-out", "models/tiny/neighbours-out"]
    link = address_of_place(place_of(store.state))
    assert link == "#/map?of=unembedding&token=4"

    _, again, _ = opened(link, *BOTH)
    assert again.state.chart.atlas is not None
    assert again.state.chart.atlas.matrix == "W_U"
    asyncio.run(charting.open(parse("#/map")))
    assert store.state.chart.atlas.matrix == "W_E"


def test_one_map_has_no_other() -> None:
    """A link to the unembedding's, where it is the embedding, shows that."""
    charting, store, _ = opened("#/map?of=unembedding")
    assert store.state.chart.atlas is not None
    assert store.state.chart.atlas.matrix == "W_E"
    asyncio.run(charting.show_matrix("nonsense"))
    assert store.state.chart.chart_matrices == ("W_E",)


def test_a_second_map_that_does_not_come_is_told() -> None:
    """The first one stays."""
    files = {**FILES, "places-out": b"nonsense"}
    charting, store, _ = opened("#/map", *BOTH, files=files)
    asyncio.run(charting.show_matrix("W_U"))
    assert store.state.chart.atlas is not None
    assert store.state.chart.atlas.matrix == "W_E"
    assert store.state.chrome.error is not None
