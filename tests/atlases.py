"""A small map of a small vocabulary, made by the exporter's own functions, for tests."""

from __future__ import annotations

import numpy as np

from export.atlas import Near, file_of, kept_of
from seethrough.core.atlas import (
    NEAR,
    NEIGHBOURS,
    PCA,
    PLACES,
    Atlas,
    Neighbours,
    atlas_from_bytes,
    neighbours_from_bytes,
    pack_cosines,
    pack_places,
)
from seethrough.core.near import lengths_of, nearest_of_each
from seethrough.core.token_kinds import kind_of

N_ROWS = 90
WORDS = ("Monday", "Tuesday", "Sunday", "dog", "cat", "red")
SPECIAL_ID, GAP_ID, BYTE_ID = 0, 89, 88


def raw_tokens() -> list[bytes | None]:
    """The bytes of each token: a special one, words with and without a space, a byte, a gap."""
    words = [f" {word}".encode() for word in WORDS]
    rest = [f"w{at}".encode() for at in range(N_ROWS - len(words) - 3)]
    return [b"<|end|>", *words, *rest, b"\xe6", None]


def rows() -> np.ndarray:
    """The rows; two of them are twins."""
    made = np.random.default_rng(11).normal(size=(N_ROWS, 8)).astype(np.float32)
    made[50] = made[40]
    return made


def projection_arrays() -> dict[str, np.ndarray]:
    """What takes states of 8 numbers into the picture of the largest differences."""
    rng = np.random.default_rng(12)
    directions = np.eye(8, dtype=np.float32)[2:5]
    weight = rng.uniform(0.5, 2, 8).astype(np.float32)
    return {"pca.mean": np.zeros(8, np.float32), "pca.directions": directions, "final.w": weight}


def places_bytes(**changes: object) -> bytes:
    """The file "places"; what it tells may be changed."""
    matrix, raw = rows(), raw_tokens()
    near = Near(np.arange(N_ROWS), *nearest_of_each(matrix, 20))
    arrays: dict[str, np.ndarray] = {
        "norms": lengths_of(matrix).astype(np.float32),
        "kinds": np.array(
            [kind_of(one, is_special=at == SPECIAL_ID) for at, one in enumerate(raw)], np.uint8
        ),
        "lengths": np.array([len(one or b"") for one in raw], np.uint16),
        "text": np.frombuffer(b"".join(one or b"" for one in raw), np.uint8),
    }
    arrays |= projection_arrays()
    told: dict[str, dict[str, object]] = {}
    for name, columns in ((NEAR, matrix[:, :2]), (PCA, matrix[:, 2:5])):
        whole, low, step = pack_places(columns.astype(np.float64))
        arrays[f"places.{name}"] = whole
        arrays[f"kept.{name}"] = kept_of(whole.astype(np.float64), near)
        told[name] = {"low": low, "step": step}
    what = {"model": "tiny", "shard_sha256s": ["aa"], "explained": [0.5, 0.2, 0.1]}
    return file_of(PLACES, {**what, "layouts": told, **changes}, arrays)


def neighbours_bytes() -> bytes:
    """The file "neighbours"."""
    ids, cosines = nearest_of_each(rows(), 20)
    high, low = pack_cosines(cosines)
    return file_of(NEIGHBOURS, {}, {"ids": ids.astype(np.uint16), "high": high, "low": low})


def small_atlas() -> Atlas:
    """The map."""
    return atlas_from_bytes(places_bytes())


def small_neighbours() -> Neighbours:
    """Its neighbours."""
    return neighbours_from_bytes(neighbours_bytes())
