"""What a visitor waits for, cold and warm, on this machine and on one four times slower.

Milliseconds from the first navigation to the site, the one automatic reload included. The slowed
processor is Chromium's own throttle, which slows the page's thread and none of its workers.
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
STEPS = {
    "first-contentful-paint": "first paint of the shell",
    "slide": "first recorded slide painted",
    "seethrough.python-ready": "Python ready",
    "steppable": "recorded walk steppable",
    "seethrough.model-ready": "live",
}
# Tells of each document what it painted and marked, and when, on the machine's clock.
WATCH = """
(() => {
  const at = (time) => performance.timeOrigin + time;
  const tell = (list) => {
    for (const entry of list.getEntries()) {
      if (entry.entryType !== "layout-shift") note(entry.name, at(entry.startTime));
      else if (!entry.hadRecentInput) note("shift", entry.value);
    }
  };
  for (const type of ["paint", "mark", "layout-shift"]) {
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

    def note(self, name: str, value: float) -> None:
        """Keep what the page told: a layout shift, or a moment of the machine's clock."""
        if name == "shift":
            self.shift += value
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


def _seconds(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known) / 1000:.2f}" if known else "–"
