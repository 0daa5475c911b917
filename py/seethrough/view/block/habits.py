"""What each head of the layer does in this text: measured shares, and how widely it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.head_facts import entropy, habits
from seethrough.view.ideas.plain import whole
from seethrough.view.node import Node, h
from seethrough.view.numbers import exact, readout
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.head_facts import Habit
    from seethrough.view.block.here import Here


def figure(scene: Scene, here: Here) -> Node | str:
    """A line for each head; nothing where the layer's patterns are not known, or of one token."""
    patterns, ids = scene.run.pattern(here.layer), [token.id for token in scene.run.tokens]
    if patterns is None or patterns.shape[1] < 2:  # noqa: PLR2004 - one token sees itself alone
        return ""
    ids = ids[: patterns.shape[1]]
    found = [habits(pattern, ids) for pattern in patterns]
    columns = [
        h(
            "th",
            {"scope": "col", "title": say(scene, f"habits.{one.name}.told", n=one.n_rows)},
            say(scene, f"habits.{one.name}"),
        )
        for one in found[0]
    ]
    lines = [line(scene, here, at, one, patterns[at]) for at, one in enumerate(found)]
    return h(
        "figure",
        {"class": "habits"},
        h("h3", {"class": "aside-title"}, say(scene, "habits.title", layer=here.layer)),
        h("p", {"class": "is-quiet"}, say(scene, "habits.how")),
        h(
            "div",
            {"class": "scroll", "tabindex": "0"},
            h(
                "table",
                {"class": "habits-table"},
                h(
                    "thead",
                    {},
                    h(
                        "tr",
                        {},
                        h("th", {"scope": "col"}, say(scene, "view.head")),
                        columns,
                        h(
                            "th",
                            {"scope": "col", "title": say(scene, "habits.bits.told")},
                            say(scene, "habits.bits"),
                        ),
                    ),
                ),
                h("tbody", {}, lines),
            ),
        ),
    )


def line(scene: Scene, here: Here, head: int, found: tuple[Habit, ...], pattern: Array) -> Node:
    """One head: its shares, the mean of its rows' entropy."""
    bits = float(entropy(pattern).mean())
    is_here = head == here.head
    return h(
        "tr",
        {"class": "is-selected" if is_here else None},
        h("th", {"scope": "row"}, str(head)),
        [share(scene, one) for one in found],
        h("td", {"class": "number", "title": exact(scene, bits)}, readout(scene, bits)),
    )


def share(scene: Scene, found: Habit) -> Node:
    """A share in whole per cent on a bar; none where the text has no such place."""
    if found.share is None:
        return h("td", {"class": "is-quiet"}, say(scene, "habits.none"))
    looks = {"x": "0", "width": f"{100 * found.share:.2f}%", "height": "100%"}
    bar = h("svg", {"class": "habit-bar", "aria-hidden": "true"}, h("rect", looks))
    title = exact(scene, found.share)
    return h("td", {"title": title}, bar, h("span", {}, whole(scene, found.share)))
