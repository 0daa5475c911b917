"""The GPT-2 family from a hub folder to the graph, held against numpy in float64."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.native import NativeModel
from export.package import write_package
from export.quantize import quantized
from export.sources import read_checkpoint
from seethrough.core.errors import SourceError
from seethrough.core.hooks import expected_hooks, hook_name
from seethrough.core.reference import forward
from tests.export.conftest import Exported
from tests.parity import TOLERANCES, parity_names, relative_errors, worst
from tests.tiny import IDS
from tests.tiny_gpt2 import VARIANTS, TinyGpt2, expected_weights, write_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMALL = TinyGpt2()


@pytest.fixture(scope="module")
def export_gpt2(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Exported]:
    """Gives a variant by name, as stored or in 8-bit blocks, exported."""

    @cache
    def make(name: str, *, in_blocks: bool = False) -> Exported:
        folder = tmp_path_factory.mktemp("gpt2")
        written = write_folder(VARIANTS[name], folder)
        checkpoint = read_checkpoint(written.path, {"licence": "mit"})
        checkpoint = quantized(checkpoint, least=0) if in_blocks else checkpoint
        manifest = write_package(checkpoint, folder / "out", model_id="tiny", title="Tiny")
        model = NativeModel(folder / "out", threads=1)
        return Exported(written, checkpoint, folder / "out", manifest, model)  # type: ignore[arg-type]

    return make


@pytest.mark.parametrize("name", VARIANTS)
def test_every_weight_is_the_file_s(name: str, tmp_path: Path):
    """Names, cuts and orders are right: each number stands where its meaning says."""
    written = write_folder(VARIANTS[name], tmp_path)
    checkpoint = read_checkpoint(tmp_path, {})

    expected = expected_weights(written)
    assert checkpoint.tensors.keys() == expected.keys()
    for weight, values in expected.items():
        np.testing.assert_array_equal(checkpoint.weight(weight), values, err_msg=weight)


@pytest.mark.parametrize("in_blocks", [False, True])
@pytest.mark.parametrize("name", VARIANTS)
def test_every_hook_is_numpy_s(name: str, export_gpt2: Callable[..., Exported], in_blocks: bool):  # noqa: FBT001 - a parameter
    """Every hook at every position is the numpy reference's in float64, as stored and in blocks."""
    made = export_gpt2(name, in_blocks=in_blocks)
    exact, _ = forward(made.manifest.config, made.checkpoint.weight, IDS, dtype=np.float64)
    made.model.reset()

    got = made.model.run(IDS, parity_names(made.manifest))
    errors = relative_errors(exact, got)
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound, worst(errors, 3)
    assert set(errors) >= {spec.name for spec in expected_hooks(made.manifest.config)}


def test_a_cache_goes_on_at_its_place(export_gpt2: Callable[..., Exported]):
    """Token by token over the cache is the whole at once: positions are counted on."""
    made = export_gpt2(next(iter(VARIANTS)))
    names = ["hook_pos_embed", hook_name("attn.hook_z", 1), "hook_embed"]
    made.model.reset()
    whole = made.model.run(IDS, names)
    made.model.reset()
    runs = [made.model.run([one], names) for one in IDS]

    for name in names:
        parts = np.concatenate([run[name] for run in runs])
        np.testing.assert_allclose(parts, whole[name], atol=2e-5, err_msg=name)


@pytest.mark.parametrize("name", VARIANTS)
def test_blocks_are_near(name: str, export_gpt2: Callable[..., Exported]):
    """An 8-bit block is off by at most half a step of its scale (a whole one at its largest)."""
    as_stored, made = export_gpt2(name), export_gpt2(name, in_blocks=True)
    for weight, stored in made.checkpoint.tensors.items():
        exact, got = as_stored.checkpoint.weight(weight), made.checkpoint.weight(weight)
        if not hasattr(stored, "scale"):
            np.testing.assert_allclose(got, exact, rtol=2**-11, atol=2**-25)
            continue
        step = np.repeat(stored.scale.astype(np.float64), stored.size, axis=stored.axis)
        assert (np.abs(got - exact) <= step * 1.001).all(), weight
        assert np.mean(np.abs(got - exact) <= step * 0.5001) > 0.99, weight


BAD_SETTINGS = [
    ({"activation_function": "relu"}, "source.activation"),
    ({"scale_attn_weights": False}, "source.setting"),
    ({"scale_attn_by_inverse_layer_idx": True}, "source.setting"),
    ({"add_cross_attention": True}, "source.setting"),
    ({"n_head": 5}, "config.uneven_heads"),
    ({"n_head": 0}, "config.not_positive"),
    ({"n_embd": None}, "source.missing_field"),
    ({"n_layer": 3}, "source.missing_tensor"),
    ({"n_layer": 1}, "source.unused_tensor"),
    ({"vocab_size": 9}, "source.dims"),
    ({"n_positions": 65}, "source.dims"),
]
BAD_TENSORS = [
    ({"h.0.attn.c_attn.weight": np.zeros((64, 190), np.float32)}, "source.dims"),
    ({"h.0.attn.c_attn.bias": np.zeros(64, np.float32)}, "source.dims"),
    ({"h.1.mlp.c_fc.bias": None}, "source.missing_tensor"),
    ({"wpe.weight": None}, "source.missing_tensor"),
    ({"h.0.attn.rotary": np.zeros(3, np.float32)}, "source.unused_tensor"),
    ({"h.0.ln_1.bias": np.full(64, np.nan, np.float32)}, "source.not_finite"),
]


@pytest.mark.parametrize(("settings", "key"), BAD_SETTINGS)
def test_settings_that_do_not_fit(tmp_path: Path, settings: dict[str, object], key: str):
    """A setting that we do not compute, or that its tensors contradict, is refused in words."""
    write_folder(SMALL, tmp_path, settings=settings)
    with pytest.raises(SourceError) as caught:
        read_checkpoint(tmp_path, {})
    assert caught.value.key == key


@pytest.mark.parametrize(("tensors", "key"), BAD_TENSORS)
def test_tensors_that_do_not_fit(tmp_path: Path, tensors: dict[str, np.ndarray], key: str):
    """A tensor that is missing, left over, of wrong dims or not a number is refused by name."""
    write_folder(SMALL, tmp_path, tensors=tensors)
    with pytest.raises(SourceError) as caught:
        read_checkpoint(tmp_path, {})
    assert caught.value.key == key
