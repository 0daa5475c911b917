"""The map's tour: what is seen at a stop and why, back and on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.stops import STOP_NAMES, TOLD_OF, stop_of
from seethrough.view import guess
from seethrough.view.chart.beside import decimals
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import action_button, rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.atlas import Atlas

FIELDS = ("atlas", "chart_model", "chart_stop", "route", "depth", *guess.STATE)
VISIT = "chart-stop"


def render(state: AppState) -> str:
    """The question, what came of it and the invitation to the tour, or the stop that is shown."""
    chart = state.chart
    if chart.atlas is None:
        return ""
    if not chart.chart_stop:
        return to_html(*begin(state))
    at = STOP_NAMES.index(chart.chart_stop)
    title = say(state, f"chart.stop.{chart.chart_stop}")
    place = say(state, "chart.tour.place", stop=at + 1, stops=len(STOP_NAMES))
    return to_html(
        h("p", {"class": "chart-stop-title"}, h("b", {}, title), " ", h("span", {}, place)),
        h("p", {"class": "chart-stop-why", "role": "status"}, why(state, chart.atlas)),
        h("div", {"class": "chart-stop-moves"}, moves(state, at)),
    )


def begin(state: AppState) -> list[Node]:
    """What the reader expects; once that is known, the tour, which tells of one model's map."""
    question = guess.open_question(state)
    if question is not None:
        words = h("p", {"class": "guess-ask"}, rich(state, f"guess.{question.kind}.ask"))
        return [words, *(one for one in guess.answers(state, question) if isinstance(one, Node))]
    came = guess.verdict(state)
    told = [h("p", {"class": "guess-told", "role": "status"}, came)] if came else []
    if state.chart.chart_model not in TOLD_OF:
        return told
    first: Attributes = {"class": "button", "data-name": STOP_NAMES[0]}
    return [*told, action_button(state, VISIT, "chart.tour", first)]


def why(state: AppState, atlas: Atlas) -> list[Node | str]:
    """What is seen and why; of the longest and shortest rows with the first one's own number."""
    name = state.chart.chart_stop
    stop = stop_of(name)
    if stop is None or not stop.longest:
        return rich(state, f"chart.stop.{name}.why")
    first = atlas.extremes(stop.longest)[0]
    length = decimals(state, float(atlas.norms[first]))
    shown = token_mark(atlas.visible(first))
    return rich(state, f"chart.stop.{name}.why", token=shown, length=length)


def moves(state: AppState, at: int) -> list[Node]:
    """Back, on, and the tour's end."""
    back, on = STOP_NAMES[at - 1 : at], STOP_NAMES[at + 1 : at + 2]
    before = {"class": "button", "data-name": back[0]} if back else {"disabled": True}
    words = {"class": "button is-primary", "data-name": on[0]} if on else {"disabled": True}
    return [
        action_button(state, VISIT, "chart.tour.back", before),
        action_button(state, VISIT, "chart.tour.next", words),
        action_button(state, VISIT, "chart.tour.end", {"class": "button", "data-name": ""}),
    ]
