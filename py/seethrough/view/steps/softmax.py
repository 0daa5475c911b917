"""Step 6: largest, exp, sum, divide: how logits become probabilities, with the actual numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import PROBS, Cell
from seethrough.view import film, named, tail
from seethrough.view.cell_button import cell_button
from seethrough.view.logit_facts import is_coming, last_position, spread
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import cell, count, exact, percentage, probability, signed
from seethrough.view.steps.softened import N_BEST, Softened, softened
from seethrough.view.steps.softmax_digits import digits_of, worked
from seethrough.view.steps.softmax_table import COLUMNS as NUMBERS
from seethrough.view.steps.softmax_table import data, names
from seethrough.view.unrecorded import note
from seethrough.view.words import rich, say, title, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate
    from seethrough.view.steps.softmax_digits import Digits

FIELDS = (
    "language",
    "tokens",
    "top",
    "config",
    "captured",
    "recorded",
    "walk_card",
    "source",
    "asked",
    "compared",
    "words",
    "vocabulary",
    "live_bytes",
)
AXIS = (0, 100)
COLUMNS = (*NUMBERS, "bar")
SCENES = {"logit": "logits", "below": "largest", "power": "exp", "prob": "divide"}


def render(scene: Scene) -> str:
    """The four columns, the tail; before a run what will stand here."""
    if not scene.run.tokens or not scene.run.top:
        return to_html(h("p", {"class": "lead"}, rich(scene, "softmax.rest")))
    made, whole = softened(scene), spread(scene)
    return to_html(
        title(scene, "step.softmax"),
        named.lead(scene, lead(scene, made)),
        h(
            "div",
            {"class": "softened"},
            h(
                "div",
                {"class": "columns"},
                h("div", {"class": "scroll", "tabindex": "0"}, columns(scene, made)),
                scale_switch(scene),
                worked(scene, made),
            ),
            lacking(scene)
            if whole is None
            else tail.figure(scene, whole, names(scene, whole), timed(scene, "tail", "appear")),
        ),
        data(scene, made),
    )


def lead(scene: Scene, made: Softened) -> list[Node | str]:
    """What the four steps do, and what came out."""
    best = made.rows[0]
    held = math.fsum(row.prob for row in made.rows[:N_BEST])
    return rich(
        scene,
        "softmax.lead",
        best=token_mark(best.item.visible),
        prob=h("b", {}, probability(scene, best.prob)),
        n_best=count(scene, min(N_BEST, len(made.rows))),
        held=h("b", {}, probability(scene, held)),
    )


def lacking(scene: Scene) -> Node:
    """Why there is no tail."""
    if is_coming(scene):
        return h("p", {"class": "note", "role": "status"}, say(scene, "softmax.coming"))
    d_vocab = count(scene, scene.run.config.d_vocab if scene.run.config else 0)
    return note(scene, say(scene, "softmax.lacking", d_vocab=d_vocab))


def shots(scene: Scene) -> tuple[str, ...]:
    """The moments of the film."""
    if not scene.run.tokens or not scene.run.top:
        return ()
    told = ("logits", "largest", "exp", "sum", "divide")
    return told if spread(scene) is None else (*told, "tail")


def timed(scene: Scene, shot: str, move: str, source: str = "") -> Attributes:
    """The place in this film of what enters at a moment (view/film.py)."""
    return film.timed(shots(scene), shot, move, source)


def columns(scene: Scene, made: Softened) -> Node:
    """One line a token, one column an operation."""
    told = digits_of(scene, made)
    heads = [head(scene, name, made, told) for name in COLUMNS]
    return h(
        "table",
        {"class": "softmax-table"},
        h("caption", {"class": "visually-hidden"}, say(scene, "softmax.caption")),
        h("thead", {}, h("tr", {}, heads)),
        h("tbody", {}, [line(scene, at, made, told) for at in range(len(made.rows))]),
        h("tfoot", {}, rest(scene, made, told), total(scene, made, told)),
    )


def head(scene: Scene, name: str, made: Softened, told: Digits) -> Node:
    """A column's head: the operation that makes it, and what comes out."""
    if name == "bar":
        return h("td", {"class": "bar-cell"}, axis(scene, made))
    operations = {"below": cell(scene, made.largest), "prob": told.powers.whole}
    operation: Child = ""
    if name in {"below", "power", "prob"}:
        words = say(scene, f"softmax.operation.{name}", number=operations.get(name, ""))
        # The sum is there before it divides.
        shot = "sum" if name == "prob" else SCENES[name]
        operation = h("b", {"class": "operation", **timed(scene, shot, "rise")}, words)
    named = h("span", {}, say(scene, f"softmax.column.{name}"))
    return h("th", {"scope": "col", "class": f"is-{name}"}, operation, named)


