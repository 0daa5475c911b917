"""The reader's actions over the tiny model: a new page, and one with a run."""

from __future__ import annotations

import asyncio

from seethrough.app.actions import Actions
from tests.fake_engine import opened, tiny_model

MODEL, OTHER = tiny_model(), tiny_model(8)
PROMPT = "the thing and"
IDS = tuple(MODEL.tokenizer.encode(PROMPT))


def fresh() -> Actions:
    """Actions over a page that has just opened."""
    return Actions(asyncio.run(opened(MODEL, OTHER)))


def ran(prompt: str = PROMPT, *, chat: bool = False) -> Actions:
    """Actions after one prompt was run."""
    actions = fresh()
    asyncio.run(actions.run(prompt, chat=chat))
    return actions
