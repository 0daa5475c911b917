"""The shown text on the map: its tokens, and the path of one of them from layer to layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import REMOTE, model_state, price_bytes
from seethrough.core.atlas import PCA
from seethrough.view.chart.beside import decimals, token_button
from seethrough.view.chart.path_marks import path_of
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.numbers import megabytes
from seethrough.view.tokens import N_HUES
from seethrough.view.words import action_button, rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import AppState, Path
    from seethrough.core.atlas import Atlas
    from seethrough.core.path import Nearest
    from seethrough.core.tokens import TokenView

FIELDS = (
    *("language", "atlas", "tokens", "recorded", "model", "models", "recordings", "source"),
    *("chart_model", "chart_path", "chart_waits", "chart_layout"),
)
STEER_FIELDS = ("language", "tokens", "chart_path")
NOW_FIELDS = ("language", "atlas", "tokens", "chart_path", "chart_state")
NEAREST_FIELDS = (
    *("language", "atlas", "tokens", "models", "chart_model", "chart_path", "chart_waits"),
    *("engine", "stored", "device", "offline", "is_recordings_only"),
)
SLIDER = "chart-slider"
# Tokens of a long text that are offered, the last ones.
MOST_CHIPS = 60


def render(state: AppState) -> str:
    """The text's tokens, each with its path; a way to a text where there is none."""
    chart = state.chart
    if chart.atlas is None:
        return ""
    title = h("h2", {"class": "panel-title"}, say(state, "chart.path"))
    if chart.atlas.projection is None:
        return to_html(title, h("p", {"class": "note"}, say(state, "chart.path.untied")))
    if not state.run.tokens or state.run.model != chart.chart_model:
        return to_html(title, *without_text(state))
    return to_html(
        title,
        h("p", {"class": "note"}, say(state, "chart.path.lead")),
        h("ol", {"class": "chart-text"}, chips(state)),
        *told(state),
    )


def without_text(state: AppState) -> list[Node]:
    """That no text of this model is shown, and the first recorded one to begin with."""
    told_of = h("p", {"class": "note"}, say(state, "chart.path.none"))
    known = [card for card in state.recordings if card.model == state.chart.chart_model]
    if not known:
        return [told_of]
    more: Attributes = {"class": "button", "data-walk": known[0].subject}
    words = say(state, "chart.path.begin", text=known[0].prompt)
    begin = h("button", {"type": "button", "data-action": "chart-walk", **more}, words)
    return [told_of, begin]


def chips(state: AppState) -> list[Node]:
    """The last tokens of the text, each a button; those without states rest."""
    tokens = state.run.tokens
    first = max(len(tokens) - MOST_CHIPS, 0)
    return [h("li", {}, chip(state, token, first + at)) for at, token in enumerate(tokens[first:])]


def chip(state: AppState, token: TokenView, position: int) -> Node:
    """One token."""
    path, recorded = path_of(state), state.run.recorded
    is_there = position <= state.run.last_kept
    if recorded is not None:
        is_there = position in recorded.positions
    is_on = path is not None and path.position == position
    more: Attributes = {
        "type": "button",
        "class": f"chart-token hue-{position % N_HUES}",
        "data-action": "chart-path",
        "data-position": str(position),
        "aria-pressed": "true" if is_on else "false",
        "disabled": not is_there,
        "title": None if is_there else say(state, "chart.path.unrecorded"),
    }
    return h("button", more, h("bdi", {}, token.visible))


def told(state: AppState) -> list[Node]:
    """How the path is drawn, or that it is on its way."""
    path, waits = path_of(state), state.chart.chart_waits
    if path is None:
        return [h("p", {"role": "status"}, say(state, "chart.path.waits"))] if waits else []
    return [how(state, path)]


def how(state: AppState, path: Path) -> Node:
    """How a layout shows states: by their direction, or by the mean of what is nearest."""
    if state.chart.chart_layout == PCA:
        return h("p", {"class": "note"}, rich(state, "chart.path.pca"))
    key = "chart.path.near" if path.nearest is not None else "chart.path.no_place"
    return h("p", {"class": "note"}, rich(state, key))


