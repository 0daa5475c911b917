"""Which tokens a vector pushes: the largest products and the smallest, and their names."""

from __future__ import annotations

import numpy as np

from seethrough.core.cell import parse_cell
from seethrough.core.pushes import Push, Pushes, extremes, of_head, of_neuron

RANDOM = np.random.default_rng(3)


def test_the_farthest_on_both_sides() -> None:
    """As a full sort has them, equals by id; a small vocabulary gives what it has."""
    for products in RANDOM.standard_normal((10, 50)).round(1):
        up, down = extremes(products, 5)
        assert list(up) == np.argsort(-products, kind="stable")[:5].tolist()
        assert list(down) == np.argsort(products, kind="stable")[:5].tolist()
    assert extremes(np.array([1.0, 2.0]), 5) == ((1, 0), (0, 1))


def test_a_negative_activation_turns_them() -> None:
    """What a row pushes up, a neuron below zero pushes down."""
    up, down = (Push(1, "a", 2.0),), (Push(2, "b", -1.0),)

    assert Pushes(up, down).at(-3.0) == Pushes(down, up)
    assert Pushes(up, down).at(0.5) == Pushes(up, down)


def test_names_are_transformerlens_s() -> None:
    """A neuron's row and a head's result are named as there, and the names can be read."""
    assert str(of_neuron(3, 1520)) == "blocks.3.mlp.W_out[1520]"
    assert str(of_head(3, 5, 2)) == "blocks.3.attn.hook_result[5,2]"
    assert parse_cell(str(of_head(3, 5, 2))) == of_head(3, 5, 2)
