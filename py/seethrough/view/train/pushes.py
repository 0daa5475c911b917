"""The model's best guesses as bars, and the push that each score gets: an arrow from p to y.

The arrow is as long as the gradient p − y, on the scale of the bars: a bar is p, y is 1 for the
token that comes and 0 for every other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.train.mistakes import gradient_of, others_of
from seethrough.view import top
from seethrough.view.ideas.plain import plain, whole
from seethrough.view.node import Attributes, Child, Node, h
from seethrough.view.numbers import count, exact, probability, signed, with_signs
from seethrough.view.steps.written import enters
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate
    from seethrough.core.written import Written
    from seethrough.view.train.beats import Now

LEAST_ARROW = 0.012  # shares whose arrow would be shorter than its head have a dot
HEAD = 7
HALF = 0.5
COLUMNS = ("token", "prob", "push", "logit", "right", "gradient")


def bars(scene: Scene, now: Now, *, is_exact: bool) -> Node:
    """A row for each kept token; at the numbers also for all others together.

    Args:
        is_exact: Whether score, y and p − y are told, too.
    """
    rows = [row(scene, now, item, is_exact=is_exact) for item in shown_of(now)]
    if is_exact:
        rows = [head(scene), *rows, others(scene, now)]
        table = h("table", {"class": "read-table"}, h("tbody", {}, rows))
        return h("div", {"class": "scroll", "tabindex": "0"}, table)
    label = say(scene, "read.bars")
    return h("ol", {"class": "read-bars", "aria-label": label}, rows)


def shown_of(now: Now) -> tuple[Candidate, ...]:
    """The best guesses; a token that comes from behind them is not seen before it comes."""
    could = now.new.candidates
    is_behind = now.new.rank >= len(could) - 1 and could[-1].id == now.new.id
    return could[:-1] if is_behind and not now.has_come and len(could) > 1 else could


def row(scene: Scene, now: Now, item: Candidate, *, is_exact: bool) -> Node:
    """One token: its name, its share, the bar with the arrow; then its numbers."""
    is_target = now.has_come and item.id == now.new.id
    classes = "read-row is-target" if is_target else "read-row"
    moves = enters(now.moment, "rise") if now.moment is not None and not now.has_come else {}
    name = h("bdi", {"class": "read-name"}, plain(item.visible))
    sign = h("span", {"class": "visually-hidden"}, " ", say(scene, "read.comes"))
    named = [name, sign] if is_target else [name]
    drawn = picture(now, item.prob, is_target=is_target)
    if not is_exact:
        share = h("span", {"class": "number"}, whole(scene, item.prob))
        return h("li", {"class": classes, **moves}, h("span", {}, named), share, drawn)
    return h(
        "tr",
        {"class": classes, **moves},
        h("th", {"scope": "row"}, named),
        h("td", {"class": "number"}, digits(scene, item.prob)),
        h("td", {"class": "bar-cell"}, drawn),
        h("td", {"class": "number", "title": exact(scene, item.logit)}, signed(scene, item.logit)),
        h("td", {"class": "number"}, right(scene, now, is_target=is_target)),
        h("td", {"class": "number"}, gradient(scene, now, item)),
    )


def digits(scene: Scene, value: float, sign: str = "") -> Written:
    """Four decimals; more where these would say 0, 1 or −1 of what is only close to it."""
    shown = f"{value:{sign}.4f}"
    is_close = float(shown) in {-1.0, 0.0, 1.0} and float(shown) != value
    if is_close:
        shown = f"{value:{sign}.3e}" if abs(value) < HALF else f"{value:{sign}.7f}"
    return with_signs(scene, shown)


def right(scene: Scene, now: Now, *, is_target: bool) -> str:
    """y, once the token has come."""
    return count(scene, int(is_target)) if now.has_come else ""


def gradient(scene: Scene, now: Now, item: Candidate) -> str:
    """p − y, once it is sent back."""
    if not now.is_pushed:
        return ""
    return digits(scene, gradient_of(item, now.new.id), "+")


def head(scene: Scene) -> Node:
    """What the columns are."""
    names = [h("th", {"scope": "col"}, say(scene, f"read.column.{name}")) for name in COLUMNS]
    return h("tr", {}, names)


def others(scene: Scene, now: Now) -> Node:
    """All tokens that have no row, together."""
    left = others_of(now.new)
    n_vocab = scene.run.config.d_vocab if scene.run.config else 0
    words = say(scene, "read.others", n_rest=count(scene, n_vocab - len(now.new.candidates)))
    pushed = digits(scene, left, "+") if now.is_pushed else ""
    return h(
        "tr",
        {"class": "read-row is-rest"},
        h("th", {"scope": "row"}, words),
        h("td", {"class": "number"}, digits(scene, left)),
        h("td", {"class": "bar-cell"}, picture(now, left, is_target=False)),
        h("td", {}),
        h("td", {"class": "number"}, right(scene, now, is_target=False)),
        h("td", {"class": "number"}, pushed),
    )


def picture(now: Now, share: float, *, is_target: bool) -> Node:
    """The bar of a share, and from its end the arrow to where it should be."""
    parts: list[Child] = [*top.bar(share, "bar-fill").children]
    if now.is_pushed:
        parts.append(arrow(now, share, 1.0 if is_target else 0.0))
    size: Attributes = {"class": "bar read-bar", "width": "100%", "aria-hidden": "true"}
    return h("svg", size, parts)


def arrow(now: Now, share: float, goal: float) -> Node:
    """An arrow from p to y; where it would be shorter than its head, a dot."""
    kind = "read-arrow is-up" if goal else "read-arrow"
    moves = {} if now.moment is None else enters(now.moment, "appear")
    if abs(share - goal) < LEAST_ARROW:
        spot: Attributes = {"cx": percent(goal), "cy": "50%", "r": 3}
        return h("g", {"class": kind, **moves}, h("circle", spot))
    side = -1 if goal else 1
    tip = h("path", {"d": f"M{side * HEAD} -6 L0 0 L{side * HEAD} 6 Z"})
    line: Attributes = {"x1": percent(share), "x2": percent(goal), "y1": "50%", "y2": "50%"}
    place: Attributes = {"x": percent(goal), "y": "50%", "overflow": "visible"}
    return h("g", {"class": kind, **moves}, h("line", line), h("svg", place, tip))


def percent(share: float) -> str:
    """A place along the bar."""
    return f"{min(max(share, 0.0), 1.0) * 100:.4f}%"


def told(scene: Scene, share: float) -> Node:
    """A share inside a sentence."""
    return h("b", {}, probability(scene, share))
