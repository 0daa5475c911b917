"""GPT-2's alphabet: one printable letter for each of the 256 bytes, in which vocabularies are kept.

Printable Latin-1 bytes stand for themselves; the other 68, in order, are U+0100 and following
(so a space is Ġ and a line feed Ċ). Source: OpenAI's `bytes_to_unicode`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

PRINTABLE = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
_OTHERS = [byte for byte in range(256) if byte not in PRINTABLE]
_LETTERS = {byte: chr(byte) for byte in PRINTABLE} | {
    byte: chr(0x100 + place) for place, byte in enumerate(_OTHERS)
}
_BYTES = {letter: byte for byte, letter in _LETTERS.items()}


def letters_of(raw: bytes) -> str:
    """The letters of some bytes, one for each."""
    return raw.decode("latin-1").translate(_LETTERS)


def byte_letter(byte: int) -> str:
    """The letter of a byte."""
    return _LETTERS[byte]


def written(word: str) -> str:
    """The letters of a word's bytes in UTF-8."""
    return letters_of(word.encode())


def symbols(letters: str, vocab: Container[str]) -> str:
    """What merging starts from; bytes that the vocabulary lacks vanish before it."""
    return "".join(filter(vocab.__contains__, letters))


def bytes_of(letters: str) -> bytes:
    """The bytes of a vocabulary entry; an entry outside the alphabet is ordinary UTF-8 text."""
    try:
        return bytes(map(_BYTES.__getitem__, letters))
    except KeyError:
        return letters.encode("utf-8")


def text_of(tokens: Iterable[str], *, at_start: bool) -> str:  # noqa: ARG001 (a decoder's shape)
    """The text of some tokens; bytes that are no UTF-8 become U+FFFD."""
    return b"".join(map(bytes_of, tokens)).decode("utf-8", "replace")
