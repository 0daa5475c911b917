"""The embedding matrix as a tall thin plate: where the tokens' rows are, and lines to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.written import Several
from seethrough.view.node import Attributes, Node, h
from seethrough.view.numbers import count
from seethrough.view.steps.embed_vectors import is_crowd, shown
from seethrough.view.tokens import N_HUES
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene

WIDE, HIGH = 100, 1000
N_RULES = 40


def height_of(scene: Scene, position: int) -> float:
    """How far down the matrix a token's row lies, of HIGH."""
    d_vocab = scene.run.config.d_vocab if scene.run.config else 1
    return (scene.run.tokens[position].id + 0.5) / d_vocab * HIGH


def matrix(scene: Scene, position: int, moment: int) -> Node:
    """The plate with a tick at the height of each token's row, its first and last row named."""
    d_vocab = scene.run.config.d_vocab if scene.run.config else 0
    positions = [at for at in shown(scene).positions if at != position]
    rules = "".join(f"M0 {at * HIGH // N_RULES}H{WIDE}" for at in range(1, N_RULES))
    label = say(
        scene,
        "embed.matrix.summary",
        d_vocab=d_vocab,
        d_model=scene.run.config.d_model if scene.run.config else 0,
        rows=Several(sorted({token.id for token in scene.run.tokens})),
    )
    picture: Attributes = {
        "class": "embed-matrix-plate",
        "viewBox": f"0 0 {WIDE} {HIGH}",
        "preserveAspectRatio": "none",
        "role": "img",
        "aria-label": label,
        "data-at": str(moment),
    }
    return h(
        "figure",
        {"class": "embed-matrix"},
        h("figcaption", {}, h("b", {}, say(scene, "embed.matrix.name")), " ", size(scene)),
        h(
            "svg",
            picture,
            h("rect", {"class": "embed-ground", "width": WIDE, "height": HIGH}),
            h("path", {"class": "embed-rules", "d": rules}),
            [tick(scene, at, chosen=False) for at in positions],
            tick(scene, position, chosen=True),
        ),
        h("span", {"class": "number embed-first"}, "0"),
        h("span", {"class": "number embed-last"}, count(scene, max(d_vocab - 1, 0))),
    )


def size(scene: Scene) -> Node:
    """How many rows of how many numbers."""
    config = scene.run.config
    dims = (config.d_vocab, config.d_model) if config else (0, 0)
    words = say(
        scene, "embed.matrix.size", d_vocab=count(scene, dims[0]), d_model=count(scene, dims[1])
    )
    return h("span", {"class": "number"}, words)


def tick(scene: Scene, position: int, *, chosen: bool) -> Node:
    """The row of one token, as thin as it is."""
    at = f"{height_of(scene, position):.2f}"
    classes = f"embed-tick hue-{position % N_HUES}" + (" is-chosen" if chosen else "")
    place: Attributes = {"x1": 0, "x2": WIDE, "y1": at, "y2": at}
    return h("line", {"class": classes, "id": f"embed-tick-{position}", **place})


def fan(scene: Scene, position: int, moments: tuple[int, int]) -> Node:
    """Lines from each row in the matrix to the token that picked it; the chosen one's is ink.

    Args:
        moments: When the chosen token's line enters, and when the others' do.
    """
    positions = shown(scene).positions
    lines = [
        line(scene, at, (place + 0.5) / len(positions) * HIGH, moments[at != position])
        for place, at in enumerate(positions)
    ]
    return h(
        "svg",
        {
            "class": "embed-fan is-crowd-fan" if is_crowd(scene) else "embed-fan",
            "viewBox": f"0 0 {WIDE} {HIGH}",
            "preserveAspectRatio": "none",
            "aria-hidden": "true",
        },
        lines,
    )


def line(scene: Scene, position: int, end: float, moment: int) -> Node:
    """One line of the fan."""
    start, half = height_of(scene, position), WIDE // 2
    is_chosen = position == scene.choice.position
    return h(
        "path",
        {
            "class": f"embed-line hue-{position % N_HUES}" + (" is-chosen" if is_chosen else ""),
            "d": f"M0 {start:.1f}C{half} {start:.1f} {half} {end:.1f} {WIDE} {end:.1f}",
            "data-at": str(moment),
            "data-move": "sweep",
        },
    )
