"""The page of the map: the question, the picture with its tools, what is told beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.chart import rows_page
from seethrough.view.chart.beside import SEARCH
from seethrough.view.node import Attributes, Node, h
from seethrough.view.words import action_button, page_title, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot


def frame(state: AppState, slot: Slot) -> list[Node]:
    """What is near what, and why?"""
    return [
        page_title(state, "chart.title"),
        h(
            "div",
            {"class": "chart-top"},
            h("p", {"class": "page-lead"}, rich(state, "chart.lead")),
            slot("chart-stop"),
        ),
        h(
            "div",
            {"class": "chart"},
            search(state),
            h(
                "div",
                {"class": "chart-main"},
                plate(state, slot),
                slot("chart-steer"),
                slot("chart-now"),
            ),
            h(
                "div",
                {"class": "chart-side"},
                slot("chart-tools"),
                slot("chart-found"),
                slot("chart-token"),
                slot("chart-path"),
                slot("chart-nearest"),
                slot("chart-save"),
            ),
            h("div", {"class": "chart-under"}, slot("chart-lost"), slot("chart-legend")),
        ),
        h("p", {"class": "note chart-keys"}, say(state, "chart.keys")),
        rows_page.below(state, slot),
    ]


def plate(state: AppState, slot: Slot) -> Node:
    """The picture, what lies over it, and the buttons that move it."""
    canvas: Attributes = {
        "id": "chart-canvas",
        "data-raster": "chart",
        "tabindex": "0",
        "role": "img",
        "aria-label": say(state, "chart.picture"),
    }
    buttons = [
        action_button(state, "chart-in", "chart.in", {"class": "button"}),
        action_button(state, "chart-out", "chart.out", {"class": "button"}),
        action_button(state, "chart-whole", "chart.whole", {"class": "button"}),
    ]
    drawn = h(
        "div",
        {"class": "chart-plate"},
        h("p", {"class": "chart-before", "aria-hidden": "true"}, say(state, "chart.before")),
        h("canvas", canvas),
        slot("chart-over"),
        slot("chart-lasso"),
        h("output", {"class": "chart-hover", "id": "chart-hover", "hidden": True}),
        slot("chart-status"),
        h("div", {"class": "chart-move"}, buttons),
    )
    return h("div", {"class": "chart-frame"}, drawn)  # a saved picture has its margin here


def search(state: AppState) -> Node:
    """The search box."""
    box: Attributes = {
        "type": "search",
        "id": SEARCH,
        "data-live": "chart-seek",
        "autocomplete": "off",
        "spellcheck": "false",
        "maxlength": "200",
        "placeholder": say(state, "chart.search.hint"),
    }
    words = h("span", {}, say(state, "chart.search"))
    return h("label", {"class": "picker chart-search"}, words, h("input", box))
