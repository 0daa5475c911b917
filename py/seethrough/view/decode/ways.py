"""The ways that a search found, best first; each score opens to what made it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.view.decode.rows import terms_of
from seethrough.view.folded import folded
from seethrough.view.node import Child, Node, h
from seethrough.view.numbers import count, exact, probability, setting, signed
from seethrough.view.words import rich, say

if TYPE_CHECKING:
    from seethrough.app.state import Scene, Searched
    from seethrough.core.beam import Way

TERMS = ("token", "prob", "log")
ALL = ("round", "way", "total", "score", "fate")


def listed(scene: Scene, searched: Searched) -> list[Child]:
    """The ways that ended, else those that go on."""
    search = searched.search
    shown = search.finished or search.running
    if not search.rounds:
        return []
    key = "decode.beams.ended" if search.finished else "decode.beams.running"
    title = h("h2", {"class": "beam-title"}, say(scene, key))
    items = [h("li", {}, one(scene, searched, at, way)) for at, way in enumerate(shown)]
    return [title, h("ol", {"class": "beam-ways"}, items)]


def one(scene: Scene, searched: Searched, at: int, way: Way) -> Node:
    """A way's words, and its score, which opens to its sum."""
    score = h("b", {"class": "number"}, signed(scene, way.score(searched.plan.penalty)))
    words = h("bdi", {"class": "beam-text"}, text_of(searched, way.ids))
    return folded(scene, f"beam-way-{at}", [words, " ", score], lambda: made(scene, searched, way))


def made(scene: Scene, searched: Searched, way: Way) -> list[Child]:
    """The sum behind a score: each token's log probability, their sum, what divides it."""
    terms = terms_of(searched.search, way.ids)
    head = [h("th", {"scope": "col"}, say(scene, f"decode.beams.term.{name}")) for name in TERMS]
    rows = [
        h(
            "tr",
            {},
            h("th", {"scope": "row"}, h("bdi", {}, searched.words[token])),
            h("td", {}, probability(scene, math.exp(term))),
            h("td", {}, exact(scene, term)),
        )
        for token, term in zip(way.ids, terms, strict=True)
    ]
    penalty = searched.plan.penalty
    told = rich(
        scene,
        "decode.beams.sum",
        total=exact(scene, way.total),
        n_tokens=count(scene, len(way.ids)),
        penalty=setting(scene, penalty),
        score=h("b", {}, exact(scene, way.score(penalty))),
    )
    table = h(
        "table", {"class": "numbers"}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)
    )
    box = h("div", {"class": "table scroll", "tabindex": "0"}, table)
    return [box, h("p", {"class": "note"}, told)]


def text_of(searched: Searched, ids: tuple[int, ...]) -> str:
    """Tokens as shown, one behind the other."""
    return "".join(searched.words[token] for token in ids)


def table_of_all(scene: Scene, searched: Searched) -> Node:
    """Every way that was weighed, round by round, with what became of it; closed at first."""
    name = say(scene, "decode.beams.table")
    return folded(scene, "beams-data", name, lambda: whole_table(scene, searched))


def whole_table(scene: Scene, searched: Searched) -> Node:
    """The table itself."""
    head = [h("th", {"scope": "col"}, say(scene, f"decode.beams.head.{name}")) for name in ALL]
    penalty, rows = searched.plan.penalty, list[Child]()
    for at, found in enumerate(searched.search.rounds):
        for grown in found:
            values: list[Child] = [
                h("bdi", {}, text_of(searched, grown.way.ids)),
                exact(scene, grown.way.total),
                exact(scene, grown.way.score(penalty)),
                say(scene, f"decode.beams.fate.{grown.fate}"),
            ]
            number = h("th", {"scope": "row"}, count(scene, at + 1))
            rows.append(h("tr", {}, number, [h("td", {}, value) for value in values]))
    caption = h("caption", {}, say(scene, "decode.beams.table_caption"))
    body = h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)
    whole = h("table", {"class": "numbers"}, caption, *body)
    return h("div", {"class": "table scroll", "tabindex": "0"}, whole)
