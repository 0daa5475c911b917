"""Asks a service of the tiny model, each question in an event loop of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_engine import opened, tiny_model

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service
    from seethrough.core.errors import (
        SeethroughError,
    )

MODEL, OTHER = tiny_model(), tiny_model(8)
PROMPT = "the thing and"
IDS = tuple(MODEL.tokenizer.encode(PROMPT))


def ask(question: Callable[[Service], Awaitable[Any]]) -> Any:  # noqa: ANN401 - each answers its own
    """Ask a freshly opened service one thing."""

    async def scenario() -> Any:  # noqa: ANN401
        return await question(await opened(MODEL, OTHER))

    return asyncio.run(scenario())


def error_of(question: Callable[[Service], Awaitable[Any]], kind: type[SeethroughError]) -> str:
    """The key of the error that a question ends in."""
    with pytest.raises(kind) as caught:
        ask(question)
    assert "{" not in str(caught.value)
    return caught.value.key
