"""The self-check that the build makes: the reference's own numbers, and near the graph's."""

from __future__ import annotations

import numpy as np
import pytest

from export.native import NativeModel
from export.package import write_package
from export.self_check import MOST_TOKENS, N_LAYERS, N_LOGITS, PROMPT, write_check
from export.sources import read_checkpoint
from seethrough.core import hooks
from seethrough.core.hooks import leaf_of
from seethrough.core.reference import forward
from seethrough.core.self_check import BOUND, MOST, self_check_from_bytes
from tests import parity
from tests.built import default_model
from tests.native import native
from tests.tiny_gpt2 import VARIANTS, write_folder

# What rounding to float32 moves a vector by, at most.
HALF_A_DIGIT = 2.0**-24


@pytest.fixture(scope="module")
def stored():
    """The default model's check, as the build made it."""
    manifest = parity.default_manifest()
    file = next((default_model() / "check").glob("*.safetensors"))
    return self_check_from_bytes(file.read_bytes(), manifest)


def test_it_is_small_and_of_a_short_text(stored):
    """A few tokens, some layers' ends and a fixed sample of logits."""
    layers = [name for name in stored.names if leaf_of(name) == hooks.RESID_POST]

    assert stored.prompt == PROMPT
    assert list(stored.ids) == parity.prompt_ids(parity.PROMPTS["months"])
    assert len(stored.ids) <= MOST_TOKENS
    assert len(layers) == N_LAYERS
    assert stored.logit_ids.shape == (N_LOGITS,)
    assert BOUND <= stored.bound <= MOST


def test_it_is_what_the_reference_computes(stored):
    """The whole model in float64, every row of its tables, rounded: the same numbers."""
    model = native(default_model())

    def weight(name):
        return model.rows(name, range(model.manifest.tensor(name).dims[0]))

    cache, _ = forward(model.manifest.config, weight, stored.ids, dtype=np.float64)

    for name, row in stored.expected.items():
        exact = cache[name][-1]
        expected = exact[stored.logit_ids] if name == hooks.LOGITS else exact
        error = np.linalg.norm(row - expected) / np.linalg.norm(expected)
        assert error < HALF_A_DIGIT, name


def test_native_onnxruntime_passes_it(stored):
    """What the graph computes is within the bound."""
    model = native(default_model())
    last = [(model.manifest.config.n_layers, len(stored.ids) - 1)]

    found = stored.compare(model.run(stored.ids, stored.names, unembed=last))

    assert found.is_ok, found
    assert found.largest > 0


def test_a_number_that_is_off_is_found(stored):
    """A thousandth of a vector's length is a mismatch, in each vector alone."""
    right = {name: row[None] for name, row in stored.expected.items() if name != hooks.LOGITS}
    logits = np.zeros((1, parity.default_manifest().config.d_vocab), np.float32)
    logits[0, stored.logit_ids] = stored.expected[hooks.LOGITS]
    right[hooks.LOGITS] = logits
    assert stored.compare(right).largest == 0

    for name in stored.names:
        off = {**right, name: right[name] * np.float32(1.001)}
        assert not stored.compare(off).is_ok
        assert stored.compare(off).hook == name


@pytest.mark.parametrize("name", ["gguf q4_1, grouped, tied to q8_0"])
def test_any_exported_model_gets_one(name, export_tiny, tmp_path):
    """Grouped queries, blocks, a tied head, few positions: its graph passes its check."""
    made = export_tiny(name)
    (file,) = write_check(made.folder, tmp_path)
    check = self_check_from_bytes(file.read_bytes(), made.manifest)
    last = [(made.manifest.config.n_layers, len(check.ids) - 1)]

    found = check.compare(made.model.run(check.ids, check.names, unembed=last))

    assert found.is_ok, found
    assert len(check.ids) <= MOST_TOKENS


def test_a_head_of_its_own(tmp_path):
    """Learned positions and an untied head of GPT-2's family are read as they are stored."""
    tiny = VARIANTS["a head of its own, narrow MLP"]
    checkpoint = read_checkpoint(write_folder(tiny, tmp_path / "in").path, {"licence": "mit"})
    out = tmp_path / "out"
    manifest = write_package(checkpoint, out, model_id="tiny", title="Tiny")
    (file,) = write_check(out, tmp_path / "check")
    check = self_check_from_bytes(file.read_bytes(), manifest)
    last = [(manifest.config.n_layers, len(check.ids) - 1)]

    found = check.compare(NativeModel(out, threads=1).run(check.ids, check.names, unembed=last))

    assert found.is_ok, found
