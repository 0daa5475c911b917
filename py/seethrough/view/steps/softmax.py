"""Step 6: largest, exp, sum, divide: how logits become probabilities, with the actual numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import PROBS, Cell
from seethrough.view import named, tail
from seethrough.view.cell_button import cell_button
from seethrough.view.folded import folded
from seethrough.view.logit_facts import compared, is_coming, last_position, spread
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import cell, count, exact, probability, readout, signed
from seethrough.view.unrecorded import note
from seethrough.view.words import hook_mark, name_of, rich, say, title, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState
    from seethrough.core.distribution import Distribution
    from seethrough.core.tokens import Candidate

FIELDS = (
    "language",
    "tokens",
    "top",
    "config",
    "captured",
    "recorded",
    "recordings",
    "source",
    "asked",
    "compared",
    "words",
    "vocabulary",
)
N_BEST = 10
LEAST_DECADES, MOST_DECADES = 4, 20
AXIS = (0, 100)
COLUMNS = ("token", "logit", "below", "power", "prob", "bar")
SCENES = {"logit": "logits", "below": "largest", "power": "exp", "prob": "divide"}


@dataclass(frozen=True)
class Row:
    """One token on its way: its logit less the largest, e to that power, its share."""

    item: Candidate
    below: float
    power: float
    prob: float


@dataclass(frozen=True)
class Softened:
    """The compared tokens' rows, the largest logit, the sum over the vocabulary, the others' part.

    The sum is that of all logits where they are here. Else it is 1 ÷ the best token's probability:
    its power is 1, and the probability was made with the whole sum.
    """

    rows: tuple[Row, ...]
    largest: float
    total: float
    rest: float
    n_rest: int | None

    @property
    def decades(self) -> int:
        """How deep the log scale goes: below the least probable token that is shown."""
        probs = [row.prob for row in self.rows if row.prob > 0]
        deep = math.ceil(-math.log10(min(probs))) if probs else LEAST_DECADES
        return min(max(deep, LEAST_DECADES), MOST_DECADES)


def softened(state: AppState) -> Softened:
    """Softmax of what is shown, in float64."""
    shown, whole = compared(state, N_BEST), spread(state)
    n_rest = state.config.d_vocab - len(shown) if state.config else None
    if whole is not None:
        ids = [item.id for item in shown]
        powers = [float(whole.powers[token]) for token in ids]
        largest, total = whole.largest, whole.total
        others = np.delete(whole.powers, ids)
        rest, n_rest = float(others.sum()), others.size
    else:
        best = state.top[0]
        largest, total = best.logit, 1 / best.prob if best.prob > 0 else math.nan
        powers = [math.exp(item.logit - largest) for item in shown]
        rest = max(0.0, total - math.fsum(powers))
    rows = tuple(
        Row(item, item.logit - largest, power, power / total)
        for item, power in zip(shown, powers, strict=True)
    )
    return Softened(rows, largest, total, rest, n_rest)


def render(state: AppState) -> str:
    """The four columns, the tail; before a run what will stand here."""
    if not state.tokens or not state.top:
        return to_html(h("p", {"class": "lead"}, say(state, "softmax.rest")))
    made, whole = softened(state), spread(state)
    return to_html(
        title(state, "step.softmax"),
        named.lead(state, lead(state, made)),
        h(
            "div",
            {"class": "softened"},
            h(
                "div",
                {"class": "columns"},
                h("div", {"class": "scroll", "tabindex": "0"}, columns(state, made)),
                scale_switch(state),
            ),
            lacking(state)
            if whole is None
            else tail.figure(state, whole, names(state, whole), timed(state, "tail", "appear")),
        ),
        data(state, made),
    )


def lead(state: AppState, made: Softened) -> list[Node | str]:
    """What the four steps do, and what came out."""
    best = made.rows[0]
    held = math.fsum(row.prob for row in made.rows[:N_BEST])
    return rich(
        state,
        "softmax.lead",
        best=token_mark(best.item.visible),
        prob=h("b", {}, probability(best.prob, state.language)),
        n_best=count(min(N_BEST, len(made.rows))),
        held=h("b", {}, probability(held, state.language)),
    )


def names(state: AppState, whole: Distribution) -> dict[int, str]:
    """The tokens of the ranks that are told, where their text is known here."""
    told = {rank: name_of(state, int(whole.order[rank - 1])) for rank in tail.told(whole)}
    return {rank: name for rank, name in told.items() if name is not None}


def lacking(state: AppState) -> Node:
    """Why there is no tail."""
    if is_coming(state):
        return h("p", {"class": "note", "role": "status"}, say(state, "softmax.coming"))
    d_vocab = count(state.config.d_vocab if state.config else 0)
    return note(state, say(state, "softmax.lacking", d_vocab=d_vocab))


def scenes(state: AppState) -> tuple[str, ...]:
    """The moments of the film."""
    if not state.tokens or not state.top:
        return ()
    told = ("logits", "largest", "exp", "sum", "divide")
    return told if spread(state) is None else (*told, "tail")


def timed(state: AppState, scene: str, move: str, source: str = "") -> Attributes:
    """The place in the film of what enters at a moment."""
    known = scenes(state)
    if scene not in known:
        return {}
    place: dict[str, str] = {"data-at": str(known.index(scene)), "data-move": move}
    return {**place, "data-from": source} if source else place


def columns(state: AppState, made: Softened) -> Node:
    """One line a token, one column an operation."""
    heads = [head(state, name, made) for name in COLUMNS]
    return h(
        "table",
        {"class": "softmax-table"},
        h("caption", {"class": "visually-hidden"}, say(state, "softmax.caption")),
        h("thead", {}, h("tr", {}, heads)),
        h("tbody", {}, [line(state, row, made) for row in made.rows]),
        h("tfoot", {}, rest(state, made), total(state, made)),
    )


def head(state: AppState, name: str, made: Softened) -> Node:
    """A column's head: the operation that makes it, and what comes out."""
    if name == "bar":
        return h("td", {"class": "bar-cell"}, axis(state, made))
    operations = {"below": cell(made.largest), "prob": readout(made.total)}
    operation: Child = ""
    if name in {"below", "power", "prob"}:
        words = say(state, f"softmax.operation.{name}", number=operations.get(name, ""))
        # The sum is there before it divides.
        scene = "sum" if name == "prob" else SCENES[name]
        operation = h("b", {"class": "operation", **timed(state, scene, "rise")}, words)
    named = h("span", {}, say(state, f"softmax.column.{name}"))
    return h("th", {"scope": "col", "class": f"is-{name}"}, operation, named)


