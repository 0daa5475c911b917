"""Two readers of one file: transformers' and ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.hub_llama import LLAMA_HF
from export.names import by_source_name
from seethrough.core.maths import rotary_angles

if TYPE_CHECKING:
    from export.checkpoint import Checkpoint
    from tests.reference.conftest import Oracles

pytestmark = pytest.mark.reference


def test_weights_are_transformers_bit_for_bit(checkpoint: Checkpoint, oracles: Oracles):
    """Every number of the default model is the one that transformers' own GGUF reader gives."""
    names = by_source_name(LLAMA_HF, checkpoint.config)
    theirs = {name.removeprefix("model."): name for name in oracles.single.model.state_dict()}
    assert names.keys() == theirs.keys()

    for name, ours in names.items():
        expected = oracles.single.weight(theirs[name])
        is_matrix = expected.ndim > 1 and ours != "W_E"
        assert np.array_equal(checkpoint.weight(ours), expected.T if is_matrix else expected), ours


def test_config_is_transformers(checkpoint: Checkpoint, oracles: Oracles):
    """Both readers found the same widths, counts, rotary base and epsilon."""
    ours, theirs = checkpoint.config, oracles.single.model.config

    assert ours.d_model == theirs.hidden_size
    assert ours.d_mlp == theirs.intermediate_size
    assert ours.d_vocab == theirs.vocab_size
    assert ours.d_head == theirs.head_dim
    assert ours.n_layers == theirs.num_hidden_layers
    assert ours.n_heads == theirs.num_attention_heads
    assert ours.n_key_value_heads == theirs.num_key_value_heads
    assert ours.n_ctx == theirs.max_position_embeddings
    assert ours.rotary_base == theirs.rope_parameters["rope_theta"]
    assert np.float32(ours.eps) == np.float32(theirs.rms_norm_eps)
    assert ours.tie_word_embeddings == theirs.tie_word_embeddings


def test_rotary_frequencies_are_transformers(checkpoint: Checkpoint, oracles: Oracles):
    """The float32 angles are the same bits at every position that the model has."""
    config = checkpoint.config
    positions = np.arange(config.n_ctx)
    frequencies = oracles.single.model.model.rotary_emb.inv_freq.numpy()
    expected = positions.astype(np.float32)[:, None] * frequencies[None, :]

    assert np.array_equal(rotary_angles(positions, config.d_head, config.rotary_base), expected)
