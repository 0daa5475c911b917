"""How steep each activation is at a point: the twins of core/train/slopes.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.train.slopes import CUBIC, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from export.builder import Build
    from export.graph import Value


def slope_of_gelu_new(build: Build, x: Value) -> Value:
    """½(1 + t) + ½x(1 − t²)·u′, where t = tanh u."""
    graph = build.graph
    one, half, root = graph.const(1.0), graph.const(0.5), graph.const(float(ROOT))
    square = graph.op("Mul", x, x)
    cubic = graph.op("Add", graph.op("Mul", square, graph.const(CUBIC)), one)
    bent = graph.op("Tanh", graph.op("Mul", graph.op("Mul", x, root), cubic))
    turn = graph.op("Add", graph.op("Mul", square, graph.const(3 * CUBIC)), one)
    turn = graph.op("Mul", turn, graph.op("Mul", x, graph.op("Mul", root, half)))
    left = graph.op("Sub", one, graph.op("Mul", bent, bent))
    flat = graph.op("Mul", graph.op("Add", bent, one), half)
    return graph.op("Add", flat, graph.op("Mul", left, turn))


def slope_of_gelu(build: Build, x: Value) -> Value:
    """Φ(x) + x·φ(x), where φ is the normal distribution's density."""
    graph, half = build.graph, build.graph.const(0.5)
    bent = graph.op("Erf", graph.op("Mul", x, graph.const(float(np.sqrt(0.5)))))
    below = graph.op("Mul", graph.op("Add", bent, graph.const(1.0)), half)
    square = graph.op("Mul", graph.op("Mul", x, x), graph.const(-0.5))
    density = graph.op("Mul", graph.op("Exp", square), graph.const(float(1 / np.sqrt(2 * np.pi))))
    return graph.op("Add", below, graph.op("Mul", x, density))


def slope_of_silu(build: Build, x: Value) -> Value:
    """σ(x)·(1 + x·(1 − σ(x)))."""
    graph, one = build.graph, build.graph.const(1.0)
    share = graph.op("Sigmoid", x)
    rest = graph.op("Mul", x, graph.op("Sub", one, share))
    return graph.op("Mul", share, graph.op("Add", one, rest))


SLOPES: dict[str, Callable[[Build, Value], Value]] = {
    "gelu": slope_of_gelu,
    "gelu_new": slope_of_gelu_new,
    "silu": slope_of_silu,
}
