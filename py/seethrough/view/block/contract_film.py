"""The film of the last step: the sum, the next layer, the moves, the scores."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.length import length_of
from seethrough.view import film
from seethrough.view.block.facts import answers, direction, names_of, row
from seethrough.view.numbers import count, readout
from seethrough.view.pickers import layer_of, n_layers
from seethrough.view.wants import chosen
from seethrough.view.words import rich, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.view.node import Attributes, Child, Node


LEAVES = (hooks.RESID_PRE, hooks.ATTN_OUT, hooks.RESID_MID, hooks.MLP_OUT, hooks.RESID_POST)


def is_whole(scene: Scene) -> bool:
    """Whether the stream through the layer is here."""
    captured, at, names = scene.run.captured, chosen(scene), names_of(scene, LEAVES)
    return bool(names) and all(captured.row(name, at) is not None for name in names)


def shots(scene: Scene) -> tuple[str, ...]:
    """The moments of the film, as far as their numbers are here."""
    if not is_whole(scene):
        return ()
    best = answers(scene)[:1]
    is_scored = bool(best) and direction(scene, best[0].id) is not None
    return ("add", "next", "moves", "scores") if is_scored else ("add", "next", "moves")


def moments(scene: Scene) -> Sequence[Child]:
    """A sentence for each moment, with this input's own tokens and numbers."""
    return film.film_of(shots(scene), partial(caption, scene))


def caption(scene: Scene, shot: str) -> Child:
    """The sentence of one moment."""
    config, wrote = scene.run.config, row(scene, hooks.MLP_OUT)
    fields: dict[str, Node | str] = {
        "token": token_mark(visible_at(scene, chosen(scene))),
        "d_mlp": count(scene, config.d_mlp if config else 0),
        "next": str(layer_of(scene) + 1),
    }
    if shot == "add" and wrote is not None:
        fields["length"] = readout(scene, length_of(wrote))
    if shot == "next":
        is_end = layer_of(scene) + 1 == n_layers(scene)
        return rich(scene, "contract.film.end" if is_end else "contract.film.next", **fields)
    return rich(scene, f"contract.film.{shot}", **fields)


def timed(scene: Scene, shot: str, move: str) -> Attributes:
    """The place in this film of what enters at a moment (view/film.py)."""
    return film.timed(shots(scene), shot, move)
