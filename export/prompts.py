"""The prompts that are recorded: the usual ones, or a list of one's own.

A list is JSON: texts, or records {"id": "rain", "prompt": "It rains and", "chat": false}. The id is
the walk's name in addresses (#/walk/rain); a text alone is called by its place.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import InputError
from seethrough.core.routes import OWN

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.heads import Head

ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
FIELDS = {"id", "prompt", "chat"}
MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class Curated:
    """A prompt that is recorded: its name in addresses, its text, whether it is a message.

    `heads` (layer, head) are worth a look in the model `heads_of`, and `together` are those of them
    that are switched off at once; in any other model the recorder chooses (core/heads.py).
    `is_whole`: the inside of every layer is recorded, not of a few (export/record_insides.py).
    """

    id: str
    prompt: str
    chat: bool = False
    heads: tuple[Head, ...] = ()
    together: tuple[Head, ...] = ()
    heads_of: str = ""
    is_whole: bool = False


PROMPTS = (
    Curated(
        "cat",
        "The dog chased the cat. The cat ran away from the",
        heads=((23, 0), (23, 3), (19, 2), (18, 0)),
        together=((23, 3), (19, 2), (18, 0)),
        heads_of="smollm2-135m-instruct",
        is_whole=True,
    ),
    Curated("january", "January, February, March,", is_whole=True),
    Curated("colors", "Name three primary colors.", chat=True),
    Curated("code", "def add(a, b):\n    return"),
    Curated("emoji", "I ❤️ 🍕"),
)


def read_prompts(file: Path) -> tuple[Curated, ...]:
    """The prompts of a list, in its order.

    Raises:
        InputError: It is no such list, or two prompts have one id.
    """
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError("prompts.unreadable", reason=str(error)[:100]) from error
    if not isinstance(rows, list) or not rows:
        raise InputError("prompts.no_list")
    prompts = tuple(_prompt(row, place) for place, row in enumerate(rows, 1))
    ids = [prompt.id for prompt in prompts]
    for one in ids:
        if ids.count(one) > 1:
            raise InputError("prompts.twice", id=one)
    return prompts


def _prompt(row: Any, place: int) -> Curated:  # noqa: ANN401 - JSON
    told = {"prompt": row} if isinstance(row, str) else row
    if not isinstance(told, dict) or not told.keys() <= FIELDS:
        raise InputError("prompts.row", place=place)
    name, text, chat = told.get("id", str(place)), told.get("prompt"), told.get("chat", False)
    if not isinstance(name, str) or not ID.fullmatch(name) or name == OWN:
        raise InputError("prompts.id", place=place)
    is_text = isinstance(text, str) and 0 < len(text) <= MOST_CHARACTERS
    if not is_text or not isinstance(chat, bool):
        raise InputError("prompts.row", place=place)
    return Curated(name, str(text), chat)
