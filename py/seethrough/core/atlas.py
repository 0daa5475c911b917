"""The map of a vocabulary: where each token's row of the embedding lies in a flat picture.

Two files of a model (core/assets.py, kind "atlas"). "places" has what the picture needs: for each
layout the place of every token, and the share of its true neighbours that lie near it there; the
rows' lengths; the tokens' bytes and kinds; what projects a state into the picture
(core/path.py). "neighbours" has each token's nearest rows by cosine.

Places are whole numbers from 0 to 65,535 with one step for both axes of a layout; cosines are
whole numbers of 20 bits (`COSINE_STEP`), so they are exact to 1e-6.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.bands import LENGTH, Bands, bands_of
from seethrough.core.errors import SourceError
from seethrough.core.path import Projection
from seethrough.core.plane import square_of
from seethrough.core.recorded import METADATA_KEY, kind
from seethrough.core.safetensors import METADATA, read_safetensors
from seethrough.core.token_kinds import GAP, KINDS
from seethrough.core.visible import visible_bytes, visible_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest

FORMAT = 2
PLACES, NEIGHBOURS = "places", "neighbours"
# Whose rows a map is of: what goes in; and where that is another matrix, what answers are read by.
EMBEDDING, UNEMBEDDING = "W_E", "W_U"
MATRICES = (EMBEDDING, UNEMBEDDING)
# By neighbours, and by the two directions in which the rows differ most.
NEAR, PCA = "near", "pca"
LAYOUTS = (NEAR, PCA)
N_COMPONENTS = 3
N_NEIGHBOURS = 20
# Of larger vocabularies neighbours are not stored: all pairs are too many at export.
MOST_STORED = 65_536
TOP_PLACE = 65_535
TOP_COSINE = 2**20 - 1
COSINE_STEP = 2.0 / TOP_COSINE
NOT_MEASURED = 255
BITS_LOW = 4
# The rows' mean, the axes of the picture, the final norm's weight; and its bias, where it has one.
PROJECTED = ("pca.mean", "pca.directions", "final.w")
PROJECTED_BIAS = "final.b"


@dataclass(frozen=True)
class Atlas:
    """Where every token lies.

    Shapes: places[layout] float64 [d_vocab, 2 or 3], in the layout's own units; kept[layout]
    uint8 [d_vocab], of N_NEIGHBOURS true neighbours how many are among the N_NEIGHBOURS nearest
    in the picture, NOT_MEASURED where nobody counted; norms float32 [d_vocab]; kinds uint8
    [d_vocab] (core/token_kinds.py).
    `explained` are the shares of the variance that the components of "pca" hold, `n_measured` how
    many tokens `kept` was counted for. `matrix` is whose rows these are. `projection` is None where
    the model reads its answer out by another one: its states are not to be compared with these.
    """

    model: str
    places: Mapping[str, Array]
    kept: Mapping[str, Array]
    norms: Array
    kinds: Array
    explained: tuple[float, ...]
    made_with: tuple[str, ...]
    text: bytes
    ends: Array
    projection: Projection | None = None
    matrix: str = EMBEDDING

    @property
    def n_tokens(self) -> int:
        """How many rows the embedding has."""
        return len(self.norms)

    @property
    def layouts(self) -> tuple[str, ...]:
        """The layouts that it has, the first to be shown first."""
        return tuple(name for name in LAYOUTS if name in self.places)

    def raw(self, token: int) -> bytes:
        """The bytes that a token stands for."""
        begin = int(self.ends[token - 1]) if token else 0
        return self.text[begin : int(self.ends[token])]

    def visible(self, token: int) -> str:
        """A token for the screen, with nothing invisible in it."""
        if self.kinds[token] == GAP:
            return visible_id(token)
        return visible_bytes(self.raw(token))

    @cached_property
    def lengths(self) -> Array:
        """How many bytes each token stands for."""
        return np.diff(self.ends, prepend=0)

    @cached_property
    def ids_by_bytes(self) -> dict[bytes, int]:
        """The id of each token by its bytes; of tokens with the same bytes the lowest id."""
        found: dict[bytes, int] = {}
        for token in range(self.n_tokens):
            if self.kinds[token] != GAP:
                found.setdefault(self.raw(token), token)
        return found

    @cached_property
    def ids_by_sight(self) -> dict[str, list[int]]:
        """The ids of each token by how it is shown: some look alike."""
        found: dict[str, list[int]] = {}
        for token in range(self.n_tokens):
            found.setdefault(self.visible(token), []).append(token)
        return found

    @cached_property
    def by_beginning(self) -> tuple[list[str], list[int]]:
        """How each token is shown, in small letters, no space before it, sorted; and its id."""
        told = sorted(
            (text.removeprefix("·").casefold(), token)
            for text, tokens in self.ids_by_sight.items()
            for token in tokens
        )
        return [text for text, _ in told], [token for _, token in told]

    def bands(self, colour: str) -> Bands:
        """The tokens in bands of their rows' lengths, or of their ids (core/bands.py)."""
        if colour not in self._bands:
            values = self.norms if colour == LENGTH else np.arange(self.n_tokens)
            self._bands[colour] = bands_of(values)
        return self._bands[colour]

    @cached_property
    def _bands(self) -> dict[str, Bands]:
        return {}

    def extremes(self, count: int) -> tuple[int, ...]:
        """The tokens of the longest rows, the longest first; where count is negative, shortest."""
        tokens = np.flatnonzero(self.kinds != GAP)
        order = np.argsort(-self.norms[tokens] if count > 0 else self.norms[tokens], kind="stable")
        return tuple(tokens[order[: abs(count)]].tolist())

    def square(self, layout: str) -> Array:
        """A layout's places in a square of side 1 (core/plane.py), float32 [d_vocab, 2]."""
        if layout not in self._squares:
            self._squares[layout] = square_of(self.places[layout][:, :2])
        return self._squares[layout]

    @cached_property
    def _squares(self) -> dict[str, Array]:
        return {}

    def n_measured(self, layout: str) -> int:
        """Of how many tokens the kept neighbours were counted."""
        return int((self.kept[layout] != NOT_MEASURED).sum())

    def kept_share(self, layout: str) -> float:
        """The share of true neighbours that a layout keeps, over the measured tokens."""
        counted = self.kept[layout][self.kept[layout] != NOT_MEASURED]
        return float(counted.mean() / N_NEIGHBOURS) if counted.size else 0.0

    def check_against(self, manifest: Manifest) -> None:
        """Refuse a map of other weights.

        Raises:
            SourceError: It is of another model, or of other files of it.
        """
        is_same = self.model == manifest.id and self.n_tokens == manifest.config.d_vocab
        if not is_same or self.made_with != tuple(file.sha256 for file in manifest.shards):
            raise SourceError("atlas.other_model", model=manifest.title)


