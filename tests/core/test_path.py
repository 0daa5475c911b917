"""A token's states among the rows: places, nearest rows and means, against plain float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seethrough.core.atlas import atlas_from_bytes
from seethrough.core.errors import SourceError
from seethrough.core.maths import rms_scale
from seethrough.core.path import (
    N_NEAREST,
    directions_of,
    mean_places,
    nearest_so_far,
    projected,
)
from seethrough.core.path_places import path_in
from seethrough.core.plane import into_square
from tests import atlases
from tests.atlases import N_ROWS, places_bytes, rows, small_atlas
from tests.view.walk_sample import config_of

CONFIG, GPT2 = config_of("llama"), config_of("gpt2")
ATLAS = small_atlas()
STATES = np.random.default_rng(21).normal(size=(5, 8)).astype(np.float32) * 14


def test_a_direction_is_the_final_norms() -> None:
    """RMS: the state over its root mean square, times the weight, at length 1."""
    projection = ATLAS.projection
    assert projection is not None
    wide = STATES.astype(np.float64)
    normed = wide / rms_scale(wide, CONFIG.eps) * projection.weight
    expected = normed / np.linalg.norm(normed, axis=1, keepdims=True)

    assert np.abs(directions_of(CONFIG, STATES, projection) - expected).max() < 1e-12


def test_a_layer_norm_takes_the_mean_off_and_adds_its_bias() -> None:
    """The direction is of what the model's own unembedding reads."""
    assert ATLAS.projection is not None
    bias = np.linspace(-1, 1, 8).astype(np.float32)
    wide = STATES.astype(np.float64)
    about = wide - wide.mean(axis=1, keepdims=True)
    normed = about / np.sqrt(about.var(axis=1, keepdims=True) + GPT2.eps)
    normed = normed * ATLAS.projection.weight + bias
    expected = normed / np.linalg.norm(normed, axis=1, keepdims=True)
    with_bias = replace(ATLAS.projection, bias=bias)

    assert np.abs(directions_of(GPT2, STATES, with_bias) - expected).max() < 1e-12


def test_a_states_place_is_its_direction_at_the_rows_length() -> None:
    """The projection of float64, to 1e-4; a row's own direction lands beside its own dot."""
    projection = ATLAS.projection
    assert projection is not None
    units = directions_of(CONFIG, STATES, projection)
    mean_length = np.linalg.norm(rows().astype(np.float64), axis=1).mean()
    expected = units * mean_length @ np.eye(8)[:, 2:5]

    assert np.abs(projected(units, projection) - expected).max() < 1e-4
    placed = path_in(ATLAS, "pca", units, None)
    assert placed is not None
    places = ATLAS.places["pca"][:, :2]
    assert np.array_equal(placed, into_square(projected(units, projection)[:, :2], places))
    assert np.array_equal(into_square(places, places), ATLAS.square("pca"))


@pytest.mark.parametrize("step", [7, 30, 1000])
def test_nearest_rows_are_brute_forces(step: int) -> None:
    """However the rows are cut into pieces; of twins the lower id comes first."""
    assert ATLAS.projection is not None
    matrix = rows().astype(np.float64)
    units = directions_of(CONFIG, STATES, ATLAS.projection)
    units[0] = matrix[50] / np.linalg.norm(matrix[50])
    known = None
    for first in range(0, N_ROWS, step):
        known = nearest_so_far(units, rows()[first : first + step], first, known)
    cosines = units @ (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :N_NEAREST]

    assert known is not None
    assert known.ids[0, :2].tolist() == [40, 50]
    assert np.array_equal(known.ids[1:], order[1:])
    assert np.abs(known.cosines - np.take_along_axis(cosines, order, 1)).max() < 1e-12


def test_a_layout_without_projection_shows_the_mean_of_the_nearest() -> None:
    """Weighed by their cosines; before they are known there is no place."""
    assert ATLAS.projection is not None
    units = directions_of(CONFIG, STATES, ATLAS.projection)
    nearest = nearest_so_far(units, rows(), 0, None)
    places = ATLAS.places["near"][:, :2]
    expected = [
        np.average(places[ids], axis=0, weights=np.maximum(cosines, 1e-9))
        for ids, cosines in zip(nearest.ids, nearest.cosines, strict=True)
    ]

    assert np.abs(mean_places(nearest, places) - expected).max() < 1e-9
    assert path_in(ATLAS, "near", units, None) is None
    assert path_in(ATLAS, "near", units, nearest) is not None


def test_a_map_without_a_projection() -> None:
    """A model that reads its answer out by another matrix has no path here."""
    assert path_in(replace(ATLAS, projection=None), "pca", STATES, None) is None


def test_a_damaged_projection_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Axes of another size, or a number that is none."""
    whole = atlases.projection_arrays()
    for name, array in (("pca.directions", np.zeros((2, 8))), ("final.w", np.full(8, np.nan))):
        broken = {**whole, name: array.astype(np.float32)}
        monkeypatch.setattr(atlases, "projection_arrays", lambda broken=broken: broken)
        with pytest.raises(SourceError):
            atlas_from_bytes(places_bytes())
