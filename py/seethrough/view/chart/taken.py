"""What a reader takes along of the map: its picture, and the tokens in sight as a table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.token_kinds import KINDS
from seethrough.view.chart.over import landed_at
from seethrough.view.chart.path_marks import path_of
from seethrough.view.chart.shown import is_left_out
from seethrough.view.node import Attributes, h, to_html
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState

FIELDS = ("language", "atlas")
HEAD = ("id", "token", "x", "y", "kind", "length")
SAVE = "chart-save"
KINDS_OF_FILE = ("png", "csv")


def render(state: AppState) -> str:
    """A button for each file."""
    if state.chart.atlas is None:
        return ""
    label: Attributes = {"class": "chart-save", "role": "group"}
    buttons = [
        action_button(state, SAVE, f"chart.save.{kind}", {"class": "button", "data-kind": kind})
        for kind in KINDS_OF_FILE
    ]
    return to_html(h("div", {**label, "aria-label": say(state, "chart.save")}, buttons))


def in_sight(state: AppState) -> list[int]:
    """The tokens whose dots lie in the picture as it is seen, by id."""
    wide, high, _ = state.chart.chart_size
    landed = landed_at(state)
    is_in = ((landed >= 0) & (landed < (wide, high))).all(axis=1)
    return np.flatnonzero(is_in & ~is_left_out(state)).tolist()


def table(state: AppState) -> str:
    """The tokens in sight: where each lies in the layout's own units, its kind, its row's length.

    A CSV as spreadsheets read it: UTF-8 with a mark at its beginning, lines of Windows.
    """
    atlas = state.chart.atlas
    assert atlas is not None  # asked before
    places = atlas.places[state.chart.chart_layout]
    made = io.StringIO()
    made.write("\ufeff")
    writer = csv.writer(made)
    writer.writerow(HEAD)
    for token in in_sight(state):
        x, y = (repr(float(value)) for value in places[token, :2])
        kind, length = KINDS[int(atlas.kinds[token])], repr(float(atlas.norms[token]))
        writer.writerow((token, atlas.visible(token), x, y, kind, length))
    return made.getvalue()


def told_of(state: AppState) -> tuple[str, str, str]:
    """What the picture says of itself: its title, the text whose path is drawn, the map's model."""
    chart = state.chart
    title = say(state, f"chart.saved.{chart.chart_layout}")
    prompt = state.run.given[0] if path_of(state) is not None and state.run.given else ""
    cards = (card.title for card in state.site.models if card.id == chart.chart_model)
    return title, prompt, next(cards, chart.chart_model)
