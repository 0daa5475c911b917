"""The idea of step 6: the same tokens, their scores at the left, their shares at the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.view.ideas.plain import lead, mark, nothing_yet, picture, place, rect, whole
from seethrough.view.ideas.scores import scores_of
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.steps.written import enters
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.view.ideas.scores import Scores

FIELDS = ("language", "busy", "tokens", "top", "config", "captured", "recorded")
LEAST, MOST_NAMED = 0.05, 2  # a share that has its number beside the bar, and how many have
APART = 0.17  # of the picture's height, from one number to the next
MOST_LETTERS = 14  # of a name beside the bar
ROW = 0.32  # of a row's height, half of what a ribbon takes at its beginning


@dataclass(frozen=True)
class Part:
    """A stretch of the whole: a token's, or that of all others (`name` empty)."""

    name: str
    start: float
    size: float


def render(scene: Scene) -> str:
    """Bars, ribbons, one stacked bar."""
    scores = scores_of(scene)
    if scores is None:
        return to_html(nothing_yet(scene, "idea.softmax.rest"))
    parts = parts_of(scores)
    return to_html(
        told(scene),
        picture(
            summary(scene, parts, scores.n_rest),
            h(
                "div",
                {"class": "idea-flow"},
                h("ol", {"class": "idea-bars is-flat", **enters(0, "sweep")}, rows(scene, scores)),
                ribbons(parts),
                stack(parts),
                numbers(scene, parts, scores.n_rest),
            ),
        ),
    )


def told(scene: Scene) -> Node:
    """What softmax does; and what the second best token gets, where the picture has no number."""
    first, second = scene.run.top[:2]
    if second.prob < LEAST:
        less = h("b", {}, whole(scene, second.prob))
        return lead(rich(scene, "idea.softmax.lead", second=mark(second.visible), less=less))
    is_close = first.prob < 2 * second.prob
    return lead(rich(scene, "idea.softmax.lead_close" if is_close else "idea.softmax.lead_seen"))


def moments(scene: Scene) -> Sequence[Child]:
    """The film: the scores, what becomes of them, the whole."""
    if scores_of(scene) is None:
        return ()
    best = scene.run.top[0]
    share = h("b", {}, whole(scene, best.prob))
    return (
        say(scene, "idea.softmax.film.scores"),
        say(scene, "idea.softmax.film.shares"),
        rich(scene, "idea.softmax.film.whole", best=mark(best.visible), share=share),
    )


def parts_of(scores: Scores) -> list[Part]:
    """The whole from the top down: the best tokens, then all others."""
    parts, start = [], 0.0
    for item in scores.best:
        parts.append(Part(item.name, start, item.share))
        start += item.share
    return [*parts, Part("", start, max(0.0, 1 - start))]


def rows(scene: Scene, scores: Scores) -> list[Node]:
    """The tokens with their bars; the last row are all others."""
    lines = [
        h(
            "li",
            {},
            h("bdi", {"class": "idea-name"}, item.name),
            h("svg", {"class": "idea-bar", "width": "100%"}, rect(0, item.reach)),
        )
        for item in scores.best
    ]
    others = h("li", {"class": "is-rest"}, say(scene, "idea.softmax.rest_name"))
    return [*lines, others]


def ribbons(parts: list[Part]) -> Node:
    """From each row to its stretch of the whole."""
    n_rows, paths = len(parts), []
    for at, part in enumerate(parts):
        middle, half = (at + 0.5) / n_rows, ROW / n_rows
        left = (middle - half) * 100, (middle + half) * 100
        right = part.start * 100, (part.start + part.size) * 100
        shape = (
            f"M0 {left[0]:.2f}C50 {left[0]:.2f} 50 {right[0]:.2f} 100 {right[0]:.2f}"
            f"V{right[1]:.2f}C50 {right[1]:.2f} 50 {left[1]:.2f} 0 {left[1]:.2f}Z"
        )
        paths.append(h("path", {"class": kind_of(at, part), "d": shape}))
    shape_of = {"viewBox": "0 0 100 100", "preserveAspectRatio": "none", "aria-hidden": "true"}
    return h("svg", {"class": "idea-ribbons", **shape_of, **enters(1, "sweep")}, paths)


def kind_of(at: int, part: Part) -> str:
    """The class of a stretch."""
    return f"idea-share is-{at}" if part.name else "idea-share is-rest"


def stack(parts: list[Part]) -> Node:
    """The whole as one bar, from the top down."""
    pieces = [
        h(
            "rect",
            {
                "class": kind_of(at, part),
                "y": place(part.start),
                "width": "100%",
                "height": place(part.size),
            },
        )
        for at, part in enumerate(parts)
    ]
    return h("svg", {"class": "idea-stack", "aria-hidden": "true", **enters(1, "after")}, pieces)


def numbers(scene: Scene, parts: list[Part], n_rest: int) -> Node:
    """The shares that are large enough for a number, each at its stretch."""
    told = told_parts(parts)
    texts = [
        number(scene, part, at, n_rest) for part, at in zip(told, spread_out(told), strict=True)
    ]
    shape = {"class": "idea-numbers", "aria-hidden": "true", **enters(2, "appear")}
    return h("svg", shape, texts)


def number(scene: Scene, part: Part, at: float, n_rest: int) -> Node:
    """A share, and whose it is below it."""
    share = h("tspan", {"class": "idea-big", "x": "0", "dy": "-0.05em"}, whole(scene, part.size))
    below: Attributes = {"x": "0", "dy": "1.2em", "class": "idea-token" if part.name else None}
    return h("text", {"y": place(at)}, share, h("tspan", below, name_of(scene, part, n_rest)))


def told_parts(parts: list[Part]) -> list[Part]:
    """The stretches that have a number: the largest, and always that of all others."""
    large = [part for part in parts[:-1] if part.size >= LEAST] or parts[:1]
    return [*large[:MOST_NAMED], parts[-1]]


def spread_out(parts: list[Part]) -> list[float]:
    """Where the numbers stand, 0 to 1: at the middle of each stretch, none over another."""
    places: list[float] = []
    for part in parts:
        at = max(part.start + part.size / 2, APART / 2)
        places.append(max(at, places[-1] + APART) if places else at)
    end = 1 - APART / 2
    for at in range(len(places) - 1, -1, -1):
        places[at] = min(places[at], end)
        end = places[at] - APART
    return places


def name_of(scene: Scene, part: Part, n_rest: int) -> str:
    """Whose stretch it is; a long name ends early."""
    if len(part.name) > MOST_LETTERS:
        return f"{part.name[: MOST_LETTERS - 1]}…"
    return part.name or say(scene, "idea.softmax.others", n_rest=count(scene, n_rest))


def summary(scene: Scene, parts: list[Part], n_rest: int) -> str:
    """The picture in words."""
    shares = [f"{name_of(scene, part, n_rest)} {whole(scene, part.size)}" for part in parts]
    return say(scene, "idea.softmax.picture", shares=", ".join(shares))
