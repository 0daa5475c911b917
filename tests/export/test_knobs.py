from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.native import NativeModel, neutral_knobs
from export.package import pack_weights
from export.wiring import build_model
from seethrough.core import hooks
from seethrough.core.hooks import LOGITS, fetchable, hook_name
from seethrough.core.reference import Knobs, forward
from tests.parity import TOLERANCES, parity_names, relative_errors, worst
from tests.tiny import IDS

if TYPE_CHECKING:
    import onnxruntime as ort

    from seethrough.core.cache import Array
    from tests.export.conftest import Exported


class WithoutKnobs(NativeModel):
    """The same checkpoint in a graph that has no knobs at all."""

    def __init__(self, exported: Exported, *, optimize: bool) -> None:
        pack = pack_weights(exported.checkpoint)
        graph = build_model(
            exported.manifest.config,
            pack,
            name="tiny",
            weight_file=exported.manifest.weight_file,
            with_knobs=False,
        )
        self.graph = graph.SerializeToString()
        super().__init__(exported.folder, threads=1, optimize=optimize)

    def _open(self, threads: int, *, optimize: bool, is_small: bool) -> ort.InferenceSession:
        path = self.folder / self.manifest.graph.path
        whole = path.read_bytes()
        try:
            path.write_bytes(self.graph)
            return super()._open(threads, optimize=optimize, is_small=is_small)
        finally:
            path.write_bytes(whole)


def full_knobs(exported: Exported, n_key: int) -> dict[str, Array]:
    """Neutral knobs in their largest shape."""
    config, n_pos = exported.manifest.config, len(IDS)
    return neutral_knobs(exported.manifest) | {
        "resid_add": np.full((config.n_layers + 1, n_pos, config.d_model), -0.0, np.float32),
        "score_add": np.full((config.n_layers, config.n_heads, n_pos, n_key), -0.0, np.float32),
    }


def same_bits(left: dict[str, Array], right: dict[str, Array]) -> list[str]:
    """The names whose bits differ (a −0 is not a 0 here)."""
    return [name for name in left if left[name].tobytes() != right[name].tobytes()]


@pytest.mark.parametrize("optimize", [True, False])
def test_neutral_knobs_change_nothing(tiny: Exported, *, optimize: bool):
    """Compact or full, neutral knobs give the bits of a graph that has no knobs."""
    names = list(fetchable(tiny.manifest.config))
    without = WithoutKnobs(tiny, optimize=optimize)
    assert not without.inputs & set(neutral_knobs(tiny.manifest))
    model = NativeModel(tiny.folder, threads=1, optimize=optimize)

    plain = without.run(IDS, names)
    compact = model.run(IDS, names)
    model.reset()
    full = model.run(IDS, names, knobs=full_knobs(tiny, len(IDS)))

    assert same_bits(plain, compact) == []
    assert same_bits(plain, full) == []


def test_neutral_knobs_change_nothing_after_a_past(grouped: Exported):
    """The same with cached positions, where score_add has more keys than queries."""
    names = list(fetchable(grouped.manifest.config))
    without = WithoutKnobs(grouped, optimize=True)
    runs = []
    for model, knobs in (
        (without, None),
        (grouped.model, None),
        (grouped.model, full_knobs(grouped, 3 + len(IDS))),
    ):
        model.reset()
        model.run([5, 6, 7])
        runs.append(model.run(IDS, names, knobs=knobs))

    assert same_bits(runs[0], runs[1]) == []
    assert same_bits(runs[0], runs[2]) == []


def seeded_knobs(exported: Exported) -> dict[str, Array]:
    """Every knob away from neutral, in full shape, with hidden cells."""
    config, n_pos = exported.manifest.config, len(IDS)
    random = np.random.Generator(np.random.PCG64(3))
    scores = random.normal(size=(config.n_layers, config.n_heads, n_pos, n_pos))
    scores[1, 2, 5, 3] = -np.inf
    scores[0, 0, 9, 0] = -np.inf
    stream = (config.n_layers + 1, n_pos, config.d_model)
    return {
        "head_scale": random.uniform(-1, 2, (config.n_layers, config.n_heads)),
        "mlp_scale": random.uniform(-1, 2, config.n_layers),
        "resid_add": random.normal(size=stream) * (random.random(stream) < 0.1),
        "score_add": scores,
    }


