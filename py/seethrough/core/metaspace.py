"""Sentencepiece's way of writing text, in which Llama's vocabularies are kept: ▁ for a space.

A character without a token becomes its UTF-8 bytes, each a token like <0x0A>.
Source: `tokenizers`' normalizers (Prepend, Replace), Metaspace, and decoders of these names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

SPACE = "▁"
_END = "\ud800"  # is in no piece
_CROSSING = re.compile(f"{SPACE}(?<=([^{SPACE}{_END}]){SPACE})")  # a space behind a character
_BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
_BYTES = {token: byte for byte, token in enumerate(_BYTE_TOKENS)}
REPLACEMENT = "\ufffd"


def byte_token(byte: int) -> str:
    """The token of a byte: <0x0A>."""
    return _BYTE_TOKENS[byte]


def written(text: str) -> str:
    """A text with ▁ for each space; a ▁ of the text's own is no longer told from one."""
    return text.replace(" ", SPACE)


def prepended(text: str) -> str:
    """The text as written behind one more space, as the normalizer Prepend puts it."""
    return SPACE + written(text)


def always_prefixed(text: str, *, at_start: bool) -> str:  # noqa: ARG001 (the shape of a prefix)
    """The text as written, behind a space unless it begins with one."""
    spaced = written(text)
    return spaced if spaced.startswith(SPACE) else SPACE + spaced


def first_prefixed(text: str, *, at_start: bool) -> str:
    """The same where the whole text begins; elsewhere nothing is put before it."""
    return always_prefixed(text, at_start=True) if at_start else written(text)


def never_prefixed(text: str, *, at_start: bool) -> str:  # noqa: ARG001
    """The text as written, with nothing before it."""
    return written(text)


def words_of(pieces: Iterable[str]) -> Callable[[str], list[str]]:
    """The split of a vocabulary: words with the spaces before them; joined, they are the text.

    The file knows no words. Merging never crosses their ends, so the ids are those of the text
    merged as a whole: a text is cut before a space unless a piece has the character before that
    space and the space in it.

    Args:
        pieces: What the vocabulary's merges make.
    """
    kept = sorted(set(_CROSSING.findall(_END.join(pieces))))
    joined = f"(?:(?<=[{re.escape(''.join(kept))}]){SPACE}+[^{SPACE}]*)*" if kept else ""
    return re.compile(f"{SPACE}*[^{SPACE}]+{joined}|{SPACE}+").findall


def symbols(word: str, vocab: Container[str]) -> list[str]:
    """What merging starts from: each character, or the bytes of one that the vocabulary lacks."""
    return [
        symbol
        for character in word
        for symbol in ([character] if character in vocab else _fallback(character))
    ]


def token_bytes(token: str) -> bytes:
    """The bytes of a vocabulary entry; a leading space is kept."""
    byte = _BYTES.get(token)
    return token.replace(SPACE, " ").encode() if byte is None else bytes([byte])


def fallback_text(tokens: Iterable[str], *, at_start: bool) -> str:  # noqa: ARG001
    """The text of some tokens; each byte of a run that is not UTF-8 becomes one U+FFFD."""
    parts: list[str] = []
    run = bytearray()
    for token in tokens:
        byte = _BYTES.get(token)
        if byte is not None:
            run.append(byte)
            continue
        if run:
            parts.append(_run_text(run))
            run.clear()
        parts.append(token.replace(SPACE, " "))
    return "".join([*parts, _run_text(run)])


def stripped_fallback_text(tokens: Iterable[str], *, at_start: bool) -> str:
    """The same without the first space, which `prepended` had put there."""
    text = fallback_text(tokens, at_start=at_start)
    return text.removeprefix(" ") if at_start else text


def metaspace_text(tokens: Iterable[str], *, at_start: bool) -> str:  # noqa: ARG001
    """The text of some tokens by Metaspace alone, which leaves a byte's token as it is written."""
    return "".join(token.replace(SPACE, " ") for token in tokens)


def stripped_metaspace_text(tokens: Iterable[str], *, at_start: bool) -> str:
    """The same without the spaces of the first token, however many."""
    row = list(tokens)
    if at_start and row:
        row[0] = row[0].replace(SPACE, "")
    return metaspace_text(row, at_start=at_start)


def _fallback(character: str) -> list[str]:
    return [_BYTE_TOKENS[byte] for byte in character.encode()]


def _run_text(run: bytearray) -> str:
    try:
        return run.decode()
    except UnicodeDecodeError:
        return REPLACEMENT * len(run)
