"""How a text became the model's ids, word by word and merge by merge, readable without tokeniser.

Every piece is here as it is shown (`Tokenizer.visible_piece`); a recording keeps it as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from seethrough.core.chat import USER, ChatMessage, Piece
from seethrough.core.clean_text import clean_text
from seethrough.core.errors import SourceError
from seethrough.core.tokenizer import LostByte

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.chat import ChatTemplate
    from seethrough.core.tokenizer import Tokenizer, Word

MOST_WORDS = 256
MOST_SYMBOLS = 256  # of one word; a longer one is kept without its merges
MOST_OF_ALL = 8192  # symbols of all words together
MOST_LOST = 256
PART = "film"


@dataclass(frozen=True)
class FilmMerge:
    """Two neighbours became one piece; all three as they are shown.

    `left_at` and `right_at` are the places of their first symbols among the word's `symbols`.
    """

    left_at: int
    right_at: int
    left: str
    right: str
    result: str
    rank: int


@dataclass(frozen=True)
class FilmWord:
    """One word of the split, from its symbols to its ids.

    `at` is the place of its first character in the film's text. A word without symbols is an added
    token (`is_added`), or too long to be shown, or wholly lost (then it has no ids either).
    """

    text: str
    at: int
    symbols: tuple[str, ...]
    merges: tuple[FilmMerge, ...]
    ids: tuple[int, ...]
    is_added: bool = False

    @property
    def pieces(self) -> tuple[tuple[int, str], ...]:
        """What merging ends with, a piece for each id: the place of its first symbol, and it."""
        alive = dict(enumerate(self.symbols))
        for merge in self.merges:
            alive[merge.left_at] = merge.result
            del alive[merge.right_at]
        return tuple(alive.items())


@dataclass(frozen=True)
class Film:
    """A whole prompt's way to its ids.

    `pieces` are the template's and the reader's stretches of the text in order; plain text is one
    piece without a role. `words` are the first ones of `n_words`; `n_ids` counts all ids, the
    `start_ids` before plain text among them. `lost` are the first bytes of `n_lost` that the
    vocabulary has no token for.
    """

    pieces: tuple[Piece, ...]
    start_ids: tuple[int, ...]
    words: tuple[FilmWord, ...]
    n_words: int
    n_ids: int
    lost: tuple[LostByte, ...]
    n_lost: int

    @property
    def text(self) -> str:
        """The whole text that was tokenised."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def is_chat(self) -> bool:
        """Whether a chat template stands around the reader's words."""
        return any(piece.kind == "template" for piece in self.pieces)

    def first_position(self, index: int) -> int:
        """The position of the first token of a word."""
        return len(self.start_ids) + sum(len(word.ids) for word in self.words[:index])


def film_of(
    tokenizer: Tokenizer,
    prompt: str,
    template: ChatTemplate | None = None,
    start_ids: Sequence[int] = (),
) -> Film:
    """The film of a prompt, as plain text or as the user's message in a chat template.

    Args:
        start_ids: What stands before plain text; a template has its own beginning.
    """
    text = clean_text(prompt).text
    if template is None:
        pieces, closed = [Piece(text, "content", "")], [(text, True)]
    else:
        pieces = template.pieces([ChatMessage(USER, text)])
        closed = [(piece.text, piece.kind == "template") for piece in pieces]
    words, lost = tokenizer.words_of_pieces(closed), tokenizer.lost_bytes_of_pieces(closed)
    before = tuple(start_ids) if template is None else ()
    shown = _first_words(words)
    return Film(
        pieces=tuple(pieces),
        start_ids=before,
        words=tuple(_film_word(tokenizer, word) for word in shown),
        n_words=len(words),
        n_ids=len(before) + sum(len(word.ids) for word in words),
        lost=tuple(lost[:MOST_LOST]),
        n_lost=len(lost),
    )


def to_json(film: Film) -> dict[str, Any]:
    """Plain values for a recording's metadata."""
    return {
        "pieces": [[piece.text, piece.kind, piece.role] for piece in film.pieces],
        "start_ids": list(film.start_ids),
        "words": [_row_of(word) for word in film.words],
        "n_words": film.n_words,
        "n_ids": film.n_ids,
        "lost": [[lost.at, lost.byte] for lost in film.lost],
        "n_lost": film.n_lost,
    }


def from_json(data: object) -> Film:
    """The film that `to_json` wrote.

    Raises:
        SourceError: It is not one: a wrong kind, a place outside, merges that cannot be.
    """
    try:
        return _film(cast("dict[str, Any]", data))
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise SourceError("recording.unreadable", part=PART) from error


