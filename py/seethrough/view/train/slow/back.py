"""The way back: the gradient runs down the stream, and where the stream split it adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.train.slow import ATTENTION, MLP, lengths, splits, stream_of
from seethrough.view.ideas.plain import lead, picture
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, readout
from seethrough.view.train.slow import inside, maps
from seethrough.view.train.slow.letters import before_mark
from seethrough.view.train.slow.tape import tape
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.train.slow import SlowStep, Split

WIDE, MIDDLE, EDGE = 150, 44, 146
HIGHEST, LOWEST, ALL = 96, 56, 420  # of a row, and of all of them
MOST_WIDE, LEAST_WIDE = 56, 3
ROLES = {ATTENTION: "attention", MLP: "feed-forward"}


def idea(state: AppState, step: SlowStep) -> list[Child]:
    """The tower from the scores down to the letters; beside it the weights of the chosen part."""
    words = rich(
        state, "idea.slow.back", before=before_mark(state, step, state.lesson.slow.position)
    )
    drawn = h("div", {"class": "slow-back"}, tower(state, step, is_exact=False), aside(state, step))
    return [lead(words), picture(say(state, "slow.back.picture"), drawn)]


def numbers(state: AppState, step: SlowStep) -> list[Child]:
    """The same with every length, and every gradient of the chosen layer as a strip."""
    words = rich(state, "slow.back.numbers", width=count(state, step.config.d_model))
    drawn = h(
        "div",
        {"class": "slow-back"},
        tower(state, step, is_exact=True),
        h("div", {"class": "slow-aside"}, inside.strips(state, step)),
    )
    return [h("p", {"class": "lead"}, words), tape(state, step), drawn]


def aside(state: AppState, step: SlowStep) -> Node:
    """What a matrix of the chosen part is told; before one is chosen, how to."""
    slow = state.lesson.slow
    if not slow.part:
        return h("p", {"class": "idea-note slow-aside"}, say(state, "slow.back.choose"))
    words = say(state, f"slow.back.told_{slow.part}", layer=slow.layer)
    return h("div", {"class": "slow-aside"}, h("p", {}, words), *maps.gradient(state, step))


def tower(state: AppState, step: SlowStep, *, is_exact: bool) -> Node:
    """Scores on top, letters at the bottom, each part of each layer between them."""
    position = state.lesson.slow.position
    found = splits(step)
    size = largest(step, found, position)
    top = length_at(stream_of(step)[0][1], position)
    last = length_at(found[-1].total, position)
    high = max(LOWEST, min(HIGHEST, ALL // len(found)))
    rows = [
        end(state, "scores", top, size, is_exact=is_exact),
        *[part(state, one, position, (size, high), is_exact=is_exact) for one in found],
        end(state, "letters", last, size, is_exact=is_exact),
    ]
    return h("ol", {"class": "slow-tower", "aria-label": say(state, "slow.back.tower")}, rows)


def length_at(gradient: Array, position: int) -> float:
    """How long the gradient is at the chosen place."""
    return float(lengths(gradient)[position])


def largest(step: SlowStep, found: tuple[Split, ...], position: int) -> float:
    """The longest of all that is drawn at a place: it gets the full width."""
    every = [gradient for _, gradient in stream_of(step)]
    every += [one.through for one in found]
    return max(*(length_at(one, position) for one in every), 1e-12)


def wide(length: float, size: float) -> float:
    """A length as a width of the ribbon."""
    return max(LEAST_WIDE, MOST_WIDE * length / size)


def end(state: AppState, name: str, length: float, size: float, *, is_exact: bool) -> Node:
    """Where the way begins or ends."""
    across = wide(length, size)
    drawn = ribbon(across, across, 36, [])
    told: list[Child] = [h("b", {}, say(state, f"slow.back.{name}"))]
    if is_exact:
        told += [" ", h("span", {"class": "number"}, readout(state, length))]
    return h("li", {"class": f"slow-end is-{name}"}, drawn, h("span", {}, *told))


def part(
    state: AppState, one: Split, position: int, sizes: tuple[float, int], *, is_exact: bool
) -> Node:
    """A part of a layer: what comes down goes into it too, and what comes out is added.

    Args:
        sizes: The length that is drawn widest, and how high a row is.
    """
    size, high = sizes
    before, through, after = (length_at(x, position) for x in (one.past, one.through, one.total))
    loop = wide(through, size)
    upper, lower = wide(before, size), wide(after, size)
    drawn = ribbon(upper, lower, high, loops(upper, lower, loop, high))
    slow = state.lesson.slow
    is_chosen = (slow.layer, slow.part) == (one.layer, one.part)
    pressed: Attributes = {
        "type": "button",
        "class": "slow-part",
        "data-action": "slow-part",
        "data-layer": str(one.layer),
        "data-part": one.part,
        "aria-pressed": "true" if is_chosen else "false",
    }
    words = say(state, f"slow.back.part_{one.part}", layer=one.layer)
    told: list[Child] = [h("button", pressed, words)]
    if is_exact:
        fields = {"past": before, "through": through, "total": after}
        written = {name: readout(state, value) for name, value in fields.items()}
        told.append(
            h("span", {"class": "slow-lengths"}, rich(state, "slow.back.lengths", **written))
        )
    return h(
        "li", {"class": f"is-{ROLES[one.part]}"}, drawn, h("span", {"class": "slow-what"}, told)
    )


def ribbon(upper: float, lower: float, high: int, more: list[Node]) -> Node:
    """A stretch of the stream, as wide as its gradient is long."""
    corners = (
        f"M{MIDDLE - upper / 2:.1f} 0H{MIDDLE + upper / 2:.1f}"
        f"L{MIDDLE + lower / 2:.1f} {high}H{MIDDLE - lower / 2:.1f}Z"
    )
    box: Attributes = {
        "viewBox": f"0 0 {WIDE} {high}",
        "width": str(WIDE),
        "height": str(high),
        "aria-hidden": "true",
    }
    return h("svg", box, *more, h("path", {"class": "slow-ribbon", "d": corners}))


def loops(upper: float, lower: float, across: float, high: int) -> list[Node]:
    """Into the part, as a thin line; out of it again, as wide as what it gives back is long."""
    out = MIDDLE + upper / 2
    back = MIDDLE + lower / 2 - across / 2
    enter, leave, foot = high / 2 - 10, high / 2 + 10, high - 4 - across / 2
    ends = EDGE - 50, back + 50
    into = f"M{out:.1f} 8C{out + 40:.1f} 8 {EDGE - 40} {enter:.0f} {EDGE} {enter:.0f}"
    home = f"M{EDGE} {leave:.0f}C{ends[0]} {leave:.0f} {ends[1]:.1f} {foot:.1f} {back:.1f} {high}"
    return [
        h("path", {"class": "slow-into", "d": into}),
        h("path", {"class": "slow-through", "d": home, "stroke-width": f"{across:.1f}"}),
    ]
