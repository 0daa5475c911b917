"""One score opened: the products of query and key, sorted by what they add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.families import family_of
from seethrough.view.addends import add_up
from seethrough.view.block.here import of_head
from seethrough.view.cell_button import cell_button
from seethrough.view.folded import folded
from seethrough.view.node import Markup, Node, h
from seethrough.view.numbers import count, exact, in_column, readout
from seethrough.view.sum_terms import signed_readout
from seethrough.view.words import rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.view.block.here import Here
    from seethrough.view.node import Attributes

WIDE, HIGH = 640, 150
N_TOLD = 3


@dataclass(frozen=True, eq=False)
class Products:
    """A query and a key, number by number. Shapes: query, key, values [d_head]; order: sorted."""

    here: Here
    key_position: int
    query: Array
    key: Array

    @property
    def values(self) -> Array:
        """What each number adds, in float64."""
        products: Array = self.query.astype(np.float64) * self.key.astype(np.float64)
        return products

    @property
    def order(self) -> Array:
        """The places, what adds most first."""
        return np.argsort(-self.values, kind="stable")

    @property
    def reach(self) -> float:
        """The largest product, whatever its sign."""
        return float(np.abs(self.values).max())

    @property
    def score(self) -> float:
        """Their sum, divided as the model's scores are."""
        return float(self.values.sum() / self.here.config.attn_scale)


def opened_key(scene: Scene, here: Here, best: int) -> int:
    """The key whose score is told: that of the number that is traced, where it is of this row."""
    tracing = scene.choice.sum
    if tracing is None or tracing.cell.name != here.name(hooks.SCORES):
        return best
    head, query, key = tracing.cell.index
    return key if (head, query) == (here.head, here.position) and key <= query else best


def products_of(scene: Scene, here: Here, key: int) -> Products | None:
    """The products behind a score; None where query or key is not here."""
    query = of_head(scene, here, here.query_leaf, here.position)
    other = of_head(scene, here, here.key_leaf, key)
    return None if query is None or other is None else Products(here, key, query, other)


def figure(scene: Scene, made: Products, reach: float, place: Attributes) -> Node:
    """The products as bars, the largest in words, all of them in a table.

    Args:
        reach: The product whose bar has the full height.
        place: Its place in the film.
    """
    values = made.values
    halves = [float(values[values > 0].sum()), float(values[values < 0].sum())]
    added = add_up(scene, halves, float(values.sum()), is_signed=True)
    where = Cell(
        made.here.name(hooks.SCORES), (made.here.head, made.here.position, made.key_position)
    )
    sentence = rich(
        scene,
        "products.lead",
        is_turned=made.here.is_turned,
        n=count(scene, len(values)),
        query=token_mark(visible_at(scene, made.here.position)),
        key=token_mark(visible_at(scene, made.key_position)),
        gains=h("b", {}, added.parts[0]),
        losses=h("b", {}, added.parts[1]),
        whole=h("b", {}, added.whole),
        is_scaled=family_of(made.here.config).has_scaled_scores,
        width=readout(scene, made.here.config.attn_scale),
        score=cell_button(where, readout(scene, made.score), exact(scene, made.score)),
    )
    return h(
        "figure",
        {"class": "products", **place},
        h("p", {}, sentence),
        bars(scene, made, reach or 1.0),
        h(
            "ul",
            {"class": "products-most"},
            largest(scene, made),
        ),
        folded(scene, "products-data", say(scene, "products.table"), lambda: [table(scene, made)]),
    )


def most(made: Products) -> list[int]:
    """The places of the products that count most, whatever their sign."""
    largest: list[int] = np.argsort(-np.abs(made.values), kind="stable")[:N_TOLD].tolist()
    return largest


def bars(scene: Scene, made: Products, reach: float) -> Node:
    """A bar for each product, what adds most at the left, what takes most at the right."""
    values, wide = made.values, WIDE / len(made.query)
    drawn = [
        bar(scene, at, float(values[at]), (rank * wide, wide, float(values[at]) / reach))
        for rank, at in enumerate(made.order.tolist())
    ]
    return h(
        "svg",
        {
            "class": "products-bars",
            "viewBox": f"0 0 {WIDE} {HIGH}",
            "role": "img",
            "aria-label": say(scene, "products.picture", n=count(scene, len(values))),
        },
        drawn,
        h("line", {"class": "grid", "x1": 0, "x2": WIDE, "y1": HIGH / 2, "y2": HIGH / 2}),
    )


