"""What is recorded of the inside of layers: the very numbers, so many as fit, of which layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from export import record_insides
from export.record import PROMPTS, Curated, Recorder
from export.record_insides import layers_of, mean_row
from seethrough.core.insides import READING_PART, inside_part
from seethrough.core.parts import part_from_bytes
from tests.made import check_insides, stored
from tests.native import recorder_of
from tests.parity import default_manifest, default_model

if TYPE_CHECKING:
    from tests.export.conftest import Exported

TINY = Curated("tiny", "the the")


def test_an_inside_keeps_the_last_positions_that_fit(
    grouped: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With less room it holds fewer vectors, the last ones, and every key and value still."""
    recorder, name = Recorder(grouped.folder, threads=1), inside_part(0)
    whole = recorder.record(TINY).insides[name]
    monkeypatch.setattr(record_insides, "MOST_INSIDE_BYTES", len(whole) - 1)

    files = recorder.record(TINY)

    part = part_from_bytes(files.insides[name])
    assert part.positions == part_from_bytes(whole).positions[1:]
    assert len(files.insides[name]) < len(whole)
    check_insides(files, grouped.model)
    monkeypatch.setattr(record_insides, "MOST_INSIDE_BYTES", 100)
    assert recorder.record(TINY).insides.keys() == {READING_PART}


def test_which_layers_are_recorded(grouped: Exported) -> None:
    """All of them of a walk that is whole, else three, evenly spread, fewer of a small model."""
    config = default_manifest().config

    assert layers_of(Curated("a", "a", is_whole=True), config) == tuple(range(config.n_layers))
    assert layers_of(Curated("a", "a"), config) == (0, 14, 29)
    assert layers_of(Curated("a", "a"), grouped.manifest.config) == (0, 1, 2)
    assert mean_row(grouped.model).shape == (grouped.manifest.config.d_model,)


@pytest.mark.model
def test_each_inside_is_small() -> None:
    """At most 650 KB; two walks have every layer whole, the others the ends and the middle."""
    made = stored()

    n_layers = default_manifest().config.n_layers
    for name, files in made.items():
        is_all = name in {"cat", "january"}
        layers = range(n_layers) if is_all else (0, 14, 29)
        assert files.insides.keys() == {READING_PART, *map(inside_part, layers)}
        sizes = [len(data) for data in files.insides.values()]
        assert all(size <= 650_000 for size in sizes), (name, sizes)
        parts = [part_from_bytes(data) for data in files.insides.values()]
        n_pos = len(parts[0].ids)
        assert all(part.positions[-1] == n_pos - 1 for part in parts)
        if is_all:
            assert all(part.positions == tuple(range(n_pos)) for part in parts)


@pytest.mark.model
@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.id)
def test_recorded_insides_are_a_fresh_run_s(prompt: Curated) -> None:
    """Bit for bit, every hook of every recorded layer; the norm, the rows, the average."""
    check_insides(stored()[prompt.id], recorder_of(default_model()).model)
