"""The sums behind the numbers of true shapes, from the very weights and captures of the graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.captured import BY_HEAD, Captured
from seethrough.core.cell import Cell
from seethrough.core.families import family_named
from seethrough.core.hooks import expected_hooks, hook_name, leaf_of
from seethrough.core.sum_rules import rules_of, rules_of_family
from seethrough.core.sums import dims_of, needs, sum_of, weight_dims
from seethrough.core.weights import decode_rows, find_tensor, row_ranges
from tests.kinds import name_of_kind
from tests.native import native
from tests.walk_models import DISTIL, MODELS, SMOLLM2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from export.native import NativeModel
    from seethrough.core.sum_parts import Slice
    from tests.walk_models import Held

# January, February, March, and the layers that are looked at: the ends and some between.
IDS = {SMOLLM2: (19306, 28, 5096, 28, 3903, 28), DISTIL: (21339, 11, 3945, 11, 2805, 11)}
LAYERS = {SMOLLM2: (0, 1, 14, 29), DISTIL: tuple(range(6))}
N_CELLS = 500
BOUND = 1e-5
NORMAL = float(np.finfo(np.float32).tiny)
MARKS = ((SMOLLM2, "llama", pytest.mark.model), (DISTIL, "gpt2", pytest.mark.long))
KINDS = [
    pytest.param(name, leaf, marks=mark)
    for name, family, mark in MARKS
    for leaf in rules_of_family(family_named(family))
]


@dataclass(frozen=True)
class Run:
    """A model that ran once, with what it captured."""

    name: str
    model: NativeModel
    captured: Captured
    weights: Weights

    def cells(self, leaf: str) -> list[Cell]:
        """Cells of a kind at several layers, by a seeded generator; no key is after its query."""
        config, layers = self.model.manifest.config, LAYERS[self.name]
        rules = list(rules_of(config))
        random = np.random.default_rng([rules.index(leaf), 5])
        made = []
        for at in range(N_CELLS):
            name = name_of_kind(leaf, layers[at % len(layers)])
            dims = dims_of(name, config, len(IDS[self.name]))
            assert dims is not None
            index = [int(random.integers(size)) for size in dims]
            if leaf in BY_HEAD:
                index[2] = int(random.integers(index[1] + 1))
            made.append(Cell(name, tuple(index)))
        return made


@pytest.fixture(scope="module")
def runs(site_of_held: Callable[[Held], Path]) -> Callable[[str], Run]:
    """Runs a model once: every hook of the layers that are looked at, all positions' logits."""

    @cache
    def run(name: str) -> Run:
        folder = next((site_of_held(MODELS[name]) / "models").iterdir())
        model, layers = native(folder), LAYERS[name]
        specs = expected_hooks(model.manifest.config)
        wanted = {spec.name for spec in specs if spec.layer in {None, *layers}}
        wanted |= {hook_name(hooks.RESID_POST, at - 1) for at in layers if at}
        arrays = model.run(IDS[name], [*sorted(wanted), hooks.LOGITS, hooks.LOGSUMEXP])
        return Run(name, model, Captured(arrays), Weights(model))

    return run


class Weights:
    """Slices of the weights, from the bytes that the graph computes with."""

    def __init__(self, model: NativeModel) -> None:
        self._model = model
        self._kept: dict[str, np.ndarray] = {}

    def read(self, part: Slice) -> np.ndarray:
        """One slice."""
        if part.name == "W_U":
            return self._rows("W_E", [part.column or 0])[0]
        if part.row is not None:
            return self._rows(part.name, [part.row])[0]
        if part.name not in self._kept:
            dims = weight_dims(self._model.manifest.config)[part.name]
            self._kept[part.name] = self._rows(part.name, range(dims[0]))
        whole = self._kept[part.name]
        return whole if part.column is None else whole[:, part.column]

    def _rows(self, name: str, rows: range | list[int]) -> np.ndarray:
        manifest = self._model.manifest
        entry = find_tensor(manifest, name)
        ranges = row_ranges(manifest, entry, list(rows))
        chunks = [self._model.data[at : at + size] for at, size in ranges]
        return decode_rows(manifest, entry, list(rows), chunks)


@pytest.mark.parametrize(("name", "leaf"), KINDS)
def test_five_hundred_of_the_graph_s_own_numbers(
    runs: Callable[[str], Run], name: str, leaf: str
) -> None:
    """Every kind at several layers: the sum is the graph's number, to 1e-5 of its terms."""
    run, worst = runs(name), 0.0
    config = run.model.manifest.config
    for cell in run.cells(leaf):
        assert leaf_of(cell.name) == leaf
        asked = needs(cell, config, IDS[name])
        slices = {part: run.weights.read(part) for part in asked.weights}
        found = sum_of(cell, config, IDS[name], run.captured, slices)
        worst = max(worst, abs(found.total - found.value) / max(found.magnitude, NORMAL))

    assert worst <= BOUND
