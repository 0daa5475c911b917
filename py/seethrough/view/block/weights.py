"""The third step inside a layer: the scores of a row become weights that add up to 1."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.head_facts import entropy
from seethrough.view import attention, layer_formula, named
from seethrough.view.attention_grid import grid_of
from seethrough.view.block import habits, here, off, shapes, wall
from seethrough.view.block.here import here_of, of_layer, row_by_head
from seethrough.view.block.row import row_of
from seethrough.view.block.stages import formula, shots_of, stages, written
from seethrough.view.film import film_of
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, readout
from seethrough.view.unrecorded import note
from seethrough.view.words import hook_mark, rich, say, title, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.wants import Wants
    from seethrough.view.block.row import Row
    from seethrough.view.node import Child

FIELDS = (*here.FIELDS, *off.FIELDS, *layer_formula.FIELDS)


def wants(scene: Scene) -> Wants:
    """The scores and weights of the layer, the patterns of all layers of a short text."""
    return of_layer(scene, (hooks.SCORES, hooks.PATTERN)) | wall.wants(scene) | off.wants(scene)


def render(scene: Scene) -> str:
    """The row in stages beside the whole pattern; every head to choose from; what heads do."""
    place = here_of(scene)
    row = None if place is None else row_of(scene, place)
    grid = grid_of(scene)
    if place is None or row is None or grid is None:
        return to_html(here.nothing_yet(scene), *without(scene))
    return to_html(
        title(scene, "step.weights"),
        named.lead(scene, [attention.lead(scene, grid), " ", rich(scene, "weights.softmax")]),
        shapes.line(scene, "weights"),
        h(
            "div",
            {"class": "block-pair"},
            h(
                "div",
                {"class": "block-row"},
                h("div", {"class": "scroll", "tabindex": "0"}, stages(scene, row, shots_of(row))),
                formula(scene, row),
                spread(scene, row),
                "" if row.total is not None else note(scene, say(scene, "stages.lacking")),
            ),
            h("div", {"class": "pattern-whole"}, attention.pattern(scene, grid)),
        ),
        layer_formula.box(scene, "weights"),
        off.figure(scene),
        h("div", {"class": "block-more"}, wall.figure(scene), habits.figure(scene, place)),
    )


def without(scene: Scene) -> list[Node]:
    """A layer whose weights are not here: what is lacking, and the other heads to choose from."""
    if scene.run.config is None or not scene.run.tokens:
        return []
    return [here.waits(scene), wall.figure(scene)]


def spread(scene: Scene, row: Row) -> Node:
    """How widely the row looks, in bits, and by how many tokens alike it would be the same."""
    weights = row_by_head(scene, row.here, hooks.PATTERN)
    bits = 0.0 if weights is None else float(entropy(weights))
    words = rich(
        scene,
        "weights.spread",
        bits=h("b", {}, readout(scene, bits)),
        n_alike=readout(scene, 2.0**bits),
        n_keys=count(scene, row.here.position + 1),
        name=hook_mark(f"{row.here.name(hooks.PATTERN)}[{row.here.head},{row.here.position}]"),
    )
    return h("p", {"class": "note"}, words)


def moments(scene: Scene) -> Sequence[Child]:
    """The stages of the row, one after the other."""
    place = here_of(scene)
    row = None if place is None else row_of(scene, place)
    if row is None or row.total is None:
        return ()
    return film_of(shots_of(row), partial(caption, scene, row))


def caption(scene: Scene, row: Row, shot: str) -> Child:
    """The sentence of one moment."""
    best, told = row.best, written(scene, row)
    at = row.keys.index(best)
    score = told.scores[at] if told.scores else ""
    fields: dict[str, Node | str] = {
        "token": token_mark(visible_at(scene, row.here.position)),
        "key": token_mark(visible_at(scene, best.position)),
        "score": score,
        "max": score,
        "power": "" if told.powers is None else told.powers.parts[at],
        "sum": "" if told.powers is None else told.powers.whole,
        "weight": told.weights.parts[at],
    }
    return rich(scene, f"weights.film.{shot}", **fields)
