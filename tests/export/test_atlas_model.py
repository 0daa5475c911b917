"""The default model's map, held to definitions: every token, exact neighbours, true shares."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import pytest

from export.asset_lists import whole_manifest
from export.atlas import rows_of
from seethrough.core.assets import ATLAS
from seethrough.core.atlas import (
    NEAR,
    PCA,
    Atlas,
    Neighbours,
    atlas_from_bytes,
    neighbours_from_bytes,
)
from seethrough.core.atlas_search import search, words_of
from seethrough.core.stops import TOLD_OF
from seethrough.core.token_kinds import BYTES, SCRIPT
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.word_groups import GROUPS
from tests.built import default_model

pytestmark = pytest.mark.model
MOST_BYTES = 6_000_000


@cache
def made() -> tuple[Atlas, Neighbours, np.ndarray]:
    """The map, its neighbours, and the rows that the graph uses."""
    folder = default_model()
    manifest = whole_manifest(folder)
    shown, places, near = (
        (folder / asset.path).read_bytes()
        for asset in sorted(manifest.of_kind(ATLAS), key=lambda one: one.told["name"], reverse=True)
    )
    atlas = atlas_from_bytes(places)
    atlas.check_against(manifest)
    assert len(places) + len(near) + len(shown) <= MOST_BYTES
    return atlas, neighbours_from_bytes(near), rows_of(folder, manifest)


def test_every_token_is_found_by_its_own_text() -> None:
    """By its bytes and by how it is shown: bytes, blanks, controls and special tokens too."""
    atlas, _, _ = made()
    folder = default_model()
    path = whole_manifest(folder).tokenizer.path
    tokenizer = Tokenizer.from_json((folder / path).read_text("utf-8"))

    assert atlas.n_tokens == tokenizer.vocab_size
    for token in range(atlas.n_tokens):
        assert atlas.visible(token) == tokenizer.visible(token)
        assert atlas.ids_by_bytes[atlas.raw(token)] == token
        assert token in search(atlas, atlas.visible(token))
        assert search(atlas, f"#{token}") == (token,)


def test_neighbours_are_brute_forces() -> None:
    """Of 500 tokens: cosines within 1e-6 of float64's, in order, ties by the lower id."""
    atlas, near, rows = made()
    exact = rows.astype(np.float64)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    chosen = np.random.default_rng(4).choice(atlas.n_tokens, 500, replace=False)
    for token in chosen.tolist():
        cosines = exact @ exact[token]
        cosines[token] = -2
        stored = near.ids[token]
        best = np.sort(cosines)[::-1][:20]

        assert np.abs(near.cosines[token] - best).max() < 1e-6
        assert np.abs(cosines[stored] - best).max() < 1e-12
        twins = np.flatnonzero(np.diff(near.cosines[token]) == 0)
        assert all(stored[at] < stored[at + 1] for at in twins if is_twin(rows, stored, at))


def is_twin(rows: np.ndarray, ids: np.ndarray, at: int) -> bool:
    """Whether two neighbours' rows are the same numbers."""
    return bool(np.array_equal(rows[ids[at]], rows[ids[at + 1]]))


@pytest.mark.parametrize("layout", [NEAR, PCA])
def test_kept_shares_are_scikit_learns(layout: str) -> None:
    """Of 1,000 tokens; a token more or less where dots lie at the same distance."""
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 - seconds to import

    atlas, near, _ = made()
    places = atlas.places[layout][:, :2]
    chosen = np.random.default_rng(5).choice(atlas.n_tokens, 1000, replace=False)
    found = NearestNeighbors(n_neighbors=21).fit(places).kneighbors(places[chosen])[1]
    for token, others in zip(chosen.tolist(), found.tolist(), strict=True):
        theirs = len(
            set([one for one in others if one != token][:20]) & set(near.ids[token].tolist())
        )
        assert abs(theirs - int(atlas.kept[layout][token])) <= 1
    assert atlas.kept_share(PCA) < 0.01
    assert atlas.kept_share(NEAR) > 0.15


def test_known_neighbours() -> None:
    """What was measured before there was a map: a dog is near dogs, Paris near London."""
    atlas, near, _ = made()
    known = {" dog": (" Dog", 0.80), " Paris": (" London", 0.61), " seven": (" eight", 0.86)}
    for word, (other, cosine) in known.items():
        token = atlas.ids_by_bytes[word.encode()]
        at = near.ids[token].tolist().index(atlas.ids_by_bytes[other.encode()])
        assert near.cosines[token, at] == pytest.approx(cosine, abs=0.005)


def test_what_the_tour_says_is_so() -> None:
    """Months and days on one spot, dog and cat far from the other animals, alphabets as islands."""
    atlas, near, _ = made()
    square = atlas.square(NEAR)
    assert atlas.model in TOLD_OF

    for group, share in (("months", 10), ("days", 6)):
        tokens = words_of(atlas, GROUPS[group])
        assert len(tokens) == len(GROUPS[group])
        assert spread(square[list(tokens)]).max() < 0.01
        assert len({*near.ids[tokens[0]].tolist()} & {*tokens}) >= share
    animals = dict(zip(GROUPS["animals"], words_of(atlas, GROUPS["animals"]), strict=True))
    apart = spread(square[list(animals.values())])
    assert {name for name, far in zip(animals, apart, strict=True) if far > 0.1} == {"dog", "cat"}
    names = {atlas.visible(one) for one in near.ids[animals["dog"]].tolist()}
    assert {"·dogs", "·Dog"} <= names
    numbers = dict(zip(GROUPS["numbers"], words_of(atlas, GROUPS["numbers"]), strict=True))
    lie = dict(zip(numbers, spread(square[list(numbers.values())]), strict=True))
    alone = {"one", "hundred", "thousand", "million"}
    assert min(lie[name] for name in alone) > max(lie[name] for name in lie if name not in alone)
    for script in ("GREEK", "ARABIC", "HEBREW"):
        tokens = np.array([at for at in range(atlas.n_tokens) if is_of(atlas, at, script)])
        assert np.median(spread(square[tokens])) < 0.02
    assert (atlas.kinds == SCRIPT).mean() < 0.01
    assert np.median(spread(square[atlas.kinds == BYTES])) > 0.1
    shortest = {atlas.visible(one).removeprefix("·") for one in atlas.extremes(-30)}
    assert len(shortest & set(GROUPS["names"])) >= 8


def spread(places: np.ndarray) -> np.ndarray:
    """How far each place lies from the middle one."""
    return np.linalg.norm(places - np.median(places, axis=0), axis=1)


def is_of(atlas: Atlas, token: int, script: str) -> bool:
    """Whether a token's first letter is of an alphabet."""
    if atlas.kinds[token] != SCRIPT:
        return False
    letter = next(sign for sign in atlas.raw(token).decode() if sign.isalpha())
    return unicodedata.name(letter, "").startswith(script)


def test_the_projection_is_the_pictures_own() -> None:
    """Every row at its own length lands on its dot, to the step that places are stored in."""
    atlas, _, rows = made()
    projection = atlas.projection
    assert projection is not None
    wide = rows.astype(np.float64)
    placed = (wide - projection.mean) @ projection.directions.astype(np.float64).T

    assert np.abs(placed - atlas.places[PCA]).max() < 2e-4
    assert projection.length == pytest.approx(np.linalg.norm(wide, axis=1).mean(), rel=1e-6)
