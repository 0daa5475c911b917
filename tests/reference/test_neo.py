"""GPT-Neo and GPT-NeoX against transformers: every hook at every position; a GGUF of the latter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.native import NativeModel
from export.package import write_package
from export.sources import read_checkpoint
from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.reference import forward
from tests.gguf_of_folder import gguf_of
from tests.parity import parity_names
from tests.reference.checkpoint_cases import ALL_TURNED, NEO, NEOX, saved
from tests.reference.test_families import close, exactly
from tests.tiny import IDS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.reference
N_GREEDY = 8
MODELS = {
    "GPT-Neo": saved("GPTNeoForCausalLM", **NEO),
    "GPT-NeoX": saved("GPTNeoXForCausalLM", **NEOX),
    "GPT-NeoX, all turned": saved("GPTNeoXForCausalLM", rope_parameters=ALL_TURNED, **NEOX),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_hook_is_transformers(name: str, tmp_path: Path) -> None:
    """Graph and numpy have all hooks of transformers' modules; greedy goes on alike."""
    from tests.reference.family_oracle import greedy, in_float64, model_of  # noqa: PLC0415
    from tests.reference.neo_oracle import hooks_of  # noqa: PLC0415

    folder = MODELS[name](tmp_path / "source")
    theirs, checkpoint = model_of(folder), read_checkpoint(folder, {})
    manifest = write_package(checkpoint, tmp_path / "out", model_id="tiny", title="Tiny")
    native, expected = NativeModel(tmp_path / "out", threads=1), hooks_of(theirs, IDS)

    assert set(expected) == set(parity_names(manifest))
    double = hooks_of(in_float64(theirs), IDS)
    close(expected, double, native.run(list(IDS), parity_names(manifest)))
    exact, _ = forward(checkpoint.config, checkpoint.weight, IDS, dtype=np.float64)
    exactly(double, exact)

    native.reset()
    fed, new = list(IDS), []
    for _ in range(N_GREEDY):
        at = [(manifest.config.n_layers, len(fed) - 1)]
        new.append(int(native.run(fed, [hooks.TOP_IDS], unembed=at)[hooks.TOP_IDS][0, 0]))
        fed = new[-1:]
    assert new == greedy(theirs, IDS, N_GREEDY)


def test_a_gguf_of_gpt_neox_is_the_same_model(tmp_path: Path) -> None:
    """llama.cpp's layout of the same numbers gives the same config and weights, to the bit."""
    folder = MODELS["GPT-NeoX"](tmp_path / "source")
    ours = read_checkpoint(gguf_of(folder, tmp_path / "tiny.gguf"), {})
    theirs = read_checkpoint(folder, {})

    assert ours.config == theirs.config
    assert ours.config.rotary_dim == 4
    assert set(ours.tensors) == set(theirs.tensors)
    for weight in theirs.tensors:
        np.testing.assert_array_equal(ours.weight(weight), theirs.weight(weight))


def test_gpt_neo_s_window_hides(tmp_path: Path) -> None:
    """In every second layer what lies before the window has a share of exactly 0."""
    checkpoint = read_checkpoint(MODELS["GPT-Neo"](tmp_path / "source"), {})
    found, _ = forward(checkpoint.config, checkpoint.weight, IDS)

    for layer in range(2):
        pattern = found[hook_name(hooks.PATTERN, layer)]
        far = np.tril(np.ones(pattern.shape[1:], bool), -NEO["window_size"])
        assert (pattern[:, far] == 0).all() == (layer == 1)
