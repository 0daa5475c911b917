"""Where the last token looks in a layer: lines as wide and as dark as a head's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.cell import Cell
from seethrough.core.hooks import PATTERN, hook_name
from seethrough.view.cell_button import cell_button
from seethrough.view.ideas.plain import caption, place, plain, whole
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, exact
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array

MOST_COLUMNS = 8  # tokens that have one
HIGH = 64
WIDEST = 14.0
LEAST = 0.5


def looks(scene: Scene, layer: int) -> list[Child]:
    """The lines of the chosen head, its weights beneath; where they are not known that is said."""
    pattern, last = scene.run.pattern(layer), len(scene.run.tokens) - 1
    if pattern is None:
        return [caption(say(scene, "idea.model.no_looks"))]
    head = None if scene.choice.is_mean else min(scene.choice.head, len(pattern) - 1)
    row = pattern[:, last].mean(axis=0) if head is None else pattern[head, last]
    first = max(0, last + 1 - MOST_COLUMNS)
    most = plain(scene.run.tokens[int(row.argmax())].visible)
    weights = [weight(scene, layer, head, at, float(row[at])) for at in range(first, last + 1)]
    return [
        heads(scene, len(pattern), head, most),
        lines(row[first:]),
        h("ol", {"class": "whole-weights"}, weights),
        before(scene, first, float(row[:first].sum())),
    ]


def before(scene: Scene, n_before: int, share: float) -> Node | None:
    """What the tokens without a column have of it, together."""
    if not n_before:
        return None
    told = say(
        scene, "idea.model.looks_before", n_before=count(scene, n_before), share=whole(scene, share)
    )
    return h("p", {"class": "whole-told"}, told)


def heads(scene: Scene, n_heads: int, chosen: int | None, most: str) -> Node:
    """Which head is shown (None: the mean of all), and the others to choose.

    Args:
        most: The word that it looks at most.
    """
    if chosen is None:
        told = say(scene, "idea.model.looks_mean", n_heads=count(scene, n_heads))
    else:
        told = say(scene, "idea.model.looks", head=count(scene, chosen), token=most)
    mean: Attributes = {
        "class": "whole-head is-mean",
        "aria-pressed": "true" if chosen is None else "false",
    }
    buttons = [choose(at, is_chosen=at == chosen) for at in range(n_heads)]
    label: Attributes = {
        "class": "whole-heads",
        "role": "group",
        "aria-label": say(scene, "view.head"),
    }
    all_heads = action_button(scene, "select-mean", "idea.model.mean", mean)
    return h("div", label, h("span", {"class": "whole-told"}, told), buttons, all_heads)


def choose(head: int, *, is_chosen: bool) -> Node:
    """The button of one head."""
    return h(
        "button",
        {
            "type": "button",
            "class": "whole-head",
            "data-action": "select-head",
            "data-head": str(head),
            "aria-pressed": "true" if is_chosen else "false",
        },
        str(head),
    )


def lines(row: Array) -> Node:
    """A line from each shown token to the last one.

    Shapes: row [shown tokens], weights of 0 to 1.
    """
    n_shown = len(row)
    end = place((n_shown - 0.5) / n_shown)
    drawn = [
        h(
            "line",
            {
                "x1": place((at + 0.5) / n_shown),
                "y1": "0",
                "x2": end,
                "y2": str(HIGH),
                "stroke-width": f"{max(WIDEST * float(share), LEAST):.2f}",
                "opacity": f"{0.15 + 0.85 * float(share):.3f}",
            },
        )
        for at, share in enumerate(row)
    ]
    return h(
        "svg",
        {"class": "whole-lines", "width": "100%", "height": HIGH, "aria-hidden": "true"},
        drawn,
    )


def weight(scene: Scene, layer: int, head: int | None, at: int, share: float) -> Node:
    """A weight in whole per cent, which opens its sum; a mean is no number of the model's own."""
    if head is None:
        return h("li", {}, h("span", {"title": exact(scene, share)}, whole(scene, share)))
    cell = Cell(hook_name(PATTERN, layer), (head, len(scene.run.tokens) - 1, at))
    return h("li", {}, cell_button(cell, whole(scene, share), exact(scene, share)))
