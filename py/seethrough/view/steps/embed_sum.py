"""What is added to a token's row: a learned position's row, or nothing yet, and all its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.length import length_of
from seethrough.core.maths import rotary_frequencies
from seethrough.view import strip
from seethrough.view.addends import add_up
from seethrough.view.folded import folded
from seethrough.view.node import Child, Markup, Node, h
from seethrough.view.numbers import bracketed, count, readout
from seethrough.view.steps.embed_vectors import (
    ENTERS,
    Vector,
    is_learned,
    length_mark,
    of_token,
    reach_of,
    same_ids,
    strip_name,
)
from seethrough.view.unrecorded import spans
from seethrough.view.vector_table import vector_table
from seethrough.view.words import hook_mark, rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene

SIGNS = ("", "+", "=")
PARTS = {"": "token", "+": "position", "=": "total"}
LOOKED, ADDED, SUMMED = 3, 4, 5


def parts(scene: Scene, position: int) -> list[Vector] | None:
    """The token's row, the position's row, their sum; None where one is not known."""
    found = [
        Vector(name, values)
        for name in (hooks.EMBED, hooks.POS_EMBED, ENTERS)
        if (values := scene.run.captured.row(name, position)) is not None
    ]
    return found if len(found) == len(SIGNS) else None


def learned(scene: Scene, position: int) -> Node:
    """Token row + position row = what enters block 0, as three strips with their lengths."""
    found = parts(scene, position)
    title = rich(
        scene,
        "embed.sum.title",
        token=token_mark(visible_at(scene, position)),
        position=str(position),
    )
    heading = h("h2", {"class": "embed-sum-title"}, title)
    if found is None:
        return h("section", {"class": "embed-sum embed-wide"}, heading, lacking_sum(scene))
    reach = strip.common_limit([vector.values for vector in found])
    lines = [
        addend(scene, vector, position, sign, reach)
        for vector, sign in zip(found, SIGNS, strict=True)
    ]
    return h(
        "section",
        {"class": "embed-sum"},
        heading,
        h("div", {"class": "scroll"}, h("ul", {}, lines)),
        h("p", {"class": "note", "data-at": str(SUMMED)}, worked(scene, found, position)),
    )


def lacking_sum(scene: Scene) -> Node:
    """In the sum's place while its rows are not known."""
    return h("p", {"class": "note"}, say(scene, "embed.sum.lacking"))


def addend(scene: Scene, vector: Vector, position: int, sign: str, reach: float) -> Node:
    """One strip of the sum: its sign, what it is and its hook, its numbers, its length."""
    named = h("span", {}, say(scene, f"embed.sum.{PARTS[sign]}", position=position))
    norm = readout(scene, length_of(vector.values))
    label = say(scene, "embed.sum.strip", name=vector.name, position=position, length=norm)
    film: dict[str, str] = {}
    if sign:
        film = {"data-at": str(ADDED if sign == SIGNS[1] else SUMMED)}
        film["data-move"] = "sweep" if sign == SIGNS[1] else "rise"
    canvas = strip.strip(
        scene, vector.name, position, reach=reach, label=label, told_in="embed-readout"
    )
    return h(
        "li",
        film,
        h("span", {"class": "number embed-sign"}, sign),
        h("span", {"class": "embed-addend"}, named, hook_mark(vector.name)),
        h("span", {"class": "embed-strip"}, canvas),
        h("span", {"class": "number is-number"}, length_mark(scene, vector, position)),
    )


def worked(scene: Scene, found: list[Vector], position: int) -> list[Node | str]:
    """One dimension of the sum with its own numbers: the one where the position changes most."""
    at = int(np.nan_to_num(np.abs(found[1].values)).argmax())
    shown = written(scene, found, at)
    cells = [
        number(vector, position, at, value) for vector, value in zip(found, shown, strict=True)
    ]
    return rich(
        scene, "embed.sum.worked", column=str(at), row=cells[0], place=cells[1], total=cells[2]
    )


def written(scene: Scene, found: list[Vector], column: int) -> tuple[str, str, str]:
    """The token's number, the position's and their sum, by digits that add up."""
    row, place, total = (float(vector.values[column]) for vector in found)
    added = add_up(scene, [row, place], total)
    return added.parts[0], bracketed(added.parts[1]), added.whole


def number(vector: Vector, position: int, column: int, shown: str) -> Node:
    """A number that can be asked for its sum, as it is written."""
    cell = str(Cell(vector.name, (position, column)))
    attributes = {"type": "button", "class": "cell-button", "data-action": "select-cell"}
    return h("button", {**attributes, "data-cell": cell, "title": cell}, shown)


