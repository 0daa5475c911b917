"""Tokens along the way from one row to another, as flags on a line of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.atlas_search import words_of
from seethrough.core.row_words import AXES
from seethrough.core.token_kinds import KINDS
from seethrough.view.chart import offer
from seethrough.view.chart.beside import decimals, token_button
from seethrough.view.chart.local import WIDEST, grid
from seethrough.view.chart.over import LINE, shortened, width_of
from seethrough.view.chart.picture import ROLES
from seethrough.view.folded import folded
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.words import action_button, rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState
    from seethrough.core.atlas import Atlas
    from seethrough.core.local_plane import Spread

FIELDS = (
    *("language", "atlas", "axis", "axis_told", "axis_ends", "box_found", "chart_size", "unfolded"),
    *offer.FIELDS,
)
BOXES = ("axis-0", "axis-1")
EDGE, UNDER = 16, 34
N_NAMED = 3


def render(state: AppState) -> str:
    """What can be tried, the line, who lies at its ends, the places in numbers."""
    atlas, by_rows = state.chart.atlas, state.by_rows
    if atlas is None:
        return ""
    tools = [
        *offer.meant(state, BOXES, by_rows.axis_ends),
        h("p", {}, swap(state)),
        *offer.known(say(state, "rows.axis.known"), tries(state, atlas)),
    ]
    if None in by_rows.axis_ends:
        return to_html(*tools, h("p", {"role": "status"}, say(state, "rows.axis.empty")))
    if by_rows.axis is None:
        return to_html(*tools, *offer.lack(state, by_rows.axis_told))
    spread = by_rows.axis
    return to_html(
        *tools,
        picture(state, atlas, spread),
        h("p", {}, *told(state, atlas, spread)),
        folded(
            state,
            "rows-axis-data",
            say(state, "rows.axis.table"),
            lambda: table(state, atlas, spread),
        ),
    )


def swap(state: AppState) -> Node:
    """The button that turns the axis round."""
    more: Attributes = {"class": "button", "data-box": BOXES[0], "data-other": BOXES[1]}
    return action_button(state, "rows-swap", "rows.axis.swap", more)


def tries(state: AppState, atlas: Atlas) -> list[Node]:
    """The axes that this vocabulary has the words for."""
    buttons = []
    for at, (begin, end, group) in enumerate(AXES):
        if len(words_of(atlas, (begin, end))) == len(BOXES):
            of_group = h("span", {"class": "note"}, say(state, f"chart.group.{group}"))
            line = say(state, "rows.axis.name", begin=begin, end=end)
            words = [h("bdi", {}, line), " ", of_group]
            more: Attributes = {"type": "button", "class": "button", "data-action": "rows-axis"}
            buttons.append(h("button", {**more, "data-at": str(at)}, words))
    return buttons


def told(state: AppState, atlas: Atlas, spread: Spread) -> list[Node | str]:
    """What 0 and 1 are, and the tokens nearest to the ends."""
    begin, end = (token_mark(atlas.visible(token)) for token in spread.ends)
    along = spread.values.argsort(kind="stable").tolist()
    order = [at for at in along if spread.tokens[at] not in spread.ends]
    first, last = (
        h("span", {}, marks(atlas, [spread.tokens[at] for at in some]))
        for some in (order[:N_NAMED], order[: -N_NAMED - 1 : -1])
    )
    ends = {"begin": begin, "end": end}
    if not order:
        return rich(state, "rows.axis.scale", **ends)
    nearest = rich(state, "rows.axis.nearest", **ends, first=first, last=last)
    return [*rich(state, "rows.axis.scale", **ends), " ", *nearest]


def marks(atlas: Atlas, tokens: Sequence[int]) -> list[Node | str]:
    """Tokens with commas between them."""
    parts: list[Node | str] = []
    for token in tokens:
        parts += [", "] if parts else []
        parts.append(token_mark(atlas.visible(token)))
    return parts


def picture(state: AppState, atlas: Atlas, spread: Spread) -> Node:
    """The line with its ends, and a flag for each token."""
    wide = float(min(state.chart.chart_size[0], WIDEST))
    order = spread.values.argsort(kind="stable").tolist()
    tokens, values = [spread.tokens[at] for at in order], [float(spread.values[at]) for at in order]
    texts = [shortened(atlas.visible(token)) for token in tokens]
    widths = [width_of(text) for text in texts]
    low, high = min(0.0, *values), max(1.0, *values)
    scale = (wide - 2 * EDGE - max(widths)) / (high - low)
    places = [EDGE + (value - low) * scale for value in values]
    floors = flags(places, widths)
    ground = (max(floors) + 2) * LINE
    ends = [EDGE + (value - low) * scale for value in (0.0, 1.0)]
    labels = say_picture(state, atlas, spread)
    shape: Attributes = {"viewBox": f"0 0 {wide:.0f} {ground + UNDER:.0f}", "role": "img"}
    more: Attributes = {"width": f"{wide:.0f}", "aria-label": labels}
    return h(
        "svg",
        {"class": "rows-picture rows-line", **shape, **more},
        scale_marks(wide, ground, ends),
        [
            flag(atlas, token, text, (place, ground, floor))
            for token, text, place, floor in zip(tokens, texts, places, floors, strict=True)
        ],
    )


def say_picture(state: AppState, atlas: Atlas, spread: Spread) -> str:
    """The picture in a sentence."""
    begin, end = map(atlas.visible, spread.ends)
    return say(state, "rows.axis.picture", begin=begin, end=end, n=len(spread.tokens))


def flags(places: Sequence[float], widths: Sequence[float]) -> list[int]:
    """The floor of each flag, its name to the right of its pole: no name or pole crosses another.

    From the right end on, each stands above those whose poles its name would cover.
    """
    floors = [0] * len(places)
    for at in range(len(places) - 1, -1, -1):
        covered = [
            floors[other]
            for other in range(at + 1, len(places))
            if places[other] < places[at] + widths[at]
        ]
        floors[at] = max(covered, default=-1) + 1
    return floors


def scale_marks(wide: float, ground: float, ends: Sequence[float]) -> list[Node]:
    """The line, with 0 and 1 under it."""
    line: Attributes = {"x1": 0, "x2": f"{wide:.0f}", "y1": f"{ground:.1f}", "y2": f"{ground:.1f}"}
    marked: list[Node] = [h("line", {"class": "is-ground", **line})]
    for digit, place in zip("01", ends, strict=True):
        at: Attributes = {"x": f"{place:.1f}", "y": f"{ground + 24:.1f}", "text-anchor": "middle"}
        tick: Attributes = {
            "x1": f"{place:.1f}",
            "x2": f"{place:.1f}",
            "y1": ground,
            "y2": f"{ground + 8:.1f}",
        }
        marked += [h("line", {"class": "is-ground", **tick}), h("text", at, digit)]
    return marked


def flag(atlas: Atlas, token: int, text: str, place: tuple[float, float, int]) -> Node:
    """A token's dot on the line, its pole, and its name."""
    across, ground, floor = place
    top = ground - (floor + 1) * LINE
    role = ROLES[KINDS[int(atlas.kinds[token])]]
    pole = {"x1": f"{across:.1f}", "x2": f"{across:.1f}", "y1": f"{ground:.1f}", "y2": f"{top:.1f}"}
    return h(
        "g",
        {},
        h("line", {"class": "is-pole", **pole}),
        h("circle", {"class": f"is-{role}", "cx": f"{across:.1f}", "cy": f"{ground:.1f}", "r": 4}),
        h("text", {"x": f"{across + 4:.1f}", "y": f"{top + 4:.1f}"}, text),
    )


def table(state: AppState, atlas: Atlas, spread: Spread) -> Node:
    """The tokens in the order of the line, with their places."""
    order = spread.values.argsort(kind="stable").tolist()
    rows = [
        h(
            "tr",
            {},
            h("td", {}, token_button(state, atlas, spread.tokens[at])),
            h("td", {}, decimals(state, float(spread.values[at]))),
        )
        for at in order
    ]
    return grid([say(state, "chart.token.name"), say(state, "rows.axis.value")], rows)
