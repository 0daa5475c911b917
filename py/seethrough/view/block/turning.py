"""What the position does to query and key: pairs as arrows that turn; or where it was added."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.maths import rotary_frequencies
from seethrough.core.routes import Route, address_of
from seethrough.core.turning import by_distance, turned
from seethrough.core.wants import Wants, want
from seethrough.view import strip
from seethrough.view.addends import add_up
from seethrough.view.block.here import of_head, row_by_head
from seethrough.view.node import Attributes, Node, h
from seethrough.view.numbers import cell, count, limit, readout, with_signs
from seethrough.view.scales import symmetric_limit
from seethrough.view.words import hook_mark, rich, say, token_mark, visible_at

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.turning import Turned
    from seethrough.view.addends import Addends
    from seethrough.view.block.here import Here

TOLD_IN = "qkv-readout"
SIDE, RADIUS = 96, 40
MOST = 100
CHART = (560, 96)


def leaves(here: Here) -> tuple[str, str]:
    """The query and the key before they are turned."""
    if family_of(here.config).has_head_norms:
        return hooks.Q_NORM_OUT, hooks.K_NORM_OUT
    return hooks.Q, hooks.K


def wants(scene: Scene, here: Here) -> Wants:
    """Query and key before the turning; where positions are learned, the row of this one."""
    if not family_of(here.config).is_rotary:
        return want([hooks.POS_EMBED], here.position)
    names = [here.name(leaf) for leaf in leaves(here)]
    return want(names, here.position) | want(names[1:], met_key(scene, here))


def met_key(scene: Scene, here: Here) -> int:
    """The token whose key meets the query here: the one looked at most, else the one before."""
    weights = row_by_head(scene, here, hooks.PATTERN)
    return max(here.position - 1, 0) if weights is None else int(weights.argmax())


def figure(scene: Scene, here: Here, place: Attributes) -> Node | str:
    """The arrows with two sliders; where positions are learned, where they were added."""
    family = family_of(here.config)
    words = h("h3", {"class": "aside-title"}, say(scene, "turning.title"))
    if not family.is_rotary:
        route = Route("walk", scene.route.subject, "embed")
        link = h("a", {"href": address_of(route)}, say(scene, "turning.learned.link"))
        told = rich(scene, "turning.learned", position=str(here.position), link=link)
        return h("figure", {"class": "turning", **place}, words, h("p", {}, told), row(scene, here))
    if not here.config.layer(here.layer).is_turned:
        nowhere = h("p", {}, say(scene, "turning.nowhere"))
        return h("figure", {"class": "turning", **place}, words, nowhere)
    key, n_still = met_key(scene, here), here.config.d_head - here.config.n_turned
    query_leaf, key_leaf = leaves(here)
    q, k = of_head(scene, here, query_leaf, here.position), of_head(scene, here, key_leaf, key)
    if q is None or k is None:
        return ""
    frequencies = frequencies_of(here)
    moved, distance = scene.choice.moved, here.position - key
    most = max(MOST, distance)
    apart = min(distance + max(moved.apart, -distance), most)
    together = min(moved.together, MOST)  # an address may say any
    at = key + together
    scale = here.config.attn_scale
    now = turned(q, k, (at + apart, at), frequencies, scale)
    real = turned(q, k, (here.position, key), frequencies, scale)
    return h(
        "figure",
        {"class": "turning", **place},
        words,
        h("p", {}, rich(scene, "turning.told", **names(scene, here, key))),
        h("div", {"class": "dials-of-pairs"}, dials(scene, now, n_still)),
        h("p", {"class": "is-quiet"}, all_pairs(scene, now, n_still)),
        h(
            "div",
            {"class": "turning-sliders"},
            slider(
                scene,
                "together",
                together,
                (0, MOST),
                say(scene, "turning.at", query=at + apart, key=at),
            ),
            slider(
                scene,
                "apart",
                apart - distance,
                (-distance, most - distance),
                say(scene, "turning.apart", n=apart),
            ),
        ),
        outcome(scene, real, now, is_moved=(at, apart) != (key, distance)),
        chart(scene, by_distance(q, k, most, frequencies, scale), apart),
    )


def frequencies_of(here: Here) -> np.ndarray:
    """By how much each pair of this layer turns from one position to the next."""
    config, layer = here.config, here.layer
    factors = config.rotary_factors_of(layer)
    return rotary_frequencies(config.n_turned, config.rotary_base_of(layer), factors=factors)


def row(scene: Scene, here: Here) -> Node | str:
    """The learned row of the position as a strip; nothing where it is not known."""
    values = scene.run.captured.row(hooks.POS_EMBED, here.position)
    if values is None:
        return ""
    name, reach = f"{hooks.POS_EMBED}[{here.position}]", symmetric_limit(values)
    sizes = {"n": count(scene, len(values)), "limit": limit(scene, reach)}
    label = say(scene, "inside.strip", name=name, **sizes)
    picture = strip.strip(
        scene, hooks.POS_EMBED, here.position, reach=reach, label=label, told_in=TOLD_IN
    )
    scroll = h("div", {"class": "scroll"}, picture)
    return h("div", {"class": "turning-row"}, hook_mark(name), scroll)


def names(scene: Scene, here: Here, key: int) -> dict[str, Node | str]:
    """Whose query and key these are."""
    return {
        "query": token_mark(visible_at(scene, here.position)),
        "key": token_mark(visible_at(scene, key)),
        "position": str(here.position),
        "key_position": str(key),
    }


def shown(now: Turned) -> list[int]:
    """The pairs that are drawn, from fast to slow: of each band of speeds the longest arrows."""
    half = len(now.frequencies)
    edges = sorted({0, half // 16, half // 8, half // 4, half // 2, half * 3 // 4, half})
    sizes = np.linalg.norm(now.query, axis=1) * np.linalg.norm(now.key, axis=1)
    return [low + int(sizes[low:high].argmax()) for low, high in pairwise(edges)]


def added(scene: Scene, now: Turned, n_still: int) -> Addends:
    """What the drawn pairs add, then what does not turn; what the others do, and the whole.

    Args:
        n_still: How many numbers of the head are not turned.
    """
    drawn = now.adds[shown(now)].tolist()
    parts = [*drawn, *([now.still] if n_still else [])]
    whole = float(now.adds.sum()) + now.still
    rest = whole - sum(parts) if len(drawn) < len(now.adds) else None
    return add_up(scene, parts, whole, rest, is_signed=True, is_short=True)


def all_pairs(scene: Scene, now: Turned, n_still: int) -> str:
    """That some pairs are drawn, and how all of them add up to the score."""
    told, n_drawn = added(scene, now, n_still), len(shown(now))
    return say(
        scene,
        "turning.pairs",
        n_shown=n_drawn,
        n_pairs=len(now.adds),
        n_rest=len(now.adds) - n_drawn,
        rest=told.rest or "",
        n_still=n_still,
        still=told.parts[-1] if n_still else "",
        whole=told.whole,
        width=readout(scene, now.scale),
        score=readout(scene, now.score),
    )


def dials(scene: Scene, now: Turned, n_still: int) -> list[Node]:
    """The drawn pairs, with what each adds."""
    pairs = zip(shown(now), added(scene, now, n_still).parts, strict=False)
    return [dial(scene, now, pair, adds) for pair, adds in pairs]


def dial(scene: Scene, now: Turned, pair: int, adds: str) -> Node:
    """One pair: the query's arrow, the key's, what they add, as it is written."""
    degrees = math.degrees(float(now.frequencies[pair]))
    longest = [
        float(np.linalg.norm(arrows, axis=1).max()) or 1.0 for arrows in (now.query, now.key)
    ]
    drawn = [
        arrow(vectors[pair] / size, role)
        for vectors, size, role in zip(
            (now.key, now.query), reversed(longest), ("key", "query"), strict=True
        )
    ]
    fields = {
        "pair": pair,
        "degrees": with_signs(scene, f"{degrees:.2g}"),
        "adds": adds,
    }
    return h(
        "div",
        {"class": "pair-dial"},
        h(
            "svg",
            {
                "viewBox": f"0 0 {SIDE} {SIDE}",
                "role": "img",
                "aria-label": say(scene, "turning.dial", **fields),
            },
            h("circle", {"cx": SIDE / 2, "cy": SIDE / 2, "r": RADIUS}),
            drawn,
        ),
        h("span", {}, say(scene, "turning.speed", **fields)),
        h("span", {"class": "number"}, say(scene, "turning.adds", **fields)),
    )


def arrow(vector: np.ndarray, role: str) -> Node:
    """An arrow from the middle, its length the square root: 1 reaches the rim; upwards is plus."""
    vector = vector / (np.sqrt(np.linalg.norm(vector)) or 1.0)
    x, y = SIDE / 2 + RADIUS * float(vector[0]), SIDE / 2 - RADIUS * float(vector[1])
    ends: Attributes = {"x1": SIDE / 2, "y1": SIDE / 2, "x2": f"{x:.1f}", "y2": f"{y:.1f}"}
    tip = h("circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 4, "class": "is-tip"})
    return h("g", {"class": f"is-{role}"}, h("line", ends), tip)


def slider(scene: Scene, name: str, value: int, ends: tuple[int, int], told: str) -> Node:
    """One of the two ways to move: both together, or only the distance between them."""
    attributes: Attributes = {
        "type": "range",
        "min": str(ends[0]),
        "max": str(ends[1]),
        "step": "1",
        "value": str(value),
        "data-action": f"move-{name}",
        "data-live": f"move-{name}",
        "aria-label": say(scene, f"turning.move.{name}"),
        "aria-valuetext": told,
    }
    return h(
        "label",
        {"class": "turning-slider"},
        h("span", {}, say(scene, f"turning.move.{name}")),
        h("input", attributes),
        h("output", {"class": "number"}, told),
    )


def outcome(scene: Scene, real: Turned, now: Turned, *, is_moved: bool) -> Node:
    """The score as it is, and as it is after the reader's move."""
    is_same = math.isclose(real.score, now.score, rel_tol=1e-9, abs_tol=1e-9)
    key = "turning.still" if not is_moved else "turning.same" if is_same else "turning.other"
    words = rich(
        scene,
        key,
        real=h("b", {}, readout(scene, real.score)),
        now=h("b", {}, readout(scene, now.score)),
    )
    return h("p", {"class": "turning-outcome", "role": "status"}, words)


