"""The numbers behind the ladder: the merges of the chosen word, and every word's sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.visible import visible_bytes
from seethrough.view.folded import folded
from seethrough.view.node import Node, h
from seethrough.view.numbers import count
from seethrough.view.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.film import Film
    from seethrough.view.node import Child
    from seethrough.view.steps.merges import WordShown

MERGE_HEADS = ("order", "left", "right", "result", "rank")
WORD_HEADS = ("order", "text", "symbols", "merges", "ids")


def data(scene: Scene, film: Film, shown: WordShown | None) -> Node:
    """Both tables, folded away."""
    return folded(
        scene,
        "tokenize-data",
        say(scene, "tokenize.data"),
        lambda: [None if shown is None else merges(scene, shown), words(scene, film)],
    )


def merges(scene: Scene, shown: WordShown) -> Node:
    """Each merge of the chosen word."""
    rows = [(merge.left, merge.right, merge.result, str(merge.rank)) for merge in shown.word.merges]
    caption = say(scene, "tokenize.caption_merges", word=readable(shown.word.text))
    return table(scene, caption, MERGE_HEADS, rows)


def words(scene: Scene, film: Film) -> Node:
    """Each word: its symbols, how many merges, the ids that are left."""
    rows = [
        (
            readable(word.text),
            " ".join(word.symbols),
            str(len(word.merges)),
            " ".join(map(str, word.ids)),
        )
        for word in film.words
    ]
    caption = say(scene, "tokenize.caption_words", n_words=count(scene, film.n_words))
    return table(scene, caption, WORD_HEADS, rows)


def readable(text: str) -> str:
    """A word with its spaces seen."""
    return visible_bytes(text.encode("utf-8", "surrogatepass"))


def table(scene: Scene, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Node:
    """Rows with their number before them."""
    names: list[Child] = [
        h("th", {"scope": "col"}, say(scene, f"tokenize.head.{name}")) for name in heads
    ]
    body = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, count(scene, at)),
            [h("td", {}, h("bdi", {}, value)) for value in row],
        )
        for at, row in enumerate(rows, start=1)
    ]
    return h(
        "div",
        {"class": "table scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "numbers"},
            h("caption", {}, caption),
            h("thead", {}, h("tr", {}, names)),
            h("tbody", {}, body),
        ),
    )