def _first_words(words: Sequence[Word]) -> list[Word]:
    """As many of the first words as a film holds."""
    shown: list[Word] = []
    n_symbols = 0
    for word in words[:MOST_WORDS]:
        n_symbols += len(word.symbols) if len(word.symbols) <= MOST_SYMBOLS else 0
        if n_symbols > MOST_OF_ALL:
            break
        shown.append(word)
    return shown


def _film_word(tokenizer: Tokenizer, word: Word) -> FilmWord:
    is_added = bool(word.ids) and not word.symbols
    if len(word.symbols) > MOST_SYMBOLS:
        return FilmWord(word.text, word.at, (), (), word.ids)
    show = tokenizer.visible_piece
    merges = tuple(
        FilmMerge(
            merge.left_at,
            merge.right_at,
            show(merge.left),
            show(merge.right),
            show(merge.left + merge.right),
            merge.rank,
        )
        for merge in tokenizer.merges(word)
    )
    symbols = tuple(map(show, word.symbols))
    return FilmWord(word.text, word.at, symbols, merges, word.ids, is_added)


def _row_of(word: FilmWord) -> list[Any]:
    """A word as a row: its place, length, kind, symbols, merges, ids."""
    merges = [[merge.left_at, merge.right_at, merge.result, merge.rank] for merge in word.merges]
    symbols, ids = list(word.symbols), list(word.ids)
    return [word.at, len(word.text), word.is_added, symbols, merges, ids]


def _film(data: dict[str, Any]) -> Film:
    pieces = tuple(_piece(row) for row in _list(data["pieces"]))
    text = "".join(piece.text for piece in pieces)
    film = Film(
        pieces=pieces,
        start_ids=_ids(data["start_ids"]),
        words=tuple(_word(row, text) for row in _list(data["words"], MOST_WORDS)),
        n_words=_count(data["n_words"]),
        n_ids=_count(data["n_ids"]),
        lost=tuple(_lost(row, text) for row in _list(data["lost"], MOST_LOST)),
        n_lost=_count(data["n_lost"]),
    )
    _require(len(film.words) <= film.n_words, len(film.lost) <= film.n_lost)
    known, is_whole = film.first_position(len(film.words)), len(film.words) == film.n_words
    _require(known == film.n_ids if is_whole else known <= film.n_ids)
    return film


def _piece(row: Any) -> Piece:  # noqa: ANN401 - JSON
    text, kind, role = (_kind(value, str) for value in row)
    _require(kind in {"template", "content"})
    return Piece(text, cast('Literal["template", "content"]', kind), role)


def _word(row: Any, text: str) -> FilmWord:  # noqa: ANN401 - JSON
    at, length, is_added, symbols, merges, ids = row
    _require(_count(at) + _count(length) <= len(text))
    start = tuple(_kind(symbol, str) for symbol in _list(symbols, MOST_SYMBOLS))
    word = FilmWord(
        text=text[at : at + length],
        at=at,
        symbols=start,
        merges=_merges(_list(merges, MOST_SYMBOLS), start),
        ids=_ids(ids),
        is_added=_kind(is_added, bool),
    )
    _require(not start or len(word.pieces) == len(word.ids))
    return word


def _merges(rows: list[Any], symbols: tuple[str, ...]) -> tuple[FilmMerge, ...]:
    """The merges with what they joined, replayed: only living neighbours can be."""
    alive, merges = dict(enumerate(symbols)), []
    for left_at, right_at, result, rank in rows:
        living = list(alive)
        _require(_count(right_at) == living[living.index(_count(left_at)) + 1])
        left, right = alive[left_at], alive.pop(right_at)
        alive[left_at] = _kind(result, str)
        merges.append(FilmMerge(left_at, right_at, left, right, result, _count(rank)))
    return tuple(merges)


def _lost(row: Any, text: str) -> LostByte:  # noqa: ANN401 - JSON
    at, byte = (_count(value) for value in row)
    _require(byte in text[at].encode())
    return LostByte(at, text[at], byte)


def _ids(values: Any) -> tuple[int, ...]:  # noqa: ANN401 - JSON
    return tuple(_count(value) for value in _list(values))


def _list(value: Any, most: int | None = None) -> list[Any]:  # noqa: ANN401 - JSON
    _require(most is None or len(value) <= most)
    return cast("list[Any]", _kind(value, list))


def _count(value: Any) -> int:  # noqa: ANN401 - JSON
    _require(_kind(value, int) >= 0)
    return cast("int", value)


def _kind(value: Any, kind: type) -> Any:  # noqa: ANN401 - JSON
    """The value, if it is exactly of that kind."""
    _require(type(value) is kind)
    return value


def _require(*facts: bool) -> None:
    """Refuse data of which one of these is not so."""
    if not all(facts):
        raise SourceError("recording.unreadable", part=PART)
