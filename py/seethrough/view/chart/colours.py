"""What the colours of the map tell, with a legend whose entries are switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.bands import COLOURS, KIND, LENGTH
from seethrough.view.chart import beside
from seethrough.view.chart.picture import step_of
from seethrough.view.node import Attributes, Markup, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.bands import Bands

FIELDS = (*beside.LEGEND_FIELDS, "chart_colour", "chart_bands")


def render(state: AppState) -> str:
    """The choice of colour, and its legend; nothing before the map is here."""
    chart = state.chart
    if chart.atlas is None:
        return ""
    if chart.chart_colour == KIND:
        return to_html(choice(state), Markup(beside.legend(state)))
    bands = chart.atlas.bands(chart.chart_colour)
    return to_html(choice(state), *ranges(state, bands))


def choice(state: AppState) -> Node:
    """Kind, length or id, as buttons."""
    label = say(state, "chart.colour")
    buttons = [
        h(
            "button",
            {
                "type": "button",
                "class": "button",
                "data-action": "chart-colour",
                "data-name": name,
                "aria-pressed": "true" if state.chart.chart_colour == name else "false",
            },
            say(state, f"chart.colour.{name}"),
        )
        for name in COLOURS
    ]
    words = h("span", {"class": "note", "aria-hidden": "true"}, label)
    return h(
        "div", {"class": "chart-colours", "role": "group", "aria-label": label}, words, buttons
    )


def ranges(state: AppState, bands: Bands) -> list[Node]:
    """Each range with its colour and how many tokens it has; pressed unless it is left out."""
    counts = np.bincount(bands.of, minlength=bands.count).tolist()
    items = [
        h("li", {}, band_button(state, bands, at, counts[at]))
        for at in range(bands.count)
        if counts[at]
    ]
    name = state.chart.chart_colour
    label = say(state, f"chart.bands.{name}")
    return [
        h("p", {"class": "note"}, label),
        h("ul", {"class": "chart-kinds", "aria-label": label}, items),
    ]


def band_button(state: AppState, bands: Bands, at: int, n_tokens: int) -> Node:
    """One range."""
    is_on = "false" if at in state.chart.chart_bands else "true"
    more: Attributes = {"type": "button", "class": "chart-kind", "data-action": "chart-band"}
    step = step_of(at, bands.count)
    mark = h("span", {"class": f"chart-dot is-step-{step}", "aria-hidden": "true"})
    return h(
        "button",
        {**more, "data-band": str(at), "aria-pressed": is_on},
        mark,
        h("span", {}, told(state, bands, at)),
        " ",
        h("span", {"class": "number"}, count(state, n_tokens)),
    )


def told(state: AppState, bands: Bands, at: int) -> str:
    """A range in words: ids from one to the last one in it, lengths up to the next range."""
    first, end = bands.edges[at], bands.edges[at + 1]
    if state.chart.chart_colour == LENGTH:
        low, high = beside.decimals(state, first), beside.decimals(state, end)
        return say(state, "chart.band.length", first=low, end=high)
    assert state.chart.atlas is not None  # asked before
    last = min(int(end), state.chart.atlas.n_tokens) - 1
    return say(state, "chart.band.id", first=count(state, int(first)), last=count(state, last))
