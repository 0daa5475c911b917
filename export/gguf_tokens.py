"""What a GGUF says of words beside its vocabulary: special tokens, what stands around a text, chat.

Source: llama.cpp's vocabulary loader (llama_vocab: kinds, defaults, the flags that override them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from export.around import template_processing
from export.tokenizer_json import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    Fields = Mapping[str, Any]

CHAT = "tokenizer.chat_template"
IDS = {
    "bos_token": "bos_token_id",
    "eos_token": "eos_token_id",
    "unk_token": "unknown_token_id",
    "pad_token": "padding_token_id",
}
# What llama.cpp takes where a file says nothing: by `tokenizer.ggml.model`, for the two ends.
ADDS = {"llama": {"bos": True, "eos": False}, "gpt2": {"bos": False, "eos": False}}
USUAL_IDS = {"llama": {"bos": 1, "eos": 2}, "gpt2": {"bos": 11, "eos": 11}}


def special_tokens(fields: Fields) -> dict[str, str]:
    """The texts of the file's special tokens, by the names that a chat template knows them by."""
    ids = {name: fields.get(PREFIX + key) for name, key in IDS.items()}
    texts = {name: _text(fields, number) for name, number in ids.items()}
    return {name: text for name, text in texts.items() if text is not None}


def around(fields: Fields) -> dict[str, Any] | None:
    """What the file has put around every text, as the post-processor of a tokenizer.json."""
    return template_processing(_added(fields, "bos"), _added(fields, "eos"))


def chat_templates(fields: Fields) -> str | dict[str, str] | None:
    """The chat template; several by name, where the file has no plain one."""
    if CHAT in fields:
        return str(fields[CHAT])
    names = fields.get(f"{CHAT}s") or ()
    named = {str(name): fields.get(f"{CHAT}.{name}") for name in names}
    return {name: str(one) for name, one in named.items() if one is not None} or None


def _added(fields: Fields, end: str) -> list[tuple[str, int]]:
    """The token that is put at one end of a text, with its id; none if there is no such token."""
    kind = str(fields.get(f"{PREFIX}model"))
    if not fields.get(f"{PREFIX}add_{end}_token", ADDS.get(kind, {}).get(end, False)):
        return []
    number = fields.get(f"{PREFIX}{end}_token_id", USUAL_IDS.get(kind, {}).get(end))
    text = _text(fields, number)
    return [] if text is None or number is None else [(text, int(number))]


def _text(fields: Fields, number: int | None) -> str | None:
    tokens = fields.get(f"{PREFIX}tokens", ())
    return str(tokens[number]) if number is not None and 0 <= number < len(tokens) else None
