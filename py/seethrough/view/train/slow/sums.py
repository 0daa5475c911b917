"""The sum behind a gradient, beside the picture: its formula, its largest terms, what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.hooks import leaf_of
from seethrough.core.train.slow import GRAD
from seethrough.view.node import Attributes, Child, Node, h, to_html
from seethrough.view.numbers import count, exact, readout
from seethrough.view.sums import ROLES
from seethrough.view.train.slow.letters import before_mark, visible
from seethrough.view.train.slow.numbered import written_index
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.back_sums import BackSum, BackTerm
    from seethrough.core.train.slow import SlowStep

FIELDS = ("language", "slow")
# The words for the two terms of a formula, and for what came along and out of a branch.
PARTS = {"error": ("share", "wanted"), "split_attn": ("past", "attn"), "split_mlp": ("past", "mlp")}
HALF = 50


def render(state: AppState) -> str:
    """The panel; nothing while no sum is open."""
    slow = state.lesson.slow
    found, step = slow.opened, slow.step
    if found is None or step is None:
        return ""
    leaf = leaf_of(found.name.removesuffix(GRAD))
    panel: Attributes = {
        "class": f"sum-panel is-{ROLES.get(leaf, 'residual')}",
        "aria-labelledby": "slow-sum-title",
    }
    place = f"[{written_index(found.index)}]"
    return to_html(
        h(
            "section",
            panel,
            head(state),
            h(
                "p",
                {"class": "sum-name"},
                h("code", {"class": "hook"}, found.name, h("wbr"), place),
            ),
            h("p", {"class": "sum-value"}, h("output", {}, exact(state, found.value))),
            h("p", {"class": "sum-words"}, rich(state, f"slow.sum.{found.rule}")),
            h(
                "p",
                {"class": "sum-formula"},
                h("code", {}, say(state, f"slow.formula.{found.rule}")),
            ),
            *terms(state, step, found),
        )
    )


def head(state: AppState) -> Node:
    """The heading and the way out."""
    title: Attributes = {
        "class": "aside-title",
        "id": "slow-sum-title",
        "tabindex": "-1",
        "data-heir": True,
    }
    close = {
        "type": "button",
        "class": "tool sum-close",
        "data-action": "close-sum",
        "aria-label": say(state, "sums.close"),
    }
    return h(
        "div",
        {"class": "sum-head"},
        h("h2", title, say(state, "sums.title")),
        h("button", close, h("span", {"aria-hidden": "true"}, "×")),
    )


def terms(state: AppState, step: SlowStep, found: BackSum) -> list[Node]:
    """The largest terms, the rest as one, and the total beside the graph's number."""
    if not found.terms:
        return [h("p", {"class": "sum-note"}, say(state, "slow.sum.nothing"))]
    reach = max(*(abs(term.value) for term in found.terms), abs(found.rest)) or 1.0
    items = [item(state, step, found, term, reach) for term in found.terms]
    rows: list[Child] = []
    if found.n_rest:
        words = say(state, "slow.sum.rest", count=found.n_rest)
        rows.append(result(words, readout(state, found.rest), "sum-rest"))
    rows.append(result(say(state, "slow.sum.total"), readout(state, found.total), "sum-total"))
    rows.append(result(say(state, "slow.sum.graph"), readout(state, found.value), "sum-total"))
    return [h("ol", {"class": "sum-terms"}, items), h("dl", {"class": "sum-results"}, rows)]


def result(words: str, written: str, name: str) -> Node:
    """A line below the terms."""
    return h("div", {"class": name}, h("dt", {}, words), h("dd", {"class": "number"}, written))


def item(state: AppState, step: SlowStep, found: BackSum, term: BackTerm, reach: float) -> Node:
    """One term: its factors, what they make, where it is from."""
    factors: list[Child] = []
    for one in term.factors:
        between = [" ", say(state, "sums.times"), " "] if factors else []
        factors += [*between, readout(state, one)]
    return h(
        "li",
        {"class": "sum-term"},
        h("span", {"class": "sum-factors number"}, factors),
        h("b", {"class": "number"}, readout(state, term.value)),
        h("span", {"class": "sum-where"}, *where(state, step, found, term)),
        bar(term.value / reach),
    )


def where(state: AppState, step: SlowStep, found: BackSum, term: BackTerm) -> list[Child]:
    """What a term is of: a letter, a place of the document or of the batch, a number, a part."""
    at = term.at[0]
    if found.of == "row":
        return [*of_row(state, step, term)]
    if found.of == "letter":
        return [h("bdi", {"class": "token"}, visible(step, at))]
    if found.of == "place":
        return [*rich(state, "slow.sum.place", place=str(at), before=before_mark(state, step, at))]
    if found.rule in PARTS:
        return [say(state, f"slow.part.{PARTS[found.rule][at]}")]
    if found.of == "part":
        return []
    return [say(state, "slow.sum.number", number=count(state, at))]


def of_row(state: AppState, step: SlowStep, term: BackTerm) -> list[Node | str]:
    """Which letter of which snippet asked for it."""
    document, place = term.at
    token = visible(step, int(step.tokens[document, place]))
    fields = {"document": str(document + 1), "place": str(place)}
    return rich(state, "slow.sum.row", token=h("bdi", {"class": "token"}, token), **fields)


def bar(share: float) -> Node:
    """A term as a bar to either side of the middle."""
    wide = HALF * abs(share)
    start = HALF if share >= 0 else HALF - wide
    kind = "plus" if share >= 0 else "minus"
    drawn: Attributes = {
        "class": f"is-{kind}",
        "x": f"{start:.2f}",
        "width": f"{wide:.2f}",
        "height": "5",
    }
    middle: Attributes = {"class": "grid", "x1": HALF, "x2": HALF, "y1": "0", "y2": "5"}
    box: Attributes = {
        "class": "sum-bar",
        "viewBox": "0 0 100 5",
        "preserveAspectRatio": "none",
        "width": "100%",
        "height": "5",
        "aria-hidden": "true",
    }
    return h("svg", box, h("rect", drawn), h("line", middle))
