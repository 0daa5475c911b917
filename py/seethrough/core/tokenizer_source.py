"""What a `tokenizer.json` says, checked: its vocabulary, merges, added tokens and wiring.

A wiring is how text becomes symbols and tokens become bytes. Each supported kind is one row of
`WIRINGS`; Llama's (no split, byte fallback) will be another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from seethrough.core.added_tokens import AddedToken
from seethrough.core.byte_letters import bytes_of, letters_of
from seethrough.core.errors import SourceError
from seethrough.core.pretokenize import gpt2_words, single_digit_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Json = TypeVar("_Json", dict[str, Any], list[Any])


@dataclass(frozen=True)
class Wiring:
    """How text is cut into words, a word's bytes become symbols, and a token becomes bytes."""

    words: Callable[[str], list[str]]
    symbols: Callable[[bytes], str] = letters_of
    token_bytes: Callable[[str], bytes] = bytes_of


@dataclass(frozen=True)
class TokenizerSource:
    """The checked content of a `tokenizer.json`."""

    vocab: Mapping[str, int]
    merges: list[tuple[str, str]]
    added: tuple[AddedToken, ...]
    wiring: Wiring


BYTE_LEVEL = "ByteLevel"
SINGLE_DIGITS = "Digits (individual_digits)"
WIRINGS = {
    (BYTE_LEVEL,): Wiring(gpt2_words),
    (SINGLE_DIGITS, BYTE_LEVEL): Wiring(single_digit_words),
}
NOTHING = "nothing"
SPARSEST = 4  # ids may leave gaps, but the highest is at most this many times their number
# Settings under which merging would work differently, each with the values that are neutral.
NEUTRAL: dict[str, tuple[object, ...]] = {
    "dropout": (None, 0, 0.0),
    "continuing_subword_prefix": (None, ""),
    "end_of_word_suffix": (None, ""),
    "byte_fallback": (None, False),
    "ignore_merges": (None, False),
}


def read_source(source: str | Mapping[str, Any]) -> TokenizerSource:
    """The content of a `tokenizer.json`; truncation, padding and post-processor are ignored.

    Raises:
        SourceError: It is damaged, or of a kind that is not supported.
    """
    content = _parsed(source) if isinstance(source, str) else source
    model = _part(content, "model", dict)
    vocab = _part(model, "vocab", dict)
    wiring = _wiring(content, model)
    added = tuple(map(_added, _part({"added_tokens": [], **content}, "added_tokens", list)))
    _check_ids([*vocab.values(), *(token.id for token in added)])
    _check_text([*vocab, *(token.content for token in added)])
    return TokenizerSource(vocab, list(map(_merge, _part(model, "merges", list))), added, wiring)


def _parsed(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError("tokens.not_json", problem=error) from error
    return _part({"tokenizer.json": content}, "tokenizer.json", dict)


def _part(content: Mapping[str, Any], name: str, kind: type[_Json]) -> _Json:
    part = content.get(name)
    if not isinstance(part, kind):
        raise SourceError("tokens.malformed", part=name)
    return part


def _wiring(content: Mapping[str, Any], model: Mapping[str, Any]) -> Wiring:
    _demand("model.type", model.get("type", "BPE"), "BPE")
    for name, neutral in NEUTRAL.items():
        _demand(f"model.{name}", model.get(name), *neutral)
    letters = map(letters_of, (bytes([byte]) for byte in range(256)))
    if not all(letter in model["vocab"] for letter in letters):
        _demand("model.unk_token", model.get("unk_token"), None)  # a lacking byte vanishes
    _demand("normalizer", _kind(content.get("normalizer")), NOTHING)
    _demand("decoder", _kind(content.get("decoder")), BYTE_LEVEL)
    steps = _steps(content.get("pre_tokenizer"))
    if steps not in WIRINGS:
        raise SourceError("tokens.unsupported", setting="pre_tokenizer", got=" + ".join(steps))
    return WIRINGS[steps]


def _demand(setting: str, got: object, *supported: object) -> None:
    if got not in supported:
        raise SourceError("tokens.unsupported", setting=setting, got=got)


def _steps(pre_tokenizer: object) -> tuple[str, ...]:
    """The names of the pre-tokeniser's steps, with the settings that matter."""
    kind = _kind(pre_tokenizer)
    if not isinstance(pre_tokenizer, dict):
        return (kind,)
    if kind == "Sequence":
        steps = _part(pre_tokenizer, "pretokenizers", list)
        return tuple(name for step in steps for name in _steps(step))
    if kind == "Digits" and pre_tokenizer.get("individual_digits"):
        return (SINGLE_DIGITS,)
    if kind == BYTE_LEVEL and pre_tokenizer.get("add_prefix_space", True):
        return (f"{kind} (add_prefix_space)",)
    if kind == BYTE_LEVEL and not pre_tokenizer.get("use_regex", True):
        return (f"{kind} (without use_regex)",)
    return (kind,)


def _kind(step: object) -> str:
    if step is None:
        return NOTHING
    return str(step.get("type")) if isinstance(step, dict) else str(step)


def _added(entry: object) -> AddedToken:
    try:
        token = AddedToken(
            id=int(entry["id"]),  # type: ignore[index]
            content=str(entry["content"]),  # type: ignore[index]
            is_special=bool(entry["special"]),  # type: ignore[index]
            is_late=bool(entry["normalized"]),  # type: ignore[index]
        )
        for name in ("single_word", "lstrip", "rstrip"):
            _demand(f"added_tokens {name}", bool(entry[name]), False)  # type: ignore[index]
    except (TypeError, KeyError, ValueError) as error:
        raise SourceError("tokens.malformed", part="added_tokens") from error
    return token


def _merge(entry: object) -> tuple[str, str]:
    """A merge as a pair; files hold "left right" (older) or ["left", "right"]."""
    pair = entry.split(" ") if isinstance(entry, str) else entry
    if not (isinstance(pair, list) and [type(one) for one in pair] == [str, str]):
        raise SourceError("tokens.malformed", part="merges")
    return pair[0], pair[1]


def _check_ids(ids: list[object]) -> None:
    """Ids must number the tokens, or a list by id would be wrong or huge."""
    if not all(type(one) is int and 0 <= one < SPARSEST * len(ids) for one in ids):
        raise SourceError("tokens.malformed", part="vocab")


def _check_text(tokens: list[str]) -> None:
    """JSON can spell half a surrogate pair, for which there are no bytes."""
    try:
        "".join(tokens).encode()
    except UnicodeEncodeError as error:
        raise SourceError("tokens.malformed", part="vocab") from error
