"""A logit as the sum that it is: the terms that make it, in a sentence and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.view.addends import add_up
from seethrough.view.cell_button import cell_button
from seethrough.view.logit_facts import last_position
from seethrough.view.node import Attributes, Markup, Node, h
from seethrough.view.numbers import count, exact, in_column
from seethrough.view.words import hook_mark, rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.distribution import Terms
    from seethrough.core.tokens import Candidate
    from seethrough.view.addends import Addends

N_LARGEST = 3


def the_sum(scene: Scene, item: Candidate, found: Terms, place: Attributes) -> Node:
    """The opened token's logit as a sum: what agrees, what does not, the largest terms, the rest.

    Args:
        place: Its place in the film.
    """
    added = halves(scene, found)
    sentence = rich(
        scene,
        "logits.sum",
        gains=h("b", {"class": "is-gain"}, added.parts[0]),
        n_agreeing=count(scene, found.n_agreeing),
        losses=h("b", {"class": "is-loss"}, added.parts[1]),
        n_others=count(scene, found.values.size - found.n_agreeing),
        logit=h("b", {"title": exact(scene, item.logit)}, added.whole),
    )
    return h(
        "div",
        {"class": "the-sum", **place},
        h("p", {}, sentence),
        h("p", {}, say(scene, "logits.largest")),
        h("ul", {}, largest(scene, found)),
    )


def halves(scene: Scene, found: Terms) -> Addends:
    """What the terms above zero add, what the others do, and the logit that both make."""
    return add_up(scene, [found.gains, found.losses], found.total, is_signed=True)


def largest(scene: Scene, found: Terms) -> list[Node]:
    """The largest terms with their factors, what all others have together, the sum of all."""
    shown = list(found.largest(N_LARGEST))
    rest = float(np.delete(found.values, shown).sum())
    told = [float(found.values[at]) for at in shown]
    added = add_up(scene, told, found.total, rest, is_signed=True)
    factors = zip(
        in_column(scene, [float(found.query[at]) for at in shown]),
        in_column(scene, [float(found.row[at]) for at in shown]),
        strict=True,
    )
    rows = [
        h("li", {}, term(scene, found, at, (*pair, product)))
        for at, pair, product in zip(shown, factors, added.parts, strict=True)
    ]
    others = h("b", {"class": "number", "title": exact(scene, rest)}, added.rest or "")
    n_rest = count(scene, found.values.size - len(shown))
    whole = h("b", {"class": "number", "title": exact(scene, found.total)}, added.whole)
    n_all = count(scene, found.values.size)
    return [
        *rows,
        h("li", {"class": "is-rest"}, rich(scene, "logits.rest_of", n_rest=n_rest, rest=others)),
        h("li", {"class": "is-whole"}, rich(scene, "logits.whole", n_all=n_all, whole=whole)),
    ]


def term(scene: Scene, found: Terms, at: int, shown: tuple[str, str, str]) -> list[Node | str]:
    """One term with its factors; the query's opens the sum behind it.

    Args:
        shown: Query, row and product as they are written.
    """
    where = Cell(hooks.FINAL_OUT, (last_position(scene), at))
    return rich(
        scene,
        "logits.largest.term",
        column=str(at),
        query=cell_button(where, shown[0], exact(scene, found.query[at])),
        row=h("span", {"class": "number", "title": exact(scene, found.row[at])}, shown[1]),
        product=h("b", {"class": "number"}, shown[2]),
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
