"""The numbers behind the ribbon: what each layer wrote and would say, and all of one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.length import length_cell
from seethrough.view.cell_button import cell_button
from seethrough.view.folded import folded
from seethrough.view.node import Child, Node, h
from seethrough.view.numbers import count, exact, probability, readout
from seethrough.view.pickers import layer_of, layer_picker
from seethrough.view.steps.layers_stream import Ribbon, answers, length_at, written
from seethrough.view.vector_table import vector_table
from seethrough.view.words import hook_mark, rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate

MIDDLE = "mid"
COLUMNS = ("layer", "attn", MIDDLE, "mlp", "post", "says", "prob", "logit")


def tables(scene: Scene, ribbon: Ribbon) -> list[Node]:
    """Two tables, folded away until they are asked for."""
    layer = layer_of(scene)
    token = token_mark(visible_at(scene, ribbon.position))
    own = ribbon.rows_of(range(layer, layer + 1))
    rows = range(0 if layer == 0 else own.start, own.stop)
    return [
        folded(
            scene,
            "layers-data",
            rich(scene, "layers.table", token=token),
            lambda: summary_table(scene, ribbon),
        ),
        folded(
            scene,
            "layers-numbers",
            rich(scene, "layers.numbers", token=token),
            lambda: [
                h("div", {"class": "controls"}, layer_picker(scene)),
                [numbers(scene, ribbon, row) for row in rows],
            ],
        ),
    ]


def numbers(scene: Scene, ribbon: Ribbon, row: int) -> Node | str:
    """All numbers of one state."""
    if not ribbon.known[row]:
        return ""
    caption = rich(
        scene,
        "view.residual.caption",
        name=hook_mark(ribbon.names[row]),
        position=str(ribbon.position),
        norm=readout(scene, length_at(scene, ribbon, row) or 0.0),
    )
    return vector_table(scene, caption, ribbon.values[row], ribbon.names[row], ribbon.position)


def summary_table(scene: Scene, ribbon: Ribbon) -> Node:
    """A line a layer: the lengths of the writes and of the stream, the best next token."""
    shown = [name for name in COLUMNS if name != MIDDLE or ribbon.per_layer > 1]
    heads = [h("th", {"scope": "col"}, column(scene, name)) for name in shown]
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers"},
            h("thead", {}, h("tr", {}, heads)),
            h("tbody", {}, entry_line(scene, ribbon), lines(scene, ribbon)),
        ),
    )


def column(scene: Scene, name: str) -> str:
    """A column's name."""
    return say(scene, f"layers.column.{name}")


def entry_line(scene: Scene, ribbon: Ribbon) -> Node:
    """What enters: nothing was written yet."""
    best = answers(scene)
    return h(
        "tr",
        {},
        h("th", {"scope": "row"}, say(scene, "layers.entry")),
        [h("td") for _ in range(1 + ribbon.per_layer)],
        number(scene, length_at(scene, ribbon, 0), ribbon.names[0], ribbon.position),
        says(scene, best[0] if best else None),
    )


def lines(scene: Scene, ribbon: Ribbon) -> list[Node]:
    """The layers."""
    attention, mlp = written(scene, hooks.ATTN_OUT), written(scene, hooks.MLP_OUT)
    best, at = answers(scene), ribbon.position
    return [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, count(scene, layer)),
            number(scene, attention[layer], hook_name(hooks.ATTN_OUT, layer), at),
            [state(scene, ribbon, row) for row in rows[:-1]],
            number(scene, mlp[layer], hook_name(hooks.MLP_OUT, layer), at),
            state(scene, ribbon, rows[-1]),
            says(scene, best[layer + 1] if best else None),
        )
        for layer in range(ribbon.n_layers)
        for rows in [ribbon.rows_of(range(layer, layer + 1))]
    ]


def state(scene: Scene, ribbon: Ribbon, row: int) -> Node:
    """The length of one of the ribbon's states."""
    return number(scene, length_at(scene, ribbon, row), ribbon.names[row], ribbon.position)


def number(scene: Scene, value: float | None, hook: str, position: int) -> Node:
    """A length to the last digit, with the sum behind it; empty where it is not known."""
    if value is None:
        return h("td", {"class": "number"})
    cell = length_cell(hook, position)
    return h("td", {"class": "number"}, cell_button(cell, exact(scene, value), str(cell)))


def says(scene: Scene, item: Candidate | None) -> list[Child]:
    """The best next token, its probability and its logit."""
    if item is None:
        return [h("td") for _ in range(3)]
    return [
        h("td", {}, h("bdi", {}, item.visible)),
        h("td", {"class": "number", "title": exact(scene, item.prob)}, probability_of(scene, item)),
        h("td", {"class": "number"}, exact(scene, item.logit)),
    ]


def probability_of(scene: Scene, item: Candidate) -> str:
    """Its share of the vocabulary."""
    return probability(scene, item.prob)
