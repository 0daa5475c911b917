"""The idea of step 3: words as rows of numbers, of which two can be compared by eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.wants import NOTHING, Wants, want
from seethrough.view.ideas.plain import (
    caption,
    lead,
    mark,
    names,
    nothing_yet,
    picture,
    place,
    whole,
)
from seethrough.view.ideas.tokenize import own_positions
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, signed
from seethrough.view.scales import Diverging
from seethrough.view.steps.embed_vectors import of_token
from seethrough.view.tokens import N_HUES
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array

FIELDS = ("language", "busy", "tokens", "film", "config", "captured", "recorded")
N_CELLS = 40
ALIKE = 0.1  # what is less alike is told as different


@dataclass(frozen=True, eq=False)
class Row:
    """A token's row; how alike it is to the first one, −1 to 1."""

    position: int
    values: Array
    likeness: float = 1.0


def wants(scene: Scene) -> Wants:
    """The rows of the text's tokens."""
    return want([hooks.EMBED]) if scene.run.config and scene.run.tokens else NOTHING


def render(scene: Scene) -> str:
    """Three rows one below the other."""
    if not scene.run.tokens or scene.run.config is None:
        return to_html(nothing_yet(scene, "idea.embed.rest"))
    rows = chosen_rows(scene)
    if not rows:
        return to_html(lead(rich(scene, "idea.embed.waiting")))
    shown = names(scene.run.tokens[row.position].visible for row in rows)
    d_model = count(scene, scene.run.config.d_model)
    key = "idea.embed.lead" if len(rows) > 1 else "idea.embed.lead_one"
    marks = [mark(name) for name in (*shown, "")]
    fields: dict[str, Node | str] = {"first": marks[0], "second": marks[1], "d_model": d_model}
    if len(rows) > 1:
        fields["among"] = among(scene)
    order = strongest(rows[0].values)
    scale = Diverging(float(np.abs(clean(rows[0].values)[order]).max()) or 1.0)
    lines = [
        line(
            row,
            name,
            scale.shares(row.values[order]),
            compared(scene, row, shown[0]) if at else ends(scene, row, order),
        )
        for at, (row, name) in enumerate(zip(rows, shown, strict=True))
    ]
    return to_html(
        lead(rich(scene, key, **fields)),
        picture(
            say(scene, "idea.embed.picture"),
            h("ol", {"class": "idea-rows"}, lines),
            caption(
                rich(
                    scene,
                    "idea.embed.note" if len(rows) > 1 else "idea.embed.note_one",
                    first=mark(shown[0]),
                )
            ),
        ),
    )


def strongest(values: Array) -> Array:
    """Where a row's largest numbers are, from the most negative to the most positive.

    Shapes: values [d_model] → indices [N_CELLS at most].
    """
    finite = clean(values)
    largest = np.argsort(-np.abs(finite), kind="stable")[:N_CELLS]
    order: Array = largest[np.argsort(finite[largest], kind="stable")]
    return order


def clean(values: Array) -> Array:
    """Numbers in float64, 0 in the place of what is none."""
    finite: Array = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    return finite


def chosen_rows(scene: Scene) -> list[Row]:
    """The most alike pair of tokens, and the token that is least like the first of them."""
    known = known_rows(scene)
    if len(known) <= 1:
        return known
    alike = likenesses([row.values for row in known])
    words = [folded(scene, row.position) for row in known]
    is_same = np.array([[one == other for other in words] for one in words])
    if is_same.all():
        return known[:1]
    first, second = sorted(divmod(int(np.where(is_same, -np.inf, alike).argmax()), len(known)))
    rows = [known[first], with_likeness(known[second], alike[first, second])]
    rest = [at for at in range(len(known)) if not is_same[at, first] and at != second]
    if rest:
        third = min(rest, key=lambda at: float(alike[first, at]))
        rows.append(with_likeness(known[third], alike[first, third]))
    return rows


def with_likeness(row: Row, likeness: float) -> Row:
    """The same row, compared."""
    return Row(row.position, row.values, float(likeness))


def known_rows(scene: Scene) -> list[Row]:
    """The rows of different tokens: of words where there are some, else of whatever there is."""
    found: dict[int, Row] = {}
    for position in own_positions(scene, scene.run.film):
        vector = of_token(scene, position)
        if vector is not None:
            found.setdefault(scene.run.tokens[position].id, Row(position, vector.values))
    words = [row for row in found.values() if is_word(folded(scene, row.position))]
    return words if n_different(scene, words) > 1 else [*found.values()]


def n_different(scene: Scene, rows: Sequence[Row]) -> int:
    """How many of them are different words, and not the same one in another case."""
    return len({folded(scene, row.position) for row in rows})


def among(scene: Scene) -> str:
    """What the rows were chosen from: all words, all tokens, or those that a recording has."""
    places = own_positions(scene, scene.run.film)
    if any(of_token(scene, position) is None for position in places):
        return "known"
    return "words" if is_word(folded(scene, known_rows(scene)[0].position)) else "tokens"


def folded(scene: Scene, position: int) -> str:
    """A token's letters, in whatever case they stand."""
    return scene.run.tokens[position].text.strip().casefold()


def is_word(text: str) -> bool:
    """Whether a token is made of letters."""
    return text.isalpha()


def likenesses(rows: Sequence[Array]) -> Array:
    """How alike rows are: 1 for the same direction, 0 for none in common, −1 for opposites.

    Shapes: rows n × [d_model] → [n, n], the cosine of each pair.
    """
    stacked = np.stack([clean(row) for row in rows])
    lengths = np.linalg.norm(stacked, axis=1, keepdims=True)
    unit = stacked / np.where(lengths > 0, lengths, 1.0)
    alike: Array = unit @ unit.T
    return alike


def compared(scene: Scene, row: Row, first: str) -> list[Node | str]:
    """How alike a row is to the first one."""
    return rich(
        scene,
        "idea.embed.alike" if row.likeness >= ALIKE else "idea.embed.unlike",
        share=h("b", {}, whole(scene, row.likeness)),
        first=mark(first),
    )


def ends(scene: Scene, row: Row, order: Array) -> list[Node | str]:
    """The lowest and the highest number of a row: what the colours stand for."""
    low, high = (signed(scene, float(clean(row.values)[order[at]])) for at in (0, -1))
    return rich(scene, "idea.embed.ends", low=low, high=high)


def line(row: Row, name: str, shares: Array, told: list[Node | str]) -> Node:
    """One token with its cells, and what is told of them."""
    wide = 1 / max(shares.size, 1)
    cells = [cell(at * wide, wide, float(share)) for at, share in enumerate(shares)]
    strip = h("svg", {"class": "idea-cells", "width": "100%", "aria-hidden": "true"}, cells)
    return h(
        "li",
        {},
        h("bdi", {"class": f"idea-name hue-{row.position % N_HUES}"}, name),
        strip,
        h("span", {"class": "idea-alike"}, told),
    )


def cell(start: float, wide: float, share: float) -> Node:
    """One number as a colour: blue below zero, orange above."""
    return h(
        "rect",
        {
            "class": "is-negative" if share < 0 else "is-positive",
            "x": place(start),
            "width": place(wide * 0.92),
            "height": "100%",
            "fill-opacity": f"{min(abs(share), 1.0):.3f}",
        },
    )
