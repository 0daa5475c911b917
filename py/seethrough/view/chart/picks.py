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
    *("picked", "n_beyond", "has_lasso"),
)
LASSO_FIELDS = ("atlas", "chart_size", "lasso")


def render(state: AppState) -> str:
    """The tools, and the tokens as switches."""
    atlas, by_rows = state.chart.atlas, state.by_rows
    if atlas is None:
        return ""
    is_on: Attributes = {"aria-pressed": "true" if by_rows.has_lasso else "false"}
    button: Attributes = {"class": "button"}
    tools = [
        action_button(state, "rows-lasso", "rows.lasso", {**button, **is_on}),
        action_button(state, "rows-sight", "rows.sight", button),
    ]
    if by_rows.picked:
        tools.append(action_button(state, "rows-clear", "rows.clear", button))
    group = {"class": "chart-layouts", "role": "group", "aria-label": say(state, "rows.tools")}
    how = [h("p", {"class": "note"}, say(state, "rows.lasso.how"))] if by_rows.has_lasso else []
    return to_html(h("div", group, tools), *how, *counted(state), switches(state, atlas))


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
    """The line that is drawn around dots."""
    path = state.by_rows.lasso
    if state.chart.atlas is None or len(path) < 2:  # noqa: PLR2004 - a point is no line
        return ""
    wide, high, _ = state.chart.chart_size
    points = " ".join(f"{across:.1f},{down:.1f}" for across, down in path)
    shape: Attributes = {"viewBox": f"0 0 {wide} {high}", "width": wide, "height": high}
    return to_html(h("svg", {**shape, "aria-hidden": "true"}, h("polygon", {"points": points})))