def test_knobs_do_what_the_reference_does(tiny: Exported):
    """With every knob turned at once, every hook is the numpy pass's, which has no graph."""
    knobs = {name: value.astype(np.float32) for name, value in seeded_knobs(tiny).items()}
    config, weight = tiny.checkpoint.config, tiny.checkpoint.weight
    reference, _ = forward(config, weight, IDS, knobs=Knobs(**knobs), dtype=np.float64)

    got = tiny.model.run(IDS, parity_names(tiny.manifest), knobs=knobs)

    error, name, position = worst(relative_errors(reference, got), 1)[0]
    assert error <= TOLERANCES["hook"].bound, (name, position)


def test_a_head_scaled_to_zero_writes_nothing(grouped: Exported):
    """Its z is 0, the other heads of the layer and all earlier layers keep their bits."""
    config = grouped.manifest.config
    names = list(fetchable(config))
    scale = np.ones((config.n_layers, config.n_heads), np.float32)
    scale[1, 2] = 0
    plain = grouped.model.run(IDS, names)
    grouped.model.reset()

    got = grouped.model.run(IDS, names, knobs={"head_scale": scale})

    z = hook_name(hooks.Z, 1)
    assert not got[z][:, 2].any()
    assert np.array_equal(np.delete(got[z], 2, axis=1), np.delete(plain[z], 2, axis=1))
    changed = same_bits(plain, got)
    assert changed[0] == z
    assert LOGITS in changed


@pytest.mark.parametrize("layer", [0, 1, 3])
def test_resid_add_is_added_where_it_says(grouped: Exported, layer: int):
    """A vector at one position is in that state, bit for bit, and earlier positions never see it.

    Layer 3 is after the last block: what the final norm is given.
    """
    config = grouped.manifest.config
    names = list(fetchable(config))
    added = np.zeros((config.n_layers + 1, len(IDS), config.d_model), np.float32)
    added[layer, 4] = np.linspace(-1, 1, config.d_model)
    plain = grouped.model.run(IDS, names)
    grouped.model.reset()

    got = grouped.model.run(IDS, names, knobs={"resid_add": added})

    is_last = layer == config.n_layers
    state = hook_name(hooks.RESID_POST if is_last else hooks.RESID_PRE, layer - is_last)
    assert np.array_equal(got[state], plain[state] + added[layer])
    assert same_bits(plain, got)[0] == state
    assert np.array_equal(got[LOGITS][:4], plain[LOGITS][:4])
    assert not np.array_equal(got[LOGITS][4], plain[LOGITS][4])


def test_a_hidden_cell_gets_no_attention(grouped: Exported):
    """score_add of −inf: that cell's pattern is 0, and its row still sums to 1."""
    config = grouped.manifest.config
    names = [hook_name(hooks.SCORES, 1), hook_name(hooks.PATTERN, 1)]
    hidden = np.zeros((config.n_layers, config.n_heads, len(IDS), len(IDS)), np.float32)
    hidden[1, 3, 7, 2] = -np.inf
    plain = grouped.model.run(IDS, names)
    grouped.model.reset()

    got = grouped.model.run(IDS, names, knobs={"score_add": hidden})

    scores, pattern = (got[name] for name in names)
    assert scores[3, 7, 2] == -np.inf
    assert pattern[3, 7, 2] == 0
    assert np.allclose(pattern.sum(axis=-1), 1, rtol=1e-6)
    others = np.ones(pattern.shape, bool)
    others[3, 7] = False
    assert np.array_equal(pattern[others], plain[names[1]][others])


def test_mlp_scaled_to_zero_leaves_the_stream(grouped: Exported):
    """A silenced MLP writes 0: the stream after the block is the one in its middle."""
    names = [hook_name(leaf, 1) for leaf in (hooks.MLP_OUT, hooks.RESID_MID, hooks.RESID_POST)]
    scale = np.array([1, 0, 1], np.float32)

    mlp_out, mid, post = grouped.model.run(IDS, names, knobs={"mlp_scale": scale}).values()

    assert not mlp_out.any()
    assert np.array_equal(mid, post)
