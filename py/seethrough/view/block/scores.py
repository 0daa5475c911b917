"""The second step inside a layer: the chosen token's query meets the key of each token."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.families import family_of
from seethrough.core.wants import want
from seethrough.view import layer_formula, named
from seethrough.view.block import here, matrix, products, shapes, turned
from seethrough.view.block.here import here_of, of_layer, row_by_head
from seethrough.view.block.row import told
from seethrough.view.cell_button import cell_button
from seethrough.view.film import film_of, timed
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, exact, in_column, readout
from seethrough.view.words import hook_mark, rich, say, title, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.wants import Wants
    from seethrough.view.block.here import Here
    from seethrough.view.node import Child
    from seethrough.view.words import Field

FIELDS = (*here.FIELDS, *layer_formula.FIELDS, "sum", "second")
SHOTS = ("query", "keys", "masked", "products")


def wants(scene: Scene) -> Wants:
    """The scores of the layer, the queries and keys that make them."""
    place = here_of(scene)
    leaves = of_layer(scene, (hooks.SCORES,))
    if place is None or not leaves:
        return leaves
    met = [place.name(leaf) for leaf in (place.query_leaf, place.key_leaf)]
    return leaves | want(met) | turned.wants(place)


def render(scene: Scene) -> str:
    """The row large, the products of one score, the whole matrix beside them."""
    place = here_of(scene)
    if place is None:
        return to_html(here.nothing_yet(scene))
    row = row_by_head(scene, place, hooks.SCORES)
    if row is None:
        return to_html(h("p", {"class": "lead"}, rich(scene, "scores.rest")), here.waits(scene))
    key = products.opened_key(scene, place, int(row.argmax()))
    made = products.products_of(scene, place, key)
    return to_html(
        title(scene, "step.scores"),
        named.lead(scene, lead(scene, place, row)),
        shapes.line(scene, "scores"),
        layer_formula.box(scene, "scores"),
        h(
            "div",
            {"class": "block-pair is-three"},
            bars(scene, place, row, key),
            products.figure(scene, made, reach_of(scene, made), timed(SHOTS, "products", "rise"))
            if made
            else here.waits(scene),
            h("div", {"class": "pattern-whole"}, matrix.figure(scene, place)),
        ),
        turned.figure(scene, made) if made else "",
    )


def reach_of(scene: Scene, made: products.Products) -> float:
    """The largest product, also of the place beside it, so that both have one scale."""
    place = None if scene.beside is None else here_of(scene.beside)
    row = None if place is None else row_by_head(scene, place, hooks.SCORES)
    if scene.beside is None or place is None or row is None:
        return made.reach
    key = products.opened_key(scene.beside, place, int(row.argmax()))
    other = products.products_of(scene.beside, place, key)
    return made.reach if other is None else max(made.reach, other.reach)


def lead(scene: Scene, place: Here, row: Array) -> list[Node | str]:
    """What meets what, and where the score is largest."""
    best = int(row.argmax())
    return rich(
        scene,
        "scores.lead",
        **here.told(scene, place),
        is_turned=place.is_turned,
        d_head=str(place.config.d_head),
        is_scaled=family_of(place.config).has_scaled_scores,
        key=token_mark(visible_at(scene, best)),
        score=h("b", {}, readout(scene, float(row[best]))),
    )


def bars(scene: Scene, place: Here, row: Array, opened: int) -> Node:
    """A bar for each key that the token sees; what comes after it is masked."""
    shown = told(row)
    beside = here.rows_together(scene, place, hooks.SCORES)
    reach = max(float(np.abs(known[told(known)]).max()) for known in beside) or 1.0
    is_signed = any(bool((known < 0).any()) for known in beside)
    drawn = Bars(place, row, opened, reach, is_signed)
    written = in_column(scene, [float(row[at]) for at in shown])
    lines = [line(scene, drawn, at, score) for at, score in zip(shown, written, strict=True)]
    n_masked = len(scene.run.tokens) - len(row)
    left_out = len(row) - len(shown)
    return h(
        "ol",
        {"class": "score-rows", "aria-label": say(scene, "scores.rows")},
        h(
            "li",
            {"class": "score-query is-query", **timed(SHOTS, "query", "rise")},
            rich(
                scene,
                "scores.query",
                **here.told(scene, place),
                is_turned=place.is_turned,
                name=hook_mark(f"{place.name(place.query_leaf)}[{place.position},{place.head}]"),
            ),
        ),
        lines,
        h("li", {"class": "is-quiet"}, say(scene, "scores.left_out", n=count(scene, left_out)))
        if left_out
        else "",
        h(
            "li",
            {"class": "score-masked", **timed(SHOTS, "masked", "rise")},
            h("span", {"class": "score-hatch", "aria-hidden": "true"}),
            say(scene, "scores.masked", n=count(scene, n_masked)),
        )
        if n_masked
        else "",
    )


@dataclass(frozen=True, eq=False)
class Bars:
    """The row as bars: which is opened, which score fills one, whether some go to the left."""

    place: Here
    row: Array
    opened: int
    reach: float
    is_signed: bool

    def shape(self, at: int) -> tuple[float, float]:
        """Where a bar begins and how long it is, in per cent; scores below zero go to the left."""
        score = float(self.row[at])
        share = abs(score) / self.reach * (50 if self.is_signed else 100)
        return (50 - share if score < 0 else 50) if self.is_signed else 0, share


def line(scene: Scene, bars: Bars, at: int, written: str) -> Node:
    """One key: its token, its score as a bar and as it is written, which opens its products."""
    place, score = bars.place, float(bars.row[at])
    where = Cell(place.name(hooks.SCORES), (place.head, place.position, at))
    start, share = bars.shape(at)
    looks = {"x": f"{start:.3f}%", "width": f"{share:.3f}%", "height": "100%"}
    kind = {"class": "is-minus" if score < 0 else "is-plus"}
    classes = "score-row is-open" if at == bars.opened else "score-row"
    return h(
        "li",
        {"class": classes, **timed(SHOTS, "keys", "rise")},
        h("span", {"class": "score-key"}, str(at), " ", token_mark(visible_at(scene, at))),
        h(
            "svg",
            {"class": "score-bar", "width": "100%", "height": "16", "aria-hidden": "true"},
            h("rect", {**looks, **kind}),
        ),
        cell_button(where, written, exact(scene, score)),
    )


def moments(scene: Scene) -> Sequence[Child]:
    """The query, the keys one by one, what is masked, the products of one score."""
    place = here_of(scene)
    row = None if place is None else row_by_head(scene, place, hooks.SCORES)
    if place is None or row is None:
        return ()
    return film_of(SHOTS, partial(caption, scene, place, row))


def caption(scene: Scene, place: Here, row: Array, shot: str) -> Child:
    """The sentence of one moment. Shapes: row [key]."""
    best = int(row.argmax())
    fields: dict[str, Field] = {
        **here.told(scene, place),
        "is_turned": place.is_turned,
        "key": token_mark(visible_at(scene, best)),
        "score": readout(scene, float(row[best])),
        "d_head": count(scene, place.config.d_head),
        "is_scaled": family_of(place.config).has_scaled_scores,
        "width": readout(scene, place.config.attn_scale),
    }
    return rich(scene, f"scores.film.{shot}", **fields)
