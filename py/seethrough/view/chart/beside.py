"""What is told beside the map: how much it loses, the kinds, the open token, what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.state import NEEDS_MODEL
from seethrough.core.atlas import EMBEDDING, N_NEIGHBOURS, NOT_MEASURED, PCA, UNEMBEDDING
from seethrough.core.token_kinds import GAP, KINDS
from seethrough.core.word_groups import GROUPS
from seethrough.view.chart import offer, picks
from seethrough.view.chart.picture import ROLES
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.numbers import count, percentage, with_signs
from seethrough.view.words import action_button, rich, say, say_message, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.atlas import Atlas
    from seethrough.core.written import Written

SEARCH = "chart-search"
TOOLS_FIELDS = ("language", "atlas", "chart_layout", "chart_group", "chart_matrices")
STATUS_FIELDS = ("language", "chart_stage", "chart_error", "models", "is_lost")
LOST_FIELDS = ("language", "atlas", "chart_layout", "chart_token")
LEGEND_FIELDS = ("language", "atlas", "chart_hidden")
TOKEN_FIELDS = (
    *("language", "atlas", "atlas_near", "chart_token", "chart_error", "chart_layout"),
    *("picked", "chart_found", "chart_sought", "chart_group"),
    *("near", "near_told", "is_near_asked", *offer.FIELDS),
)
FOUND_FIELDS = ("language", "atlas", "chart_found", "chart_sought", "chart_refused", "chart_group")
LISTED = 30
NAMES = {EMBEDDING: "embedding", UNEMBEDDING: "unembedding"}


def status(state: AppState) -> str:
    """Where the map's file is, while there is nothing to see."""
    chart = state.chart
    if chart.is_lost:
        told = h("p", {"role": "alert"}, say(state, "chart.gone"))
        return to_html(told, action_button(state, "chart-again", "chart.gone.again"))
    if chart.chart_stage == "ready":
        return ""
    if chart.chart_stage == "none":
        return to_html(h("p", {"role": "status"}, say(state, "chart.none")))
    if chart.chart_stage == "failed" and chart.chart_error is not None:
        told = h("p", {"role": "alert"}, say_message(state, chart.chart_error))
        return to_html(told, action_button(state, "chart-again", "chart.again"))
    return to_html(h("p", {"role": "status"}, say(state, "chart.loading")))


def tools(state: AppState) -> str:
    """The search, the groups of words, the choice of layout."""
    atlas = state.chart.atlas
    if atlas is None:
        return ""
    groups = [
        h("li", {}, pressed(state, "chart-group", name, say(state, f"chart.group.{name}")))
        for name in GROUPS
    ]
    label = say(state, "chart.groups")
    return to_html(
        matrices(state, atlas),
        layouts(state, atlas),
        h("p", {"class": "note chart-ask"}, label),
        h("ul", {"class": "chart-groups", "aria-label": label}, groups),
    )


def pressed(state: AppState, action: str, name: str, words: str) -> Node:
    """A button of a group of words: pressed while its words are marked."""
    is_on = "true" if state.chart.chart_group == name else "false"
    more: Attributes = {"type": "button", "class": "button", "data-action": action}
    return h("button", {**more, "data-name": name, "aria-pressed": is_on}, words)


def matrices(state: AppState, atlas: Atlas) -> Node | str:
    """Whose rows are drawn, where a model has two tables of them; nothing where it has one."""
    if len(state.chart.chart_matrices) <= 1:
        return ""
    buttons = []
    for matrix in state.chart.chart_matrices:
        is_on = "true" if atlas.matrix == matrix else "false"
        more: Attributes = {"type": "button", "class": "button", "data-action": "chart-matrix"}
        words = say(state, f"chart.matrix.{NAMES[matrix]}")
        buttons.append(h("button", {**more, "data-name": matrix, "aria-pressed": is_on}, words))
    label = {"class": "chart-layouts", "role": "group", "aria-label": say(state, "chart.matrices")}
    told = rich(state, f"chart.matrix.{NAMES[atlas.matrix]}.told")
    note = h("p", {"class": "note"}, told)
    return h("div", {"class": "chart-matrices"}, h("div", label, buttons), note)


def layouts(state: AppState, atlas: Atlas) -> Node | str:
    """The layouts as buttons; nothing where there is one."""
    if len(atlas.layouts) == 1:
        return ""
    buttons = []
    for name in atlas.layouts:
        is_on = "true" if state.chart.chart_layout == name else "false"
        more: Attributes = {"type": "button", "class": "button", "data-action": "chart-layout"}
        words = say(state, f"chart.layout.{name}")
        buttons.append(h("button", {**more, "data-name": name, "aria-pressed": is_on}, words))
    label = {"class": "chart-layouts", "role": "group", "aria-label": say(state, "chart.layouts")}
    return h("div", label, buttons)


def lost(state: AppState) -> str:
    """How much the flat picture loses, in words; of the open token too."""
    atlas, layout = state.chart.atlas, state.chart.chart_layout
    if atlas is None:
        return ""
    share, mean = atlas.kept_share(layout), atlas.kept_share(layout) * N_NEIGHBOURS
    told = rich(
        state,
        "chart.lost",
        n_near=str(N_NEIGHBOURS),
        kept=h("b", {}, decimals(state, mean)),
        share=share_of(state, share),
    )
    variance = share_of(state, sum(atlas.explained[:2]))
    how = (
        say(state, "chart.lost.pca", share=variance)
        if layout == PCA
        else say(state, "chart.lost.near")
    )
    n_measured = atlas.n_measured(layout)
    sample = (
        []
        if n_measured == atlas.n_tokens
        else [" ", say(state, "chart.lost.sample", n_measured=count(state, n_measured))]
    )
    return to_html(h("p", {"class": "chart-lost"}, *told, " ", how, *sample))


def decimals(state: AppState, value: float) -> Written:
    """A number with two decimals."""
    return with_signs(state, f"{value:.2f}")


def share_of(state: AppState, share: float) -> str:
    """A share as per cent, with a digit more where it is small."""
    return percentage(state, f"{share * 100:.0f}" if share >= 0.1 else f"{share * 100:.1f}")  # noqa: PLR2004 - ten per cent


def legend(state: AppState) -> str:
    """The kinds with their colours and counts; each is a switch."""
    atlas, hidden = state.chart.atlas, state.chart.chart_hidden
    if atlas is None:
        return ""
    counts = np.bincount(atlas.kinds, minlength=len(KINDS)).tolist()
    items = []
    for kind, name in enumerate(KINDS):
        if not counts[kind]:
            continue
        is_on = "false" if kind in hidden else "true"
        more: Attributes = {"type": "button", "class": "chart-kind", "data-action": "chart-kind"}
        words = h("span", {}, say(state, f"chart.kind.{name}"))
        n_tokens = h("span", {"class": "number"}, count(state, counts[kind]))
        told = {**more, "data-kind": str(kind), "aria-pressed": is_on}
        items.append(h("li", {}, h("button", told, dot_of(name), words, " ", n_tokens)))
    label = say(state, "chart.kinds")
    return to_html(
        h("p", {"class": "note"}, label),
        h("ul", {"class": "chart-kinds", "aria-label": label}, items),
    )


def dot_of(kind: str) -> Node:
    """The colour of a kind of tokens."""
    return h("span", {"class": f"chart-dot is-{ROLES[kind]}", "aria-hidden": "true"})


def token(state: AppState) -> str:
    """The open token: its row's length, its nearest rows, and where they are in the picture."""
    chart = state.chart
    if chart.atlas is None or chart.chart_token is None:
        return ""
    at = chart.chart_token
    name = h("h2", {"class": "panel-title"}, token_mark(chart.atlas.visible(at)))
    kind = KINDS[int(chart.atlas.kinds[at])]
    length = decimals(state, float(chart.atlas.norms[at]))
    facts = say(state, "chart.token.facts", id=str(at), length=length)
    close = action_button(state, "chart-close", "chart.token.close")
    return to_html(
        h("div", {"class": "chart-head"}, name, close),
        h("p", {"class": "chart-of"}, dot_of(kind), say(state, f"chart.kind.{kind}")),
        h("p", {"class": "note"}, facts),
        h("p", {}, picks.of_token(state, at)),
        *near(state, chart.atlas, at),
    )


def near(state: AppState, atlas: Atlas, at: int) -> list[Node]:
    """The nearest rows with their cosines, and how many of them the picture keeps near."""
    chart = state.chart
    if chart.chart_error is not None:
        return [h("p", {"role": "alert"}, say_message(state, chart.chart_error))]
    known = state.by_rows.near_of(chart)
    if known is None:
        return awaited(state)
    kept = int(atlas.kept[chart.chart_layout][at])
    told = (
        []
        if kept == NOT_MEASURED
        else [h("p", {}, say(state, "chart.token.kept", n_kept=kept, n_near=N_NEIGHBOURS))]
    )
    ids, cosines = known[0].tolist(), known[1].tolist()
    rows = [
        h(
            "tr",
            {},
            h("td", {}, token_button(state, atlas, one)),
            h("td", {}, decimals(state, value)),
        )
        for one, value in zip(ids, cosines, strict=True)
    ]
    head = h(
        "tr",
        {},
        h("th", {"scope": "col"}, say(state, "chart.token.name")),
        h("th", {"scope": "col"}, say(state, "chart.token.cosine")),
    )
    caption = h("caption", {}, say(state, "chart.token.near", n_near=N_NEIGHBOURS))
    return [
        *told,
        h("table", {"class": "chart-near"}, caption, h("thead", {}, head), h("tbody", {}, rows)),
    ]


def awaited(state: AppState) -> list[Node]:
    """Why a token's neighbours are not there: on their way, or the open model has to look."""
    told, is_asked = state.by_rows.near_told, state.chart.is_near_asked
    if is_asked and told is not None and told.key == NEEDS_MODEL:
        said = h("p", {"role": "status"}, say(state, "chart.token.needs"))
        return [said, *offer.opening(state)]
    if is_asked and told is not None:
        return [h("p", {"role": "alert"}, say_message(state, told))]
    words = say(state, "chart.token.looking") if is_asked else say(state, "chart.token.waiting")
    return [h("p", {"role": "status"}, words)]


def token_button(state: AppState, atlas: Atlas, token_id: int) -> Node:
    """A token that opens when it is pressed."""
    more: Attributes = {"type": "button", "class": "chart-token", "data-action": "chart-token"}
    told = say(state, "chart.token.open", id=str(token_id))
    name = h("bdi", {}, atlas.visible(token_id))
    return h("button", {**more, "data-token": str(token_id), "title": told}, name)


def found(state: AppState) -> str:
    """What was searched for: how many, and the first of them as a list."""
    chart = state.chart
    if chart.atlas is None or not (chart.chart_sought or chart.chart_group):
        return ""
    if chart.chart_refused is not None:
        return to_html(h("p", {"role": "status"}, say_message(state, chart.chart_refused)))
    n_found = len(chart.chart_found)
    words = h("p", {"class": "note", "role": "status"}, say(state, "chart.found", n_found=n_found))
    listed = [
        h("li", {}, token_button(state, chart.atlas, one)) for one in chart.chart_found[:LISTED]
    ]
    more = n_found - LISTED
    rest = (
        [h("p", {"class": "note"}, say(state, "chart.found.more", n_more=more))] if more > 0 else []
    )
    return to_html(words, h("ul", {"class": "chart-list"}, listed), *rest)


def hover(state: AppState, token_id: int) -> str:
    """The words beside the pointer: the token under it, and its id."""
    atlas = state.chart.atlas
    if atlas is None or atlas.kinds[token_id] == GAP:
        return ""
    return f"{atlas.visible(token_id)}  {token_id}"
