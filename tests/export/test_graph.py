from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

from export.graph import Graph
from seethrough.core import hooks
from seethrough.core.hooks import (
    LOGIT_OUTPUTS,
    LOGITS,
    axis_sizes,
    check_dims,
    expected_hooks,
    fetchable,
    hook_name,
)
from seethrough.core.reference import forward
from tests.parity import TOLERANCES, parity_names, relative_errors, worst
from tests.tiny import IDS

if TYPE_CHECKING:
    from export.native import NativeModel
    from seethrough.core.cache import Array
    from tests.export.conftest import Exported


def run_by_parts(model: NativeModel, parts: list[list[int]], names: list[str]) -> dict[str, Array]:
    """The same names from several runs over one KV cache, joined along the positions."""
    model.reset()
    runs = [model.run(part, names) for part in parts]
    return {name: np.concatenate([run[name] for run in runs]) for name in names}


def test_outputs_are_the_hook_table(tiny: Exported):
    """The graph's outputs: every hook in the table's order, then logits; present after its key."""
    graph = onnx.load(tiny.folder / tiny.manifest.graph.path, load_external_data=False).graph
    outputs = [output.name for output in graph.output]
    config = tiny.manifest.config

    named = [name for name in outputs if not name.startswith("present.")]
    present = [name for name in outputs if name.startswith("present.")]
    assert named == [*(spec.name for spec in expected_hooks(config)), *LOGIT_OUTPUTS]
    assert present == [f"present.{i}.{kind}" for i in range(config.n_layers) for kind in KINDS]
    assert tuple(named[: -len(LOGIT_OUTPUTS)]) == tiny.manifest.hooks


KINDS = ("key", "value")


def test_graph_is_valid_onnx(tiny: Exported):
    """ONNX's own checker, with shape inference, accepts every exported graph."""
    model = onnx.load(tiny.folder / tiny.manifest.graph.path, load_external_data=False)
    for initializer in model.graph.initializer:
        # The checker looks for the weight file, which the page gives the runtime from memory.
        initializer.ClearField("external_data")
        initializer.ClearField("data_location")

    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)


def test_every_output_has_the_dims_of_its_axes(grouped: Exported):
    """Each array has the dims that its hook's axis names promise, with and without a past."""
    config = grouped.manifest.config
    specs = fetchable(config)
    wanted = [(0, 1), (config.n_layers, 0), (1, 2)]
    for n_past in (0, 3):
        arrays = grouped.model.run(IDS[:3], list(specs), unembed=wanted, top_k=5)
        sizes = axis_sizes(config, n_pos=3, n_past=n_past, n_unembed=3, top_k=5)
        for name, spec in specs.items():
            check_dims(spec, arrays[name].shape, sizes)


def test_every_hook_is_the_reference_in_float64(tiny: Exported):
    """Every hook at every position is numpy's in float64, for every storage and wiring."""
    reference, _ = forward(tiny.checkpoint.config, tiny.checkpoint.weight, IDS, dtype=np.float64)

    got = tiny.model.run(IDS, parity_names(tiny.manifest))

    error, name, position = worst(relative_errors(reference, got), 1)[0]
    assert error <= TOLERANCES["hook"].bound, (name, position)


