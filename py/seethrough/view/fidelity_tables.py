"""The tables of the fidelity report: modes, languages, layers, weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.fidelity import YARDSTICK
from seethrough.core.modes import EXACT
from seethrough.core.routes import OWN, Place, Route, address_of_place
from seethrough.view.folded import folded
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, percentage, with_signs
from seethrough.view.words import hook_mark, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import AppState, Spoken
    from seethrough.core.fidelity import Divergence, Fidelity, Measure, Passage, Texts
    from seethrough.view.node import Child

OF_A_HOOK = ("hook", "typical", "worst_error")
# Powers of ten that need no exponent.
PLAIN = range(-2, 1)
# Where the chosen token's next one is told: the shares of all tokens.
SHOWN_AT = Route("walk", OWN, "softmax")


def mode_name(spoken: Spoken, name: str) -> str:
    """What a way to compute is called."""
    if name == YARDSTICK:
        return say(spoken, "fidelity.mode.numpy")
    return say(spoken, "fidelity.mode.exact" if name == EXACT else "fidelity.mode.small")


def modes(state: AppState, report: Fidelity) -> Node:
    """One row for each way to compute, the yardstick last."""
    rows = [
        h(
            "tr",
            {"class": "is-yardstick" if one.name == YARDSTICK else None},
            h("th", {"scope": "row"}, mode_name(state, one.name)),
            same(state, one.n_same, report.n_positions),
            [small(state, value) for value in _numbers(one.divergence)],
            small(state, one.share),
        )
        for one in report.measures
    ]
    heads = ("mode", "same", "mean", "high", "largest", "moved")
    return table(state, say(state, "fidelity.modes.title"), heads, rows)


def texts(state: AppState, report: Fidelity, measure: Measure) -> Node:
    """One row for each language, code and chat, with the way to its worst passage."""
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, say(state, f"fidelity.kind.{one.kind}")),
            number(count(state, one.n), str(one.n)),
            same(state, one.n_same, one.n),
            [small(state, value) for value in _numbers(one.divergence)],
            h("td", {}, worst(state, report, one)),
        )
        for one in measure.texts
    ]
    heads = ("kind", "n", "same", "mean", "high", "largest", "worst")
    caption = say(state, "fidelity.texts.of", mode=measure.name)
    return table(state, caption, heads, rows)


def worst(state: AppState, report: Fidelity, one: Texts) -> Node | str:
    """The link to the passage with the largest divergence, at its token."""
    passage = report.passage(one.passage)
    if passage is None:
        return ""
    said = say(state, "fidelity.open", n=count(state, one.position))
    return h("a", {"href": walk_of(report, passage, one.position)}, said)


def walk_of(report: Fidelity, passage: Passage, position: int) -> str:
    """The address of a passage's walk, live."""
    told = (passage.text, passage.chat, report.model)
    return address_of_place(Place(SHOWN_AT, *told, position=position))


def layers(state: AppState, measure: Measure) -> Node:
    """All hooks of one way to compute: the largest error of each, layer by layer."""

    def make() -> Node:
        n_layers = max(len(one.layers) for one in measure.hooks)
        heads = [h("th", {"scope": "col"}, str(layer)) for layer in range(n_layers)]
        rows = [
            h(
                "tr",
                {},
                h("th", {"scope": "row"}, hook_mark(one.leaf)),
                [small(state, value) for value in (one.typical, one.largest)],
                [small(state, value) for value in one.layers],
                [h("td", {})] * (n_layers - len(one.layers)),
            )
            for one in measure.hooks
        ]
        names = [h("th", {"scope": "col"}, say(state, f"fidelity.head.{one}")) for one in OF_A_HOOK]
        return framed(caption, [*names, *heads], rows)

    caption = say(state, "fidelity.all.layers", mode=measure.name)
    return folded(state, f"fidelity-{measure.name}", caption, make)


def tensors(state: AppState, report: Fidelity) -> Node:
    """The weights that are not the source's, the worst first."""

    def make() -> Node:
        rows = [
            h(
                "tr",
                {},
                h("th", {"scope": "row"}, hook_mark(one.name)),
                small(state, one.largest),
                small(state, one.share),
            )
            for one in report.tensors
        ]
        return table(state, caption, ("tensor", "tensor_largest", "tensor_share"), rows)

    caption = say(state, "fidelity.all.tensors")
    return folded(state, "fidelity-tensors", caption, make)


def table(state: AppState, caption: str, heads: Sequence[str], rows: Child) -> Node:
    """A table of the report, its columns by their names in the catalogue."""
    names = [h("th", {"scope": "col"}, say(state, f"fidelity.head.{name}")) for name in heads]
    return framed(caption, names, rows)


def framed(caption: str, heads: Child, rows: Child) -> Node:
    """A table that scrolls by itself where it is too wide."""
    return h(
        "div",
        {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption},
        h(
            "table",
            {"class": "measured"},
            h("caption", {"class": "visually-hidden"}, caption),
            h("thead", {}, h("tr", {}, heads)),
            h("tbody", {}, rows),
        ),
    )


def same(state: AppState, n_same: int, n: int) -> Node:
    """How many first choices are the same: all, or a share that never says 100 % for less."""
    if n_same == n:
        return number(say(state, "fidelity.all_same"), "1")
    share = n_same / n
    digits = f"{min(share * 100, 99.99):.2f}"
    return number(percentage(state, digits), f"{share:.6g}")


def small(state: AppState, value: float) -> Node:
    """A number with three digits, its power of ten set high; the title has it for programs."""
    return number(power(state, value), f"{value:g}")


def per_cent(spoken: Spoken, value: float) -> str:
    """A share with three digits, in per cent and without an exponent: 0.000795 %."""
    digits = np.format_float_positional(100 * value, precision=3, fractional=False, trim="-")
    return percentage(spoken, digits)


def power(spoken: Spoken, value: float) -> list[Node | str]:
    """A number as 1.23 · 10⁻¹¹."""
    if not value:
        return ["0"]
    digits, _, exponent = f"{value:.2e}".partition("e")
    if int(exponent) not in PLAIN:
        high = h("sup", {}, with_signs(spoken, str(int(exponent))))
        return [with_signs(spoken, digits), "\u202f·\u202f10", high]
    return [with_signs(spoken, f"{value:.3g}")]


def number(shown: Child, exact: str) -> Node:
    """A cell of a number."""
    return h("td", {"class": "number", "title": exact}, shown)


def _numbers(divergence: Divergence) -> tuple[float, float, float]:
    return divergence.mean, divergence.p99, divergence.largest