def axis(state: AppState, made: Softened) -> list[Node]:
    """The bars' two axes; the switch below shows one of them."""
    linear = [
        (at, say(state, "view.percent", value=at) if at == AXIS[-1] else str(at)) for at in AXIS
    ]
    decades = made.decades
    log = [(0.0, tail.decade(decades)), (100.0, tail.decade(0))]
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


def line(state: AppState, row: Row, made: Softened) -> Node:
    """One token through all columns; each number comes from the one on its left."""
    token, last = row.item.id, last_position(state)
    is_asked = token in {item.id for item in state.asked}
    logit = cell_button(
        Cell(hooks.LOGITS, (last, token)), signed(row.item.logit), exact(row.item.logit)
    )
    shown = probability(row.prob, state.language)
    prob = cell_button(Cell(PROBS, (last, token)), shown, exact(row.prob))
    below = h("span", {"class": "number", "title": exact(row.below)}, cell(row.below))
    power = h("span", {"class": "number", "title": exact(row.power)}, readout(row.power))
    numbers = {"logit": logit, "below": below, "power": power, "prob": prob}
    cells, before = [], ""
    for name, number in numbers.items():
        here = f"softmax-{name}-{token}"
        move = timed(state, SCENES[name], "fly" if before else "rise", before)
        cells.append(h("td", {"class": f"is-{name}"}, h("div", {"id": here, **move}, number)))
        before = here
    return h(
        "tr",
        {"class": "is-asked" if is_asked else None},
        h("th", {"scope": "row"}, append_button(state, row.item)),
        cells,
        h("td", {"class": "bar-cell"}, bars(state, row.prob, made, "bar-fill")),
    )


def append_button(state: AppState, item: Candidate) -> Node:
    """The token: a click puts it behind the text."""
    return h(
        "button",
        {
            "type": "button",
            "class": "chip is-candidate",
            "data-action": "append-token",
            "data-id": str(item.id),
            "title": say(state, "view.top.append", id=item.id),
        },
        h("bdi", {"class": "chip-text"}, item.visible),
    )


def bars(state: AppState, prob: float, made: Softened, fill: str) -> list[Node]:
    """The probability as a length, on both scales."""
    share = min(max(prob, 0.0), 1.0) if math.isfinite(prob) else 0.0
    depth = -math.log10(share) if share > 0 else made.decades
    log = 1 - min(depth / made.decades, 1.0)
    move = timed(state, "divide", "grow")
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