def axis(scene: Scene, made: Softened) -> list[Node]:
    """The bars' two axes; the switch below shows one of them."""
    linear = [(at, percentage(scene, str(at)) if at == AXIS[-1] else str(at)) for at in AXIS]
    decades = made.decades
    log = [(0.0, tail.decade(scene, decades)), (100.0, tail.decade(scene, 0))]
    return [axis_line("is-linear", linear), axis_line("is-log", log)]


def axis_line(kind: str, labels: Sequence[tuple[float, str]]) -> Node:
    """One axis: labels at percents of the width."""
    anchors = {0: "start", len(labels) - 1: "end"}
    texts = [
        h("text", {"x": f"{at:.2f}%", "y": 14, "text-anchor": anchors.get(place, "middle")}, label)
        for place, (at, label) in enumerate(labels)
    ]
    shape: Attributes = {"width": "100%", "height": 20, "aria-hidden": "true"}
    return h("svg", {"class": f"axis {kind}", **shape}, texts)


def line(scene: Scene, at: int, made: Softened, told: Digits) -> Node:
    """One token through all columns; each number comes from the one on its left."""
    row = made.rows[at]
    token, last = row.item.id, last_position(scene)
    is_asked = token in {item.id for item in scene.choice.asked}
    logit = cell_button(
        Cell(hooks.LOGITS, (last, token)),
        told.logits[at],
        exact(scene, row.item.logit),
    )
    shown = told.shares.parts[at]
    prob = cell_button(Cell(PROBS, (last, token)), shown, exact(scene, row.prob))
    below = h("span", {"class": "number", "title": exact(scene, row.below)}, told.below[at])
    power = h("span", {"class": "number", "title": exact(scene, row.power)}, told.powers.parts[at])
    numbers = {"logit": logit, "below": below, "power": power, "prob": prob}
    cells, before = [], ""
    for name, number in numbers.items():
        here = f"softmax-{name}-{token}"
        move = timed(scene, SCENES[name], "fly" if before else "rise", before)
        cells.append(h("td", {"class": f"is-{name}"}, h("div", {"id": here, **move}, number)))
        before = here
    return h(
        "tr",
        {"class": "is-asked" if is_asked else None},
        h("th", {"scope": "row"}, append_button(scene, row.item)),
        cells,
        h("td", {"class": "bar-cell"}, bars(scene, row.prob, made, "bar-fill")),
    )


def append_button(scene: Scene, item: Candidate) -> Node:
    """The token: a click puts it behind the text."""
    return h(
        "button",
        {
            "type": "button",
            "class": "chip is-candidate",
            "data-action": "append-token",
            "data-id": str(item.id),
            "title": say(scene, "view.top.append", id=item.id),
        },
        h("bdi", {"class": "chip-text"}, item.visible),
    )


def bars(scene: Scene, prob: float, made: Softened, fill: str) -> list[Node]:
    """The probability as a length, on both scales."""
    share = min(max(prob, 0.0), 1.0) if math.isfinite(prob) else 0.0
    depth = -math.log10(share) if share > 0 else made.decades
    log = 1 - min(depth / made.decades, 1.0)
    move = timed(scene, "divide", "grow")
    return [bar("is-linear", share, fill, move), bar("is-log", log, fill, move)]


