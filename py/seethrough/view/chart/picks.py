"""Which tokens are looked at by themselves: the tools that pick them, and their list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import chosen_tokens, offered_tokens
from seethrough.core.local_plane import MOST
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import action_button, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.atlas import Atlas

FIELDS = (
    *("language", "atlas", "chart_found", "chart_sought", "chart_group"),
    *("picked", "n_beyond"),
)
LASSO_FIELDS = ("language", "atlas", "chart_size", "lasso", "has_lasso", "picked")


def render(state: AppState) -> str:
    """The tools, and the tokens as switches."""
    atlas, by_rows = state.chart.atlas, state.by_rows
    if atlas is None:
        return ""
    tools = [action_button(state, "rows-sight", "rows.sight")]
    if by_rows.picked:
        tools.append(action_button(state, "rows-clear", "rows.clear"))
    group = {"class": "chart-layouts", "role": "group", "aria-label": say(state, "rows.tools")}
    return to_html(h("div", group, tools), *counted(state), switches(state, atlas))


def counted(state: AppState) -> list[Node]:
    """How many are shown, and how many are not, because they are too many."""
    chart, by_rows = state.chart, state.by_rows
    n_shown = len(chosen_tokens(chart, by_rows))
    told = [say(state, "rows.offered", n_shown=n_shown)]
    if by_rows.picked and by_rows.n_beyond:
        told.append(say(state, "rows.beyond", n_beyond=by_rows.n_beyond, most=MOST))
    elif not by_rows.picked and len(chart.chart_found) > MOST:
        told.append(say(state, "rows.found_more", n_found=len(chart.chart_found), most=MOST))
    return [h("p", {"class": "note", "role": "status"}, " ".join(told))]


def switches(state: AppState, atlas: Atlas) -> Node:
    """Each token as a switch."""
    shown = frozenset(chosen_tokens(state.chart, state.by_rows))
    items = []
    for token in offered_tokens(state.chart, state.by_rows):
        more: Attributes = {"type": "button", "class": "chart-token", "data-action": "rows-turn"}
        is_on = "true" if token in shown else "false"
        told = {**more, "data-token": str(token), "aria-pressed": is_on}
        items.append(h("li", {}, h("button", told, h("bdi", {}, atlas.visible(token)))))
    label = say(state, "rows.tools")
    return h("ul", {"class": "chart-list rows-list", "aria-label": label}, items)


def of_token(state: AppState, token: int) -> Node:
    """The button that takes the open token into the picture of its own, or out of it."""
    is_in = token in chosen_tokens(state.chart, state.by_rows)
    words = say(state, "rows.leave") if is_in else say(state, "rows.add")
    more: Attributes = {"type": "button", "class": "button", "data-action": "rows-turn"}
    return h("button", {**more, "data-token": str(token)}, words)


def lasso(state: AppState) -> str:
    """In the corner of the map: the tool that draws round dots; the line, while it is drawn."""
    by_rows = state.by_rows
    if state.chart.atlas is None:
        return ""
    is_on = "true" if by_rows.has_lasso else "false"
    told: Attributes = {"aria-pressed": is_on, "title": say(state, "rows.lasso.how")}
    tools = [action_button(state, "rows-lasso", "rows.lasso", told)]
    if by_rows.picked:
        words = say(state, "rows.show", n_picked=len(by_rows.picked))
        more: Attributes = {"type": "button", "class": "button", "data-action": "rows-show"}
        tools.append(h("button", more, words))
    return to_html(h("div", {"class": "chart-tools"}, tools), *line(state))


def line(state: AppState) -> list[Node]:
    """The line that is drawn around dots."""
    path = state.by_rows.lasso
    if len(path) < 2:  # noqa: PLR2004 - a point is no line
        return []
    wide, high, _ = state.chart.chart_size
    points = " ".join(f"{across:.1f},{down:.1f}" for across, down in path)
    shape: Attributes = {"viewBox": f"0 0 {wide} {high}", "width": wide, "height": high}
    return [h("svg", {**shape, "aria-hidden": "true"}, h("polygon", {"points": points}))]