def opened(scene: Scene, position: int, element_id: str) -> Node:
    """Where the cells of the strips open; at rest the chosen token's largest number is open."""
    found = of_token(scene, position)
    inside: Child = say(scene, "view.strip.rest")
    if found is not None:
        largest = int(np.nan_to_num(np.abs(found.values)).argmax())
        name = strip_name(found.name, position, reach_of(scene))
        inside = Markup(strip.opened(scene, name, 0, largest))
    place = {"class": "readout opened", "id": element_id, "data-at": str(LOOKED)}
    return h("output", {**place, "data-move": "rise"}, inside)


def tables(scene: Scene, position: int) -> Node | str:
    """All numbers of the chosen token's row, and of what is added to it."""
    found = of_token(scene, position)
    if found is None:
        return ""
    vectors = (parts(scene, position) if is_learned(scene) else None) or [found]
    n_values = count(scene, len(found.values))
    token = token_mark(visible_at(scene, position))
    words = rich(scene, "embed.table", n_values=n_values, token=token)
    return folded(
        scene,
        "embed-data",
        words,
        lambda: [
            vector_table(
                scene, caption(scene, vector, position), vector.values, vector.name, position
            )
            for vector in vectors
        ],
    )


def caption(scene: Scene, vector: Vector, position: int) -> list[Node | str]:
    """What a table holds."""
    return rich(
        scene,
        "view.residual.caption",
        name=hook_mark(vector.name),
        position=str(position),
        norm=readout(scene, length_of(vector.values)),
    )


def rotation(scene: Scene, position: int) -> Node | str:
    """Where the position comes in where none is added: by how much this one turns its pairs."""
    config = scene.run.config
    if config is None or config.rotary_base is None:
        return ""
    turns = rotary_frequencies(
        config.n_turned, config.rotary_base, np.float64, config.rotary_factors
    )
    slowest = position * float(turns[-1])
    same = same_ids(scene)
    sentences: list[Child] = [rich(scene, "embed.rotary.nothing"), " "]
    if same is not None:
        token = token_mark(visible_at(scene, same[0]))
        places = spans(scene, same)
        sentences += [rich(scene, "embed.rotary.same", token=token, positions=places), " "]
    how = rich(
        scene,
        "embed.rotary.how",
        n_pairs=count(scene, config.n_turned // 2),
        is_part=config.n_turned < config.d_head,
        n_turned=count(scene, config.n_turned),
        d_head=count(scene, config.d_head),
        position=str(position),
        slowest=readout(scene, slowest),
        base=count(scene, int(config.rotary_base)),
    )
    return h(
        "details",
        {"class": "data side", "id": "embed-position", "data-at": str(ADDED)},
        h("summary", {}, say(scene, "embed.rotary.title")),
        h("p", {"class": "note"}, sentences, how, other_layers(scene, position)),
    )


def other_layers(scene: Scene, position: int) -> list[Child]:
    """How those layers turn that do not turn as the model says of all; else nothing."""
    config = scene.run.config
    if config is None or not config.layers:
        return []
    sentences: list[Child] = []
    layers = range(config.n_layers)
    n_layers = count(scene, config.n_layers)
    turned = [config.rotary_base_of(layer) for layer in layers if config.layer(layer).is_turned]
    for base in sorted({base for base in turned if base != config.rotary_base}):
        turns = rotary_frequencies(config.n_turned, base, np.float64, config.rotary_factors)
        told = say(
            scene,
            "embed.rotary.other",
            n=turned.count(base),
            n_layers=n_layers,
            base=count(scene, int(base)),
            slowest=readout(scene, position * float(turns[-1])),
        )
        sentences += [" ", told]
    if len(turned) < config.n_layers:
        still = config.n_layers - len(turned)
        sentences += [" ", say(scene, "embed.rotary.still", n=still, n_layers=n_layers)]
    return sentences


def moments(scene: Scene, position: int) -> Sequence[Child]:
    """The position's row comes, and is added."""
    found = parts(scene, position)
    if found is None:
        lacking = say(scene, "embed.sum.lacking")
        return (say(scene, "embed.film.learned", position=position), lacking)
    at = int(np.nan_to_num(np.abs(found[1].values)).argmax())
    row, place, total = written(scene, found, at)
    return (
        say(scene, "embed.film.learned", position=position),
        say(scene, "embed.film.sum", column=at, row=row, place=place, total=total),
    )
