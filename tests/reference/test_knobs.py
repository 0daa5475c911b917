"""The knobs against transformers with its own modules meddled with in the same place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.cache import Array
from seethrough.core.config import ModelConfig
from seethrough.core.hooks import hook_name
from seethrough.core.reference import Knobs, forward
from tests.parity import PROMPTS, TOLERANCES, parity_names, prompt_ids, relative_errors, worst

if TYPE_CHECKING:
    from export.native import NativeModel
    from tests.reference.conftest import Judge, Oracles

pytestmark = pytest.mark.reference

PROMPT = "code"
Meddle = Callable[[ModelConfig, int], tuple[dict[str, Array], dict[str, Any]]]


def vector(config: ModelConfig) -> Array:
    """What is added to a state: seeded, of the size of one."""
    return np.random.Generator(np.random.PCG64(5)).normal(size=config.d_model).astype(np.float32)


def a_silent_head(config: ModelConfig, _n: int) -> tuple[dict[str, Array], dict[str, Any]]:
    """head_scale 0 and the slice of o_proj's input set to zero."""
    scale = np.ones((config.n_layers, config.n_heads), np.float32)
    scale[3, 5] = scale[17, 0] = 0
    return {"head_scale": scale}, {"zeroed_heads": ((3, 5), (17, 0))}


def an_added_vector(layer: int, position: int) -> Meddle:
    """resid_add at one position and the vector added to what that module is given."""

    def both(config: ModelConfig, n_pos: int) -> tuple[dict[str, Array], dict[str, Any]]:
        added = np.zeros((config.n_layers + 1, n_pos, config.d_model), np.float32)
        added[layer, position] = vector(config)
        return {"resid_add": added}, {"added": {(layer, position): vector(config)}}

    return both


def a_hidden_cell(config: ModelConfig, n_pos: int) -> tuple[dict[str, Array], dict[str, Any]]:
    """score_add −inf and the same cell of the eager attention's mask."""
    scores = np.zeros((config.n_layers, config.n_heads, n_pos, n_pos), np.float32)
    scores[8, 2, 9, 0] = scores[8, 2, 12, 11] = scores[0, 7, 5, 5] = -np.inf
    cells = ((8, 2, 9, 0), (8, 2, 12, 11), (0, 7, 5, 5))
    return {"score_add": scores}, {"hidden_cells": cells}


def a_quiet_mlp(config: ModelConfig, _n: int) -> tuple[dict[str, Array], dict[str, Any]]:
    """mlp_scale and the MLP's output multiplied."""
    scale = np.ones(config.n_layers, np.float32)
    scale[4], scale[20] = 0, 0.5
    return {"mlp_scale": scale}, {"mlp_scales": {4: 0.0, 20: 0.5}}


MEDDLINGS = {
    "a silent head": a_silent_head,
    "a vector into the first block": an_added_vector(0, 3),
    "a vector into block 12": an_added_vector(12, 6),
    "a vector after the last block": an_added_vector(30, 17),
    "a hidden cell": a_hidden_cell,
    "a quiet MLP": a_quiet_mlp,
}


@pytest.mark.parametrize("name", MEDDLINGS)
def test_knobs_are_transformers_meddled_with(
    name: str,
    native: NativeModel,
    weight: Callable[[str], Array],
    judge: Judge,
    oracles: Oracles,
):
    """Every hook and all logits, in native onnxruntime and in numpy, follow the intervention."""
    ids, config = prompt_ids(PROMPTS[PROMPT]), native.manifest.config
    knobs, meddling = MEDDLINGS[name](config, len(ids))
    reference = oracles.single.hooks(ids, **meddling)
    untouched = oracles.single.hooks(ids, only=frozenset({hooks.LOGITS}))

    native.reset()
    got = native.run(ids, parity_names(native.manifest), knobs=knobs)
    by_numpy, _ = forward(config, weight, ids, knobs=Knobs(**knobs))

    judge.check(f"knobs, native: {name}", PROMPT, ids, got, reference, **meddling)
    judge.check(f"knobs, numpy: {name}", PROMPT, ids, by_numpy, reference, **meddling)
    moved = np.abs(reference[hooks.LOGITS] - untouched[hooks.LOGITS]).max()
    assert moved > 0.01, "the intervention changes nothing, so this test shows nothing"


def test_lens_is_transformers_norm_and_head(native: NativeModel, oracles: Oracles):
    """Any layer's state through transformers' own final norm and head gives the lens' logits."""
    ids = prompt_ids(PROMPTS[PROMPT])
    exact = oracles.double.hooks(ids)
    layers = [0, 1, 15, 29, 30]
    states = [hook_name(hooks.RESID_PRE, layer) for layer in layers[:-1]]
    states.append(hook_name(hooks.RESID_POST, 29))
    reference = np.concatenate([oracles.double.read_out(exact[name]) for name in states])
    assert np.array_equal(reference[-len(ids) :], exact[hooks.LOGITS])

    native.reset()
    wanted = [(layer, position) for layer in layers for position in range(len(ids))]
    got = native.run(ids, [hooks.LOGITS], unembed=wanted)

    errors = relative_errors({hooks.LOGITS: reference}, got)
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound
