"""Embed: every token's row, pulled out of the matrix; a learned position is added with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.view import named
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, readout
from seethrough.view.steps import embed_matrix, embed_sum
from seethrough.view.steps.embed_vectors import (
    CROWD,
    is_crowd,
    is_learned,
    length,
    length_mark,
    of_token,
    reach_of,
    row_high,
    same_ids,
    shown,
)
from seethrough.view.strip import scale_note, strip
from seethrough.view.tokens import chip
from seethrough.view.unrecorded import note, spans
from seethrough.view.windowed import gap_note
from seethrough.view.words import hook_mark, rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState

FIELDS = ("language", "tokens", "picture", "config", "captured", "recorded")
READOUT = "embed-readout"
MOST_PIXELS = 640
# The film: the matrix, the chosen token's row, the other rows; a look; then what is added.
MATRIX, CHOSEN, OTHERS = range(3)


def render(state: AppState) -> str:
    """The matrix, the rows that the tokens pick, what is added to them."""
    if not state.tokens or state.config is None:
        return to_html(h("p", {"class": "lead"}, say(state, "embed.before")))
    position = min(state.picture.position, len(state.tokens) - 1)
    return to_html(
        named.lead(state, lead(state, position)),
        chips(state) if is_crowd(state) else "",
        h("div", {"class": f"embed-plate scroll{width_class(state)}"}, plate(state, position)),
        embed_sum.learned(state, position) if is_learned(state) else "",
        embed_sum.opened(state, position, READOUT),
        missing(state),
        gap_note(state, shown(state)),
        h("p", {"class": "note embed-scale"}, scale_note(state, reach_of(state))),
        embed_sum.tables(state, position),
        embed_sum.rotation(state, position) if not is_learned(state) else "",
    )


def lead(state: AppState, position: int) -> list[Node | str]:
    """What happens, with the chosen token's own row."""
    config, token = state.config, state.tokens[position]
    return rich(
        state,
        "embed.lead",
        token=token_mark(token.visible),
        row=h("b", {}, count(token.id)),
        d_vocab=count(config.d_vocab if config else 0),
        d_model=count(config.d_model if config else 0),
    )


def width_class(state: AppState) -> str:
    """What a wide model's strips are told by: they may shrink a little to stand whole."""
    return " embed-wide" if state.config and state.config.d_model > MOST_PIXELS else ""


def chips(state: AppState) -> Node:
    """The tokens to choose from, where they do not head the rows themselves."""
    items = [h("li", {}, token_chip(state, at)) for at in shown(state).positions]
    return h("div", {"class": "scroll embed-chips follows"}, h("ol", {"class": "chips"}, items))


def token_chip(state: AppState, position: int) -> Node:
    """A token to choose; it is marked only where its row itself is not known."""
    lacks = of_token(state, position) is None
    return chip(state, state.tokens[position], position, is_marked=lacks)


def plate(state: AppState, position: int) -> list[Node]:
    """The matrix, the lines to the rows, the rows."""
    rows = crowd(state, position) if is_crowd(state) else few(state)
    return [
        embed_matrix.matrix(state, position, MATRIX),
        embed_matrix.fan(state, position, (CHOSEN, OTHERS)),
        rows,
    ]


def moment_of(state: AppState, position: int) -> int:
    """When a token's row slides out: the chosen one first, the others after it."""
    return CHOSEN if position == state.picture.position else OTHERS


def few(state: AppState) -> Node:
    """One row a token: the token, its id, its whole vector, its length."""
    heads = [
        h("span", {}, say(state, "embed.head.token")),
        h("span", {}, say(state, "embed.head.vector")),
        h("span", {"class": "is-number"}, say(state, "embed.head.length")),
    ]
    items = [h("li", {}, line(state, at)) for at in shown(state).positions]
    return h(
        "div",
        {"class": "embed-rows"},
        h("div", {"class": "embed-heads", "aria-hidden": "true"}, heads),
        h("ol", {}, items),
    )


def line(state: AppState, position: int) -> list[Node]:
    """One token with its row; the strip flies out of the matrix at the token's own height."""
    moment = moment_of(state, position)
    film: Attributes = {"data-at": str(moment), "data-move": "after"}
    return [
        token_chip(state, position),
        vector(state, position, moment),
        h("span", {"class": "number is-number", **film}, measured(state, position)),
    ]


