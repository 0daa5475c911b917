"""Runs what is async in a thread of its own: a browser's driver may have this one's event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What some work gives, as `asyncio.run` has it."""
    return apart(lambda: asyncio.run(work))


def apart(function: Callable[[], T]) -> T:
    """What a function gives that starts an event loop itself."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()
