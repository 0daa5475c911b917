"""The map of a small model: its files, what they hold, the same bytes each time."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np

from export.asset_lists import whole_manifest
from export.atlas import rows_of, write_atlas
from export.layout import kept_neighbours, principal_places
from seethrough.core.assets import ATLAS
from seethrough.core.atlas import atlas_from_bytes, neighbours_from_bytes
from seethrough.core.near import nearest_of_each
from seethrough.core.tokenizer import Tokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.export.conftest import Exported


def test_a_models_map(grouped: Exported, tmp_path: Path) -> None:
    """Listed, of this very model, each token's text its own, the same bytes when made again."""
    folder = shutil.copytree(grouped.folder, tmp_path / "model")
    files = write_atlas(folder, folder / "atlas")
    manifest = whole_manifest(folder)
    assets = manifest.of_kind(ATLAS)
    places, shown, neighbours = (file.read_bytes() for file in files)
    atlas, near = atlas_from_bytes(places), neighbours_from_bytes(neighbours)
    tokenizer = Tokenizer.from_json((folder / manifest.tokenizer.path).read_text("utf-8"))

    assert [asset.told["name"] for asset in assets] == ["places", "rows", "neighbours"]
    atlas.check_against(manifest)
    near.check_against(atlas)
    for token in range(atlas.n_tokens):
        assert atlas.visible(token) == tokenizer.visible(token)
    rows = rows_of(folder, grouped.manifest)
    ids, _ = nearest_of_each(rows, 20)
    assert np.array_equal(near.ids, ids)
    again = [file.read_bytes() for file in write_atlas(folder, folder.parent / "again")]
    assert again == [places, shown, neighbours]


def test_principal_places_are_scikit_learns() -> None:
    """Up to a direction's sign, to 1e-4; and the shares of the variance."""
    from sklearn import decomposition  # noqa: PLC0415 - seconds to import

    rows = np.random.default_rng(5).normal(size=(200, 12)) * np.linspace(1, 5, 12)
    places, shares, mean, directions = principal_places(rows)
    theirs = decomposition.PCA(3, svd_solver="full").fit(rows)
    expected = theirs.transform(rows)

    signs = np.sign((places * expected).sum(axis=0))
    assert np.abs(places * signs - expected).max() < 1e-4
    assert np.abs(np.array(shares) - theirs.explained_variance_ratio_).max() < 1e-9
    assert np.abs((rows - mean) @ directions.T - places).max() < 1e-9


def test_kept_neighbours_are_scikit_learns() -> None:
    """The share of true neighbours near in the picture, counted by another library."""
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 - seconds to import

    rng = np.random.default_rng(6)
    places = rng.normal(size=(300, 2))
    ids = np.array(
        [rng.choice(np.delete(np.arange(300), at), 20, replace=False) for at in range(300)]
    )
    near = NearestNeighbors(n_neighbors=20).fit(places).kneighbors(return_distance=False)
    expected = [
        len(set(one) & set(two)) for one, two in zip(ids.tolist(), near.tolist(), strict=True)
    ]

    assert kept_neighbours(places, np.arange(300), ids).tolist() == expected
