"""The numpy backward pass: every gradient against finite differences in float64, without torch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core import hooks, reference
from seethrough.core.config import ModelConfig
from seethrough.core.families import FAMILIES
from seethrough.core.reference import Knobs
from seethrough.core.train.backward import IGNORED, gradients
from seethrough.core.weight_names import expected_dims
from tests.toy_family import TOYS, registered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seethrough.core.cache import Array

TOKENS, TARGETS = (3, 1, 4, 1, 5, 9, 2), (1, 4, 1, 5, 9, IGNORED, 6)
NUDGE = 1e-5
# A central difference of this step is wrong by its square times the third slope, and by rounding.
BOUND = 2e-8


@pytest.fixture(autouse=True)
def _with_toys() -> Iterator[None]:
    with registered():
        yield


def config_of(name: str) -> ModelConfig:
    """A small model of a family; two query heads share a key/value head where it can."""
    if name in TOYS:
        return replace(TOYS[name].config(), d_vocab=11)
    family = FAMILIES[name]
    return ModelConfig(
        **family.named,
        d_model=12,
        n_layers=2,
        n_heads=4,
        n_key_value_heads=4 if name.startswith("gpt") else 2,
        d_head=6,
        d_mlp=20,
        d_vocab=11,
        n_ctx=8,
        eps=1e-5,
        rotary_base=10_000.0 if family.is_rotary else None,
        rotary_dim=4 if name == "gpt_neox" else None,
        tie_word_embeddings=name != "qwen2",
    )


NAMES = (*FAMILIES, *TOYS)


def weights_of(config: ModelConfig) -> dict[str, Array]:
    """Seeded weights, large enough that every part bends."""
    rng = np.random.default_rng(7)
    return {name: rng.normal(0, 0.5, dims) for name, dims in expected_dims(config).items()}


def loss_of(config: ModelConfig, weights: dict[str, Array], knobs: Knobs | None = None) -> float:
    """The mean of −log p(target), by the forward pass alone."""
    source = reference.from_arrays(weights)
    cache, _ = reference.forward(config, source, TOKENS, knobs=knobs, dtype=np.float64)
    logits, sums = cache[hooks.LOGITS], cache[hooks.LOGSUMEXP]
    counted = [at for at, target in enumerate(TARGETS) if target != IGNORED]
    return float(np.mean([sums[at] - logits[at, TARGETS[at]] for at in counted]))


@pytest.mark.parametrize("name", NAMES)
def test_every_weights_gradient(name: str) -> None:
    """What the loss does when a weight is nudged is that weight's gradient, in every tensor."""
    config = config_of(name)
    weights = weights_of(config)
    grads = gradients(config, reference.from_arrays(weights), TOKENS, TARGETS).grads
    for weight, values in weights.items():
        found = grads[f"{weight}.grad"]
        assert found.shape == values.shape
        place = np.unravel_index(np.abs(found).argmax(), found.shape)
        was, losses = values[place], []
        for step in (NUDGE, -NUDGE):
            values[place] = was + step
            losses.append(loss_of(config, weights))
        values[place] = was
        slope = (losses[0] - losses[1]) / (2 * NUDGE)
        assert abs(slope - found[place]) < BOUND, (weight, place)


@pytest.mark.parametrize("name", NAMES)
def test_the_streams_and_the_scores_gradients(name: str) -> None:
    """Nudging the stream, a score or a head by its knob moves the loss as its hook says."""
    config = config_of(name)
    weights = weights_of(config)
    learned = gradients(config, reference.from_arrays(weights), TOKENS, TARGETS)
    n_pos, layer = len(TOKENS), config.n_layers - 1
    stream = np.zeros((config.n_layers + 1, n_pos, config.d_model))
    scores = np.zeros((config.n_layers, config.n_heads, n_pos, n_pos))
    heads = np.ones((config.n_layers, config.n_heads))
    z = learned.hooks[hooks.hook_name(hooks.Z, layer)]
    by_head = (learned.grads[f"blocks.{layer}.{hooks.Z}.grad"] * z).sum(axis=(0, 2))
    cases = (
        ("resid_add", stream, (layer, 2, 5), learned.grads[f"blocks.{layer}.hook_resid_pre.grad"]),
        (
            "score_add",
            scores,
            (layer, 1, 4, 3),
            learned.grads[f"blocks.{layer}.{hooks.SCORES}.grad"],
        ),
        ("head_scale", heads, (layer, 1), by_head),
    )
    for knob, values, place, found in cases:
        losses = []
        for step in (NUDGE, -NUDGE):
            nudged = values.copy()
            nudged[place] += step
            losses.append(loss_of(config, weights, Knobs(**{knob: nudged})))
        assert abs((losses[0] - losses[1]) / (2 * NUDGE) - found[place[1:]]) < BOUND, knob


@pytest.mark.parametrize("name", NAMES)
def test_every_hook_has_its_gradient(name: str) -> None:
    """Each hook of the model has a gradient of its own shape, all finite."""
    config = config_of(name)
    learned = gradients(config, reference.from_arrays(weights_of(config)), TOKENS, TARGETS)
    for spec in hooks.expected_hooks(config):
        found = learned.grads[f"{spec.name}.grad"]
        assert found.shape == learned.hooks[spec.name].shape, spec.name
        assert np.isfinite(found).all(), spec.name


def test_nothing_is_learned_where_nothing_counts() -> None:
    """A position without a target has no loss, and its logits have no gradient."""
    config = config_of("gpt2")
    learned = gradients(config, reference.from_arrays(weights_of(config)), TOKENS, TARGETS)
    empty = TARGETS.index(IGNORED)
    assert learned.losses[empty] == 0
    assert not learned.grads["logits.grad"][empty].any()
    assert learned.losses.sum() / 6 == pytest.approx(loss_of(config, weights_of(config)), abs=1e-12)
