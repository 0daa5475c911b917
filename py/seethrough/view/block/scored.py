"""What each half of the layer did to the leading candidates' scores, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.core import hooks
from seethrough.core.insides import MEAN_ROW
from seethrough.core.moves import attributed
from seethrough.core.pushes import of_half
from seethrough.view.block import pushed
from seethrough.view.block.contract_film import timed
from seethrough.view.block.facts import Answer, answers, direction, direction_of, is_last, row
from seethrough.view.node import Node, h
from seethrough.view.numbers import count, exact, limit, signed
from seethrough.view.pickers import layer_of
from seethrough.view.scales import nice_above
from seethrough.view.unrecorded import note
from seethrough.view.wants import chosen
from seethrough.view.words import rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cell import Cell

HALVES = {"attention": hooks.ATTN_OUT, "feed-forward": hooks.MLP_OUT}


class Scored(NamedTuple):
    """A candidate, and what each half added to its score.

    Less what it added to the average token's, where that is known.
    """

    answer: Answer
    attention: float
    feed_forward: float


def scored(scene: Scene) -> tuple[Scored, ...]:
    """The candidates' scores by half; empty where something of them is not known."""
    written = [row(scene, leaf) for leaf in HALVES.values()]
    average = averages(scene) or (0.0,) * len(HALVES)
    found = []
    for answer in answers(scene):
        along = direction(scene, answer.id)
        if along is None or any(one is None for one in written):
            return ()
        parts = [float(attributed(one, along[None])[0]) for one in written if one is not None]
        less = (part - mean for part, mean in zip(parts, average, strict=True))
        found.append(Scored(answer, *less))
    return tuple(found)


def has_written(scene: Scene) -> bool:
    """Whether it is known what both halves wrote: else that is said before this."""
    return all(row(scene, leaf) is not None for leaf in HALVES.values())


def halves_of(scene: Scene) -> tuple[Cell, ...]:
    """The names of what the halves wrote."""
    layer, at = layer_of(scene), chosen(scene)
    return tuple(of_half(leaf, layer, at) for leaf in HALVES.values())


def averages(scene: Scene) -> tuple[float, ...] | None:
    """What each half added to the average token's score; None where that is not known.

    A recording has the average token's row, of which it is read as any token's.
    """
    mean = scene.run.captured.arrays.get(MEAN_ROW)
    along = None if mean is None else direction_of(scene, mean)
    written = [row(scene, leaf) for leaf in HALVES.values()]
    if along is not None and all(one is not None for one in written):
        return tuple(float(attributed(one, along[None])[0]) for one in written if one is not None)
    known = [scene.run.pushes.get(name) for name in halves_of(scene)]
    means = tuple(one.mean for one in known if one is not None)
    return means if len(means) == len(known) else None


def scores(scene: Scene) -> Node | str:
    """The bars, with what is held and what they leave out."""
    known = scored(scene)
    if not known:
        is_told = scene.run.recorded is not None and has_written(scene)
        return note(scene, say(scene, "scored.lacking")) if is_told else ""
    beside = () if scene.beside is None else scored(scene.beside)
    most = max(
        abs(value) for one in (*known, *beside) for value in (one.attention, one.feed_forward)
    )
    reach = nice_above(most) if most and np.isfinite(most) else 1.0
    key = "scored.lead" if is_last(scene) else "scored.lead_next"
    held = "scored.held" if averages(scene) is None else "scored.held_average"
    d_vocab = count(scene, scene.run.config.d_vocab if scene.run.config else 0)
    return h(
        "div",
        {"class": "scored", **timed(scene, "scores", "rise")},
        h("h3", {"class": "part-title"}, say(scene, "scored.title")),
        h("p", {"class": "note"}, *rich(scene, key)),
        h("ol", {"class": "scored-rows"}, [candidate(scene, one, reach) for one in known]),
        h("p", {"class": "note"}, rich(scene, held, limit=limit(scene, reach), n=d_vocab)),
        speaks(scene),
    )


def speaks(scene: Scene) -> Node:
    """Which of all tokens each half speaks for most, and against."""
    rows = [
        h("li", {"class": f"speaks is-{half}"}, half_name(scene, half), pushed.tokens(scene, name))
        for half, name in zip(HALVES, halves_of(scene), strict=True)
    ]
    return h("ul", {"class": "speaks-rows"}, rows)


def half_name(scene: Scene, half: str) -> Node:
    """A half by its plain name."""
    name = say(scene, "scored.attention" if half == "attention" else "scored.mlp")
    return h("span", {"class": "scored-name"}, name)


def candidate(scene: Scene, one: Scored, reach: float) -> Node:
    """One candidate: a bar for each half, from the middle to the right where it adds."""
    halves = zip(HALVES, (one.attention, one.feed_forward), strict=True)
    return h(
        "li",
        {"class": "scored-row"},
        h("span", {"class": "scored-token"}, token_mark(one.answer.visible)),
        [bar(scene, half, value, reach) for half, value in halves],
    )


def bar(scene: Scene, half: str, value: float, reach: float) -> Node:
    """One half's bar and number."""
    size = min(abs(value) / reach, 1.0) * 50 if np.isfinite(value) else 0.0
    start = 50 if value >= 0 else 50 - size
    return h(
        "span",
        {"class": f"scored-half is-{half}"},
        half_name(scene, half),
        h(
            "svg",
            {"aria-hidden": "true"},
            h("line", {"x1": "50%", "x2": "50%", "y1": "0", "y2": "100%"}),
            h("rect", {"x": f"{start:.2f}%", "width": f"{size:.2f}%", "height": "100%"}),
        ),
        h("span", {"class": "number", "title": exact(scene, value)}, signed(scene, value)),
    )
