"""What a visitor waits for, cold and warm, on this machine and on one four times slower.

Milliseconds from the first navigation to the site, the one automatic reload included. The slowed
processor is Chromium's own throttle, which slows the page's thread and none of its workers.
The floor is an otherwise empty page with the same PyScript, Pyodide and numpy; it and the page take
turns. Neither starts an engine: the page is opened as on a phone, where none starts unasked.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, BrowserContext, Page

ADDRESS = "#/walk/january/input"
PATIENCE_S = 240.0
SLOW = 4
READY = "seethrough.python-ready"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
MORE_MS = 1.3  # how many times the floor a start may take
MORE_TASK_MS = 50.0
SETTLED_MS = 500
STEPS = {
    "first-contentful-paint": "first paint of the shell",
    "slide": "first recorded slide painted",
    READY: "Python ready",
    "steppable": "recorded walk steppable",
    "seethrough.model-ready": "live",
}
# Tells of each document what it painted and marked, and when, on the machine's clock.
WATCH = """
(() => {
  const at = (time) => performance.timeOrigin + time;
  const tell = (list) => {
    for (const entry of list.getEntries()) {
      if (entry.entryType === "longtask") note("task", entry.duration);
      else if (entry.entryType !== "layout-shift") note(entry.name, at(entry.startTime));
      else if (!entry.hadRecentInput) note("shift", entry.value);
    }
  };
  for (const type of ["paint", "mark", "layout-shift", "longtask"]) {
    new PerformanceObserver(tell).observe({ type, buffered: true });
  }
  const look = (time) => {
    const lead = document.querySelector("#view :is([id^='step-'], [id^='idea-']) .lead");
    if (lead?.checkVisibility()) {
      requestAnimationFrame((painted) => note("slide", at(painted)));
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


@dataclass
class Visit:
    """One visit: the first time each step came, in milliseconds, and how far things moved."""

    start_ms: float
    steps: dict[str, float] = field(default_factory=dict)
    shift: float = 0.0
    task_ms: float = 0.0

    def note(self, name: str, value: float) -> None:
        """Keep what the page told: a shift, a task's length, or a moment of the machine's clock."""
        if name == "shift":
            self.shift += value
        elif name == "task":
            self.task_ms = max(self.task_ms, value)
        elif name in STEPS and name not in self.steps:
            self.steps[name] = value - self.start_ms


def visits(
    browser: Browser, site: str, slowdown: int, on_cold: Callable[[], None]
) -> list[dict[str, Any]]:
    """A cold and a warm visit of a new browser profile, as plain values.

    Args:
        on_cold: Called when the cold visit is over, so that bytes can be counted apart.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        cold = visit(context, site, slowdown)
        on_cold()
        return [cold, visit(context, site, slowdown)]
    finally:
        context.close()


def visit(context: BrowserContext, site: str, slowdown: int) -> dict[str, Any]:
    """Open the recorded walk in a new tab and wait until the model is there."""
    page = context.new_page()
    try:
        if slowdown > 1:
            session = context.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        seen = Visit(time.time() * 1000)
        page.expose_binding("note", lambda _source, name, value: seen.note(name, value))
        page.add_init_script(WATCH)
        page.goto(f"{site}{ADDRESS}")
        until(
            page, lambda: bool(page.evaluate("document.documentElement.dataset.boot === 'ready'"))
        )
        page.click("[data-action=step-next]")
        until(page, lambda: not page.evaluate("location.hash").startswith(ADDRESS))
        seen.steps["steppable"] = time.time() * 1000 - seen.start_ms
        page.evaluate("void seethrough.load()")  # a first visit asks; a later one has begun already
        until(page, lambda: "seethrough.model-ready" in seen.steps)
        return {"steps": seen.steps, "shift": seen.shift}
    finally:
        page.close()


def bare_visits(browser: Browser, address: str, slowdown: int) -> list[dict[str, float]]:
    """A cold and a warm visit until Python is ready, in a new profile of a phone's browser.

    Returns: Of each, milliseconds until then (`ready`), of the longest task, and of the page's
        thread at work (`cpu`).
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900}, user_agent=PHONE)
    try:
        return [bare_visit(context, address, slowdown) for _ in range(2)]
    finally:
        context.close()


def bare_visit(context: BrowserContext, address: str, slowdown: int) -> dict[str, float]:
    """Open an address in a new tab and wait until Python is ready."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    seen = Visit(time.time() * 1000)
    page.expose_binding("note", lambda _source, name, value: seen.note(name, value))
    page.add_init_script(WATCH)
    try:
        page.goto(address)
        until(page, lambda: READY in seen.steps)
        page.wait_for_timeout(SETTLED_MS)
        metrics = session.send("Performance.getMetrics")["metrics"]
    finally:
        page.close()
    cpu_s = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
    return {"ready": seen.steps[READY], "task": seen.task_ms, "cpu": cpu_s * 1000}


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Poll through the reload, which destroys what is being asked.

    Raises:
        TimeoutError: It never came.
    """
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if is_so():
                return
        except Error as error:
            if "destroyed" not in str(error) and "navigat" not in str(error):
                raise
        page.wait_for_timeout(20)
    message = "the page did not become ready in time"
    raise TimeoutError(message)


def table(measured: dict[str, list[dict[str, Any]]]) -> list[str]:
    """A row a step, a column a kind of visit, medians in seconds; then the layout's shift."""
    names = list(measured)
    lines = [f"| until | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    for step, words in STEPS.items():
        cells = [_seconds([visit["steps"].get(step) for visit in measured[name]]) for name in names]
        lines.append(f"| {words}, s | {' | '.join(cells)} |")
    shifts = [f"{max(visit['shift'] for visit in measured[name]):.3f}" for name in names]
    return [*lines, f"| layout shift (CLS), worst | {' | '.join(shifts)} |"]


def floor_table(
    floor: dict[str, list[dict[str, float]]], ours: dict[str, list[dict[str, float]]]
) -> list[str]:
    """A row a kind of visit: the page beside the floor, medians in milliseconds, and the ratio."""
    lines = [
        "| ms to Python ready | floor | home | home / floor | longest task | thread at work |",
        "|---|---|---|---|---|---|",
    ]
    for name, bare in floor.items():
        low, high = _medians(bare), _medians(ours[name])
        ratio = high["ready"] / low["ready"]
        too_slow = " (too slow)" if ratio > MORE_MS else ""
        too_long = " (too long)" if high["task"] > low["task"] + MORE_TASK_MS else ""
        lines.append(
            f"| {name} | {low['ready']:.0f} | {high['ready']:.0f} | {ratio:.2f}{too_slow} "
            f"| {low['task']:.0f}, {high['task']:.0f}{too_long} "
            f"| {low['cpu']:.0f}, {high['cpu']:.0f} |"
        )
    return lines


def _medians(visits: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(visit[key] for visit in visits) for key in visits[0]}


def _seconds(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known) / 1000:.2f}" if known else "–"
