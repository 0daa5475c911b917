"""The graph of a training step: every loss, gradient and new weight is the numpy twin's."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort
import pytest

from export.train.step import build_loss, build_step
from seethrough.core import hooks, reference
from seethrough.core.train.backward import IGNORED, Learned, gradients
from seethrough.core.train.flat import flat_of
from seethrough.core.train.update import Rule, Updated, update
from tests.train_shapes import N_POS, SHAPES, batch_of, config_of, weights_of

if TYPE_CHECKING:
    import onnx

    from seethrough.core.cache import Array

RULE = Rule(lr=2e-3, warmup=4, clip=0.5)
RELATIVE, ABSOLUTE = 1e-5, 1e-9  # per tensor, of the difference's length; where the gradient is 0


def opened(model: onnx.ModelProto) -> ort.InferenceSession:
    """The graph in native onnxruntime, one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options)


def taken(session: ort.InferenceSession, feeds: dict[str, Array]) -> dict[str, Array]:
    """Every output by its name."""
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds), strict=True))


def fed(
    before: Updated, tokens: Array, targets: Array, decayed: Array, step: int
) -> dict[str, Array]:
    """The inputs of a step."""
    knobs = {name: np.array([value], np.float32) for name, value in RULE.knobs(step).items()}
    vectors = {"weights": before.weights, "m": before.m, "v": before.v}
    vectors = {name: vector.astype(np.float32) for name, vector in vectors.items()}
    decay = (decayed * RULE.decay).astype(np.float32)
    return {"tokens": tokens, "targets": targets, "decay": decay, **vectors, **knobs}


def twins(name: str) -> list[Learned]:
    """The numpy pass over each document, in float64."""
    shape = SHAPES[name]
    config = config_of(shape)
    source = reference.from_arrays(weights_of(config))
    tokens, targets = batch_of(shape)
    n_targets = int((targets != IGNORED).sum())
    return [
        gradients(config, source, list(text), list(aim), n_targets=n_targets)
        for text, aim in zip(tokens, targets, strict=True)
    ]


@cache
def both(name: str) -> tuple[dict[str, Array], list[Learned]]:
    """What the graph gives for a shape's batch, and the twin's documents."""
    shape = SHAPES[name]
    config = config_of(shape)
    flat = flat_of(config)
    weights = flat.join(weights_of(config))
    nothing = np.zeros_like(weights)
    feeds = fed(Updated(weights, nothing, nothing), *batch_of(shape), flat.decayed(), 1)
    return taken(opened(build_step(config, n_pos=N_POS)), feeds), twins(name)


def compare(got: Array, expected: Array, name: str) -> None:
    """The length of the difference, measured by the expected array's; of zeros, absolutely."""
    length = np.linalg.norm(expected)
    bound = RELATIVE * length if length > ABSOLUTE else ABSOLUTE
    assert np.linalg.norm(got - expected) <= bound, name


@pytest.mark.parametrize("name", SHAPES)
def test_every_hook_and_its_gradient(name: str) -> None:
    """Each hook and each hook's gradient are the twin's, document by document."""
    got, documents = both(name)
    config = config_of(SHAPES[name])
    names = [spec.name for spec in hooks.expected_hooks(config)]
    for hook in [*names, hooks.LOGITS]:
        for end in ("", ".grad"):
            expected = [(one.grads if end else one.hooks)[f"{hook}{end}"] for one in documents]
            rows = np.stack if got[f"{hook}{end}"].ndim == 4 else np.concatenate
            found, wanted = got[f"{hook}{end}"], rows(expected)
            seen = np.isfinite(wanted)
            assert np.array_equal(seen, np.isfinite(found)), hook
            compare(found[seen], wanted[seen], f"{hook}{end}")


@pytest.mark.parametrize("name", SHAPES)
def test_every_weights_gradient(name: str) -> None:
    """Each weight's gradient is the sum of the twin's over the documents; so is the loss."""
    got, documents = both(name)
    flat = flat_of(config_of(SHAPES[name]))
    for weight in flat.dims:
        compare(
            got[f"{weight}.grad"], sum(one.grads[f"{weight}.grad"] for one in documents), weight
        )
    joined = flat.join({weight: got[f"{weight}.grad"] for weight in flat.dims})
    assert np.array_equal(joined, got["grad"])
    losses = np.concatenate([one.losses for one in documents])
    compare(got["losses"], losses, "losses")
    assert got["loss"] == pytest.approx(losses[losses > 0].mean(), rel=1e-6)


@pytest.mark.parametrize("is_adam", [True, False])
def test_steps_are_the_twins(*, is_adam: bool) -> None:
    """Ten steps of the graph end at the twin's weights and moments, clipped and decayed."""
    name = "gpt2, padded"
    shape = SHAPES[name]
    config = config_of(shape)
    flat = flat_of(config)
    rule = Rule(**{**vars(RULE), "is_adam": is_adam})
    tokens, targets = batch_of(shape)
    session = opened(build_step(config, n_pos=N_POS))
    start = flat.join(weights_of(config))
    nothing = np.zeros_like(start)
    mine = Updated(start, nothing, nothing)
    twin = Updated(*(part.astype(np.float64) for part in mine))
    n_targets = int((targets != IGNORED).sum())
    for step in range(1, 11):
        feeds = fed(mine, tokens, targets, flat.decayed(), step)
        feeds["is_adam"] = np.array([is_adam], np.float32)
        got = taken(session, feeds)
        mine = Updated(got["weights.new"], got["m.new"], got["v.new"])
        source = reference.from_arrays(flat.split(twin.weights))
        total = sum(
            flat_vector(gradients(config, source, list(text), list(aim), n_targets=n_targets), flat)
            for text, aim in zip(tokens, targets, strict=True)
        )
        twin = update(twin, total, flat.decayed(), rule, step)
    for part, expected in zip(mine, twin, strict=True):
        compare(part, expected, "vector")


def flat_vector(learned: Learned, flat) -> Array:
    """A document's gradients of all weights as one float64 vector."""
    return np.concatenate([np.ravel(learned.grads[f"{name}.grad"]) for name in flat.dims])


def test_any_vocabulary() -> None:
    """The same graph takes another number of tokens: weights of a longer vector."""
    shape = SHAPES["gpt2, three layers, untied"]
    config = config_of(shape)
    wider = type(config)(**{**config.to_json(), "d_vocab": 31, "layers": (), "rotary_factors": ()})
    session = opened(build_loss(config, n_pos=N_POS))
    tokens, targets = batch_of(shape)
    weights = weights_of(wider)
    feeds = {"weights": flat_of(wider).join(weights), "tokens": tokens, "targets": targets}
    got = taken(session, feeds)
    cache, _ = reference.forward(
        wider, reference.from_arrays(weights), list(tokens[0]), dtype=np.float64
    )
    compare(got["logits"][:N_POS], cache[hooks.LOGITS], "logits")


def test_the_lean_step_is_the_shown_one() -> None:
    """A step that shows no hook learns the same."""
    shape = SHAPES["llama, shared keys"]
    config = config_of(shape)
    flat = flat_of(config)
    weights = flat.join(weights_of(config))
    nothing = np.zeros_like(weights)
    feeds = fed(Updated(weights, nothing, nothing), *batch_of(shape), flat.decayed(), 1)
    lean = taken(opened(build_step(config, n_pos=N_POS, is_shown=False)), feeds)
    shown, _ = both("llama, shared keys")
    for name, value in lean.items():
        compare(value, shown[name], name)
