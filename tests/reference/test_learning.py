"""Training against torch: gradients by autograd, the course by torch's AdamW and clipping."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from export.train.step import build_step
from seethrough.core import hooks, reference
from seethrough.core.train.backward import gradients
from seethrough.core.train.corpus import of_documents
from seethrough.core.train.flat import flat_of
from seethrough.core.train.sizes import N_POS as LONG
from seethrough.core.train.sizes import config_of as sized
from seethrough.core.train.sizes import first_weights
from seethrough.core.train.update import Rule, Updated, update
from tests.export.train.test_step_graph import compare, fed, opened, taken
from tests.reference.torch_course import backward, course
from tests.reference.torch_model import TorchModel
from tests.train_shapes import N_POS, SHAPES, batch_of, config_of, weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array

pytestmark = pytest.mark.reference

NAMES = [f"{a}{b}{c}" for a in "abdelm" for b in "aeiou" for c in ("n", "ra", "lie", "x")]


@cache
def torchs(name: str) -> TorchModel:
    """A shape's model after its way back, in float64."""
    shape = SHAPES[name]
    config = config_of(shape)
    model = TorchModel.of(config, weights_of(config), torch.float64)
    backward(model, *batch_of(shape))
    return model


@cache
def graphs(name: str) -> Mapping[str, Array]:
    """What the graph gives for the same batch, in float32."""
    shape = SHAPES[name]
    config = config_of(shape)
    flat = flat_of(config)
    weights = flat.join(weights_of(config))
    nothing = np.zeros_like(weights)
    feeds = fed(Updated(weights, nothing, nothing), *batch_of(shape), flat.decayed(), 1)
    return taken(opened(build_step(config, n_pos=N_POS)), feeds)


@pytest.mark.parametrize("name", SHAPES)
def test_the_judge_computes_the_same_model(name: str) -> None:
    """Torch's forward pass has every hook of the numpy reference, to float64's rounding."""
    shape = SHAPES[name]
    config = config_of(shape)
    source = reference.from_arrays(weights_of(config))
    cache, _ = reference.forward(config, source, list(batch_of(shape)[0][0]), dtype=np.float64)
    for spec in hooks.expected_hooks(config):
        got = torchs(name).hooked[spec.name][0].detach().numpy()
        assert np.allclose(got, cache[spec.name], atol=1e-10), spec.name


@pytest.mark.parametrize("name", SHAPES)
def test_every_weights_gradient_is_autograds(name: str) -> None:
    """Each weight's gradient in float32 is torch's in float64 to 1e-5 of its length."""
    for weight, tensor in torchs(name).weights.items():
        compare(graphs(name)[f"{weight}.grad"], tensor.grad.numpy(), weight)


@pytest.mark.parametrize("name", SHAPES)
def test_every_hooks_gradient_is_autograds(name: str) -> None:
    """So is each hook's, logits and scores among them."""
    for hook, tensor in torchs(name).hooked.items():
        got = graphs(name)[f"{hook}.grad"]
        expected = tensor.grad.numpy().reshape(got.shape)
        compare(got, expected, hook)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_fifty_steps_are_torchs(family: str) -> None:
    """The first 50 steps of a real size follow torch's float32 to 1e-5."""
    corpus = of_documents(NAMES, 0)
    config = sized("25k", len(corpus.alphabet), family)
    rule, flat, weights = Rule(warmup=20), flat_of(config), first_weights(config, 0)
    batches = [corpus.batch(step, 0) for step in range(1, 51)]
    session = opened(build_step(config, n_pos=LONG, is_shown=False))
    vector = flat.join(weights)
    now = Updated(vector, np.zeros_like(vector), np.zeros_like(vector))
    ours = []
    for step, (tokens, targets) in enumerate(batches, start=1):
        feeds = fed(now, tokens, targets, flat.decayed(), step)
        feeds |= {name: np.array([one], np.float32) for name, one in rule.knobs(step).items()}
        feeds["decay"] = (flat.decayed() * rule.decay).astype(np.float32)
        got = taken(session, feeds)
        now = Updated(got["weights.new"], got["m.new"], got["v.new"])
        ours.append(float(got["loss"]))
    theirs = course(config, weights, batches, rule, torch.float32)
    print(
        f"  {family}, 50 steps: {np.abs(np.subtract(ours, theirs)).max():.1e} from torch's float32"
    )
    assert np.allclose(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_two_hundred_steps_of_the_twin(family: str) -> None:
    """The numpy twin in float64 follows torch's float64 over 200 steps to 1e-9."""
    shape = next(shape for shape in SHAPES.values() if shape.family == family)
    config, rule = config_of(shape), Rule(lr=1e-3, warmup=20, clip=0.5)
    weights, flat = weights_of(config), flat_of(config)
    rng = np.random.default_rng(3)
    texts = rng.integers(0, config.d_vocab, (200, 2, N_POS + 1))
    batches = [(text[:, :-1], text[:, 1:]) for text in texts]
    vector = flat.join(weights).astype(np.float64)
    now, ours = Updated(vector, np.zeros_like(vector), np.zeros_like(vector)), []
    for step, (tokens, targets) in enumerate(batches, start=1):
        source = reference.from_arrays(flat.split(now.weights))
        learned = [
            gradients(config, source, list(text), list(aim), n_targets=targets.size)
            for text, aim in zip(tokens, targets, strict=True)
        ]
        ours.append(sum(one.losses.sum() for one in learned) / targets.size)
        gradient = sum(
            np.concatenate([np.ravel(one.grads[f"{name}.grad"]) for name in flat.dims])
            for one in learned
        )
        now = update(now, gradient, flat.decayed(), rule, step)
    theirs = course(config, weights, batches, rule, torch.float64)
    print(
        f"  {family}, 200 steps: {np.abs(np.subtract(ours, theirs)).max():.1e} from torch's float64"
    )
    assert np.allclose(ours, theirs, rtol=0, atol=1e-9)
