"""Moves of the stream, heads' and neurons' parts of them, scores by part: by their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from seethrough.core import heads, hooks, moves, neurons
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.reference import forward, from_arrays
from seethrough.core.weight_names import bias_name
from tests.toy_family import TOYS, checkpoint_of, registered
from tests.view.walk_sample import FAMILIES, config_of, weights_of

IDS = (7, 3, 11, 5, 2)
RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize("family", FAMILIES)
def test_heads_add_up_to_what_attention_writes(family: str) -> None:
    """The results of all heads, and the bias where there is one, are hook_attn_out."""
    config, weights = config_of(family), weights_of(family)
    captured, _ = forward(config, from_arrays(weights), IDS, dtype=np.float64)
    for layer in range(config.n_layers):
        name = hook_name("attn.W_O", layer)
        made = moves.results_of(captured[hook_name(hooks.Z, layer)][-1], weights[name])
        bias = weights.get(bias_name(name), np.zeros(config.d_model))
        wrote = captured[hook_name(hooks.ATTN_OUT, layer)][-1]
        np.testing.assert_allclose(made.sum(axis=0) + bias, wrote, atol=1e-9)


@pytest.mark.parametrize("name", TOYS)
def test_parts_go_through_a_norm_that_is_held(name: str) -> None:
    """With a norm after each half, heads and neurons add up to what was added, but for its bias."""
    with registered():
        config, weight = TOYS[name].config(), checkpoint_of(TOYS[name]).weight
        captured, _ = forward(config, weight, IDS, dtype=np.float64)
        for part, leaf, rows, matrix in (
            ("ln1_post.", hooks.ATTN_OUT, hooks.Z, "attn.W_O"),
            ("ln2_post.", hooks.MLP_OUT, hooks.MLP_POST, "mlp.W_out"),
        ):
            pieces = captured[hook_name(rows, 1)][-1].reshape(-1, 1) * weight(hook_name(matrix, 1))
            if family_of(config).has_bias(matrix):
                bias = weight(hook_name(bias_name(matrix), 1))
                pieces = np.concatenate([pieces, bias[None]])
            scale = float(captured[hook_name(f"{part}hook_scale", 1)][-1, 0])
            made = moves.through_norm(config, pieces, weight(hook_name(f"{part}w", 1)), scale)
            is_centred = config.normalization_type == "LN"
            after = weight(hook_name(f"{part}b", 1)) if is_centred else 0
            wrote = captured[hook_name(leaf, 1)][-1]
            np.testing.assert_allclose(made.sum(axis=0) + after, wrote, atol=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_score_is_the_sum_of_its_parts(family: str) -> None:
    """What the embedding and every half of every layer add to a logit is the logit."""
    config, weights = config_of(family), weights_of(family)
    captured, _ = forward(config, from_arrays(weights), IDS, dtype=np.float64)
    scale, token = float(captured[hooks.FINAL_SCALE][-1, 0]), 9
    vector = weights["W_E"][token]
    direction = heads.reader_of(config, vector, weights["ln_final.w"], scale)
    written = [captured[hook_name(hooks.RESID_PRE, 0)][-1]]
    for layer in range(config.n_layers):
        for leaf in (hooks.ATTN_OUT, hooks.MLP_OUT):
            written.append(captured[hook_name(leaf, layer)][-1])  # noqa: PERF401 - two loops
    parts = [float(moves.attributed(one, direction[None])[0]) for one in written]
    bias = weights.get("ln_final.b", np.zeros(config.d_model)) @ vector.astype(np.float64)

    assert sum(parts) + bias == pytest.approx(captured[hooks.LOGITS][-1, token], abs=1e-9)


def test_a_move_is_lengths_and_angles() -> None:
    """A right angle, no angle, the opposite way; a step at a right angle turns by its tangent."""
    east, north = np.array([3.0, 0.0]), np.array([0.0, 3.0])
    move = moves.move_of(east, north)

    assert (move.before, move.added) == (3.0, 3.0)
    assert move.after == pytest.approx(np.sqrt(18))
    assert (move.angle, move.turned) == (pytest.approx(90), pytest.approx(45))
    assert moves.move_of(east, east).angle == 0
    assert moves.move_of(east, -east).angle == pytest.approx(180)
    assert moves.move_of(east, np.zeros(2)).angle == 0


def test_an_angle_is_its_cosine_s() -> None:
    """Of random vectors the angle has numpy's cosine; of almost equal ones it is as fine."""
    for one, other in RANDOM.standard_normal((20, 2, 64)):
        cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
        angle = np.degrees(np.arccos(cosine))
        assert moves.angle_between(one, other) == pytest.approx(angle, abs=1e-9)
    nearly = np.array([1.0, 1e-9])
    angle = moves.angle_between(np.array([1.0, 0.0]), nearly)
    assert angle == pytest.approx(np.degrees(1e-9), rel=1e-6)


def test_the_strongest_neurons_by_magnitude() -> None:
    """A negative activation counts as much as a positive one; of equals the first stands first."""
    post = np.array([0.5, -3.0, 2.0, 3.0, 0.0], np.float32)

    assert neurons.strongest(post, 3) == (1, 3, 2)
    assert neurons.share_of_strength(post, 2) == pytest.approx(18 / 22.25)
    assert neurons.share_of_strength(np.zeros(4), 2) == 0
    assert neurons.added(-2.0, np.array([1.0, 2.0]), np.array([3.0, 0.5])) == -8


@pytest.mark.parametrize("family", FAMILIES)
def test_the_curve_is_the_model_s(family: str) -> None:
    """The activation of the sums, times the linear half where there is one, is hook_post."""
    config = config_of(family)
    captured, _ = forward(config, from_arrays(weights_of(family)), IDS)
    made = neurons.activated(config, captured[hook_name(hooks.MLP_PRE, 1)])
    half = captured.get(hook_name(hooks.MLP_PRE_LINEAR, 1)) if family == "llama" else 1

    np.testing.assert_allclose(made * half, captured[hook_name(hooks.MLP_POST, 1)], atol=1e-6)
