"""What each head of the layer does in this text: measured shares, and how widely it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.head_facts import entropy, habits
from seethrough.view.ideas.plain import whole
from seethrough.view.kept import kept_of
from seethrough.view.node import Node, h
from seethrough.view.numbers import exact, readout
from seethrough.view.words import Reader, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.head_facts import Habit
    from seethrough.core.tokens import TokenView
    from seethrough.view.block.here import Here


def figure(scene: Scene, here: Here) -> Node | str:
    """A line for each head; nothing where the layer's patterns are not known, or of one token."""
    patterns, ids = scene.run.pattern(here.layer), [token.id for token in scene.run.tokens]
    if patterns is None or patterns.shape[1] < 2:  # noqa: PLR2004 - one token sees itself alone
        return ""
    heads = lines((patterns, scene.run.tokens), scene.language)
    marked = ("is-selected" if at == here.head else None for at in range(len(heads)))
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
                        columns(scene, habits(patterns[0], ids[: patterns.shape[1]])),
                        h(
                            "th",
                            {"scope": "col", "title": say(scene, "habits.bits.told")},
                            say(scene, "habits.bits"),
                        ),
                    ),
                ),
                h(
                    "tbody",
                    {},
                    [
                        h("tr", {"class": mark}, *one)
                        for mark, one in zip(marked, heads, strict=True)
                    ],
                ),
            ),
        ),
    )


def columns(scene: Scene, found: tuple[Habit, ...]) -> list[Node]:
    """What each share is of."""
    return [
        h(
            "th",
            {"scope": "col", "title": say(scene, f"habits.{one.name}.told", n=one.n_rows)},
            say(scene, f"habits.{one.name}"),
        )
        for one in found
    ]


@kept_of
def lines(sources: tuple[Array, tuple[TokenView, ...]], language: str) -> list[list[Node]]:
    """The cells of each head's line, written once: they are of no token of the text.

    Args:
        sources: The layer's patterns, and the tokens.
    """
    patterns, tokens = sources
    ids, reader = [token.id for token in tokens[: patterns.shape[1]]], Reader(language)
    return [
        line(reader, head, habits(pattern, ids), pattern) for head, pattern in enumerate(patterns)
    ]


def line(reader: Reader, head: int, found: tuple[Habit, ...], pattern: Array) -> list[Node]:
    """One head: its shares, the mean of its rows' entropy."""
    bits = float(entropy(pattern).mean())
    return [
        h("th", {"scope": "row"}, str(head)),
        *(share(reader, one) for one in found),
        h("td", {"class": "number", "title": exact(reader, bits)}, readout(reader, bits)),
    ]


def share(reader: Reader, found: Habit) -> Node:
    """A share in whole per cent on a bar; none where the text has no such place."""
    if found.share is None:
        return h("td", {"class": "is-quiet"}, say(reader, "habits.none"))
    looks = {"x": "0", "width": f"{100 * found.share:.2f}%", "height": "100%"}
    bar = h("svg", {"class": "habit-bar", "aria-hidden": "true"}, h("rect", looks))
    title = exact(reader, found.share)
    return h("td", {"title": title}, bar, h("span", {}, whole(reader, found.share)))