def bar(scene: Scene, at: int, value: float, shape: tuple[float, float, float]) -> Node:
    """One product: up what it adds, down what it takes.

    Args:
        shape: Where it begins, how wide it is, how high from -1 to 1.
    """
    x, wide, high = shape[0], shape[1], shape[2] * HIGH / 2
    told = say(scene, "products.bar", at=at, value=signed_readout(scene, value))
    looks = {
        "class": "is-minus" if high < 0 else "is-plus",
        "x": f"{x:.2f}",
        "y": f"{HIGH / 2 - max(high, 0.0):.2f}",
        "width": f"{max(wide - 1, 0.5):.2f}",
        "height": f"{abs(high):.2f}",
    }
    return h("rect", looks, h("title", {}, told))


def cells(made: Products, at: int) -> tuple[Cell, Cell]:
    """The two factors of a product by their names."""
    here = made.here
    return (
        Cell(here.name(here.query_leaf), (here.position, here.head, at)),
        Cell(here.name(here.key_leaf), (made.key_position, here.kv_head, at)),
    )


def largest(scene: Scene, made: Products) -> list[Node]:
    """The largest products, what the others have together, and the score that they make."""
    shown, values = most(made), made.values
    rest = float(np.delete(values, shown).sum())
    told = [float(values[at]) for at in shown]
    added = add_up(scene, told, float(values.sum()), rest, is_signed=True)
    factors = zip(
        in_column(scene, [float(made.query[at]) for at in shown]),
        in_column(scene, [float(made.key[at]) for at in shown]),
        strict=True,
    )
    rows = [
        h("li", {}, term(scene, made, at, (*pair, product)))
        for at, pair, product in zip(shown, factors, added.parts, strict=True)
    ]
    others = h("b", {"class": "number", "title": exact(scene, rest)}, added.rest or "")
    whole = h("b", {"class": "number"}, added.whole)
    n_rest = count(scene, len(values) - len(shown))
    return [
        *rows,
        h("li", {"class": "is-rest"}, rich(scene, "products.rest", n_rest=n_rest, rest=others)),
        h(
            "li",
            {"class": "is-whole"},
            rich(
                scene,
                "products.whole",
                n=count(scene, len(values)),
                whole=whole,
                d_head=count(scene, len(values)),
                width=readout(scene, float(np.sqrt(len(values)))),
                score=h("b", {"class": "number"}, readout(scene, made.score)),
            ),
        ),
    ]


def term(scene: Scene, made: Products, at: int, shown: tuple[str, str, str]) -> list[Node | str]:
    """One product with its factors, each of which opens its own sum.

    Args:
        shown: Query, key and product as they are written.
    """
    query, key = cells(made, at)
    return rich(
        scene,
        "products.term",
        at=str(at),
        query=cell_button(query, shown[0], exact(scene, made.query[at])),
        key=cell_button(key, shown[1], exact(scene, made.key[at])),
        product=h("b", {"class": "number"}, shown[2]),
    )


def table(scene: Scene, made: Products) -> Node:
    """Every product with its factors, exactly, in the same order."""
    names = ("dimension", "query", "key", "product")
    is_turned = made.here.is_turned
    heads = [
        h("th", {"scope": "col"}, say(scene, f"products.column.{name}", is_turned=is_turned))
        for name in names
    ]
    lines = "".join(
        f'<tr><th scope="row">{at}</th><td class="number">{exact(scene, made.query[at])}</td>'
        f'<td class="number">{exact(scene, made.key[at])}</td>'
        f'<td class="number">{exact(scene, made.values[at])}</td></tr>'
        for at in made.order.tolist()
    )
    body = [h("thead", {}, h("tr", {}, heads)), h("tbody", {"translate": "no"}, Markup(lines))]
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h("table", {"class": "numbers"}, body),
    )
