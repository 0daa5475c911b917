"""How two places of a step differ, in one sentence each, with the numbers of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.core import hooks
from seethrough.core.length import length_of
from seethrough.core.neurons import share_of_strength
from seethrough.view.block.facts import row
from seethrough.view.block.here import here_of, of_head, row_by_head
from seethrough.view.block.mix_facts import head_of, results
from seethrough.view.block.neurons import N_TOLD, neurons_of
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, probability, readout, with_signs
from seethrough.view.words import rich, token_mark, visible_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.cache import Array

    Words = Sequence[Node | str]

UNKNOWN: tuple[str, ...] = ()


class Rows(NamedTuple):
    """What two places give the tokens that both see, and the token where they differ most.

    Shapes: first, second [key].
    """

    first: Array
    second: Array
    most: int


def rows_of(first: Scene, second: Scene, leaf: str) -> Rows | None:
    """Scores or weights of both; None where one of them is not known."""
    rows = []
    for scene in (first, second):
        place = here_of(scene)
        known = None if place is None else row_by_head(scene, place, leaf)
        if known is None:
            return None
        rows.append(known)
    n_shared = min(map(len, rows))
    one, other = (known[:n_shared].astype(np.float64) for known in rows)
    return Rows(one, other, int(np.abs(one - other).argmax()))


def of_scores(first: Scene, second: Scene) -> Words:
    """The token whose two scores differ most."""
    rows = rows_of(first, second, hooks.SCORES)
    if rows is None:
        return UNKNOWN
    return rich(
        first,
        "second.scores",
        key=token_mark(visible_at(first, rows.most)),
        one=bold(readout(first, float(rows.first[rows.most]))),
        other=bold(readout(first, float(rows.second[rows.most]))),
    )


def of_weights(first: Scene, second: Scene) -> Words:
    """How much of their weight lies on the same tokens, and where they differ most."""
    rows = rows_of(first, second, hooks.PATTERN)
    if rows is None:
        return UNKNOWN
    shared = float(np.minimum(rows.first, rows.second).sum())
    return rich(
        first,
        "second.weights",
        shared=bold(probability(first, min(shared, 1.0))),
        key=token_mark(visible_at(first, rows.most)),
        one=bold(probability(first, float(rows.first[rows.most]))),
        other=bold(probability(first, float(rows.second[rows.most]))),
    )


def of_queries(first: Scene, second: Scene) -> Words:
    """How long the two queries are, and whether both heads read one key and value."""
    places = [here_of(scene) for scene in (first, second)]
    lengths = []
    for scene, place in zip((first, second), places, strict=True):
        query = None if place is None else of_head(scene, place, hooks.Q, place.position)
        if query is None:
            return UNKNOWN
        lengths.append(bold(readout(scene, length_of(query))))
    words = rich(first, "second.queries", one=lengths[0], other=lengths[1])
    here, there = places
    if here is None or there is None or here.layer != there.layer or here.head == there.head:
        return words
    is_shared = here.kv_head == there.kv_head
    shares = rich(first, "second.shares", is_shared=is_shared, kv_head=str(here.kv_head))
    return [*words, " ", *shares] if here.config.n_group > 1 else words


def of_mixes(first: Scene, second: Scene) -> Words:
    """How long the heads' two writings are, and the angle between them; else their weights."""
    written = [
        None if (known := results(scene)) is None else known[head_of(scene)]
        for scene in (first, second)
    ]
    if written[0] is None or written[1] is None:
        return of_weights(first, second)
    return rich(first, "second.mixes", **vectors(first, written[0], written[1]))


def of_neurons(first: Scene, second: Scene) -> Words:
    """In one layer how many of the strongest neurons are the same; else how few hold the most."""
    known = [neurons_of(scene) for scene in (first, second)]
    here, there = here_of(first), here_of(second)
    if known[0] is None or known[1] is None or here is None or there is None:
        return UNKNOWN
    if here.layer == there.layer:
        same = set(known[0].told) & set(known[1].told)
        fields = {"n_same": count(first, len(same)), "n": count(first, N_TOLD)}
        told = rich(first, "second.neurons", **fields)
        angle = vectors(first, known[0].post, known[1].post)
        return [*told, " ", *rich(first, "second.activations", **angle)]
    one, other = (
        probability(first, share_of_strength(one.post, N_TOLD)) for one in known if one is not None
    )
    n = count(first, N_TOLD)
    return rich(first, "second.neurons_apart", n=n, one=bold(one), other=bold(other))


def of_moves(first: Scene, second: Scene) -> Words:
    """How long what each half wrote is at both places, and the angle between."""
    pairs = [(row(first, leaf), row(second, leaf)) for leaf in (hooks.ATTN_OUT, hooks.MLP_OUT)]
    known = [
        vectors(first, one, other) for one, other in pairs if one is not None and other is not None
    ]
    if len(known) < len(pairs):
        return UNKNOWN
    attention, neurons = known
    told = rich(first, "second.attention", **attention)
    return [*told, " ", *rich(first, "second.mlp", **neurons)]


def vectors(scene: Scene, one: Array, other: Array) -> dict[str, Node | str]:
    """What is said of two vectors: their lengths, the cosine of their angle, the angle."""
    cosine = cosine_of(one, other)
    angle = float(np.degrees(np.arccos(cosine)))
    return {
        "one": bold(readout(scene, length_of(one))),
        "other": bold(readout(scene, length_of(other))),
        "angle": with_signs(scene, f"{angle:.0f}"),
        "cosine": bold(with_signs(scene, f"{cosine:.2f}")),
    }


def cosine_of(one: Array, other: Array) -> float:
    """The cosine of the angle between two vectors; 0 where one of them has no length."""
    size = length_of(one) * length_of(other)
    product = float(one.astype(np.float64) @ other.astype(np.float64))
    return min(max(product / size, -1.0), 1.0) if size else 0.0


def bold(words: str) -> Node:
    """A number that the sentence is about."""
    return h("b", {}, words)
