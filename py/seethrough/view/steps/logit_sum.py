"""A logit as the sum that it is: the terms that make it, in a sentence and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.view.cell_button import cell_button
from seethrough.view.logit_facts import last_position
from seethrough.view.node import Attributes, Markup, Node, h
from seethrough.view.numbers import cell, count, exact, readout, signed
from seethrough.view.sum_terms import signed_readout
from seethrough.view.words import hook_mark, rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.distribution import Terms
    from seethrough.core.tokens import Candidate

N_LARGEST = 3


def the_sum(scene: Scene, item: Candidate, found: Terms, place: Attributes) -> Node:
    """The opened token's logit as a sum: what agrees, what does not, the largest terms.

    Args:
        place: Its place in the film.
    """
    sentence = rich(
        scene,
        "logits.sum",
        gains=h("b", {"class": "is-gain"}, signed(scene, found.gains)),
        n_agreeing=count(scene, found.n_agreeing),
        losses=h("b", {"class": "is-loss"}, cell(scene, found.losses)),
        n_others=count(scene, found.values.size - found.n_agreeing),
        logit=h("b", {}, signed(scene, item.logit)),
    )
    largest = [h("li", {}, term(scene, found, at)) for at in found.largest(N_LARGEST)]
    return h(
        "div",
        {"class": "the-sum", **place},
        h("p", {}, sentence),
        h("p", {}, say(scene, "logits.largest")),
        h("ul", {}, largest),
    )


def term(scene: Scene, found: Terms, at: int) -> list[Node | str]:
    """One term with its factors; the query's opens the sum behind it."""
    where = Cell(hooks.FINAL_OUT, (last_position(scene), at))
    query, row = float(found.query[at]), float(found.row[at])
    return rich(
        scene,
        "logits.largest.term",
        column=str(at),
        query=cell_button(where, readout(scene, query), exact(scene, query)),
        row=h("span", {"class": "number", "title": exact(scene, row)}, readout(scene, row)),
        product=h("b", {"class": "number"}, signed_readout(scene, float(found.values[at]))),
    )


def terms_table(scene: Scene, item: Candidate, found: Terms) -> Node:
    """Query, row and product of every dimension, exactly, and their sum."""
    heads = ("dimension", "query", "row", "product")
    lines = "".join(
        f'<tr><th scope="row">{at}</th><td class="number">{exact(scene, query)}</td>'
        f'<td class="number">{exact(scene, row)}</td>'
        f'<td class="number">{exact(scene, product)}</td></tr>'
        for at, (query, row, product) in enumerate(
            zip(found.query, found.row, found.values, strict=True)
        )
    )
    total = h(
        "tr",
        {},
        h("th", {"scope": "row"}, say(scene, "logits.heads.sum")),
        h("td"),
        h("td"),
        h("td", {"class": "number"}, exact(scene, found.total)),
    )
    caption = rich(
        scene,
        "logits.terms.caption",
        token=token_mark(item.visible),
        name=hook_mark(str(Cell(hooks.LOGITS, (last_position(scene), item.id)))),
        logit=exact(scene, item.logit),
    )
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers"},
            h("caption", {}, caption),
            h(
                "thead",
                {},
                h(
                    "tr",
                    {},
                    [
                        h("th", {"scope": "col"}, say(scene, f"logits.heads.{name}"))
                        for name in heads
                    ],
                ),
            ),
            h("tbody", {"translate": "no"}, Markup(lines)),
            h("tfoot", {}, total),
        ),
    )