def measured(state: AppState, position: int) -> Child:
    """The length of a token's row; the sum behind it opens where the row itself is known."""
    found = of_token(state, position)
    if found is not None:
        return length_mark(found, position)
    norm = length(state, position)
    return "" if norm is None else readout(norm)


def vector(state: AppState, position: int, moment: int) -> Node:
    """The strip of a token's row; a hatched place where it is not known."""
    film: dict[str, str] = {
        "data-at": str(moment),
        "data-move": "fly",
        "data-from": f"embed-tick-{position}",
    }
    found = of_token(state, position)
    if found is None:
        label = say(state, "embed.no_row", token=visible_at(state, position))
        return h("span", {"class": "embed-strip is-missing", **film}, label)
    label = say(
        state,
        "embed.strip",
        token=visible_at(state, position),
        row=state.tokens[position].id,
        d_model=len(found.values),
        length=readout(length(state, position) or 0.0),
    )
    reach = reach_of(state)
    canvas = strip(state, found.name, position, reach=reach, label=label, told_in=READOUT)
    part = "row" if position == state.picture.position else None
    return h("span", {"class": "embed-strip", "data-part": part, **film}, canvas)


def crowd(state: AppState, position: int) -> Node:
    """Many tokens: the chosen one's strip, and all of them as one heat map."""
    positions = shown(state).positions
    high = len(positions) * row_high(len(positions))
    wide = state.config.d_model if state.config else 0
    told = say(
        state,
        "embed.crowd",
        n_rows=len(positions),
        d_model=wide,
        token=visible_at(state, position),
        row=state.tokens[position].id,
    )
    picture = h(
        "canvas",
        {
            "class": "strip-cells embed-crowd",
            "data-raster": CROWD,
            "data-rows": str(len(positions)),
            "data-columns": str(wide),
            "width": str(wide),
            "height": str(high),
            "tabindex": "0",
            "role": "img",
            "aria-label": told,
            "aria-describedby": READOUT,
            "data-at": str(OTHERS),
            "data-move": "sweep",
        },
    )
    return h(
        "div",
        {"class": "embed-rows is-crowd"},
        h("ol", {"class": "embed-one"}, h("li", {}, line(state, position))),
        picture,
    )


def missing(state: AppState) -> Node | str:
    """Which rows are not known, and the way to them."""
    lacking = [at for at in shown(state).positions if of_token(state, at) is None]
    if not lacking:
        return ""
    if state.recorded is None:
        words = say(state, "embed.beyond", positions=spans(lacking))
        return h("p", {"class": "note"}, words)
    return note(state, say(state, "embed.lacking", positions=spans(lacking)))


def moments(state: AppState) -> Sequence[Child]:
    """The look-up told: the matrix, one row, all rows, what is the same, what is added."""
    if not state.tokens or state.config is None:
        return ()
    position = min(state.picture.position, len(state.tokens) - 1)
    token, config = state.tokens[position], state.config
    told: list[Child] = [
        say(
            state,
            "embed.film.matrix",
            n_tokens=count(len(state.tokens)),
            d_vocab=count(config.d_vocab),
            d_model=count(config.d_model),
        ),
        rich(
            state,
            "embed.film.row",
            token=token_mark(token.visible),
            position=str(position),
            row=count(token.id),
        ),
        others(state),
        look(state, position),
    ]
    if not is_learned(state):
        return (*told, say(state, "embed.film.rotary", position=position))
    return (*told, *embed_sum.moments(state, position))


def others(state: AppState) -> Child:
    """The other tokens' rows; where tokens are the same, so are their rows."""
    same = same_ids(state)
    if same is None:
        key = "embed.film.one" if len(state.tokens) == 1 else "embed.film.others"
        return say(state, key, n_others=count(len(state.tokens) - 1))
    return rich(
        state,
        "embed.film.same",
        token=token_mark(visible_at(state, same[0])),
        positions=spans(same),
        row=count(state.tokens[same[0]].id),
    )


def look(state: AppState, position: int) -> Child:
    """The chosen token's vector: its length and its largest number."""
    found = of_token(state, position)
    if found is None:
        return say(state, "embed.no_row", token=visible_at(state, position))
    largest = int(np.nan_to_num(np.abs(found.values)).argmax())
    return rich(
        state,
        "embed.film.look",
        token=token_mark(visible_at(state, position)),
        length=readout(length(state, position) or 0.0),
        cell=hook_mark(f"{found.name}[{position},{largest}]"),
        value=readout(float(found.values[largest])),
    )
