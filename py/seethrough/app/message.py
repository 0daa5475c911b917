"""What is said to the reader: a sentence by its catalogue key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Message:
    """A sentence by its catalogue key and fields; `more` stand behind it."""

    key: str
    fields: Mapping[str, object] = field(default_factory=dict)
    more: tuple[Message, ...] = ()
