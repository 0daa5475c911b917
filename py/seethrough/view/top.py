"""The next token: the best candidates, and the mass of all the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count, duration, exact, percentage, probability, signed
from seethrough.view.words import rich, say, sentences, title, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import Candidate

# Below this the difference to 1 is made of float32 rounding, not of the model.
LEAST_REST = 1e-5
AXIS = (0, 25, 50, 75, 100)


def render(scene: Scene) -> str:
    """The candidates as bars, best first; nothing before the first run."""
    if not scene.run.top:
        return ""
    lead = rich(
        scene,
        "view.top.lead",
        token=token_mark(scene.run.top[0].visible),
        prob=h("b", {}, probability(scene, scene.run.top[0].prob)),
    )
    columns = ("token", "prob", "bar", "logit")
    head = h("tr", {}, [column(scene, name) for name in columns])
    return to_html(
        title(scene, "page.top.title"),
        h("p", {"class": "lead"}, lead),
        h(
            "table",
            {"class": "candidates"},
            h("thead", {}, head),
            h("tbody", {}, [row(scene, candidate) for candidate in scene.run.top]),
            h("tfoot", {}, rest(scene)),
        ),
        h("p", {"class": "note"}, note(scene)),
    )


def column(scene: Scene, name: str) -> Node:
    """The head of a column; the bars' one has an axis and no name, so it heads nothing."""
    if name == "bar":
        return h("td", {"class": "bar-cell"}, heading(scene, name))
    return h("th", {"scope": "col"}, heading(scene, name))


def heading(scene: Scene, name: str) -> Node | str:
    """A column's name; the bars have their axis instead."""
    if name != "bar":
        return say(scene, f"view.top.{name}")
    return h(
        "svg",
        {"class": "axis", "width": "100%", "height": "20", "aria-hidden": "true"},
        [
            h(
                "text",
                {"class": f"at-{at}", "x": f"{at}%", "y": "14", "text-anchor": anchor(at)},
                axis_text(scene, at),
            )
            for at in AXIS
            if at % 50 == 0
        ],
    )


def axis_text(scene: Scene, at: int) -> str:
    """A tick's label; only the last one has the unit."""
    return percentage(scene, str(at)) if at == AXIS[-1] else str(at)


def anchor(at: int) -> str:
    """Where a tick's label hangs, so that the first and the last stay inside."""
    return {AXIS[0]: "start", AXIS[-1]: "end"}.get(at, "middle")


def row(scene: Scene, candidate: Candidate) -> Node:
    """One candidate: a button that appends it, its probability twice, its logit."""
    button = h(
        "button",
        {
            "type": "button",
            "class": "chip is-candidate",
            "data-action": "append-token",
            "data-id": str(candidate.id),
            "title": say(scene, "view.top.append", id=candidate.id),
        },
        h("bdi", {"class": "chip-text"}, candidate.visible),
        h("span", {"class": "chip-note"}, str(candidate.id)),
    )
    return h(
        "tr",
        {},
        h("th", {"scope": "row"}, button),
        h(
            "td",
            {"class": "number", "title": exact(scene, candidate.prob)},
            probability(scene, candidate.prob),
        ),
        h("td", {"class": "bar-cell"}, bar(candidate.prob, "bar-fill")),
        h(
            "td",
            {"class": "number", "title": exact(scene, candidate.logit)},
            signed(scene, candidate.logit),
        ),
    )


def bar(share: float, fill: str) -> Node:
    """A bar whose full width is probability 1, on hairlines at each quarter."""
    width = min(max(share, 0.0), 1.0) * 100 if math.isfinite(share) else 0.0
    lines = [
        h("line", {"class": "grid", "x1": f"{at}%", "x2": f"{at}%", "y1": "0", "y2": "100%"})
        for at in AXIS
    ]
    fills = h("rect", {"class": fill, "y": "34%", "width": f"{width:.4f}%", "height": "32%"})
    return h("svg", {"class": "bar", "width": "100%", "aria-hidden": "true"}, lines, fills)


def rest(scene: Scene) -> Node:
    """What the whole rest of the vocabulary shares, so that the bars add up to 1."""
    left = max(0.0, 1.0 - math.fsum(candidate.prob for candidate in scene.run.top))
    words = probability(scene, left)
    if left < LEAST_REST:
        words = say(scene, "view.top.rest_less", prob=probability(scene, LEAST_REST))
    return h(
        "tr",
        {},
        h("th", {"scope": "row"}, rest_name(scene)),
        h("td", {"class": "number"}, words),
        h("td", {"class": "bar-cell"}, bar(left, "bar-rest")),
        h("td", {}),
    )


def rest_name(scene: Scene) -> str:
    """The rest by its size, where the vocabulary's is known."""
    if scene.run.config is None:
        return say(scene, "view.top.rest")
    return say(
        scene,
        "view.top.rest_count",
        n_rest=count(scene, scene.run.config.d_vocab - len(scene.run.top)),
    )


def note(scene: Scene) -> str:
    """What the numbers are shares of, and what the run took."""
    parts = [say(scene, "view.top.note")]
    if scene.run.config is not None:
        parts = [say(scene, "view.top.note_count", d_vocab=count(scene, scene.run.config.d_vocab))]
    if scene.run.elapsed_ms > 0:
        parts.append(say(scene, "view.top.elapsed", time=duration(scene, scene.run.elapsed_ms)))
    return sentences(*parts)
