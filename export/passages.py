"""The fixed passages that a model is measured on (export/fidelity.py).

They were written for this: five languages, code, and messages to a chat model. passages.json is a
list of {"id", "kind", "text"}; a committed report names its hash, so an edit asks for new reports.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from seethrough.core.chat import USER, ChatMessage, ChatTemplate, encode_chat
from seethrough.core.fidelity import Passage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.manifest import Manifest
    from seethrough.core.tokenizer import Tokenizer

FILE = Path(__file__).with_name("passages.json")
CHAT = "chat"


def read_passages(manifest: Manifest) -> tuple[Passage, ...]:
    """All of them; a message is plain text to a model without a chat template."""
    has_chat = manifest.chat is not None
    rows = json.loads(FILE.read_text("utf-8"))
    return tuple(
        Passage(row["id"], row["kind"], row["text"], chat=has_chat and row["kind"] == CHAT)
        for row in rows
    )


def passages_sha256() -> str:
    """What identifies the passages, however a checkout ends its lines."""
    return hashlib.sha256(FILE.read_text("utf-8").encode()).hexdigest()


def ids_of(passage: Passage, tokenizer: Tokenizer, manifest: Manifest) -> tuple[int, ...]:
    """A passage's tokens as the page gives them to the model, cut to what it can hold."""
    return tuple(_all_ids(passage, tokenizer, manifest))[: manifest.config.n_ctx]


def _all_ids(passage: Passage, tokenizer: Tokenizer, manifest: Manifest) -> Sequence[int]:
    if passage.chat and manifest.chat is not None:
        template = ChatTemplate.from_json(manifest.chat)
        return encode_chat(tokenizer, template, [ChatMessage(USER, passage.text)])
    return (*manifest.start_ids, *tokenizer.encode(passage.text))
