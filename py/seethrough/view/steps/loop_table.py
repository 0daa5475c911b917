"""Step 8's numbers: every new token, exact, with what its pass cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core import cost
from seethrough.view.folded import folded
from seethrough.view.node import Child, Node, h
from seethrough.view.numbers import cell, count, exact
from seethrough.view.steps.written import bits
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import NewToken


def table(scene: Scene) -> list[Node]:
    """All steps with exact numbers; nothing before the first."""
    if not scene.run.steps or scene.run.config is None:
        return []
    return [folded(scene, "loop-data", say(scene, "loop.table"), lambda: lines(scene))]


def lines(scene: Scene) -> Node:
    """The table itself."""
    names = ("step", "token", "id", "prob", "rank", "bits", "logit", "ms", "kept", "done")
    head = h(
        "tr",
        {},
        [h("th", {"scope": "col"}, say(scene, f"loop.table.{name}")) for name in names],
    )
    rows = [table_row(scene, step, new) for step, new in enumerate(scene.run.steps)]
    whole = h(
        "table",
        {"class": "numbers"},
        h("caption", {}, say(scene, "loop.table.caption")),
        h("thead", {}, head),
        h("tbody", {}, rows),
    )
    return h("div", {"class": "table scroll", "tabindex": "0"}, whole)


def table_row(scene: Scene, step: int, new: NewToken) -> Node:
    """One step: what was taken, what it was given, what it took."""
    config, unknown = scene.run.config, say(scene, "loop.unknown")
    n_kept = scene.run.n_prompt + step - 1 if step else 0
    n_new = 1 if step else scene.run.n_prompt
    logits = [item.logit for item in new.candidates if item.id == new.id]
    values: list[Child] = [
        h("bdi", {}, new.visible),
        str(new.id),
        exact(scene, new.prob),
        count(scene, new.rank + 1),
        exact(scene, bits(new.prob)),
        exact(scene, logits[0]) if logits else unknown,
        cell(scene, new.elapsed_ms) if new.elapsed_ms > 0 else unknown,
        count(scene, n_kept),
        count(scene, cost.multiply_adds(config, n_new, n_kept)) if config else unknown,
    ]
    return h(
        "tr",
        {},
        h("th", {"scope": "row"}, count(scene, step + 1)),
        [h("td", {}, value) for value in values],
    )