def chart(scene: Scene, scores: np.ndarray, apart: int) -> Node:
    """The score for each distance between the two, the present one marked."""
    wide, high = CHART
    low, top = float(min(scores.min(), 0.0)), float(max(scores.max(), 0.0))
    span = top - low or 1.0
    places = [
        (10 + at * (wide - 20) / (len(scores) - 1), 8 + (top - float(score)) / span * (high - 16))
        for at, score in enumerate(scores)
    ]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    zero = 8 + top / span * (high - 16)
    here = places[apart]
    fields = {"most": count(scene, len(scores) - 1), "score": cell(scene, float(scores[apart]))}
    return h(
        "div",
        {"class": "turning-chart"},
        h(
            "svg",
            {
                "viewBox": f"0 0 {wide} {high}",
                "role": "img",
                "aria-label": say(scene, "turning.chart", **fields),
            },
            h(
                "line",
                {
                    "class": "grid",
                    "x1": 10,
                    "x2": wide - 10,
                    "y1": f"{zero:.1f}",
                    "y2": f"{zero:.1f}",
                },
            ),
            h("path", {"d": line}),
            h("circle", {"cx": f"{here[0]:.1f}", "cy": f"{here[1]:.1f}", "r": 5}),
        ),
        h(
            "p",
            {"class": "is-quiet"},
            say(scene, "turning.chart.told", most=count(scene, len(scores) - 1)),
        ),
    )
