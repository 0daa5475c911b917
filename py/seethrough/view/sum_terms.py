"""The terms of a sum as a listing: factors that can be traced further, products, signed bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.hooks import leaf_of
from seethrough.view.addends import add_up
from seethrough.view.cell_button import cell_button
from seethrough.view.node import Child, Node, h
from seethrough.view.numbers import count, exact, readout
from seethrough.view.words import hook_mark, name_of, rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cell import Cell
    from seethrough.core.sum_parts import Aside
    from seethrough.core.sums import Factor, Step, Sum, Term
    from seethrough.core.written import Written
    from seethrough.view.addends import Addends

EXPONENTIALS = frozenset({"pattern", "probs", "logsumexp"})
SQUARES = frozenset({"scale", "length"})
# The terms of these are positions, and of these tokens of the vocabulary.
OF_POSITIONS = frozenset({"pattern", "z"})
OF_TOKENS = frozenset({"probs", "logsumexp"})


def n_terms(found: Sum) -> int:
    """How many numbers add up, the named ones among them."""
    return len(found.terms) + found.n_rest


def short_name(cell: Cell) -> str:
    """A cell without its block: `norm_out[5,77]`."""
    last = leaf_of(cell.name).rpartition(".")[2].removeprefix("hook_")
    return f"{last}[{','.join(map(str, cell.index))}]"


def token_name(scene: Scene, token: int) -> str:
    """A token of the vocabulary as shown, where its text is known here; else its id."""
    return name_of(scene, token) or str(token)


def signed_readout(scene: Scene, value: float) -> str:
    """Four digits and always a sign, where terms may take as well as add."""
    return f"+{readout(scene, value)}" if value > 0 else readout(scene, value)


def name_button(cell: Cell, written: str, label: str | None = None) -> Node:
    """A number or a name that opens its own sum and tells which cell it is."""
    return cell_button(cell, written, str(cell), label, classes="cell-button")


def number_button(scene: Scene, cell: Cell | None, value: float) -> Node | str:
    """A number by four digits; where it has a name, a way to its own sum."""
    if cell is None:
        return readout(scene, value)
    label = say(scene, "sums.named", name=str(cell), value=readout(scene, value))
    return name_button(cell, readout(scene, value), label)


def listing(scene: Scene, found: Sum) -> list[Node | str]:
    """Terms, what is done to their sum, the total, and everything with all digits."""
    if not found.terms:
        return []
    return [
        *terms_of(scene, found),
        rounding_note(scene, found),
        data(scene, found),
    ]


def terms_of(scene: Scene, found: Sum) -> list[Node | str]:
    """The terms, what is done to their sum, the total."""
    shown = [abs(term.value) for term in found.terms]
    reach = max([*shown, abs(found.rest)]) or 1.0
    is_signed = min([*(term.value for term in found.terms), found.rest]) < 0
    added = written(scene, found, is_signed=is_signed)
    items = [
        item(scene, found, (term, product), bar(term.value, reach, is_signed=is_signed))
        for term, product in zip(found.terms, added.parts, strict=True)
    ]
    label = say(scene, "sums.listing", n_terms=count(scene, n_terms(found)))
    if not found.n_rest:
        label = say(scene, "sums.listing_all")
    return [
        *(aside(scene, one) for one in found.aside),
        h("ol", {"class": "sum-terms", "aria-label": label}, items),
        results(scene, found, added, bar(found.rest, reach, is_signed=is_signed)),
    ]


def written(scene: Scene, found: Sum, *, is_signed: bool) -> Addends:
    """The terms, the rest and what they make, by digits that add up."""
    rest = found.rest if found.n_rest else None
    values = [term.value for term in found.terms]
    return add_up(scene, values, found.subtotal, rest, is_signed=is_signed)


def aside(scene: Scene, one: Aside) -> Node:
    """A number that every term was made with."""
    button = number_button(scene, one.cell, one.value)
    return h("p", {"class": "sum-aside"}, rich(scene, f"sums.aside.{one.key}", value=button))


def item(scene: Scene, found: Sum, told: tuple[Term, Written], picture: Node) -> Node:
    """One term: its factors, what they make, where they are, and how much it is."""
    term, product = told
    return h(
        "li",
        {"class": "sum-term is-own" if term.is_own else "sum-term"},
        h("span", {"class": "sum-factors number"}, factors(scene, found, term)),
        h("b", {"class": "number"}, product),
        h("span", {"class": "sum-where"}, where(scene, found, term)),
        picture,
    )


def factors(scene: Scene, found: Sum, term: Term) -> Child:
    """The factors as they are combined."""
    buttons = [factor_mark(scene, factor) for factor in term.factors]
    if found.rule in EXPONENTIALS:
        top = max(one.value for one in found.aside if one.key == "max") if found.aside else None
        return exponential(scene, buttons[0], highest(found) if top is None else top)
    if found.rule in SQUARES:
        return rich(scene, "sums.square", x=buttons[0])
    if found.rule == "deviation":
        return distance(scene, buttons[0], found.aside[0].value)
    times: list[Child] = []
    for button in buttons:
        times += [button] if not times else [" ", say(scene, "sums.times"), " ", button]
    return times


def highest(found: Sum) -> float:
    """The maximum that was taken off, where it is added again in the end."""
    return next(step.value or 0.0 for step in found.steps if step.key == "plus_max")


def factor_mark(scene: Scene, factor: Factor) -> Node | str:
    """A factor's number; a sign of the formula has its name before it."""
    if factor.cell is not None:
        return number_button(scene, factor.cell, factor.value)
    name = say(scene, f"sums.sign.{factor.name}")
    return h("span", {"class": "sum-sign", "title": name}, readout(scene, factor.value))


