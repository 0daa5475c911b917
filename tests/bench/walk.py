"""How quickly the walk answers: Python's time from a click to the picture, the pauses in its films.

What the page's main thread spends in scripts is counted (processor time, DevTools' ScriptDuration),
the engine idle; laying out and painting are the browser's.
A turn to a step: from the change of the address until nothing moves any more for a return to a step
that was seen before; for a first turn, after another token was chosen elsewhere, until its picture
stands, and beside it all that follows.
A choice of a token: the click itself, in which Python draws the picture before it returns; beside
it all scripts until nothing moves any more, for in step 4 the model is asked then what it would say
after each layer, and Python draws again with the answers.
The longest pause between two animation frames is taken while the film of each step plays; the turn
to the next step itself is left out.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.steps import STEPS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

LENGTHS = (32, 128)
WORD = " and"
TURNS = 5
PATIENCE_S = 240.0
QUIET_S = 0.2
SETTLED_S = 3.0
COLUMNS = (
    ("turns", "returning to it, ms"),
    ("firsts", "a first turn to it, ms"),
    ("after firsts", "with all that follows, ms"),
    ("choices", "choosing a token, ms"),
    ("in all", "with all that follows, ms"),
)
HELPERS = """
() => {
  window.toPicture = (act) => new Promise((resolve) => {
    const begin = performance.now();
    let last = 0;
    const watch = new MutationObserver(() => { last = performance.now() - begin; });
    const all = { childList: true, subtree: true, attributes: true, characterData: true };
    watch.observe(document.querySelector('main'), all);
    act();
    const look = () => {
      if (last && performance.now() - begin - last > 60) { watch.disconnect(); resolve(last); }
      else if (performance.now() - begin > 2000) { watch.disconnect(); resolve(last); }
      else setTimeout(look, 20);
    };
    setTimeout(look, 20);
  });
  window.turnTo = (step) => toPicture(() => {
    const [place, query] = location.hash.split('?');
    const path = place.split('/').slice(0, 3).concat(step).join('/');
    location.hash = path + (query ? '?' + query : '');
  });
  window.firstPicture = (step) => new Promise((resolve) => {
    const watch = new MutationObserver(() => {
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(resolve, 0));
    });
    const parts = { childList: true, subtree: true, characterData: true };
    watch.observe(document.querySelector('main'), parts);
    const [place, query] = location.hash.split('?');
    const path = place.split('/').slice(0, 3).concat(step).join('/');
    location.hash = path + (query ? '?' + query : '');
  });
  window.moveTo = (at) => toPicture(() => {
    const [place, query] = location.hash.split('?');
    const fields = new URLSearchParams(query);
    fields.set('pos', at);
    location.hash = `${place}?${fields}`;
  });
  window.choose = (at) => {
    document.querySelectorAll('.plate-of [data-action=select-position]')[at].click();
  };
  window.gaps = (ms) => new Promise((resolve) => {
    const times = [];
    const begin = performance.now();
    const look = (now) => {
      times.push(now);
      if (performance.now() - begin < ms) requestAnimationFrame(look);
      else resolve(Math.max(...times.slice(1).map((time, at) => time - times[at])));
    };
    requestAnimationFrame(look);
  });
}
"""


def answers(browser: Browser, address: str) -> dict[str, dict[str, Any]]:
    """Milliseconds by number of tokens and step: every turn, every choice of a token, the gap."""
    results: dict[str, dict[str, Any]] = {}
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    until(page, "!!window.seethrough && document.documentElement.dataset.boot === 'ready'")
    page.evaluate("() => window.seethrough.load().then(() => 1)")
    page.evaluate(HELPERS)
    clock = page.context.new_cdp_session(page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})
    for length in LENGTHS:
        prompt = quote("One" + WORD * (length - 1))
        asked = f"prompt={prompt}&depth=numbers"
        page.evaluate(f"() => {{ location.hash = '#/walk/own/input?{asked}'; }}")
        until(page, "document.querySelector('.badge.is-live') !== null")
        for step in STEPS:
            results[f"{length} tokens, {step}"] = measured(page, clock, step)
            print(f"  {length} tokens, {step}: {results[f'{length} tokens, {step}']}", flush=True)
    page.close()
    return results


def scripted(page: Page, clock: CDPSession, act: str, value: object) -> tuple[float, float]:
    """Something done in the page: scripts until it returned, and until it is quiet, in ms."""
    before = script_ms(clock)
    page.evaluate(act, value)
    at_once = script_ms(clock) - before
    time.sleep(QUIET_S)
    return at_once, script_ms(clock) - before


def script_ms(clock: CDPSession) -> float:
    """What the page's scripts took so far, in milliseconds of processor time."""
    told = clock.send("Performance.getMetrics")["metrics"]
    return 1000 * next(item["value"] for item in told if item["name"] == "ScriptDuration")


