"""The update of a training step: AdamW, or plain SGD, on all weights at once.

The twin of core/train/update.py; torch's AdamW and clip_grad_norm_.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from export.train.weights import OF_VOCABULARY
from seethrough.core.train.flat import flat_of
from seethrough.core.train.update import KNOBS, TINY

if TYPE_CHECKING:
    from export.graph import Value
    from export.train.learning import Learning

LAST = np.array([-1])


def update(build: Learning) -> None:
    """New weights and moments from the gradients.

    Inputs: `m`, `v`, `decay` [weight] and KNOBS, one number each. Outputs: `weights.new`, `m.new`,
    `v.new` [weight], `grad_norm` and `clip_scale`, one number each; `<weight>.grad` of each weight
    and `grad` [weight] of all, before they are clipped.
    """
    graph = build.graph
    with graph.scope("update"):
        gradient = _joined(build)
        moments = [graph.input(name, "float32", ("weight",)) for name in ("m", "v", "decay")]
        knobs = {name: graph.input(name, "float32", (1,)) for name in KNOBS}
        clipped = _clip(build, gradient, knobs["clip"])
        m = _mean(build, moments[0], clipped, knobs["beta1"])
        v = _mean(build, moments[1], graph.op("Mul", clipped, clipped), knobs["beta2"])
        root = graph.op("Div", graph.op("Sqrt", v), knobs["root2"])
        divisor = graph.op("Add", root, knobs["eps"])
        by_adam = graph.op("Div", graph.op("Div", m, knobs["correction1"]), divisor)
        is_adam = graph.op("Greater", knobs["is_adam"], graph.const(0.5))
        change = graph.op("Mul", graph.op("Where", is_adam, by_adam, clipped), knobs["lr"])
        shrunk = graph.op("Mul", moments[2], knobs["lr"])
        kept = graph.op("Mul", build.shared["vector"], graph.op("Sub", graph.const(1.0), shrunk))
        graph.output(graph.op("Sub", kept, change), "weights.new", "float32", ("weight",))
        graph.output(m, "m.new", "float32", ("weight",))
        graph.output(v, "v.new", "float32", ("weight",))


def _joined(build: Learning) -> Value:
    """All weights' gradients as one vector, in the order of the weights."""
    graph, parts = build.graph, []
    for name, dims in flat_of(build.config).dims.items():
        value = build.learned[name]
        if build.is_shown:
            opened = (
                "d_vocab" if axis == OF_VOCABULARY.get(name) else size
                for axis, size in enumerate(dims)
            )
            graph.hook(value, f"{name}.grad", tuple(opened))
        parts.append(graph.op("Reshape", value, graph.const(LAST)))
    return graph.hook(graph.op("Concat", *parts, axis=0), "grad", ("weight",))


def _clip(build: Learning, gradient: Value, most: Value) -> Value:
    """The gradient, made no longer than `most`."""
    graph = build.graph
    length = graph.op("Sqrt", graph.op("ReduceSumSquare", gradient, keepdims=1))
    scale = graph.op("Div", most, graph.op("Add", length, graph.const(TINY)))
    scale = graph.op("Min", scale, graph.const(np.ones(1, np.float32)))
    graph.hook(length, "grad_norm", (1,))
    return graph.op("Mul", gradient, graph.hook(scale, "clip_scale", (1,)))


def _mean(build: Learning, before: Value, now: Value, beta: Value) -> Value:
    """The running mean: beta · before + (1 − beta) · now."""
    graph = build.graph
    rest = graph.op("Sub", graph.const(1.0), beta)
    return graph.op("Add", graph.op("Mul", before, beta), graph.op("Mul", now, rest))