def steer(state: AppState) -> str:
    """A slider over the states, which the page moves while they play; what ends it."""
    path = path_of(state)
    if path is None:
        return ""
    last = str(len(path.units) - 1)
    slider: Attributes = {
        "type": "range",
        "id": SLIDER,
        "min": "0",
        "max": last,
        "value": last,
        "step": "1",
        "data-live": "chart-state",
        "aria-label": say(state, "chart.path.slider"),
    }
    return to_html(
        h(
            "div",
            {"class": "chart-steer"},
            action_button(state, "chart-play", "chart.path.play"),
            h("input", slider),
            action_button(state, "chart-path-close", "chart.path.close"),
        )
    )


def now(state: AppState) -> str:
    """The state that is shown, and what is nearest to it."""
    path, atlas = path_of(state), state.chart.atlas
    if path is None or atlas is None:
        return ""
    last = len(path.units) - 1
    at = last if state.chart.chart_state is None else state.chart.chart_state
    is_start, layer = at == 0, str(at - 1)
    if path.nearest is None:
        words = say(state, "chart.path.where", is_start=is_start, layer=layer)
        return to_html(h("p", {}, words))
    name = token_mark(atlas.visible(int(path.nearest.ids[at, 0])))
    value = decimals(state, float(path.nearest.cosines[at, 0]))
    told_now = rich(
        state, "chart.path.now", is_start=is_start, layer=layer, token=name, cosine=value
    )
    return to_html(h("p", {}, told_now))


def state_name(state: AppState, at: int) -> str:
    """A state by where it stands."""
    if at == 0:
        return say(state, "chart.path.start")
    return say(state, "chart.path.after", layer=at - 1)


def nearest(state: AppState) -> str:
    """What is nearest to each state, as a table; that it comes, or what it takes."""
    path, atlas = path_of(state), state.chart.atlas
    if path is None or atlas is None:
        return ""
    if path.nearest is not None:
        return to_html(table(state, atlas, path.nearest))
    if state.chart.chart_waits:
        return to_html(h("p", {"role": "status"}, say(state, "chart.path.naming")))
    words = say(state, "chart.path.unnamed")
    return to_html(h("p", {"class": "note"}, words), load_button(state))


def load_button(state: AppState) -> Node:
    """The click that opens the map's model, with what it fetches first."""
    model, site = state.chart.chart_model, state.site
    more: Attributes = {"type": "button", "class": "button", "data-action": "chart-load"}
    if site.is_recordings_only or model_state(site, model) != REMOTE:
        return h("button", more, say(state, "chart.path.load"))
    size = megabytes(state, price_bytes(site, model))
    return h("button", more, say(state, "chart.path.load_for", size=size))


def table(state: AppState, atlas: Atlas, found: Nearest) -> Node:
    """The nearest token of each state; states in a row with the same one share a line."""
    names = found.ids[:, 0].tolist()
    starts = [at for at in range(len(names)) if at == 0 or names[at] != names[at - 1]]
    rows = []
    for first, end in zip(starts, [*starts[1:], len(names)], strict=True):
        value = decimals(state, float(found.cosines[first:end, 0].max()))
        rows.append(
            h(
                "tr",
                {},
                h("th", {"scope": "row"}, span_name(state, first, end - 1)),
                h("td", {}, token_button(state, atlas, names[first])),
                h("td", {}, value),
            )
        )
    head = [
        h("th", {"scope": "col"}, say(state, f"chart.path.{name}"))
        for name in ("state", "nearest", "cosine")
    ]
    caption = h("caption", {}, say(state, "chart.path.table"))
    return h(
        "table",
        {"class": "chart-near"},
        caption,
        h("thead", {}, h("tr", {}, head)),
        h("tbody", {}, rows),
    )


def span_name(state: AppState, first: int, last: int) -> str:
    """One state, or several in a row; the embedding stands by itself in words."""
    if first == last:
        return state_name(state, first)
    if first == 0:
        return say(state, "chart.path.to", layer=last - 1)
    return say(state, "chart.path.span", first=first - 1, last=last - 1)
