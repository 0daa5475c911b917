"""How the numbers of attention are made: queries, keys, values, scores, shares, what it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.maths import rotary_angles
from seethrough.core.sum_asked import times_matrix
from seethrough.core.sum_parts import (
    After,
    Aside,
    Group,
    Made,
    Series,
    along,
    number,
    product,
    sign,
)

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.core.sum_asked import Asked, Rule
    from seethrough.core.sum_parts import Place


def projected(rule: str, leaf: str) -> Rule:
    """A number of a head's query, key or value."""

    def made(asked: Asked) -> Made:
        position, head, dim = asked.index
        x = along(asked.hook(hooks.LN1_OUT), position, asked.row(hooks.LN1_OUT))
        return times_matrix(asked, rule, x, leaf, head * asked.config.d_head + dim)

    return made


def turned(source: str) -> Rule:
    """A number of a query or key after its pair was turned by the position's angle."""

    def made(asked: Asked) -> Made:
        (position, head, dim), config = asked.index, asked.config
        half = config.n_turned // 2
        is_first = dim < half
        if dim >= config.n_turned:
            name = asked.hook(source)
            return Made(
                "unturned", (product(number(name, asked.index, asked.row(source)[head, dim])),)
            )
        layer = asked.layer or 0
        angles = rotary_angles(
            np.array([position]),
            config.n_turned,
            config.rotary_base_of(layer),
            factors=config.rotary_factors_of(layer),
        )
        angle = float(angles[0, dim % half])
        x, partner = asked.row(source)[head], dim + half if is_first else dim - half
        name = asked.hook(source)
        kept = product(number(name, asked.index, x[dim]), sign("cos", float(np.cos(angle))))
        other = number(name, (position, head, partner), x[partner])
        sine = float(np.sin(angle))
        mixed = product(other, sign("minus_sin", -sine) if is_first else sign("sin", sine))
        return Made("rotated", (kept, mixed), aside=(Aside("angle", angle),))

    return made


def unseen(asked: Asked) -> Made | None:
    """A cell of the scores or of the pattern that the mask hides; None where it does not."""
    _, query, key = asked.index
    if key > query:
        return Made("masked")
    return Made("out_of_window") if key < asked.first_seen(query) else None


def score(query_leaf: str, key_leaf: str) -> Rule:
    """A query times a key, divided by the root of the head's width where the family does so."""

    def made(asked: Asked) -> Made:
        head, query, key = asked.index
        if (hidden := unseen(asked)) is not None:
            return hidden
        shared = head // asked.config.n_group
        names = asked.hook(query_leaf), asked.hook(key_leaf)
        q = asked.read.row(names[0], query)[head]
        k = asked.read.row(names[1], key)[shared]
        terms = product(
            Series(names[0], q, lambda at: (query, head, at)),
            Series(names[1], k, lambda at: (key, shared, at)),
        )
        if not asked.family.has_scaled_scores:
            return Made("scores_whole", (terms,))
        width = asked.config.attn_scale
        return Made("scores", (terms,), (After("width", width, lambda total: total / width),))

    return made


def shares(rule: str, name: str, values: Array, place: Place, own: int) -> Made:
    """One share of a softmax: every exponential is a term, one's own is divided by their sum."""
    best = int(values.argmax())
    top = float(values[best])
    parts = np.exp(values - top)
    mine = float(parts[own])
    terms = Group((Series(name, values, place),), parts)
    after = (After("own", mine, lambda total: mine / total),)
    return Made(rule, (terms,), after, (Aside("max", top, Cell(name, place(best))),), own)


def attended(asked: Asked) -> Made:
    """The share of a key among all that the query may look at."""
    head, query, key = asked.index
    if (hidden := unseen(asked)) is not None:
        return hidden
    name, first = asked.hook(hooks.SCORES), asked.first_seen(query)
    scores = asked.read.seen(name, head, query)[first:]
    return shares("pattern", name, scores, lambda at: (head, query, first + at), key - first)


def mixed_values(asked: Asked) -> Made:
    """The values of the positions looked at, each times its share."""
    position, head, dim = asked.index
    shared, names = head // asked.config.n_group, (asked.hook(hooks.PATTERN), asked.hook(hooks.V))
    first = asked.first_seen(position)
    pattern = asked.read.seen(names[0], head, position)[first:]
    rows = [asked.read.row(names[1], at)[shared, dim] for at in range(first, position + 1)]
    terms = product(
        Series(names[0], pattern, lambda at: (head, position, first + at)),
        Series(names[1], np.array(rows), lambda at: (first + at, shared, dim)),
    )
    return Made("z", (terms,))


def attention_write(asked: Asked) -> Made:
    """What all heads together write into one number of the stream."""
    (position, dim), d_head = asked.index, asked.config.d_head
    z = asked.row(hooks.Z).reshape(-1)
    x = Series(asked.hook(hooks.Z), z, lambda at: (position, at // d_head, at % d_head))
    return times_matrix(asked, "attn_out", x, "attn.W_O", dim)
