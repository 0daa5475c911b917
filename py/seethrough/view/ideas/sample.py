"""The idea of step 7: the odds as one bar, and a dart that falls on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.sampling import dart as dart_of
from seethrough.view.ideas.plain import lead, mark, names, nothing_yet, picture, place, rect, whole
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.steps.sample_odds import MANY, odds_of
from seethrough.view.steps.sample_words import named
from seethrough.view.wants import of_logits
from seethrough.view.words import action_button, rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.view.steps.sample_odds import Bar, Odds, Piece

FIELDS = (
    "language",
    "busy",
    "tokens",
    "top",
    "config",
    "continuation",
    "written",
    "captured",
    "sampling",
    "trying",
    "throws",
    "vocabulary",
    "recorded",
)
wants = of_logits
MARGIN, LETTER = 2.0, 1.3  # a name's room on a wide bar, in hundredths of it
NARROW = 3.4  # on a phone's bar a name takes so many times that
MOST_MARKS = 60  # earlier darts that are drawn
DARTS_HIGH = 10  # many darts stand in so many rows


def render(scene: Scene) -> str:
    """The bar, the dart, what can be done."""
    odds = odds_of(scene) if scene.run.tokens else None
    if odds is None:
        if not scene.run.tokens:
            return to_html(nothing_yet(scene, "idea.sample.rest"))
        return to_html(lead(rich(scene, "idea.sample.waiting")))
    told: list[Child] = [*rich(scene, "idea.sample.lead")]
    if scene.run.recorded is not None:
        told += [" ", say(scene, "idea.sample.recorded")]
    if odds.shaped is None:
        told = [*rich(scene, "idea.sample.lead_greedy", token=mark(named(scene, odds.landed)))]
    thrown = many(scene, odds) if is_many(odds) else outcome(scene, odds)
    return to_html(
        lead(told),
        picture(
            say(scene, "idea.sample.picture"),
            h("div", {"class": "idea-board"}, darts(scene, odds), bar(scene, odds)),
            thrown,
            buttons(scene, odds),
        ),
    )


def is_many(odds: Odds) -> bool:
    """Whether many darts are thrown at once: without chance there are none."""
    return odds.shaped is not None and odds.tallied > 0


def shown_bar(odds: Odds) -> Bar:
    """The bar that the dart falls on; without chance the model's own odds."""
    return odds.bars["own"] if odds.shaped is None else odds.bars[list(odds.bars)[-1]]


def bar(scene: Scene, odds: Odds) -> Node:
    """Every token has as much room as its odds; the taken one is in ink, of many darts none."""
    pieces = list(shown_bar(odds).pieces.values())
    taken = None if is_many(odds) else odds.landed
    shown = names(named(scene, piece.token) for piece in pieces)
    parts: list[Child] = [
        segment(piece, name, is_taken=piece.token == taken)
        for piece, name in zip(pieces, shown, strict=True)
    ]
    if taken is not None and taken not in {piece.token for piece in pieces}:
        parts.append(thin(odds))
    end = pieces[-1].start + pieces[-1].size if pieces else 0.0
    words = say(scene, "idea.sample.others")
    rest = [h("g", {"class": "idea-rest"}, label(words, end, 1 - end))]
    return h("svg", {"class": "idea-odds", "width": "100%", "aria-hidden": "true"}, rest, parts)


def segment(piece: Piece, name: str, *, is_taken: bool) -> Node:
    """A token's room, with its name where it fits."""
    kind = "idea-seg is-taken" if is_taken else "idea-seg"
    box = rect(piece.start, piece.size)
    return h("g", {"class": kind}, box, label(name, piece.start, piece.size))


def thin(odds: Odds) -> Node:
    """The taken token where it is one of the many thin ones."""
    box = rect(odds.start_of(odds.landed), float(odds.now[odds.landed]))
    return h("g", {"class": "idea-seg is-taken is-thin"}, box)


