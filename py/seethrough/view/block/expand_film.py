"""The film of the fifth step: the norm, the curve, the gate, all neurons, the strongest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.view import film
from seethrough.view.block.facts import row
from seethrough.view.block.neurons import neurons_of
from seethrough.view.numbers import count, readout, signed
from seethrough.view.wants import chosen
from seethrough.view.words import rich, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.view.node import Attributes, Child, Node


def shots(scene: Scene) -> tuple[str, ...]:
    """The moments of the film, as far as their numbers are here."""
    known = neurons_of(scene)
    if known is None or row(scene, hooks.LN2_OUT) is None:
        return ()
    gate = ("gate",) if known.linear is not None else ()
    return ("norm", "curve", *gate, "all", "strong")


def moments(scene: Scene) -> Sequence[Child]:
    """A sentence for each moment, with this input's own tokens and numbers."""
    return film.film_of(shots(scene), partial(caption, scene))


def caption(scene: Scene, shot: str) -> Child:
    """The sentence of one moment."""
    known, config = neurons_of(scene), scene.run.config
    fields: dict[str, Node | str] = {
        "token": token_mark(visible_at(scene, chosen(scene))),
        "d_model": count(scene, config.d_model if config else 0),
        "d_mlp": count(scene, config.d_mlp if config else 0),
    }
    scale = row(scene, hooks.LN2_SCALE)
    if shot == "norm" and scale is not None:
        fields["scale"] = readout(scene, float(scale[0]))
    if shot == "strong" and known is not None:
        fields["neuron"] = str(known.told[0])
        fields["value"] = signed(scene, float(known.post[known.told[0]]))
    return rich(scene, f"expand.film.{shot}", **fields)


def timed(scene: Scene, shot: str, move: str) -> Attributes:
    """The place in this film of what enters at a moment (view/film.py)."""
    return film.timed(shots(scene), shot, move)
