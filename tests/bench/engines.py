"""The start in Firefox and WebKitGTK: the floor page and home, cold and warm.

These browsers have no throttle of their own, so nothing is slowed. Each pair of visits has a new
profile; a warm visit comes from an empty page of the same window. Milliseconds from the address
until Python is ready, on the machine's clock.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.engines.engine import BetweenPages
from tests.engines.firefox import firefox
from tests.engines.webkit import webkit

if TYPE_CHECKING:
    from tests.engines.engine import Engine

ENGINES = {"Firefox": firefox, "WebKitGTK": webkit}
READY_AT = """(() => {
  const [mark] = performance.getEntriesByName("seethrough.python-ready", "mark");
  return mark ? performance.timeOrigin + mark.startTime : 0;
})()"""
EMPTY = "about:blank"
PATIENCE_S = 300.0
POLL_S = 0.05
SETTLED_S = 3.0
Starts = dict[tuple[str, str], list[dict[str, float]]]


def starts(pages: dict[str, str], rounds: int) -> tuple[Starts, list[str]]:
    """Times by engine and page, a dict a round, the pages taking turns; and what was not measured.

    Args:
        pages: Addresses by name.
    """
    found: Starts = {}
    lacks: dict[str, str] = {}
    for _ in range(rounds):
        for name in ENGINES:
            for page, address in pages.items():
                try:
                    told = visits(name, address)
                except (pytest.skip.Exception, TimeoutError) as error:
                    lacks[name] = f"{name}: {error}"
                    continue
                print(f"  {name}, {page}: {json.dumps(told)}", flush=True)
                found.setdefault((name, page), []).append(told)
    return found, list(lacks.values())


def visits(name: str, address: str) -> dict[str, float]:
    """A cold and a warm visit in a new profile.

    Raises:
        TimeoutError: Python was never ready.
    """
    with tempfile.TemporaryDirectory() as home, ENGINES[name](Path(home)) as engine:
        cold = visit(engine, address)
        time.sleep(SETTLED_S)  # what is stored beside the start has an end, too
        engine.open(EMPTY)
        time.sleep(SETTLED_S)
        return {"cold": cold, "warm": visit(engine, address)}


def visit(engine: Engine, address: str) -> float:
    """Milliseconds from the address until Python is ready."""
    begun = time.time() * 1000
    engine.open(address)
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        ready = _value(engine)
        if ready > begun:
            return float(ready) - begun
        time.sleep(POLL_S)
    message = f"{engine.name} did not become ready at {address}"
    raise TimeoutError(message)


def table(measured: tuple[Starts, list[str]]) -> list[str]:
    """Markdown: a line an engine and kind of visit, medians in milliseconds, and the ratio."""
    found, lacks = measured
    lines = ["| ms to Python ready | floor | home | home / floor |", "|---|---|---|---|"]
    for name in {engine for engine, _ in found}:
        for kind in ("cold", "warm"):
            low, high = (
                statistics.median(one[kind] for one in found[name, page])
                for page in ("floor", "home")
            )
            lines.append(f"| {name}, {kind} | {low:.0f} | {high:.0f} | {high / low:.2f} |")
    return [*lines, *(f"\nNot measured. {lack}" for lack in lacks)]


def _value(engine: Engine) -> Any:  # noqa: ANN401 - a number
    try:
        return engine.value(READY_AT) or 0
    except BetweenPages:
        return 0
