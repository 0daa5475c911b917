"""The lab's fourth step: a text written twice, token under token, and where the ways part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.decode import compare_columns, compare_odds, compare_steers
from seethrough.view.ideas.plain import lead, picture
from seethrough.view.node import Node, h, to_html
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.contrast import Contrast

FIELDS = (
    "language",
    "busy",
    "tokens",
    "config",
    "model",
    "models",
    "route",
    "sampling",
    "throws",
    "contrast",
    "example",
    "gallery",
    "against",
    "column",
    "live_bytes",
    "recorded",
    "unfolded",
)


def idea(scene: Scene) -> str:
    """Two texts, a mark, one sentence; what steers them."""
    told = lead(rich(scene, "idea.compare.lead"))
    label = say(scene, "idea.compare.picture")
    return to_html(told, picture(label, *body(scene, is_exact=False)))


def render(scene: Scene) -> str:
    """The same with every setting, the odds of a column as pairs of bars, and a table."""
    told = h("p", {"class": "lead"}, rich(scene, "decode.compare.lead"))
    return to_html(told, *body(scene, is_exact=True))


def body(scene: Scene, *, is_exact: bool) -> list[Node]:
    """What steers both sides; what they wrote."""
    shown = shown_of(scene)
    parts: list[Node] = [compare_steers.steers(scene, is_exact=is_exact)]
    if shown is None:
        return parts
    parts.append(written(scene, shown, is_exact=is_exact))
    if shown.is_recorded:
        parts.append(compare_columns.recorded(scene, shown))
    if is_exact:
        parts += compare_odds.panel(scene, shown)
        parts.append(compare_odds.folded_table(scene, shown))
    return parts


def shown_of(scene: Scene) -> Contrast | None:
    """What was written here; before that, the recorded example."""
    return scene.run.contrast or scene.example


def written(scene: Scene, shown: Contrast, *, is_exact: bool) -> Node:
    """What the two sides are, the sentence about where they part, their tokens.

    What the sides are is left out where the dials above say no other.
    """
    is_said = is_exact or compare_columns.tells_more(shown) or compare_steers.is_stale(scene)
    return h(
        "div",
        {"class": "versus"},
        compare_columns.heads(scene, shown) if is_said else None,
        h("p", {"class": "versus-said", "role": "status"}, compare_columns.told(scene, shown)),
        compare_columns.columns(scene, shown, is_exact=is_exact),
        None if is_exact else compare_columns.read(scene, shown),
    )
