"""Text to token ids and back, as the model's own `tokenizer.json` says, every merge on show.

The `tokenizers` package is the oracle: ids and decoded text are identical to its
`encode(text, add_special_tokens=False)` and `decode(ids, skip_special_tokens=...)`; `special=False`
is its `encode_special_tokens = True`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING, Any

from seethrough.core.added_tokens import AddedTokens, Part
from seethrough.core.bpe import Bpe, Merge
from seethrough.core.errors import InputError
from seethrough.core.tokenizer_source import TokenizerSource, read_source
from seethrough.core.visible import visible_bytes, visible_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

KEPT_WORDS = 50_000  # a page of text has a few hundred different words
KEPT_LENGTH = 64  # characters; longer words seldom come twice


@dataclass(frozen=True)
class Word:
    """One word of the split: merging happens inside it and never across its ends.

    `at` is the place of its first character in the text. `symbols` is what merging starts from: one
    for each byte or character, and perhaps a space that the tokeniser puts before the text. An
    added token is a word without symbols.
    """

    text: str
    at: int
    symbols: tuple[str, ...]
    ids: tuple[int, ...]


@dataclass(frozen=True)
class LostByte:
    """A byte that the model never sees, because the vocabulary has no token for it.

    `at` is the place in the text of the character that it is a byte of.
    """

    at: int
    character: str
    byte: int


class Tokenizer:
    """A model's tokeniser. Make one with `Tokenizer.from_json`."""

    def __init__(self, source: TokenizerSource) -> None:
        self.special_ids = frozenset(token.id for token in source.added if token.is_special)
        self._source = source
        self._wiring = source.wiring
        self._bpe = Bpe(source.vocab, source.ranks)
        self._added = AddedTokens(source.added, source.wiring.normalized, source.wiring.places)
        self._texts = _texts_by_id(source)
        self._known: dict[str, list[int]] = {}

    @classmethod
    def from_json(cls, source: str | Mapping[str, Any]) -> Tokenizer:
        """The tokeniser of a `tokenizer.json`, as its text or already parsed.

        Raises:
            SourceError: It is damaged, or of a kind that is not supported.
        """
        return cls(read_source(source))

    @property
    def vocab_size(self) -> int:
        """One more than the highest id."""
        return len(self._texts)

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        """The ids of a text; nothing is put before or after them.

        Unless `special`, a special token written in the text is ordinary text: "<|im_start|>" is
        then several tokens, and a reader cannot speak in another role.

        Raises:
            InputError: The text has a lone surrogate; `clean_text` replaces those.
        """
        return self.encode_pieces([(text, special)])

    def encode_pieces(self, pieces: Iterable[tuple[str, bool]]) -> list[int]:
        """The ids of one text that comes in pieces, each with its own `special`.

        Words and merges cross from piece to piece, as they would in the joined text; a special
        token counts only if none of it lies in a piece that is not `special`.

        Raises:
            InputError: The text has a lone surrogate; `clean_text` replaces those.
        """
        text, closed = _joined(list(pieces))
        ids: list[int] = []
        for part in self._added.cut(text, closed):
            if part.token:
                ids.append(part.token.id)
                continue
            for word in self._split(part):
                ids += self._ids_of(word)
        return ids

    def words(self, text: str, *, special: bool = True) -> list[Word]:
        """The words of a text with their ids; all ids together are what `encode` gives.

        Raises:
            InputError: The text has a lone surrogate; `clean_text` replaces those.
        """
        return self.words_of_pieces([(text, special)])

    def words_of_pieces(self, pieces: Iterable[tuple[str, bool]]) -> list[Word]:
        """The same of a text in pieces; the ids are those of `encode_pieces`.

        Raises:
            InputError: The text has a lone surrogate; `clean_text` replaces those.
        """
        text, closed = _joined(list(pieces))
        words: list[Word] = []
        for part in self._added.cut(text, closed):
            if part.token:
                words.append(Word(text[part.start : part.end], part.start, (), (part.token.id,)))
                continue
            split = self._split(part)
            # A prefix has no place in the text, so the places are counted from behind.
            ends = accumulate(map(len, split), initial=len(part.content) - sum(map(len, split)))
            places = [part.place(end) for end in ends]
            words += [
                Word(text[at:end], at, tuple(self._symbols(word)), tuple(self._ids_of(word)))
                for word, (at, end) in zip(split, pairwise(places), strict=True)
            ]
        return words

    def merges(self, word: Word) -> Iterator[Merge]:
        """Each merge of one word, in order."""
        return self._bpe.merges(word.symbols)

    def merge_film(self, text: str, *, special: bool = True) -> Iterator[tuple[int, Merge]]:
        """Each merge, in order, with the index of its word in `words(text)`.

        Raises:
            InputError: The text has a lone surrogate; `clean_text` replaces those.
        """
        for index, word in enumerate(self.words(text, special=special)):
            for merge in self.merges(word):
                yield index, merge

    def lost_bytes(self, text: str, *, special: bool = True) -> list[LostByte]:
        """The bytes of a text that vanish before the model, in order.

        Raises:
            InputError: The text has a lone surrogate; `clean_text` replaces those.
        """
        return self.lost_bytes_of_pieces([(text, special)])

    def lost_bytes_of_pieces(self, pieces: Iterable[tuple[str, bool]]) -> list[LostByte]:
        """The same of a text in pieces.

        Raises:
            InputError: The text has a lone surrogate; `clean_text` replaces those.
        """
        text, closed = _joined(list(pieces))
        return [
            LostByte(at, text[at], byte)
            for part in self._added.cut(text, closed)
            if not part.token and self._loses
            for at in range(part.start, part.end)
            for byte in self._lost_of(text[at])
        ]

    def decode(
        self, ids: Iterable[int], *, skip_special: bool = False, at_start: bool = True
    ) -> str:
        """The text of some ids; bytes that are no UTF-8 become U+FFFD.

        Unless `at_start`, the ids go on from others: no space is taken off their text, as Llama's
        tokeniser does where a text begins. So is one token's own text told. An id without a token
        adds nothing, as in `tokenizers`: models say such where their vocabulary is padded.
        """
        skipped = self.special_ids if skip_special else frozenset()
        texts, end = self._texts, len(self._texts)
        found = (texts[one] for one in ids if 0 <= one < end and one not in skipped)
        kept = [text for text in found if text is not None]
        return self._source.decoder(kept, at_start=at_start)

    def has(self, token_id: int) -> bool:
        """Whether there is a token with this id: a model may know more ids than its vocabulary."""
        return 0 <= token_id < len(self._texts) and self._texts[token_id] is not None

    def token_text(self, token_id: int) -> str:
        """A token as the vocabulary writes it: "Ġthe".

        Raises:
            InputError: There is no token with this id.
        """
        text = self._texts[token_id] if 0 <= token_id < len(self._texts) else None
        if text is None:
            raise InputError("tokens.no_such_id", id=token_id, highest=len(self._texts) - 1)
        return text

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that a token stands for; they need not be whole characters.

        Raises:
            InputError: There is no token with this id.
        """
        return self._wiring.alphabet.token_bytes(self.token_text(token_id))

    def visible(self, token_id: int) -> str:
        """A token for the screen, with nothing invisible in it: "·the".

        An id without a token has a name of its own: "⟨id 50300⟩".
        """
        if not self.has(token_id):
            return visible_id(token_id)
        return visible_bytes(self.token_bytes(token_id))

    def visible_piece(self, piece: str) -> str:
        """The same for a piece of the merge film (a `Merge.left`, some symbols)."""
        return visible_bytes(self._wiring.alphabet.token_bytes(piece))

    @property
    def _loses(self) -> bool:
        """Whether anything of a text can vanish."""
        return bool(self._source.lacking) or self._wiring.alphabet.is_by_character

    def _lost_of(self, character: str) -> Iterator[int]:
        """The bytes of a character that vanish."""
        if self._wiring.alphabet.is_by_character:
            yield from b"" if character in self._source.vocab else character.encode()
            return
        yield from (byte for byte in character.encode() if byte in self._source.lacking)

    def _ids_of(self, word: str) -> list[int]:
        return self._known.get(word) or self._word_ids(word)

    def _word_ids(self, word: str) -> list[int]:
        ids = self._bpe.ids(self._symbols(word))
        if len(self._known) >= KEPT_WORDS:
            self._known.clear()
        if len(word) <= KEPT_LENGTH:
            self._known[word] = ids
        return ids

    def _split(self, part: Part) -> list[str]:
        return self._wiring.words(self._wiring.prefixed(part.content, at_start=part.start == 0))

    def _symbols(self, word: str) -> Sequence[str]:
        """What merging starts from; a word that needs no merging is its only symbol."""
        alphabet, vocab = self._wiring.alphabet, self._source.vocab
        written = alphabet.written(word)
        if self._source.ignores_merges and written in vocab:
            return [written]
        return alphabet.symbols(written, vocab)


def _joined(pieces: Sequence[tuple[str, bool]]) -> tuple[str, list[tuple[int, int]]]:
    """The whole text, and the stretches of it that are not `special`."""
    text = "".join(piece for piece, _ in pieces)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            "tokens.lone_surrogate", at=error.start, code=f"{ord(text[error.start]):X}"
        ) from error
    ends = list(accumulate(len(piece) for piece, _ in pieces))
    closed = [
        (end - len(piece), end)
        for (piece, special), end in zip(pieces, ends, strict=True)
        if not special and piece
    ]
    return text, closed


def _texts_by_id(source: TokenizerSource) -> list[str | None]:
    """Each token's text at its id; None where the ids leave a gap."""
    vocab, named = source.vocab, {token.id: token.content for token in source.added}
    by_id = zip(vocab, vocab.values(), strict=True)
    in_order = list(vocab.values()) == list(range(len(vocab)))
    texts: list[str | None] = list(vocab) if in_order else []
    texts += [None] * (max([*vocab.values(), *named], default=-1) + 1 - len(texts))
    for token, number in chain(() if in_order else by_id, zip(named.values(), named, strict=True)):
        texts[number] = token
    return texts
