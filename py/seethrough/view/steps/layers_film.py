"""The film of step 4: group by group, what the layers write and what the model would say."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.view.film import Film
from seethrough.view.numbers import count, probability, readout
from seethrough.view.steps.layers_stream import (
    Ribbon,
    answers,
    first_and_last,
    groups,
    length_at,
    ribbon_of,
    written,
)
from seethrough.view.words import rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate
    from seethrough.view.node import Child, Node

SIDES = {hooks.ATTN_OUT: "attention", hooks.MLP_OUT: "mlp"}


def moments(scene: Scene) -> Sequence[Child]:
    """The ribbon grows: what enters, group by group what is written, the answer at the end."""
    ribbon = ribbon_of(scene)
    if ribbon is None:
        return ()
    parts = [partial(group_told, scene, ribbon, layers) for layers in groups(ribbon.n_layers)]
    return Film((partial(enters_told, scene, ribbon), *parts, partial(end_told, scene)))


def enters_told(scene: Scene, ribbon: Ribbon) -> Child:
    """What enters the first block."""
    first = length_at(scene, ribbon, 0)
    return rich(
        scene,
        "layers.film.enters" if first is not None else "layers.film.enters_bare",
        token=token_mark(visible_at(scene, ribbon.position)),
        d_model=count(scene, ribbon.values.shape[1]),
        length=readout(scene, first or 0.0),
    )


def end_told(scene: Scene) -> Child:
    """What the layers came to."""
    best = answers(scene)
    if not best:
        return say(scene, "layers.film.end")
    prob = probability(scene, best[-1].prob)
    sure = rich(scene, "layers.film.sure", token=token_mark(best[-1].visible), prob=prob)
    return [*said(scene, best), " ", *sure]


def group_told(scene: Scene, ribbon: Ribbon, layers: range) -> Child:
    """What a group of layers wrote, how long the stream is after it, what it would say."""
    span = {
        "n_layers": count(scene, len(layers)),
        "first": str(layers.start),
        "last": str(layers.stop - 1),
    }
    told = {leaf: written(scene, leaf)[layers.start : layers.stop] for leaf in SIDES}
    known = [length for lengths in told.values() for length in lengths if length is not None]
    after = length_at(scene, ribbon, ribbon.per_layer * layers.stop)
    best = answers(scene)
    parts: list[Child] = [say(scene, "layers.film.writes", **span, at_once=ribbon.per_layer == 1)]
    if len(known) == 2 * len(layers):
        attention, mlp = (
            readout(scene, max(length or 0.0 for length in told[leaf])) for leaf in SIDES
        )
        parts = [say(scene, "layers.film.wrote", **span, attention=attention, mlp=mlp)]
    if after is not None:
        parts += [" ", say(scene, "layers.film.after", length=readout(scene, after))]
    if best:
        token = token_mark(best[layers.stop].visible)
        prob = probability(scene, best[layers.stop].prob)
        parts += [" ", rich(scene, "layers.film.says", token=token, prob=prob)]
    return parts


def said(scene: Scene, best: tuple[Candidate, ...]) -> list[Node | str]:
    """Where the final answer first comes to the top, and from where on it stays."""
    first, stays = first_and_last(best)
    token = token_mark(best[-1].visible)
    if stays == 0:
        return rich(scene, "layers.said_at_once", token=token)
    if first == stays == len(best) - 1:
        return rich(scene, "layers.said_last", token=token)
    if first == stays:
        return rich(scene, "layers.said", token=token, layer=str(stays - 1))
    return rich(
        scene,
        "layers.said_twice",
        token=token,
        is_before=not first,
        first=str(first - 1),
        layer=str(stays - 1),
    )
