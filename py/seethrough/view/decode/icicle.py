"""Ways that begin alike as one picture: a box for each token, as tall as many ways go there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.view.ideas.plain import plain
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seethrough.app.state import Endings, Scene

    Ways = Mapping[tuple[int, ...], int]

WIDE, HIGH = 122, 4  # a token's column, one way's share of the height, in px
LEAST_HIGH = 20  # a name has room from here
LONGEST = 10


@dataclass(frozen=True)
class Box:
    """A token at its place: `depth` counts from 0, `start` is how many ways lie above it."""

    token: int
    depth: int
    start: int
    n_ways: int
    way: tuple[int, ...]


def boxes(ways: Ways, depth: int = 0, start: int = 0) -> Iterator[Box]:
    """The boxes of some ways that are alike before a depth, the commonest on top.

    Args:
        ways: How many there are of each, by its tokens.
    """
    groups: dict[int, dict[tuple[int, ...], int]] = {}
    for way, n_alike in ways.items():
        if len(way) > depth:
            groups.setdefault(way[depth], {})[way] = n_alike
    for token in sorted(groups, key=lambda token: -sum(groups[token].values())):
        inside = groups[token]
        n_ways = sum(inside.values())
        yield Box(token, depth, start, n_ways, next(iter(inside))[: depth + 1])
        yield from boxes(inside, depth + 1, start)
        start += n_ways


def counted(endings: Endings) -> dict[tuple[int, ...], int]:
    """How many draws went each way, the commonest first."""
    return {way: len(endings.seeds[way]) for way in endings.falling}


def picture(scene: Scene, endings: Endings) -> Node:
    """The boxes; what is known of so many draws fills as much of the height."""
    found = list(boxes(counted(endings)))
    width = max((box.depth + 1 for box in found), default=1) * WIDE
    common = endings.falling[0] if endings.seeds else ()
    drawn = [
        one(scene, endings, box, is_common=common[: box.depth + 1] == box.way) for box in found
    ]
    shape: Attributes = {"class": "icicle", "width": width, "height": endings.n_draws * HIGH}
    svg = h("svg", {**shape, "aria-hidden": "true"}, drawn)
    label = say(scene, "decode.endings.picture")
    box: Attributes = {"class": "scroll icicle-scroll", "tabindex": "0", "role": "group"}
    return h("div", {**box, "aria-label": label}, svg)


def one(scene: Scene, endings: Endings, box: Box, *, is_common: bool) -> Node:
    """One box, its token where there is room."""
    name = plain(endings.words[box.token])
    left, top, high = box.depth * WIDE, box.start * HIGH, box.n_ways * HIGH
    parts: list[Child] = [
        h(
            "title",
            {},
            say(scene, "decode.endings.box", token=name, n_ways=count(scene, box.n_ways)),
        ),
        h("rect", {"x": left + 1, "y": top, "width": WIDE - 2, "height": max(high - 1, 1)}),
    ]
    if high >= LEAST_HIGH:
        y = top + min(high / 2, 60) + 5
        parts.append(h("text", {"x": left + 8, "y": y}, shortened(name)))
        number = count(scene, box.n_ways)
        parts.append(h("text", {"class": "icicle-n", "x": left + WIDE - 8, "y": y}, number))
    return h("g", {"class": "icicle-box is-common" if is_common else "icicle-box"}, parts)


def shortened(name: str) -> str:
    """A token's name as far as there is room."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
