"""A few tokens by themselves, in the plane in which their rows differ most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.state import chosen_group
from seethrough.core.local_plane import is_ring
from seethrough.core.row_words import ORDERS
from seethrough.core.token_kinds import KINDS
from seethrough.view.chart import offer
from seethrough.view.chart.beside import decimals, share_of, token_button
from seethrough.view.chart.over import GAP, LINE, Room, boxes_beside, shortened, width_of
from seethrough.view.chart.picture import ROLES
from seethrough.view.folded import folded
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seethrough.app.state import AppState
    from seethrough.core.atlas import Atlas
    from seethrough.core.cache import Array
    from seethrough.core.local_plane import LocalPlane
    from seethrough.view.chart.over import Box

FIELDS = (
    *("language", "atlas", "local", "local_told", "chart_size", "unfolded"),
    *("chart_group", "chart_sought", "picked"),
    *offer.FIELDS,
)
WIDEST = 600
FLATTEST, HIGHEST = 0.4, 0.8
EDGE_X, EDGE_Y = 90, 30
# A month that is another word as well.
TWO_IN_ONE = b" May"


def render(state: AppState) -> str:
    """The picture, what it holds and loses, the places in numbers."""
    atlas, plane = state.chart.atlas, state.by_rows.local
    if atlas is None:
        return ""
    if plane is None:
        return to_html(*offer.lack(state, state.by_rows.local_told))
    return to_html(
        picture(state, atlas, plane),
        h("p", {}, *story(state, atlas, plane)),
        h("p", {"class": "note"}, held(state, plane)),
        folded(
            state,
            "rows-local-data",
            say(state, "rows.local.table"),
            lambda: table(state, atlas, plane),
        ),
    )


def held(state: AppState, plane: LocalPlane) -> str:
    """How much of the variance is seen."""
    first, second = plane.explained
    shares = {"first": share_of(state, first), "second": share_of(state, second)}
    whole = share_of(state, first + second)
    return say(state, "rows.local.held", share=whole, n=len(plane.tokens), **shares)


def order_of(state: AppState, plane: LocalPlane) -> bool | None:
    """Whether the words' order comes back to its beginning; None where they have none."""
    group = chosen_group(state.chart, state.by_rows)
    return ORDERS.get(group) if len(plane.tokens) > 2 else None  # noqa: PLR2004 - two have no order


def story(state: AppState, atlas: Atlas, plane: LocalPlane) -> list[Node | str]:
    """What the line tells, and who lies farthest out."""
    is_round = order_of(state, plane)
    if is_round is None:
        told = say(state, "rows.local.free")
    elif is_round and is_ring(plane.places):
        told = say(state, "rows.local.round")
    else:
        told = say(state, "rows.local.line")
    far = plane.tokens[int((plane.places**2).sum(axis=1).argmax())]
    mark = token_mark(atlas.visible(far))
    more = [told, " ", *rich(state, "rows.local.far", token=mark)]
    if is_round is not None and atlas.raw(far) == TWO_IN_ONE:
        more += [" ", *rich(state, "rows.local.may", token=mark)]
    return more


def picture(state: AppState, atlas: Atlas, plane: LocalPlane) -> Node:
    """The dots with their names, joined where they have an order."""
    size = size_for(plane.places, float(min(state.chart.chart_size[0], WIDEST)))
    landed = fitted(plane.places, size)
    label = say(state, "rows.local.picture", n=len(plane.tokens))
    shape: Attributes = {"viewBox": f"0 0 {size[0]:.0f} {size[1]:.0f}", "role": "img"}
    return h(
        "svg",
        {"class": "rows-picture", **shape, "width": f"{size[0]:.0f}", "aria-label": label},
        joined(landed, order_of(state, plane)),
        [dot(atlas, token, place) for token, place in zip(plane.tokens, landed, strict=True)],
        names(atlas, plane.tokens, landed, size),
    )


def size_for(places: Array, wide: float) -> tuple[float, float]:
    """The picture's size: as high as the places need at its width, within bounds."""
    spans = places.max(axis=0) - places.min(axis=0)
    needed = spans[1] / max(float(spans[0]), 1e-12) * (wide - 2 * EDGE_X) + 2 * EDGE_Y
    return wide, round(min(max(needed, wide * FLATTEST), wide * HIGHEST))


def fitted(places: Array, size: tuple[float, float]) -> Array:
    """Places in pixels of a picture, both axes at one scale, with room for names.

    Shapes: places [n, 2] → [n, 2], across, and down from the top.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    room = np.array([size[0] - 2 * EDGE_X, size[1] - 2 * EDGE_Y])
    spans = np.where(high > low, high - low, 1e-12)
    scale = float((room / spans).min()) if (high > low).any() else 0.0
    landed: Array = (places - (low + high) / 2) * [scale, -scale] + np.array(size) / 2
    return landed


def joined(landed: Array, is_round: bool | None) -> Node | str:  # noqa: FBT001 - an order, or none
    """The line through the dots in their order."""
    if is_round is None:
        return ""
    points = [*landed, landed[0]] if is_round else landed
    return h(
        "polyline", {"points": " ".join(f"{across:.1f},{down:.1f}" for across, down in points)}
    )


def dot(atlas: Atlas, token: int, place: Array) -> Node:
    """A token's dot, in the colour of its kind."""
    role = ROLES[KINDS[int(atlas.kinds[token])]]
    at: Attributes = {"cx": f"{place[0]:.1f}", "cy": f"{place[1]:.1f}", "r": 5}
    return h("circle", {"class": f"is-{role}", **at})


def names(
    atlas: Atlas, tokens: Sequence[int], landed: Array, size: tuple[float, float]
) -> list[Node]:
    """The names that have room beside their dots, none over another or over a dot."""
    room, written = Room(*size), []
    for across, down in landed:
        room.take((across - GAP, down - GAP, across + GAP, down + GAP))
    for token, (across, down) in zip(tokens, landed, strict=True):
        text = shortened(atlas.visible(token))
        box = next(
            (box for box in boxes_around(across, down, width_of(text)) if room.take(box)), None
        )
        if box is not None:
            at = {"x": f"{box[0]:.1f}", "y": f"{box[1] + LINE * 0.75:.1f}"}
            written.append(h("text", at, text))
    return written


def boxes_around(across: float, down: float, width: float) -> Iterator[Box]:
    """Where a name may stand: right or left of its dot, above it, under it."""
    for left, top, right, bottom in boxes_beside(across, down, width):
        shift = GAP if left > across else -GAP
        yield left + shift, top, right + shift, bottom
    for top in (down - GAP * 2 - LINE, down + GAP * 2):
        for left in (across - width / 2, across - GAP, across - width + GAP):
            yield left, top, left + width, top + LINE


def table(state: AppState, atlas: Atlas, plane: LocalPlane) -> Node:
    """The tokens with their places; each opens on the map."""
    heads = [
        say(state, "chart.token.name"),
        say(state, "rows.local.across"),
        say(state, "rows.local.up"),
    ]
    rows = [
        h(
            "tr",
            {},
            h("td", {}, token_button(state, atlas, token)),
            [h("td", {}, decimals(state, float(value))) for value in place],
        )
        for token, place in zip(plane.tokens, plane.places, strict=True)
    ]
    return grid(heads, rows)


def grid(heads: Sequence[str], rows: Sequence[Node]) -> Node:
    """A table of tokens and numbers."""
    head = h("tr", {}, [h("th", {"scope": "col"}, words) for words in heads])
    return h("table", {"class": "chart-near"}, h("thead", {}, head), h("tbody", {}, rows))
