"""The map of a small model: its files, what they hold, the same bytes each time."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from export.asset_lists import whole_manifest
from export.atlas import rows_of, weight_of, write_atlas
from export.layout import kept_neighbours, principal_places
from export.package import write_package
from export.sources import read_checkpoint
from seethrough.app.atlases import matrices_of
from seethrough.core.assets import ATLAS
from seethrough.core.atlas import (
    EMBEDDING,
    UNEMBEDDING,
    atlas_from_bytes,
    map_name,
    neighbours_from_bytes,
)
from seethrough.core.near import nearest_of_each
from seethrough.core.tokenizer import Tokenizer
from tests.tiny import VARIANTS, write_hub_folder

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


def test_an_untied_models_map_has_both_tables(tmp_path: Path) -> None:
    """Of the rows that go in and of those that come out, the latter with a place for states."""
    source = tmp_path / "source"
    source.mkdir()
    write_hub_folder(replace(VARIANTS["hub f32, grouped, tied"], is_tied=False), source)
    folder = tmp_path / "model"
    write_package(read_checkpoint(source, {}), folder, model_id="untied", title="Untied")
    files = {file.name.partition(".")[0]: file for file in write_atlas(folder, folder / "atlas")}
    manifest = whole_manifest(folder)

    assert matrices_of(manifest) == (EMBEDDING, UNEMBEDDING)
    for matrix, weight in ((EMBEDDING, "W_E"), (UNEMBEDDING, "W_U")):
        named = {
            asset.told["name"]: (folder / asset.path).read_bytes()
            for asset in manifest.of_kind(ATLAS)
        }
        atlas = atlas_from_bytes(named[map_name("places", matrix)])
        near = neighbours_from_bytes(named[map_name("neighbours", matrix)])
        atlas.check_against(manifest)
        rows = weight_of(folder, manifest, weight)
        rows = rows if matrix == EMBEDDING else rows.T
        assert atlas.matrix == matrix
        assert (atlas.projection is None) == (matrix == EMBEDDING)
        np.testing.assert_allclose(atlas.norms, np.linalg.norm(rows, axis=1), rtol=1e-6)
        assert np.array_equal(near.ids, nearest_of_each(np.ascontiguousarray(rows), 20)[0])
    assert len(files) == 5


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