@dataclass(frozen=True)
class Neighbours:
    """Each token's nearest rows by cosine, best first, itself left out.

    Shapes: ids, cosines [d_vocab, N_NEIGHBOURS].
    """

    ids: Array
    cosines: Array

    def check_against(self, atlas: Atlas) -> None:
        """Refuse neighbours of another vocabulary.

        Raises:
            SourceError: Another number of tokens, or ids that no token has.
        """
        if len(self.ids) != atlas.n_tokens or int(self.ids.max(initial=0)) >= atlas.n_tokens:
            raise SourceError("atlas.unreadable", part="ids")


def map_name(name: str, matrix: str) -> str:
    """The name of a file of a matrix's map: "places", "places-out"."""
    return name if matrix == EMBEDDING else f"{name}-out"


def atlas_from_bytes(data: bytes) -> Atlas:
    """Read the file "places".

    Raises:
        SourceError: Damaged, of another format, or arrays that do not fit each other.
    """
    told, arrays = _read(data, PLACES)
    try:
        return _atlas(told, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError("atlas.unreadable", part=METADATA) from error


def neighbours_from_bytes(data: bytes) -> Neighbours:
    """Read the file "neighbours".

    Raises:
        SourceError: Damaged, of another format, or arrays that do not fit each other.
    """
    _told, arrays = _read(data, NEIGHBOURS)
    try:
        ids, high, low = arrays["ids"], arrays["high"], arrays["low"]
    except KeyError as error:
        raise SourceError("atlas.unreadable", part=str(error.args[0])) from error
    is_whole = ids.shape == high.shape == (len(ids), N_NEIGHBOURS)
    if not is_whole or low.shape != (len(ids), N_NEIGHBOURS // 2):
        raise SourceError("atlas.unreadable", part="ids")
    return Neighbours(ids.astype(np.int32), unpack_cosines(high, low))


def pack_cosines(cosines: Array) -> tuple[Array, Array]:
    """Cosines as 20 bits: uint16 [rows, n], and uint8 [rows, n / 2] of two times four bits."""
    whole = np.rint((np.clip(cosines, -1.0, 1.0) + 1.0) / COSINE_STEP).astype(np.int64)
    low = (whole & 15).astype(np.uint8)
    return (whole >> BITS_LOW).astype(np.uint16), low[:, ::2] | (low[:, 1::2] << BITS_LOW)


def unpack_cosines(high: Array, low: Array) -> Array:
    """The inverse, float64 [rows, n]."""
    halves = np.stack([low & 15, low >> BITS_LOW], axis=-1).reshape(high.shape)
    whole = (high.astype(np.int64) << BITS_LOW) | halves
    cosines: Array = whole * COSINE_STEP - 1.0
    return cosines


def pack_places(places: Array) -> tuple[Array, list[float], float]:
    """Places as uint16, the lowest of each axis, and the one step of all axes."""
    low = places.min(axis=0)
    step = float((places.max(axis=0) - low).max() / TOP_PLACE) or 1.0
    return np.rint((places - low) / step).astype(np.uint16), low.tolist(), step


def _read(data: bytes, name: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """What a file tells of itself, and its arrays."""
    metadata, arrays = read_safetensors(data)
    try:
        told = json.loads(metadata[METADATA_KEY])
        if told["format"] != FORMAT or told["name"] != name:
            raise SourceError("atlas.format", got=told["format"], expected=FORMAT)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError("atlas.unreadable", part=METADATA) from error
    return told, arrays


def _atlas(told: Mapping[str, Any], arrays: Mapping[str, Array]) -> Atlas:
    norms, kinds, lengths = arrays["norms"], arrays["kinds"], arrays["lengths"]
    ends = np.cumsum(lengths.astype(np.int64))
    text = arrays["text"].tobytes()
    places = {name: _places(row, arrays[f"places.{name}"]) for name, row in told["layouts"].items()}
    kept = {name: arrays[f"kept.{name}"] for name in places}
    rows = [norms, kinds, lengths, *places.values(), *kept.values()]
    if PCA not in places or {len(array) for array in rows} != {len(norms)} or not len(norms):
        raise SourceError("atlas.unreadable", part="places")
    if int(ends[-1]) != len(text) or int(kinds.max()) >= len(KINDS) or not _are_finite(norms):
        raise SourceError("atlas.unreadable", part="text")
    explained = tuple(kind(share, float) for share in told["explained"])
    made_with = tuple(kind(item, str) for item in told["shard_sha256s"])
    model = kind(told["model"], str)
    projection, matrix = _projection(arrays), told.get("matrix", EMBEDDING)
    if matrix not in MATRICES:
        raise SourceError("atlas.unreadable", part="matrix")
    told_of = (model, places, kept, norms, kinds, explained, made_with)
    return Atlas(*told_of, text, ends, projection, matrix)


def _projection(arrays: Mapping[str, Array]) -> Projection | None:
    """What takes states into the picture, where the file has it whole."""
    if PROJECTED[0] not in arrays:
        return None
    mean, directions, weight = (arrays[name] for name in PROJECTED)
    bias = arrays.get(PROJECTED_BIAS)
    shapes = {array.shape for array in (mean, weight, bias) if array is not None}
    is_whole = shapes == {mean.shape} and directions.shape == (N_COMPONENTS, *mean.shape)
    if not is_whole or not all(map(_are_finite, (mean, directions, weight))):
        raise SourceError("atlas.unreadable", part=PROJECTED[0])
    length = float(arrays["norms"].mean(dtype=np.float64))
    return Projection(mean, directions, length, weight, bias)


def _places(row: Mapping[str, Any], whole: Array) -> Array:
    """Stored places in a layout's own units."""
    low = np.array([kind(value, float) for value in row["low"]])
    if whole.ndim != 2 or whole.shape[1] != len(low) or len(low) < 2:  # noqa: PLR2004 - a picture is flat
        raise SourceError("atlas.unreadable", part="places")
    places: Array = whole * kind(row["step"], float) + low
    return places


def _are_finite(array: Array) -> bool:
    return bool(np.isfinite(array).all())
