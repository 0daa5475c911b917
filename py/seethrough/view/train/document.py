"""The text that is read: what the model has read, the token that comes, the error of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core.train.mistakes import error_of
from seethrough.core.visible import PICTURES
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import probability, readout
from seethrough.view.steps.written import enters
from seethrough.view.train.beats import COMES
from seethrough.view.windowed import gap_words, window
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import NewToken
    from seethrough.view.train.beats import Now

MOST = 160  # tokens that are drawn
MEDIUM = 320  # signs of a text; longer ones are set smaller
LEAST_SCALE = 4.0  # nats
HIGH = 14
TARGET = "read-target"


def text(scene: Scene, now: Now) -> Node:
    """Every token over the bar of its error; of a long text the first and the last."""
    shown = window(len(scene.run.read) + 1, most=MOST, chosen=now.position)
    scale, before, parts = scale_of(scene), -1, list[Child]()
    for position in shown.positions:
        if position != before + 1:
            parts.append(h("span", {"class": "read-gap"}, f" … {gap_words(scene, shown)} … "))
        parts += token(scene, now, position, scale)
        before = position
    return h("p", {"class": f"read-text {looks(scene)}", "dir": "auto"}, parts)


def looks(scene: Scene) -> str:
    """How the text is set: code by its columns, a long one smaller."""
    texts = [one.text for one in scene.run.tokens]
    if any(one.startswith("\n  ") for one in texts):
        return "is-code"
    return "is-medium" if sum(map(len, texts)) <= MEDIUM else "is-long"


def token(scene: Scene, now: Now, position: int, scale: float) -> list[Child]:
    """A token; where it ends a line the next begins, with the spaces that stand there."""
    whole = scene.run.tokens[position].text
    line, is_broken, rest = whole.rpartition("\n")
    visible = scene.run.tokens[position].visible
    words = PICTURES["\n"] * (line.count("\n") + 1) if is_broken and not line.strip() else ""
    name = words or (whole if whole.strip() and whole.isprintable() else visible)
    one = button(scene, now, position, name, scale) if position else first(name)
    return [one, h("br"), rest] if words else [one]


def first(name: str) -> Node:
    """The first token, which nothing was guessed of."""
    return h("span", {"class": "read-token is-read"}, h("bdi", {}, name), h("span", {}))


def button(scene: Scene, now: Now, position: int, name: str, scale: float) -> Node:
    """A token that can be chosen: read, coming now, or still to come."""
    new = scene.run.read[position - 1]
    is_now, is_read = position == now.position, position < now.position
    is_hidden = is_now and not now.has_come
    is_known = is_read or now.moment is None or (is_now and now.has_come)
    state = "is-now" if is_now else "is-read" if is_read else "is-later"
    attributes: Attributes = {
        "type": "button",
        "class": f"read-token {state}{' is-hidden' if is_hidden else ''}",
        "id": TARGET if is_now else None,
        "data-action": "lesson-at",
        "data-position": str(position),
        "aria-pressed": "true" if is_now else "false",
        "title": told(scene, new) if is_known else None,
        **(enters(now.moment, "appear") if is_now and now.kind == COMES else {}),
    }
    word = say(scene, "home.blank") if is_hidden else name
    return h("button", attributes, h("bdi", {}, word), bar(new.prob, scale, is_known=is_known))


def told(scene: Scene, new: NewToken) -> str:
    """A token's chance and error, in words."""
    error = readout(scene, error_of(new.prob))
    return say(
        scene, "read.token", token=new.visible, prob=probability(scene, new.prob), error=error
    )


def bar(prob: float, scale: float, *, is_known: bool) -> Node:
    """The error as a bar from the top down; empty while it is not known."""
    error = min(error_of(prob), scale)
    high = f"{HIGH * error / scale:.2f}" if is_known else "0"
    size: Attributes = {"width": "100%", "height": HIGH, "aria-hidden": "true"}
    return h("svg", {"class": "read-bits", **size}, h("rect", {"width": "100%", "height": high}))


def scale_of(scene: Scene) -> float:
    """The error of the longest bar, in whole nats: the same for the whole text."""
    errors = [error_of(new.prob) for new in scene.run.read]
    return float(math.ceil(max([*filter(math.isfinite, errors), LEAST_SCALE])))
