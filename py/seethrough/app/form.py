"""What the reader typed and has not run yet, or ran."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """What stands in the reader's form: a prompt, and whether it is sent as a chat message."""

    prompt: str = "January, February, March,"
    chat: bool = False
