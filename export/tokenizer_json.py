"""A standard `tokenizer.json` made from the tokeniser that a GGUF file carries.

A GGUF names its pre-tokeniser by a word (`pre`) and leaves what the word means to the reader, so
each supported word is one row of `PRE_TOKENIZERS`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFIX = "tokenizer.ggml."
CONTROL, USER_DEFINED = 3, 4  # llama.cpp's token types; the others are ordinary vocabulary
BYTE_LEVEL = {
    "type": "ByteLevel",
    "add_prefix_space": False,
    "trim_offsets": True,
    "use_regex": True,
}
SINGLE_DIGITS = {"type": "Digits", "individual_digits": True}
PRE_TOKENIZERS: dict[str, dict[str, Any]] = {
    "gpt-2": BYTE_LEVEL,
    "smollm": {"type": "Sequence", "pretokenizers": [SINGLE_DIGITS, BYTE_LEVEL]},
}


def tokenizer_json(metadata: Mapping[str, Any]) -> str:
    """The text of a `tokenizer.json`, without spaces between its parts.

    Args:
        metadata: A GGUF's metadata by key, as plain Python values.

    Raises:
        SourceError: The GGUF's tokeniser is incomplete or of a kind that is not supported.
    """
    return json.dumps(tokenizer_dict(metadata), ensure_ascii=False, separators=(",", ":"))


def tokenizer_dict(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a `tokenizer.json`; see `tokenizer_json`.

    Raises:
        SourceError: The GGUF's tokeniser is incomplete or of a kind that is not supported.
    """
    _demand(metadata, "model", ["gpt2"])
    pre = _demand(metadata, "pre", list(PRE_TOKENIZERS))
    if metadata.get(f"{PREFIX}add_space_prefix", False):
        raise SourceError("tokens.gguf_space_prefix")
    tokens = [str(token) for token in _list(metadata, "tokens")]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added_tokens(tokens, _list(metadata, "token_type")),
        "normalizer": None,
        "pre_tokenizer": PRE_TOKENIZERS[pre],
        "post_processor": None,
        "decoder": BYTE_LEVEL,
        "model": _bpe(tokens, [str(merge) for merge in _list(metadata, "merges")]),
    }


def _demand(metadata: Mapping[str, Any], name: str, supported: Sequence[str]) -> str:
    got = metadata.get(PREFIX + name)
    if got not in supported:
        shown = "nothing" if got is None else f"'{got}'"
        names = ", ".join(f"'{one}'" for one in supported)
        raise SourceError("tokens.gguf_kind", key=PREFIX + name, got=shown, supported=names)
    return str(got)


def _list(metadata: Mapping[str, Any], name: str) -> list[Any]:
    if PREFIX + name not in metadata:
        raise SourceError("tokens.gguf_missing", key=PREFIX + name)
    return list(metadata[PREFIX + name])


def _added_tokens(tokens: list[str], types: list[Any]) -> list[dict[str, Any]]:
    if len(types) != len(tokens):
        raise SourceError("tokens.gguf_types", n_tokens=len(tokens), n_types=len(types))
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return [
        {"id": number, "content": token, **plain, "special": kind == CONTROL}
        for number, (token, kind) in enumerate(zip(tokens, types, strict=True))
        if kind in (CONTROL, USER_DEFINED)
    ]


def _bpe(tokens: list[str], merges: list[str]) -> dict[str, Any]:
    vocab = {token: number for number, token in enumerate(tokens)}
    if len(vocab) != len(tokens):
        raise SourceError("tokens.gguf_repeated", n_repeated=len(tokens) - len(vocab))
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": vocab,
        "merges": merges,
    }
