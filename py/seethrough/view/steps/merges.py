"""One word's merges, drawn: symbols, a row for each round with its rank on the joint, the ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.core.visible import PICTURES, visible_bytes
from seethrough.view.counted import counted
from seethrough.view.ladder import Column, Ladder, Rung, ladder_of, moments_of_rounds
from seethrough.view.node import Node, h
from seethrough.view.numbers import count
from seethrough.view.tokens import N_HUES
from seethrough.view.words import rich, say, token_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.state import Scene
    from seethrough.core.film import Film, FilmMerge, FilmWord
    from seethrough.view.node import Attributes
    from seethrough.view.words import Framed

TEXT, SYMBOLS, FIRST_MERGE = range(3)  # moments of the film; the merges' follow
MERGE_MOMENTS = 5  # with the two before and the one behind them: eight


@dataclass(frozen=True)
class WordShown:
    """The chosen word: its ladder, the positions of its tokens, the moment of each round."""

    index: int
    word: FilmWord
    ladder: Ladder
    first_position: int
    times: tuple[int, ...]

    @property
    def n_moments(self) -> int:
        """How many moments its merges take."""
        return self.times[-1] + 1 if self.times else 0

    @property
    def end(self) -> int:
        """The moment in which its tokens stand there."""
        return FIRST_MERGE + self.n_moments

    @property
    def positions(self) -> range:
        """Where its tokens stand."""
        return range(self.first_position, self.first_position + len(self.word.ids))

    def merges_at(self, moment: int) -> tuple[FilmMerge, ...]:
        """The merges of one of its moments, in order."""
        return tuple(
            merge
            for time, merges in zip(self.times, self.ladder.rounds, strict=True)
            if time == moment
            for merge in merges
        )


def of_word(film: Film, index: int) -> WordShown:
    """What is drawn of a word."""
    word = film.words[index]
    ladder = ladder_of(film, word)
    times = moments_of_rounds(len(ladder.rounds), MERGE_MOMENTS)
    return WordShown(index, word, ladder, film.first_position(index), times)


def picture(scene: Scene, shown: WordShown, beside: Sequence[Node | str]) -> Node:
    """The ladder, and beside it what happens to the word and what comes of the whole text."""
    return h(
        "div",
        {"class": "ladder-plate"},
        drawn(scene, shown),
        h(
            "div",
            {"class": "ladder-side"},
            h(
                "p",
                {"class": "ladder-told", "data-at": str(SYMBOLS), "data-move": "appear"},
                describe_word(scene, shown),
            ),
            *beside,
        ),
    )


def describe_word(scene: Scene, shown: WordShown) -> list[Node | str]:
    """What happens to the chosen word, in a sentence."""
    word = shown.word
    fields: dict[str, Node | str | Framed] = {
        "word": token_mark(visible_bytes(word.text.encode("utf-8", "surrogatepass"))),
        "n_pieces": counted(scene, len(word.symbols)),
        "n_merges": counted(scene, len(word.merges)),
        "n_tokens": counted(scene, len(word.ids)),
        "n_ids": count(scene, len(word.ids)),
    }
    if word.is_added:
        key = "special"
    elif not word.ids:
        key = "all_lost"
    elif not word.symbols:
        key = "too_long"
    elif not word.merges:
        key = "no_merge"
    else:
        key = "merged"
    sentence = rich(scene, f"tokenize.told.{key}", **fields)
    is_spaced = word.symbols[:1] == (PICTURES[" "],) and not word.text.startswith(" ")
    return [*sentence, " ", say(scene, "tokenize.told.space")] if is_spaced else sentence


def drawn(scene: Scene, shown: WordShown) -> Node | str:
    """The table of the ladder, its rows the rounds; the last row the ids."""
    if not shown.ladder.columns:
        return alone(scene, shown)
    rows = [start_row(scene, shown)]
    rows += [round_row(scene, shown, index) for index in range(len(shown.ladder.rows))]
    return h(
        "div",
        {"class": "scroll ladder-scroll", "tabindex": "0"},
        h(
            "table",
            {"class": "ladder", "data-part": "merges"},
            h("caption", {"class": "visually-hidden"}, say(scene, "tokenize.ladder")),
            h("tbody", {}, rows, end_row(scene, shown)),
        ),
    )


def alone(scene: Scene, shown: WordShown) -> Node:
    """The tokens of a word that has no ladder: a special token, or a very long word."""
    boxes = [
        h("li", {}, end_box(scene, shown, position)) for position in list(shown.positions)[:64]
    ]
    return h("ol", {"class": "ladder-alone"}, boxes)


def row_name(words: str, moment: int) -> Node:
    """What a row is, at its left."""
    name = h("span", {"data-at": str(moment), "data-move": "appear"}, words)
    return h("th", {"scope": "row", "class": "ladder-row"}, name)


def start_row(scene: Scene, shown: WordShown) -> Node:
    """The symbols that merging starts from; lost bytes struck out among them."""
    cells = [h("td", {}, start_cell(scene, column)) for column in shown.ladder.columns]
    return h("tr", {}, row_name(say(scene, "tokenize.row.start"), SYMBOLS), cells)


def start_cell(scene: Scene, column: Column) -> Node:
    """One symbol, or a byte that no token stands for."""
    attributes: Attributes = {
        "class": "lost-byte" if column.is_lost else "ladder-symbol",
        "title": say(scene, "tokenize.lost_here") if column.is_lost else None,
        "data-at": str(SYMBOLS),
        "data-move": "rise",
    }
    name = None if column.is_lost else f"ladder-0-{column.place}"
    return h("span", attributes, h("bdi", {"id": name}, column.shown))


def round_row(scene: Scene, shown: WordShown, index: int) -> Node:
    """One round: what is merged now, and lines for the pieces that wait."""
    moment = FIRST_MERGE + shown.times[index]
    cells = [round_cell(scene, shown, index, rung, moment) for rung in shown.ladder.rows[index]]
    return h("tr", {}, row_name(count(scene, index + 1), moment), cells)


def round_cell(scene: Scene, shown: WordShown, index: int, rung: Rung, moment: int) -> Node:
    """One cell of a round."""
    span = str(rung.width) if rung.width > 1 else None
    if rung.is_lost:
        return h("td", {})
    if rung.merge is None:
        wait = h("span", {"class": "ladder-wait", "data-at": str(moment), "data-move": "appear"})
        return h("td", {"colspan": span}, wait)
    merge = rung.merge
    box = h(
        "span",
        {"class": "ladder-box", "data-at": str(moment), "data-move": "appear"},
        h(
            "span",
            {"class": "rank number", "title": say(scene, "tokenize.rank")},
            count(scene, merge.rank),
        ),
        h(
            "span",
            {"class": "ladder-piece", "id": f"ladder-{index + 1}-{rung.place}"},
            parts(shown, index, merge, moment),
        ),
    )
    return h("td", {"colspan": span}, box)


def parts(shown: WordShown, index: int, merge: FilmMerge, moment: int) -> list[Node]:
    """The two pieces, each from where it stood; as one where joining changes how they read."""
    if merge.left + merge.right != merge.result:
        return [part(merge.result, source(shown, index, merge.left_at), moment)]
    return [
        part(merge.left, source(shown, index, merge.left_at), moment),
        part(merge.right, source(shown, index, merge.right_at), moment),
    ]


def part(text: str, origin: str, moment: int) -> Node:
    """A piece that travels."""
    attributes: Attributes = {
        "class": "ladder-part",
        "data-at": str(moment),
        "data-move": "fly",
        "data-from": origin,
    }
    return h("bdi", attributes, text)


def source(shown: WordShown, index: int, place: int) -> str:
    """The element in which a piece stood before a round."""
    for row in range(index - 1, -1, -1):
        if any(merge.left_at == place for merge in shown.ladder.rounds[row]):
            return f"ladder-{row + 1}-{place}"
    return f"ladder-0-{place}"


def end_row(scene: Scene, shown: WordShown) -> Node:
    """The pieces that are left: tokens in their hues, with their ids."""
    positions = iter(shown.positions)
    cells = [
        h("td", {}) if rung.is_lost else end_cell(scene, shown, rung, next(positions))
        for rung in shown.ladder.ends
    ]
    return h(
        "tr",
        {"class": "ladder-end"},
        row_name(say(scene, "tokenize.row.end"), shown.end),
        cells,
    )


def end_cell(scene: Scene, shown: WordShown, rung: Rung, position: int) -> Node:
    """One token at the ladder's end."""
    span = str(rung.width) if rung.width > 1 else None
    return h("td", {"colspan": span}, end_box(scene, shown, position))


def end_box(scene: Scene, shown: WordShown, position: int) -> Node:
    """A token's text and id."""
    token = shown.word.ids[position - shown.first_position]
    view = scene.run.tokens[position] if position < len(scene.run.tokens) else None
    text = view.visible if view is not None and view.id == token else shown_piece(shown, position)
    return h(
        "span",
        {
            "class": f"ladder-token hue-{position % N_HUES}",
            "id": f"ladder-token-{position}",
            "data-at": str(shown.end),
            "data-move": "rise",
        },
        h("bdi", {}, text),
        h("span", {"class": "chip-note number"}, str(token)),
    )


def shown_piece(shown: WordShown, position: int) -> str:
    """What the film itself ends with at a position."""
    pieces = shown.word.pieces
    at = position - shown.first_position
    return pieces[at][1] if at < len(pieces) else shown.word.text
