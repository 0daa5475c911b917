"""The film of the fourth step: values, weights, the context, the heads, the sum."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.length import length_of
from seethrough.view import film
from seethrough.view.block.facts import at_once, row
from seethrough.view.block.mix_facts import Mixed, mixed_of, results
from seethrough.view.numbers import count, probability, readout
from seethrough.view.wants import chosen
from seethrough.view.words import rich, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.view.node import Attributes, Child, Node


def shots(scene: Scene) -> tuple[str, ...]:
    """The moments of the film, as far as their numbers are here."""
    mixed = mixed_of(scene)
    if mixed is None or mixed.values is None:
        return ()
    names = ["values", "weigh"]
    if mixed.context is not None:
        names.append("pour")
    if results(scene) is not None:
        names.append("heads")
    summed = hooks.ATTN_OUT if at_once(scene.run.config) else hooks.RESID_MID
    return (*names, "add") if row(scene, summed) is not None else tuple(names)


def moments(scene: Scene) -> Sequence[Child]:
    """A sentence for each moment, with this input's own tokens and numbers."""
    mixed = mixed_of(scene)
    return () if mixed is None else film.film_of(shots(scene), partial(caption, scene, mixed))


def caption(scene: Scene, mixed: Mixed, shot: str) -> Child:
    """The sentence of one moment."""
    most, config = int(mixed.weights.argmax()), scene.run.config
    fields: dict[str, Node | str] = {
        "token": token_mark(visible_at(scene, chosen(scene))),
        "most": token_mark(visible_at(scene, most)),
        "head": str(mixed.head),
        "weight": probability(scene, float(mixed.weights[most])),
        "n_heads": count(scene, config.n_heads if config else 0),
        "d_head": count(scene, config.d_head if config else 0),
        "d_model": count(scene, config.d_model if config else 0),
    }
    wrote = row(scene, hooks.ATTN_OUT)
    if shot == "add" and wrote is not None:
        fields["length"] = readout(scene, length_of(wrote))
    return rich(scene, f"mix.film.{shot}", **fields)


def timed(scene: Scene, shot: str, move: str) -> Attributes:
    """The place in this film of what enters at a moment (view/film.py)."""
    return film.timed(shots(scene), shot, move)