def bar(kind: str, share: float, fill: str, move: Attributes) -> Node:
    """A bar on hairlines at the ends and the middle."""
    lines = [
        h("line", {"class": "grid", "x1": f"{at}%", "x2": f"{at}%", "y1": "0", "y2": "100%"})
        for at in AXIS
    ]
    length = h(
        "rect", {"class": fill, "y": "28%", "width": f"{share * 100:.4f}%", "height": "44%", **move}
    )
    shape: Attributes = {"class": f"bar {kind}", "width": "100%", "aria-hidden": "true"}
    return h("svg", shape, lines, length)


def rest(scene: Scene, made: Softened, told: Digits) -> Node:
    """All tokens that are not listed, together."""
    key = "softmax.others" if made.n_rest is None else "softmax.others_count"
    name = say(scene, key, n_rest=count(scene, made.n_rest or 0))
    share = made.rest / made.total
    return h(
        "tr",
        {"class": "is-rest"},
        h("th", {"scope": "row", "colspan": "3"}, name),
        h(
            "td",
            {"class": "is-power"},
            foot_number(scene, "sum", made.rest, told.powers.rest or ""),
        ),
        h(
            "td",
            {"class": "is-prob"},
            foot_number(scene, "divide", share, told.shares.rest),
        ),
        h("td", {"class": "bar-cell"}, bars(scene, share, made, "bar-rest")),
    )


def total(scene: Scene, made: Softened, told: Digits) -> Node:
    """What the columns add up to."""
    n_all = count(scene, len(made.rows) + (made.n_rest or 0))
    words = (
        say(scene, "softmax.total")
        if made.n_rest is None
        else say(scene, "softmax.total_count", n_all=n_all)
    )
    return h(
        "tr",
        {"class": "is-total"},
        h("th", {"scope": "row", "colspan": "3"}, words),
        h(
            "td",
            {"class": "is-power"},
            foot_number(scene, "sum", made.total, told.powers.whole, mark="softmax-sum"),
        ),
        h("td", {"class": "is-prob"}, foot_number(scene, "divide", 1.0, told.shares.whole)),
        h("td"),
    )


def foot_number(scene: Scene, shot: str, value: float, shown: str, mark: str = "") -> Node:
    """A number of the foot, exact on hover."""
    place = timed(scene, shot, "rise")
    return h(
        "div", {"class": "number", "title": exact(scene, value), "id": mark or None, **place}, shown
    )


def scale_switch(scene: Scene) -> Node:
    """Linear or logarithmic bars."""
    choices = [
        h(
            "label",
            {},
            h(
                "input",
                {
                    "type": "radio",
                    "name": "softmax-scale",
                    "id": f"softmax-{kind}",
                    "checked": kind == "linear",
                },
            ),
            " ",
            say(scene, f"softmax.scale.{kind}"),
        )
        for kind in ("linear", "log")
    ]
    return h(
        "fieldset", {"class": "scale-switch"}, h("legend", {}, say(scene, "softmax.scale")), choices
    )


def moments(scene: Scene) -> Sequence[Child]:
    """A sentence for each moment of the film, with this input's own tokens and numbers."""
    known = shots(scene)
    if not known:
        return ()
    made, whole = softened(scene), spread(scene)
    told, other = digits_of(scene, made), min(1, len(made.rows) - 1)
    best, second = made.rows[0], made.rows[other]
    fields: dict[str, Node | str] = {
        "best": token_mark(best.item.visible),
        "second": token_mark(second.item.visible),
        "n_best": count(scene, min(N_BEST, len(made.rows))),
        "largest": signed(scene, made.largest),
        "below": cell(scene, second.below),
        "power": told.powers.parts[other],
        "total": told.powers.whole,
        "rest": told.powers.rest or "",
        "best_prob": told.shares.parts[0],
        "second_prob": told.shares.parts[other],
    }
    if whole is not None:
        fields["most"] = count(scene, whole.reaching(0.9))
        fields["d_vocab"] = count(scene, whole.logits.size)
    return tuple(rich(scene, f"softmax.film.{shot}", **fields) for shot in known)
