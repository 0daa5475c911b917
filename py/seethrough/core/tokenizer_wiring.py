"""How text becomes symbols and tokens become text: one row for each supported kind of tokeniser.

A kind is known by the steps of its file's normalizer and pre_tokenizer, as their names with the
settings that matter; `core/tokenizer_source.py` makes those names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from seethrough.core import byte_letters, metaspace, nfc
from seethrough.core.pretokenize import gpt2_words, single_digit_words

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

Steps = tuple[str, ...]


class Prefix(Protocol):
    """Puts before a stretch of text what the split wants there, if the whole text begins here."""

    def __call__(self, text: str, *, at_start: bool) -> str:
        """The stretch with its prefix."""


class Decoder(Protocol):
    """Turns tokens into text."""

    def __call__(self, tokens: Iterable[str], *, at_start: bool) -> str:
        """The text of some tokens, which a text begins with or has somewhere later."""


@dataclass(frozen=True)
class Alphabet:
    """What a vocabulary is written in.

    `symbols` gives what merging starts from, from a word as `written` in it. Bytes that the
    vocabulary has no `byte_symbol` for vanish, unless it `has_fallback`: then it needs all of them.
    Where it `is_by_character`, whole characters that are no token vanish.
    """

    written: Callable[[str], str]
    symbols: Callable[[str, Container[str]], Sequence[str]]
    byte_symbol: Callable[[int], str]
    token_bytes: Callable[[str], bytes]
    decoders: Mapping[Steps, Decoder]
    has_fallback: bool = False
    is_by_character: bool = False


def unchanged(text: str) -> str:
    """The same text."""
    return text


def in_place(text: str) -> Sequence[int] | None:  # noqa: ARG001 (the shape of such places)
    """Every sign stands where it stood."""
    return None


def without_prefix(text: str, *, at_start: bool) -> str:  # noqa: ARG001 (the shape of a prefix)
    """The same text."""
    return text


@dataclass(frozen=True)
class Wiring:
    """One kind of tokeniser.

    `normalized` is done to each stretch between added tokens before the late ones are looked for,
    `prefixed` to what is left; both may put one space before it and change no other length, unless
    `places` tells where each sign of the normalized stretch stood in it, and its end.
    `words` cuts that; a kind whose file has no words has `words_of`, which makes such a split from
    the pieces that a vocabulary's merges make.
    """

    alphabet: Alphabet
    words: Callable[[str], list[str]]
    normalized: Callable[[str], str] = unchanged
    prefixed: Prefix = without_prefix
    words_of: Callable[[Iterable[str]], Callable[[str], list[str]]] | None = None
    places: Callable[[str], Sequence[int] | None] = in_place


def whole(text: str) -> list[str]:
    """The text as its only word."""
    return [text]


def characters_text(tokens: Iterable[str], *, at_start: bool) -> str:  # noqa: ARG001 (a decoder's shape)
    """Tokens as they are, joined."""
    return "".join(tokens)


def _metaspace(
    normalized: Callable[[str], str] = unchanged, prefixed: Prefix = without_prefix
) -> Wiring:
    return Wiring(METASPACE, whole, normalized, prefixed, metaspace.words_of)


LETTERS = Alphabet(
    written=byte_letters.written,
    symbols=byte_letters.symbols,
    byte_symbol=byte_letters.byte_letter,
    token_bytes=byte_letters.bytes_of,
    decoders={("ByteLevel",): byte_letters.text_of},
)
FALLBACK = ("Replace ('▁' → ' ')", "ByteFallback", "Fuse")
METASPACE = Alphabet(
    written=metaspace.written,
    symbols=metaspace.symbols,
    byte_symbol=metaspace.byte_token,
    token_bytes=metaspace.token_bytes,
    decoders={
        FALLBACK: metaspace.fallback_text,
        (*FALLBACK, "Strip (' ', 1, 0)"): metaspace.stripped_fallback_text,
        ("Metaspace (first)",): metaspace.stripped_metaspace_text,
        ("Metaspace (always)",): metaspace.stripped_metaspace_text,
        ("Metaspace (never)",): metaspace.metaspace_text,
    },
    has_fallback=True,
)
# Of models that are trained in the page; any text is one word.
CHARACTERS = Alphabet(
    written=unchanged,
    symbols=byte_letters.symbols,
    byte_symbol=chr,
    token_bytes=str.encode,
    decoders={("Fuse",): characters_text},
    is_by_character=True,
)
WIRINGS: dict[tuple[Steps, Steps], Wiring] = {
    ((), ()): Wiring(CHARACTERS, whole),
    ((), ("ByteLevel",)): Wiring(LETTERS, gpt2_words),
    (("NFC",), ("ByteLevel",)): Wiring(LETTERS, gpt2_words, nfc.composed, places=nfc.places),
    ((), ("Digits (individual_digits)", "ByteLevel")): Wiring(LETTERS, single_digit_words),
    (("Prepend ('▁')", "Replace (' ' → '▁')"), ()): _metaspace(metaspace.prepended),
    (("Replace (' ' → '▁')",), ()): _metaspace(metaspace.written),
    # Gemma's splits at spaces, of which the normalizer has left none.
    (("Replace (' ' → '▁')",), ("Split (' ')",)): _metaspace(metaspace.written),
    ((), ("Metaspace (first)",)): _metaspace(prefixed=metaspace.first_prefixed),
    ((), ("Metaspace (always)",)): _metaspace(prefixed=metaspace.always_prefixed),
    ((), ("Metaspace (never)",)): _metaspace(prefixed=metaspace.never_prefixed),
}
