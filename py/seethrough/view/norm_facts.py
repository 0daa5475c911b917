"""A norm at one token: which it is, its formula, the same with this vector's own numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.cell import Cell
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.wants import NOTHING, Wants
from seethrough.view.cell_button import cell_button
from seethrough.view.node import Node, h
from seethrough.view.numbers import bracketed, exact, readout, setting
from seethrough.view.words import rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.view.words import Field

FIRST, SECOND, FINAL = "ln1.", "ln2.", "ln_final."


@dataclass(frozen=True, eq=False)
class Normed:
    """A norm of a token: what it is given, what it makes. Shapes: before, after [d_model].

    `before_name` and `after_name` are their hooks; `part` is the norm's own name.
    """

    part: str
    layer: int | None
    position: int
    before_name: str
    before: Array
    after: Array
    scale: float

    def name(self, leaf: str) -> str:
        """A hook or weight of this norm, by its last name."""
        return hook_name(f"{self.part}{leaf}", self.layer)

    @property
    def at(self) -> int:
        """The number that is worked out: the largest that comes out."""
        return int(np.nan_to_num(np.abs(self.after)).argmax())


def wants(scene: Scene, part: str, layer: int | None) -> Wants:
    """The norm's learned numbers, where the model itself can be asked."""
    if scene.run.recorded is not None or scene.run.config is None:
        return NOTHING
    letters = "wb" if family_of(scene.run.config).norm.is_centred else "w"
    names = (hook_name(f"{part}{letter}", layer) for letter in letters)
    return Wants(weights=frozenset(names))


def normed_of(scene: Scene, part: str, layer: int | None, before: str, at: int) -> Normed | None:
    """A norm at a token; None where its numbers are not here.

    Args:
        before: The hook of what it is given.
    """
    captured = scene.run.captured
    names = (before, *(hook_name(f"{part}hook_{one}", layer) for one in ("norm_out", "scale")))
    given, after, scale = (captured.row(name, at) for name in names)
    if given is None or after is None or scale is None:
        return None
    return Normed(part, layer, at, before, given, after, float(scale[0]))


def card(scene: Scene, found: Normed | None) -> Node | str:
    """The norm in words and signs, with its numbers; nothing where they are not here."""
    config = scene.run.config
    if found is None or config is None:
        return ""
    family = family_of(config)
    told = rich(scene, f"norm.here.{kind_of(config)}", **measures(scene, found))
    return h(
        "div",
        {"class": "norm-card"},
        h(
            "p",
            {"class": "note"},
            rich(
                scene,
                "norm.kind",
                is_centred=family.norm.is_centred,
                is_plus_one=family.norm.adds_one,
            ),
        ),
        h("p", {"class": "note"}, told),
        h("p", {"class": "note worked"}, one_number(scene, found)),
    )


def kind_of(config: ModelConfig) -> str:
    """A model's norm, as sentences go by it."""
    return "layer" if family_of(config).norm.is_centred else "rms"


def measures(scene: Scene, found: Normed) -> dict[str, Field]:
    """Mean, mean of squares and ε of a vector, and what they make."""
    config, x = scene.run.config, found.before.astype(np.float64)
    assert config is not None
    mean = float(x.mean())
    is_centred = family_of(config).norm.is_centred
    square = float(np.square(x - mean if is_centred else x).mean())
    where = Cell(found.name("hook_scale"), (found.position, 0))
    return {
        "token": token_mark(visible_at(scene, found.position)),
        "mean": readout(scene, mean),
        "square": readout(scene, square),
        "eps": setting(scene, config.eps),
        "scale": cell_button(where, readout(scene, found.scale), exact(scene, found.scale)),
    }


def one_number(scene: Scene, found: Normed) -> list[Node | str]:
    """One number on its way through the norm; each opens the sum behind it."""
    config, at = scene.run.config, found.at
    assert config is not None
    family, place = family_of(config), (found.position, at)
    weight = learned(scene, found)
    bias = learned(scene, found, is_bias=True) if family.norm.is_centred else ""
    x, out = float(found.before[at]), float(found.after[at])
    return rich(
        scene,
        f"norm.worked.{kind_of(config)}",
        at=str(at),
        x=cell_button(Cell(found.before_name, place), readout(scene, x), exact(scene, x)),
        scale=readout(scene, found.scale),
        mean=bracketed(readout(scene, float(found.before.mean(dtype=float)))),
        weight=weight,
        bias=bias,
        is_plus_one=family.norm.adds_one,
        out=cell_button(
            Cell(found.name("hook_norm_out"), place), readout(scene, out), exact(scene, out)
        ),
    )


def learned(scene: Scene, found: Normed, *, is_bias: bool = False) -> Node:
    """A learned number of the norm; where it is not here, its name."""
    name = found.name("b" if is_bias else "w")
    values = scene.run.captured.arrays.get(name)
    cell = Cell(name, (found.at,))
    if values is None:
        key = "norm.bias" if is_bias else "norm.weight"
        return h("code", {"title": str(cell)}, say(scene, key, at=found.at))
    value = float(values[found.at])
    return cell_button(cell, bracketed(readout(scene, value)), exact(scene, value))
