"""a − b + c: the rows nearest to what comes out, the three words in the places that they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.atlas_search import words_of
from seethrough.core.row_words import N_TERMS, SUMS
from seethrough.view.chart import offer
from seethrough.view.chart.beside import token_button
from seethrough.view.node import Attributes, Node, h, to_html
from seethrough.view.numbers import count, with_signs
from seethrough.view.words import action_button, rich, say, token_mark

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.arithmetic import SumFound
    from seethrough.core.atlas import Atlas

FIELDS = (
    *("language", "atlas", "sum_terms", "sum_found", "sum_told", "is_adding", "box_found"),
    *offer.FIELDS,
)
BOXES = ("sum-0", "sum-1", "sum-2")
ITALY, ROME = ("Paris", "France", "Italy"), "Rome"


def render(state: AppState) -> str:
    """What can be tried, the answer, the nearest rows."""
    atlas, by_rows = state.chart.atlas, state.by_rows
    if atlas is None:
        return ""
    tools = [
        *offer.meant(state, BOXES, by_rows.sum_terms),
        h("div", {"class": "chart-layouts"}, swaps(state)),
        *offer.known(say(state, "rows.sum.known"), tries(state, atlas)),
    ]
    return to_html(h("div", {}, tools), h("div", {}, answer(state, atlas)))


def answer(state: AppState, atlas: Atlas) -> list[Node]:
    """The nearest rows, or why they are not there."""
    by_rows = state.by_rows
    if None in by_rows.sum_terms:
        return [h("p", {"role": "status"}, say(state, "rows.sum.empty"))]
    if by_rows.is_adding:
        n_tokens = count(state, atlas.n_tokens)
        return [h("p", {"role": "status"}, say(state, "rows.sum.adding", n_tokens=n_tokens))]
    if by_rows.sum_found is None:
        return offer.lack(state, by_rows.sum_told)
    return [
        h("p", {}, asked(state, atlas, by_rows.sum_found)),
        h("p", {"role": "status"}, *told(state, atlas, by_rows.sum_found)),
        table(state, atlas, by_rows.sum_found),
        h("p", {"class": "note"}, say(state, "rows.sum.honest")),
    ]


def asked(state: AppState, atlas: Atlas, found: SumFound) -> list[Node | str]:
    """The sum itself, by its very tokens: a box says no leading space, and paper has no boxes."""
    first, minus, plus = (token_mark(atlas.visible(token)) for token in found.terms)
    return rich(state, "rows.sum.name", first=first, minus=minus, plus=plus)


def swaps(state: AppState) -> list[Node]:
    """The buttons that let two words change places."""
    first: Attributes = {"class": "button", "data-box": BOXES[0], "data-other": BOXES[2]}
    last: Attributes = {"class": "button", "data-box": BOXES[1], "data-other": BOXES[2]}
    return [
        action_button(state, "rows-swap", "rows.sum.swap", first),
        action_button(state, "rows-swap", "rows.sum.swap_two", last),
    ]


def tries(state: AppState, atlas: Atlas) -> list[Node]:
    """The sums that this vocabulary has the words for."""
    buttons = []
    for at, (first, minus, plus) in enumerate(SUMS):
        if len(words_of(atlas, (first, minus, plus))) == N_TERMS:
            words = say(state, "rows.sum.name", first=first, minus=minus, plus=plus)
            more: Attributes = {"type": "button", "class": "button", "data-action": "rows-sum"}
            buttons.append(h("button", {**more, "data-at": str(at)}, h("bdi", {}, words)))
    return buttons


def told(state: AppState, atlas: Atlas, found: SumFound) -> list[Node | str]:
    """The answer in a sentence; that it is none, where a given word is its own nearest."""
    best = token_mark(atlas.visible(found.ids[0]))
    others = [token for token in found.ids if token not in found.terms]
    if found.ids[0] in found.terms and others:
        other = token_mark(atlas.visible(others[0]))
        said = rich(state, "rows.sum.given_first", token=best, other=other)
    else:
        n_tokens = count(state, atlas.n_tokens)
        said = rich(state, "rows.sum.answer", n_tokens=h("b", {}, n_tokens), token=best)
    rome = words_of(atlas, (ROME,))
    if found.terms == words_of(atlas, ITALY) and rome and rome[0] not in found.ids:
        return [*said, " ", say(state, "rows.sum.rome")]
    return said


def table(state: AppState, atlas: Atlas, found: SumFound) -> Node:
    """The nearest rows with their cosines; under them the given words that are not among them."""
    rows = [
        (at + 1, token, cosine)
        for at, (token, cosine) in enumerate(zip(found.ids, found.cosines, strict=True))
    ]
    given = sorted(zip(found.ranks, found.terms, found.given, strict=True))
    rows += [row for row in dict.fromkeys(given) if row[1] not in found.ids]
    heads = [
        say(state, "rows.sum.rank"),
        say(state, "rows.sum.token"),
        say(state, "rows.sum.cosine"),
    ]
    caption = h("caption", {}, say(state, "rows.sum.caption", n=len(found.ids)))
    head = h("tr", {}, [h("th", {"scope": "col"}, words) for words in heads])
    body = [line(state, atlas, row, is_given=row[1] in found.terms) for row in rows]
    return h("table", {"class": "chart-near"}, caption, h("thead", {}, head), h("tbody", {}, body))


def line(state: AppState, atlas: Atlas, row: tuple[int, int, float], *, is_given: bool) -> Node:
    """A row of the table; a given word says so."""
    rank, token, cosine = row
    given = (
        [" ", h("span", {"class": "rows-given"}, say(state, "rows.sum.given"))] if is_given else []
    )
    return h(
        "tr",
        {"class": "is-given" if is_given else None},
        h("td", {}, count(state, rank)),
        h("td", {}, token_button(state, atlas, token), given),
        h("td", {}, with_signs(state, f"{cosine:.3f}")),
    )