def test_reference_in_float32_is_the_reference_in_float64(tiny: Exported):
    """The numpy pass loses no more than rounding in float32."""
    config, weight = tiny.checkpoint.config, tiny.checkpoint.weight
    single, _ = forward(config, weight, IDS)
    double, _ = forward(config, weight, IDS, dtype=np.float64)

    assert worst(relative_errors(double, single), 1)[0][0] <= TOLERANCES["hook"].bound
    assert {array.dtype for array in single.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("cuts", [[1] * len(IDS), [4, 1, 5], [9, 1]])
def test_cache_goes_on_where_it_was(tiny: Exported, cuts: list[int]):
    """Token by token, or in any parts, the stream and the logits are those of one run."""
    names = [hook_name(hooks.RESID_POST, tiny.manifest.config.n_layers - 1), LOGITS]
    parts = [IDS[sum(cuts[:i]) : sum(cuts[: i + 1])] for i in range(len(cuts))]
    whole = tiny.model.run(IDS, names)

    got = run_by_parts(tiny.model, parts, names)

    assert worst(relative_errors(whole, got), 1)[0][0] <= TOLERANCES["hook"].bound
    assert tiny.model.n_past == len(IDS)


def test_reference_goes_on_where_it_was(grouped: Exported):
    """The numpy pass gives the same numbers with its own cache, in float64 to the last digits."""
    config, weight = grouped.checkpoint.config, grouped.checkpoint.weight
    whole, _ = forward(config, weight, IDS, dtype=np.float64)

    _, past = forward(config, weight, IDS[:6], dtype=np.float64)
    rest, _ = forward(config, weight, IDS[6:], past=past, dtype=np.float64)

    assert np.allclose(rest[LOGITS], whole[LOGITS][6:], rtol=0, atol=1e-12)


def test_lens_reads_the_chosen_states(grouped: Exported):
    """Each (layer, position) is that residual state through the final norm and the unembedding."""
    config, weight = grouped.checkpoint.config, grouped.checkpoint.weight
    wanted = [(layer, pos) for layer in range(config.n_layers + 1) for pos in (0, 3, 9)]
    reference, _ = forward(config, weight, IDS, unembed=wanted, dtype=np.float64)
    names = [*hooks.FINAL_LEAVES, LOGITS, hooks.LOGSUMEXP]

    got = grouped.model.run(IDS, names, unembed=wanted)

    errors = relative_errors({name: reference[name] for name in names}, got)
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound


def test_lens_at_the_last_layer_is_the_logits(grouped: Exported):
    """Asked for alone, the end of one position gives the same bits as among all positions."""
    last = grouped.manifest.config.n_layers
    whole = grouped.model.run(IDS, [LOGITS])[LOGITS]
    grouped.model.reset()

    lens = grouped.model.run(IDS, [LOGITS], unembed=[(last, pos) for pos in range(len(IDS))])

    assert np.array_equal(lens[LOGITS], whole)


def test_top_values_are_the_largest_logits(tiny: Exported):
    """The best ids and values are the logits' own, largest first, and log-sum-exp is theirs."""
    names = [LOGITS, hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP]
    got = tiny.model.run(IDS, names, top_k=7)

    order = np.argsort(-got[LOGITS], axis=-1, kind="stable")[:, :7]
    assert np.array_equal(got[hooks.TOP_IDS], order)
    assert np.array_equal(got[hooks.TOP_VALUES], np.take_along_axis(got[LOGITS], order, axis=-1))
    exact = np.log(np.exp(got[LOGITS].astype(np.float64)).sum(axis=-1))
    assert np.allclose(got[hooks.LOGSUMEXP], exact, rtol=1e-6, atol=0)


def test_constants_with_equal_beginnings_stay_apart():
    """Long constants that begin alike are not taken for one another."""
    graph = Graph("test", "weights.bin")
    first, second = np.zeros(9, np.float32), np.zeros(9, np.float32)
    second[8] = 1

    names = [graph.const(array) for array in (first, second, first.copy(), second.copy())]

    stored = {
        item.name: onnx.numpy_helper.to_array(item) for item in graph.model({}).graph.initializer
    }
    for name, array in zip(names, (first, second, first, second), strict=True):
        assert np.array_equal(stored[name], array)


def test_a_value_has_one_name():
    """A value cannot be two outputs: a name would be lost."""
    graph = Graph("test", "weights.bin")
    value = graph.op("Identity", graph.input("x", "float32", (1,)))
    graph.hook(value, "first", (1,))

    with pytest.raises(ValueError, match="already the output first"):
        graph.hook(value, "second", (1,))
