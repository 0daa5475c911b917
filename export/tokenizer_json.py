"""A standard `tokenizer.json` made from the tokeniser that a GGUF file carries.

A GGUF names its tokeniser by words (`model`, `pre`) and leaves what they mean to the reader, so
each supported word is one row of `MODELS` or `PRE_TOKENIZERS`.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from export.short_tokens import by_pieces, ranks_of
from seethrough.core.errors import SourceError
from seethrough.core.metaspace import SPACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFIX = "tokenizer.ggml."
# An added token's own settings, all of them neutral.
PLAIN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
# llama.cpp's token types; the others (ordinary, unused, byte) are ordinary vocabulary.
ORDINARY, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4
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
PREPEND = {"type": "Prepend", "prepend": "▁"}
REPLACE = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
RESTORE = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
STRIP = {"type": "Strip", "content": " ", "start": 1, "stop": 0}


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
    return MODELS[_demand(metadata, "model", list(MODELS))](metadata)


def byte_level_json(
    vocab: Mapping[str, int],
    merges: list[str],
    *,
    added_tokens: list[dict[str, Any]],
    pre: str = "gpt-2",
    add_prefix_space: bool = False,
) -> dict[str, Any]:
    """The content of a `tokenizer.json` for byte-level BPE.

    Args:
        merges: As "left right", in order of rank.
        pre: The split, one of `PRE_TOKENIZERS`.
        add_prefix_space: Whether the split wants a space before the text.
    """
    split = PRE_TOKENIZERS[pre]
    return _content(
        added_tokens,
        _bpe(vocab, merges),
        pre_tokenizer=split | {"add_prefix_space": True} if add_prefix_space else split,
        decoder=BYTE_LEVEL,
    )


def _byte_level(metadata: Mapping[str, Any]) -> dict[str, Any]:
    pre = _demand(metadata, "pre", list(PRE_TOKENIZERS))
    if metadata.get(f"{PREFIX}add_space_prefix", False):
        raise SourceError("tokens.gguf_space_prefix")
    tokens = _tokens(metadata)
    return byte_level_json(
        _vocab(tokens),
        _merges(metadata),
        added_tokens=_added_tokens(tokens, _list(metadata, "token_type")),
        pre=pre,
    )


def _metaspace(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Sentencepiece's, as Llama and Gemma have it: by the file's merges, else by its scores."""
    if f"{PREFIX}pre" in metadata:
        _demand(metadata, "pre", ["default"])
    types = _list(metadata, "token_type")
    tokens = _spaces_written(_tokens(metadata), types)
    has_prefix = metadata.get(f"{PREFIX}add_space_prefix", True)
    normalizers = [PREPEND, REPLACE] if has_prefix else [REPLACE]
    decoders = [RESTORE, {"type": "ByteFallback"}, {"type": "Fuse"}, *([STRIP] * bool(has_prefix))]
    return _content(
        _added_tokens(tokens, types),
        _ranked(metadata, tokens, types) | {"byte_fallback": True, "fuse_unk": True},
        normalizer={"type": "Sequence", "normalizers": normalizers},
        decoder={"type": "Sequence", "decoders": decoders},
    )


def _ranked(metadata: Mapping[str, Any], tokens: list[str], types: list[Any]) -> dict[str, Any]:
    """The model with its merges, or with what stands for them."""
    if f"{PREFIX}merges" in metadata:
        return _bpe(_vocab(tokens), _merges(metadata))
    if f"{PREFIX}scores" not in metadata:
        raise SourceError("tokens.gguf_no_merges")
    scores = [float(score) for score in _list(metadata, "scores")]
    if len(scores) != len(tokens) or not all(map(isfinite, scores)):
        raise SourceError("tokens.gguf_scores", n_tokens=len(tokens), n_scores=len(scores))
    best = max(scores)
    # The file has its own score for what is no ordinary piece; sentencepiece has none for it.
    ordinary = [
        score if kind == ORDINARY else best for score, kind in zip(scores, types, strict=True)
    ]
    return by_pieces(_bpe(_vocab(tokens), []), tokens, ranks_of(ordinary))


def _spaces_written(tokens: list[str], types: list[Any]) -> list[str]:
    """The tokens as sentencepiece writes them: runs of spaces are in the file as they stand."""
    runs = {
        number
        for number, (token, kind) in enumerate(zip(tokens, types, strict=False))
        if kind == USER_DEFINED and token and not token.strip(" ")
    }
    return [
        token.replace(" ", SPACE) if number in runs else token
        for number, token in enumerate(tokens)
    ]


def _content(
    added_tokens: list[dict[str, Any]], model: dict[str, Any], **steps: object
) -> dict[str, Any]:
    """A `tokenizer.json` with the steps that it has."""
    absent = dict.fromkeys(
        ("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor")
    )
    return {"version": "1.0", **absent, "added_tokens": added_tokens, **steps, "model": model}


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


def _tokens(metadata: Mapping[str, Any]) -> list[str]:
    return [str(token) for token in _list(metadata, "tokens")]


def _merges(metadata: Mapping[str, Any]) -> list[str]:
    return [str(merge) for merge in _list(metadata, "merges")]


def _added_tokens(tokens: list[str], types: list[Any]) -> list[dict[str, Any]]:
    if len(types) != len(tokens):
        raise SourceError("tokens.gguf_types", n_tokens=len(tokens), n_types=len(types))
    return [
        {"id": number, "content": token, **PLAIN, "special": kind != USER_DEFINED}
        for number, (token, kind) in enumerate(zip(tokens, types, strict=True))
        if kind in (UNKNOWN, CONTROL, USER_DEFINED)
    ]


def _vocab(tokens: list[str]) -> dict[str, int]:
    vocab = {token: number for number, token in enumerate(tokens)}
    if len(vocab) != len(tokens):
        raise SourceError("tokens.gguf_repeated", n_repeated=len(tokens) - len(vocab))
    return vocab


def _bpe(vocab: Mapping[str, int], merges: list[str]) -> dict[str, Any]:
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


MODELS = {"gpt2": _byte_level, "llama": _metaspace}
