"""One neuron worked out: its sums, what the activation makes of the gate, what both make."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.families import family_of
from seethrough.view.block.facts import name_of
from seethrough.view.cell_button import cell_button
from seethrough.view.node import Node, h
from seethrough.view.numbers import bracketed, exact, readout
from seethrough.view.wants import chosen
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.block.neurons import Neurons
    from seethrough.view.words import Field

# The lines of a gated neuron.
GATED = ("gate", "open", "offer", "product")


def sigmoid(x: float) -> float:
    """How far a gate is open. Shapes: a number."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def card(scene: Scene, known: Neurons, neuron: int) -> Node | str:
    """A neuron's activation step by step; nothing before a run."""
    config = scene.run.config
    if config is None:
        return ""
    family = family_of(config)
    pre, squashed = float(known.pre[neuron]), float(known.squashed[neuron])
    fields: dict[str, Field] = {
        "neuron": str(neuron),
        "pre": button(scene, hooks.MLP_PRE, neuron, pre),
        "bare": readout(scene, pre),
        "open": readout(scene, sigmoid(pre)) if math.isfinite(pre) else "",
        "squashed": readout(scene, squashed),
        "post": h("b", {}, button(scene, hooks.MLP_POST, neuron, float(known.post[neuron]))),
        "has_bias": family.has_bias("mlp.W_in"),
        "act": family.activation,
    }
    if known.linear is None:
        told = [rich(scene, "gate.sum", **fields), rich(scene, "gate.plain", **fields)]
    else:
        offer = float(known.linear[neuron])
        fields |= {
            "offer": button(scene, hooks.MLP_PRE_LINEAR, neuron, offer),
            "times": bracketed(readout(scene, offer)),
        }
        told = [rich(scene, f"gate.{name}", **fields) for name in GATED]
    return h(
        "div",
        {"class": "gate-card worked"},
        h("h3", {"class": "part-title"}, say(scene, "gate.title", neuron=neuron)),
        h("ol", {}, [h("li", {}, line) for line in told]),
    )


def button(scene: Scene, leaf: str, neuron: int, value: float) -> Node:
    """A number of the neuron that opens its sum."""
    cell = Cell(name_of(scene, leaf), (chosen(scene), neuron))
    return cell_button(cell, readout(scene, value), exact(scene, value))