def measured(page: Page, clock: CDPSession, step: str) -> dict[str, Any]:
    """One step: Python's time of each turn to it and each choice; its film's longest pause."""
    elsewhere = "done" if step != "done" else "input"
    page.evaluate("(step) => turnTo(step)", step)
    time.sleep(1.0)  # what it fetches from the engine comes once
    turns = []
    for _ in range(TURNS):
        page.evaluate("(step) => turnTo(step)", elsewhere)
        time.sleep(QUIET_S)
        turns.append(scripted(page, clock, "(step) => turnTo(step)", step)[1])
    firsts = [first_turn(page, clock, (elsewhere, step), at + TURNS) for at in range(TURNS)]
    count = page.locator(".plate-of [data-action=select-position]").count()
    chosen = [scripted(page, clock, "(at) => choose(at)", at) for at in range(min(count, TURNS))]
    taken = {"turns": turns, "firsts": [a for a, _ in firsts]}
    taken["after firsts"] = [b for _, b in firsts]
    taken |= {"choices": [a for a, _ in chosen], "in all": [b for _, b in chosen]}
    page.evaluate("(step) => turnTo(step)", step)
    if not page.is_visible("[data-action=play]"):  # nothing was written yet: there is no film
        return {**taken, "gap": None}
    time.sleep(SETTLED_S)  # the answer of the last choice is drawn in no film
    page.click("[data-action=play]")
    gap = page.evaluate("gaps(3000)")
    page.evaluate("document.querySelector('[data-action=pause]')?.click()")
    return {**taken, "gap": gap}


def first_turn(page: Page, clock: CDPSession, way: tuple[str, str], at: int) -> tuple[float, float]:
    """A turn from one step to another, a token chosen meanwhile: to its picture, and all, in ms."""
    page.evaluate("(step) => turnTo(step)", way[0])
    page.evaluate("(at) => moveTo(at)", at)
    time.sleep(QUIET_S)
    return scripted(page, clock, "(step) => firstPicture(step)", way[1])


def until(page: Page, condition: str) -> None:
    """Wait through the one automatic reload.

    Raises:
        TimeoutError: It never comes true.
    """
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if page.evaluate(condition):
                return
        except Exception as error:
            if "destroyed" not in str(error) and "navigat" not in str(error):
                raise
        time.sleep(0.05)
    raise TimeoutError(condition)


def p95(values: list[float]) -> float:
    """The value that 95 % stay within."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else max(values, default=0.0)


def table(results: dict[str, dict[str, Any]]) -> list[str]:
    """Markdown: a step a line, and the p95 over all returns and choices of a length."""
    heads = ("step", *(head for _, head in COLUMNS), "longest pause in its film, ms")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, told in results.items():
        parts = [told[part] for part, _ in COLUMNS]
        cells = [f"{statistics.median(part):.0f}" if part else "–" for part in parts]
        cells.append("–" if told["gap"] is None else f"{told['gap']:.0f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    for length in LENGTHS:
        mine = [told for name, told in results.items() if name.startswith(f"{length} ")]
        kinds = ("turns", "firsts", "choices")
        every = [value for told in mine for kind in kinds for value in told[kind]]
        told_of = f"{length} tokens: p95 of all {len(every)} turns and choices"
        lines.append(f"\n{told_of} is {p95(every):.0f} ms.")
    return lines