def exponential(scene: Scene, score: Node | str, top: float) -> list[Node | str]:
    """exp(score − max), with its numbers."""
    if top < 0:
        return rich(scene, "sums.exp_plus", score=score, max=readout(scene, -top))
    return rich(scene, "sums.exp", score=score, max=readout(scene, top))


def distance(scene: Scene, x: Node | str, mean: float) -> list[Node | str]:
    """(x − mean)², with its numbers."""
    if mean < 0:
        return rich(scene, "sums.distance_plus", x=x, mean=readout(scene, -mean))
    return rich(scene, "sums.distance", x=x, mean=readout(scene, mean))


def where(scene: Scene, found: Sum, term: Term) -> list[Child]:
    """Which numbers they are: the token, where terms are tokens, then the names without block."""
    names: list[Child] = []
    for factor in term.factors:
        if factor.cell is None:
            written = say(scene, f"sums.sign.{factor.name}")
        else:
            written = short_name(factor.cell)
        names += [h("code", {}, written)] if not names else [" · ", h("code", {}, written)]
    last = term.factors[0].cell
    if last is not None and found.rule in OF_POSITIONS:
        return [token_mark(visible_at(scene, last.index[-1])), " ", *names]
    if last is not None and found.rule in OF_TOKENS:
        return [token_mark(token_name(scene, last.index[-1])), " ", *names]
    return names


def bar(value: float, reach: float, *, is_signed: bool) -> Node:
    """How much a term is: to the left of the middle what it takes, to the right what it adds."""
    share = abs(value) / reach * (50 if is_signed else 100)
    start = (50 - share if value < 0 else 50) if is_signed else 0
    zero = "50%" if is_signed else "0"
    fill = {"x": f"{start:.3f}%", "width": f"{share:.3f}%", "height": "100%"}
    return h(
        "svg",
        {"class": "sum-bar", "width": "100%", "aria-hidden": "true"},
        h("rect", {"class": "is-minus" if value < 0 else "is-plus", **fill}),
        h("line", {"class": "grid", "x1": zero, "x2": zero, "y1": "0", "y2": "100%"}),
    )


def results(scene: Scene, found: Sum, added: Addends, picture: Node) -> Node:
    """The rest as one number, the sum of all, each step after it, the total."""
    rows: list[Node] = []
    if added.rest is not None:
        more = [say(scene, "sums.rest", n_rest=count(scene, found.n_rest))]
        rows.append(row("sum-rest", more, added.rest, exact(scene, found.rest), picture))
    total = added.whole
    if found.steps:
        whole = [say(scene, "sums.subtotal", n_terms=count(scene, n_terms(found)))]
        rows.append(row("sum-subtotal", whole, added.whole, exact(scene, found.subtotal)))
        rows += [step_row(scene, step) for step in found.steps]
        total = readout(scene, found.total)
    rows.append(row("sum-total", [say(scene, "sums.total")], total, exact(scene, found.total)))
    return h("dl", {"class": "sum-results"}, rows)


def row(
    kind: str, words: Sequence[Node | str], shown: str, told: str, picture: Node | None = None
) -> Node:
    """One line of the results: its words, its number, all digits of it for who points at it."""
    number = h("dd", {"class": "number", "title": told}, shown)
    return h("div", {"class": kind}, h("dt", {}, words), number, picture)


def step_row(scene: Scene, step: Step) -> Node:
    """What is done to the sum, and what that gives."""
    button = "" if step.value is None else number_button(scene, step.cell, step.value)
    words = rich(scene, f"sums.step.{step.key}", value=button)
    return row("sum-step", words, readout(scene, step.result), exact(scene, step.result))


def rounding_note(scene: Scene, found: Sum) -> Node | str:
    """How far the model's own float32 is from the sum, where it is at all."""
    if exact(scene, found.total) == exact(scene, found.value):
        return ""
    difference = readout(scene, abs(found.total - found.value))
    said = say(scene, "sums.rounding", value=exact(scene, found.value), difference=difference)
    return h("p", {"class": "sum-note"}, said)


def data(scene: Scene, found: Sum) -> Node:
    """Every number that is named, with its full name and all digits."""
    rows: list[Node] = []
    for term in found.terms:
        rows += [
            data_row(scene, hook_mark(str(factor.cell)), factor.value)
            if factor.cell is not None
            else data_row(scene, say(scene, f"sums.sign.{factor.name}"), factor.value)
            for factor in term.factors
        ]
        rows.append(data_row(scene, h("b", {}, say(scene, "sums.data.term")), term.value))
    if found.n_rest:
        rows.append(
            data_row(scene, say(scene, "sums.rest", n_rest=count(scene, found.n_rest)), found.rest)
        )
    rows.append(data_row(scene, h("b", {}, say(scene, "sums.total")), found.total))
    titles = [
        h("th", {"scope": "col"}, say(scene, "sums.data.name")),
        h("th", {"scope": "col"}, say(scene, "sums.data.value")),
    ]
    body = [h("thead", {}, h("tr", {}, titles)), h("tbody", {}, rows)]
    table = h("table", {"class": "numbers"}, body)
    return h(
        "details",
        {"class": "data", "id": "sum-digits"},
        h("summary", {}, say(scene, "sums.data")),
        h("div", {"class": "scroll", "tabindex": "0"}, table),
    )


def data_row(scene: Scene, name: Node | str, value: float) -> Node:
    """One number of the table."""
    number = h("td", {"class": "number"}, exact(scene, value))
    return h("tr", {}, h("th", {"scope": "row"}, name), number)