def rest(state: AppState, made: Softened) -> Node:
    """All tokens that are not listed, together."""
    key = "softmax.others" if made.n_rest is None else "softmax.others_count"
    name = say(state, key, n_rest=count(made.n_rest or 0))
    share = made.rest / made.total
    return h(
        "tr",
        {"class": "is-rest"},
        h("th", {"scope": "row", "colspan": "3"}, name),
        h("td", {"class": "is-power"}, told(state, "sum", made.rest, readout(made.rest))),
        h(
            "td",
            {"class": "is-prob"},
            told(state, "divide", share, probability(share, state.language)),
        ),
        h("td", {"class": "bar-cell"}, bars(state, share, made, "bar-rest")),
    )


def total(state: AppState, made: Softened) -> Node:
    """What the columns add up to."""
    n_all = count(len(made.rows) + (made.n_rest or 0))
    words = (
        say(state, "softmax.total")
        if made.n_rest is None
        else say(state, "softmax.total_count", n_all=n_all)
    )
    return h(
        "tr",
        {"class": "is-total"},
        h("th", {"scope": "row", "colspan": "3"}, words),
        h(
            "td",
            {"class": "is-power"},
            told(state, "sum", made.total, readout(made.total), mark="softmax-sum"),
        ),
        h("td", {"class": "is-prob"}, told(state, "divide", 1.0, probability(1.0, state.language))),
        h("td"),
    )


def told(state: AppState, scene: str, value: float, shown: str, mark: str = "") -> Node:
    """A number of the foot, exact on hover."""
    place = timed(state, scene, "rise")
    return h("div", {"class": "number", "title": exact(value), "id": mark or None, **place}, shown)


def scale_switch(state: AppState) -> Node:
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
            say(state, f"softmax.scale.{kind}"),
        )
        for kind in ("linear", "log")
    ]
    return h(
        "fieldset", {"class": "scale-switch"}, h("legend", {}, say(state, "softmax.scale")), choices
    )


def data(state: AppState, made: Softened) -> Node:
    """The four columns with all their digits, and the tail by rank."""
    whole = spread(state)
    return folded(
        state,
        "softmax-data",
        say(state, "softmax.table"),
        lambda: [
            exact_table(state, made),
            "" if whole is None else tail.table(state, whole, names(state, whole)),
        ],
    )


def exact_table(state: AppState, made: Softened) -> Node:
    """Every number of the picture, exactly."""
    heads = [
        h("th", {"scope": "col"}, say(state, f"softmax.column.{name}")) for name in COLUMNS[:-1]
    ]
    lines = [
        exact_line(row.item.visible, row.item.logit, row.below, row.power, row.prob)
        for row in made.rows
    ]
    others = exact_line(say(state, "softmax.others"), None, None, made.rest, made.rest / made.total)
    together = exact_line(say(state, "softmax.total"), None, None, made.total, 1.0)
    caption = rich(
        state,
        "softmax.exact.caption",
        logits=hook_mark(f"{hooks.LOGITS}[{last_position(state)}]"),
        largest=exact(made.largest),
    )
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers"},
            h("caption", {}, caption),
            h("thead", {}, h("tr", {}, heads)),
            h("tbody", {}, lines),
            h("tfoot", {}, others, together),
        ),
    )


def exact_line(name: str, *values: float | None) -> Node:
    """A line of exact numbers."""
    cells = [
        h("td", {"class": "number"}, "" if value is None else exact(value)) for value in values
    ]
    return h("tr", {}, h("th", {"scope": "row"}, h("bdi", {}, name)), cells)


def moments(state: AppState) -> Sequence[Child]:
    """A sentence for each moment of the film, with this input's own tokens and numbers."""
    known = scenes(state)
    if not known:
        return ()
    made, whole = softened(state), spread(state)
    best, second = made.rows[0], made.rows[min(1, len(made.rows) - 1)]
    fields: dict[str, Node | str] = {
        "best": token_mark(best.item.visible),
        "second": token_mark(second.item.visible),
        "n_best": count(min(N_BEST, len(made.rows))),
        "largest": signed(made.largest),
        "below": cell(second.below),
        "power": readout(second.power),
        "total": readout(made.total),
        "rest": readout(made.rest),
        "best_prob": probability(best.prob, state.language),
        "second_prob": probability(second.prob, state.language),
    }
    if whole is not None:
        fields["most"] = count(whole.reaching(0.9))
        fields["d_vocab"] = count(whole.logits.size)
    return tuple(rich(state, f"softmax.film.{scene}", **fields) for scene in known)
