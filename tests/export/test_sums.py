"""The sums behind SmolLM2's own numbers, from the very weights and captures of its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.native import NativeModel
from seethrough.core import hooks
from seethrough.core.captured import BY_HEAD, Captured
from seethrough.core.cell import PROBS, Cell
from seethrough.core.hooks import expected_hooks, hook_name, leaf_of
from seethrough.core.sum_rules import FAMILIES
from seethrough.core.sums import dims_of, needs, sum_of, weight_dims
from seethrough.core.weights import decode_rows, find_tensor, row_ranges
from tests.parity import default_model

if TYPE_CHECKING:
    from seethrough.core.sum_parts import Slice

IDS = (19306, 28, 5096, 28, 3903, 28)  # January, February, March,
LAYERS = (0, 1, 14, 29)
N_CELLS = 500
BOUND = 1e-5
NORMAL = float(np.finfo(np.float32).tiny)

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def model() -> NativeModel:
    """The default model, open."""
    return NativeModel(default_model())


@pytest.fixture(scope="module")
def captured(model: NativeModel) -> Captured:
    """Every hook of the layers that are looked at, and the logits of all positions, in one run."""
    config = model.manifest.config
    wanted = [spec.name for spec in expected_hooks(config) if spec.layer in {None, *LAYERS}]
    wanted += [hook_name(hooks.RESID_POST, at - 1) for at in LAYERS if at - 1 not in {-1, *LAYERS}]
    model.reset()
    return Captured(model.run(IDS, [*wanted, hooks.LOGITS, hooks.LOGSUMEXP]))


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


@pytest.fixture(scope="module")
def weights(model: NativeModel) -> Weights:
    """A reader of the model's weights."""
    return Weights(model)


def cells(model: NativeModel, leaf: str) -> list[Cell]:
    """Cells of a kind at several layers, by a seeded generator; no key comes after its query."""
    config = model.manifest.config
    random = np.random.default_rng([list(FAMILIES["llama"].rules).index(leaf), 5])
    is_global = leaf in {*hooks.EMBED_LEAVES["llama"], *hooks.FINAL_LEAVES, PROBS}
    is_global |= leaf in hooks.LOGIT_OUTPUTS
    made = []
    for at in range(N_CELLS):
        name = leaf if is_global else hook_name(leaf, LAYERS[at % len(LAYERS)])
        dims = dims_of(name, config, len(IDS))
        assert dims is not None
        index = [int(random.integers(size)) for size in dims]
        if leaf in BY_HEAD:
            index[2] = int(random.integers(index[1] + 1))
        made.append(Cell(name, tuple(index)))
    return made


@pytest.mark.parametrize("leaf", FAMILIES["llama"].rules)
def test_smollm2_s_own_numbers(
    model: NativeModel, captured: Captured, weights: Weights, leaf: str
) -> None:
    """Every kind at several layers: the sum is the graph's number, to 1e-5 of its terms."""
    config, worst = model.manifest.config, 0.0
    for cell in cells(model, leaf):
        assert leaf_of(cell.name) == leaf
        asked = needs(cell, config, IDS)
        slices = {part: weights.read(part) for part in asked.weights}
        found = sum_of(cell, config, IDS, captured, slices)
        worst = max(worst, abs(found.total - found.value) / max(found.magnitude, NORMAL))

    assert worst <= BOUND
