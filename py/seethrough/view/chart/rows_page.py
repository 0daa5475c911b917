"""Beneath the map: a few words by themselves, an axis, a sum; the boxes to type words into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import BOXES
from seethrough.view.node import Attributes, Node, h
from seethrough.view.words import rich, say, title

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.view.node import Slot

# The ids of the boxes are this and their names (app/by_rows.py).
BOX = "rows-box-"


def below(state: AppState, slot: Slot) -> Node:
    """The three, each under its heading."""
    return h(
        "div",
        {"class": "rows"},
        title(state, "rows.title"),
        h("p", {"class": "rows-lead"}, rich(state, "rows.lead")),
        slot("rows-picks"),
        h("div", {"class": "rows-pair"}, local(state, slot), axis(state, slot)),
        sums(state, slot),
    )


def local(state: AppState, slot: Slot) -> Node:
    """The words by themselves."""
    head = h("h3", {"id": "rows-local-title"}, say(state, "rows.local.title"))
    return h("section", {"aria-labelledby": "rows-local-title"}, head, slot("rows-local"))


def axis(state: AppState, slot: Slot) -> Node:
    """The words along a line."""
    return h(
        "section",
        {"aria-labelledby": "rows-axis-title"},
        h("h3", {"id": "rows-axis-title"}, say(state, "rows.axis.title")),
        h("p", {}, say(state, "rows.axis.lead")),
        h(
            "div",
            {"class": "rows-boxes"},
            box(state, "axis-0", say(state, "rows.axis.from")),
            box(state, "axis-1", say(state, "rows.axis.to")),
        ),
        slot("rows-axis"),
    )


def sums(state: AppState, slot: Slot) -> Node:
    """The words that are added."""
    return h(
        "section",
        {"class": "rows-sum", "aria-labelledby": "rows-sum-title"},
        h("h3", {"id": "rows-sum-title"}, say(state, "rows.sum.title")),
        h("p", {}, rich(state, "rows.sum.lead")),
        h(
            "div",
            {"class": "rows-boxes"},
            box(state, "sum-0", say(state, "rows.sum.begin")),
            box(state, "sum-1", say(state, "rows.sum.minus")),
            box(state, "sum-2", say(state, "rows.sum.plus")),
        ),
        slot("rows-sum"),
    )


def held_in(state: AppState, name: str) -> str:
    """The token that a box holds, without the space before a word; empty where it holds none."""
    atlas, (field, at) = state.chart.atlas, BOXES[name]
    token = getattr(state.by_rows, field)[at]
    if atlas is None or token is None:
        return ""
    return atlas.raw(token).decode("utf-8", "replace").strip()


def box(state: AppState, name: str, words: str) -> Node:
    """A box that a token is typed into."""
    more: Attributes = {
        "type": "search",
        "id": BOX + name,
        "data-live": "rows-type",
        "data-box": name,
        "autocomplete": "off",
        "autocapitalize": "off",
        "spellcheck": "false",
        "maxlength": "200",
        "placeholder": say(state, "rows.box.hint"),
        "value": held_in(state, name),
    }
    return h("label", {"class": "picker rows-box"}, h("span", {}, words), h("input", more))