def label(name: str, start: float, size: float) -> Node | None:
    """A name in its room; None where it does not fit, "is-long" where not on a phone."""
    room = size * 100 / (MARGIN + LETTER * len(name))
    if room <= 1:
        return None
    kind = "is-long" if room <= NARROW else None
    middle = {"x": "50%", "y": "50%", "dy": "0.35em", "text-anchor": "middle"}
    text = h("text", {"class": "idea-token", **middle}, name)
    return h("svg", {"class": kind, "x": place(start), "width": place(size)}, text)


def darts(scene: Scene, odds: Odds) -> Node | None:
    """The dart, and small marks where the earlier ones fell."""
    if odds.shaped is None:
        return None
    if is_many(odds):
        return scattered(odds)
    first = len(scene.run.written)
    earlier = range(max(first, odds.throw - MOST_MARKS), odds.throw)
    marks = [
        h("circle", {"class": "idea-fell", "r": "5", "cy": "88%", "cx": place(point)})
        for point in (dart_of(odds.settings.seed, at) for at in earlier)
    ]
    arrow = h("path", {"d": "M0 88l-16 -30h10v-58h12v58h10z"})
    here = h("svg", {"x": place(odds.point), "overflow": "visible"}, arrow)
    shape = {"class": "idea-darts", "width": "100%", "aria-hidden": "true"}
    return h("svg", shape, marks, h("g", {"class": "idea-dart"}, here))


def scattered(odds: Odds) -> Node:
    """Many darts over the bar, each where it fell, one below the other; misses stand out."""
    marks = [
        h(
            "circle",
            {
                "class": "idea-hit is-miss" if rank else "idea-hit",
                "r": "5" if rank else "4",
                "cx": place(point),
                "cy": place((at % DARTS_HIGH + 0.5) / DARTS_HIGH),
            },
        )
        for at, (point, rank) in enumerate(zip(odds.points, odds.ranks_hit(odds.now), strict=True))
    ]
    return h("svg", {"class": "idea-darts", "width": "100%", "aria-hidden": "true"}, marks)


def many(scene: Scene, odds: Odds) -> Node:
    """How many of them hit the likeliest token, beside its share."""
    best, n_missed = int(odds.order[0]), int(np.count_nonzero(odds.ranks_hit(odds.now)))
    told = rich(
        scene,
        "idea.sample.many",
        token=mark(named(scene, best)),
        n_hit=h("b", {}, count(scene, MANY - n_missed)),
        n_darts=count(scene, MANY),
        n_missed=h("b", {}, count(scene, n_missed)),
        share=h("b", {}, whole(scene, float(odds.now[best]))),
    )
    return h("p", {"class": "idea-outcome", "role": "status"}, told)


def outcome(scene: Scene, odds: Odds) -> Node:
    """Where it landed, and how likely that was."""
    token = named(scene, odds.landed)
    probs = odds.own if odds.shaped is None else odds.now
    key = "idea.sample.won" if odds.shaped is None else "idea.sample.landed"
    told = rich(
        scene,
        key,
        token=mark(token),
        share=h("b", {}, whole(scene, float(probs[odds.landed]))),
        throw=h("span", {}, count(scene, odds.throw - len(scene.run.written) + 1)),
    )
    return h("p", {"class": "idea-outcome", "role": "status"}, told)


def buttons(scene: Scene, odds: Odds) -> Node:
    """One dart or many where there is chance; chance on or off."""
    first: Attributes = {"class": "button is-primary"}
    if odds.shaped is None:
        items = [chance(scene, "own", is_first=True)]
    elif is_many(odds):
        single = action_button(scene, "tally", "idea.sample.single", first)
        items = [single, chance(scene, "best", is_first=False)]
    else:
        again = {**first, "id": "throw-dart"}
        one = action_button(scene, "throw", "idea.sample.throw", again)
        hundred = action_button(scene, "throw-many", "idea.sample.hundred", {"class": "button"})
        items = [one, hundred, chance(scene, "best", is_first=False)]
    return h("div", {"class": "idea-buttons"}, items)


def chance(scene: Scene, preset: str, *, is_first: bool) -> Node:
    """Settings under which there is chance, or none."""
    classes = "button is-primary" if is_first else "button"
    more = {"class": classes, "data-name": "preset", "data-preset": preset, "value": preset}
    return action_button(scene, "set-sampling", f"idea.sample.{preset}", more)
