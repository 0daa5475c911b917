"""The map's file "rows": the graph's own numbers, and sums that brute force finds too."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.asset_lists import whole_manifest
from export.atlas import file_of, rows_of, write_atlas
from seethrough.core.assets import ATLAS
from seethrough.core.atlas import PLACES, Atlas, atlas_from_bytes
from seethrough.core.atlas_rows import ROWS, StoredRows, pack_sums, stored_from_bytes
from seethrough.core.atlas_search import words_of
from seethrough.core.errors import SourceError
from seethrough.core.local_plane import is_ring, principal_plane, spread_between
from seethrough.core.row_words import AXES, ORDERS, SUMS
from seethrough.core.word_groups import GROUPS
from tests.built import default_model

if TYPE_CHECKING:
    from pathlib import Path

    from tests.export.conftest import Exported


@cache
def made() -> tuple[Atlas, StoredRows, np.ndarray]:
    """The default model's map, the rows stored with it, and all rows."""
    folder = default_model()
    manifest = whole_manifest(folder)
    files = {
        asset.told["name"]: (folder / asset.path).read_bytes() for asset in manifest.of_kind(ATLAS)
    }
    stored = stored_from_bytes(files[ROWS], manifest)
    return atlas_from_bytes(files[PLACES]), stored, rows_of(folder, manifest)


@pytest.mark.model
def test_stored_rows_are_the_graphs_own() -> None:
    """Of every word of the groups, of the axes and the sums, to the last bit."""
    atlas, stored, rows = made()
    words = [*(word for group in GROUPS.values() for word in group)]
    words += [word for axis in AXES for word in axis[:2]] + [word for one in SUMS for word in one]

    assert set(stored.rows) == set(words_of(atlas, words))
    assert all(np.array_equal(row, rows[token]) for token, row in stored.rows.items())


@pytest.mark.model
def test_stored_sums_are_what_brute_force_finds() -> None:
    """All rows in float64, none left out; king − man + woman is queen, Rome is not found."""
    atlas, stored, rows = made()
    exact = rows.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1)
    assert [one.terms for one in stored.sums] == [words_of(atlas, words) for words in SUMS]
    for one in stored.sums:
        first, minus, plus = (exact[token] for token in one.terms)
        vector = first - minus + plus
        cosines = exact @ vector / lengths / np.linalg.norm(vector)
        order = np.argsort(-cosines, kind="stable")
        assert list(one.ids) == order[:10].tolist()
        assert np.abs(cosines[list(one.ids)] - one.cosines).max() < 1e-12
        places = {int(token): at + 1 for at, token in enumerate(order)}
        assert [places[token] for token in one.terms] == list(one.ranks)
    best = [atlas.visible(one.ids[0]) for one in stored.sums]
    assert best == ["·queen", "·French", "·ran", "·smaller", "·Paris"]
    assert words_of(atlas, ("Rome",))[0] not in stored.sums[-1].ids


@pytest.mark.model
def test_what_the_page_says_of_the_groups_is_so() -> None:
    """Months and days are rings, May lies farthest out; winter's months come before summer's."""
    atlas, stored, _ = made()
    planes = {}
    for group in ORDERS:
        tokens = words_of(atlas, GROUPS[group])
        planes[group] = principal_plane(tokens, np.stack([stored.rows[token] for token in tokens]))
    assert is_ring(planes["months"].places)
    assert is_ring(planes["days"].places)
    assert not is_ring(planes["numbers"].places)
    assert sum(planes["months"].explained) == pytest.approx(0.433, abs=5e-4)
    assert sum(planes["days"].explained) == pytest.approx(0.566, abs=5e-4)
    far = (planes["months"].places ** 2).sum(axis=1).argmax()
    assert atlas.visible(planes["months"].tokens[far]) == "·May"

    begin, end = words_of(atlas, AXES[0][:2])
    tokens = planes["months"].tokens
    some = np.stack([stored.rows[token] for token in tokens])
    spread = spread_between((begin, end), stored.rows[begin], stored.rows[end], tokens, some)
    names = [atlas.visible(tokens[at]) for at in spread.values.argsort()]
    assert set(names[:3]) == {"·December", "·January", "·February"}
    assert set(names[-4:]) == {"·May", "·June", "·July", "·August"}


def test_a_file_of_other_weights_or_a_damaged_one_is_refused(
    grouped: Exported, tmp_path: Path
) -> None:
    """In a sentence, never with numbers of another model."""
    folder = shutil.copytree(grouped.folder, tmp_path / "model")
    data = write_atlas(folder, folder / "atlas")[1].read_bytes()
    manifest = whole_manifest(folder)
    assert stored_from_bytes(data, manifest).sums == ()  # none of the words is a token of it

    other = replace(manifest.shards[0], sha256="00")
    assets = [other if asset == manifest.shards[0] else asset for asset in manifest.assets]
    with pytest.raises(SourceError, match="not made with"):
        stored_from_bytes(data, replace(manifest, assets=tuple(assets)))
    told = {"shard_sha256s": [shard.sha256 for shard in manifest.shards]}
    ids = {"rows.ids": np.array([0, 1], np.uint32)}
    good = {"rows.bytes": np.zeros(3, np.uint8), **pack_sums([])}
    for arrays in (ids, {**ids, **good}, {**good, "rows.ids": np.array([10**8], np.uint32)}):
        with pytest.raises(SourceError, match="damaged"):
            stored_from_bytes(file_of(ROWS, told, arrays), manifest)
    with pytest.raises(SourceError, match="format"):
        stored_from_bytes(file_of(PLACES, told, ids), manifest)
