"""All that a checkpoint folder says of words: its tokeniser, special tokens and chat template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from export.around import template_processing
from export.chat_files import chat_template_of
from export.special_tokens import completed, special_tokens, told_of
from export.tokenizer_class import class_of, wired
from export.tokenizer_files import NEW, tokenizer_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class FolderTokens:
    """A tokenizer.json, the special tokens by name, the chat template, as a Checkpoint has them.

    `special_tokens` are what a chat template knows; each that the model has a row for is in the
    tokenizer.json too.
    """

    tokenizer: dict[str, Any]
    special_tokens: dict[str, str]
    chat_template: str | dict[str, str] | None


def tokens_of(folder: Path, settings: Mapping[str, Any], d_vocab: int) -> FolderTokens:
    """What transformers makes of a folder's files.

    Args:
        settings: The content of config.json.
        d_vocab: How many ids the model has rows for.

    Raises:
        SourceError: A file is missing or damaged, or is of a tokeniser that is not supported.
    """
    told, content = told_of(folder), tokenizer_of(folder)
    name = class_of(told, settings, content)
    named = special_tokens(told, name)
    is_old = not (folder / NEW).exists()
    content = wired(content, name, told) | ({"added_tokens": []} if is_old else {})
    content = completed(content, told, name, d_vocab)
    if is_old:
        content = content | {"post_processor": _around(content, told, named)}
    return FolderTokens(content, named, chat_template_of(folder, told))


def _around(
    content: Mapping[str, Any], told: Mapping[str, Any], named: Mapping[str, str]
) -> dict[str, Any] | None:
    """What the older settings `add_bos_token` and `add_eos_token` put around a text."""
    ids = {one["content"]: one["id"] for one in content["added_tokens"]}

    def asked(end: str) -> list[tuple[str, int]]:
        token = named.get(f"{end}_token")
        is_put = bool(told.get(f"add_{end}_token")) and token is not None
        return [(str(token), ids[str(token)])] if is_put else []

    return template_processing(asked("bos"), asked("eos"))
