"""How quickly the rooms inside a layer answer: another head, token or step, another layer.

What the page's main thread spends in scripts is counted, as in walk.py, in processor time and with
the engine idle: of a click on a head or a token, in which Python draws before it returns; of a turn
to a step, until nothing moves any more. None of these may ask the engine for a forward pass but a
token the first time (its final norm). Another layer is one pass, and that of its final norm: from
the change of the list until its picture stands (and until all that follows stands, as the tokens
that neurons push), on the wall's clock, beside the passes that the engine was asked for and beside
a prefill of the same prompt. A return to a layer asks for none.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seethrough.view.tours import THE_BLOCK
from tests.bench.walk import HELPERS, p95, scripted, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

LENGTHS = (32, 61)
# The last one, all vectors of a layer, is a page of its own kind.
STEPS = THE_BLOCK.names[:-1]
WORD = " and"
FIRST_LAYER = 3
TURNS = 5
LAYERS = 4
QUIET_S = 0.3
STILL_MS = 400
MOST_MS = 50.0
MOST_PREFILLS = 4.0
HEADS = "#choice .heads button"
TOKENS = "#choice .chips button"
KINDS = (("heads", "another head, ms"), ("tokens", "another token, ms"), ("turns", "this step, ms"))
# Counts what the engine is asked for.
COUNTS = """
window.passes = 0;
window.Worker = class extends Worker {
  postMessage(message, ...more) {
    if (message?.type === "run") window.passes += 1;
    super.postMessage(message, ...more);
  }
};
"""
BLOCK_HELPERS = """
() => {
  window.press = (selector, at) => document.querySelectorAll(selector)[at].click();
  window.toLayer = (layer) => new Promise((resolve) => {
    const begin = performance.now();
    let [drawn, last] = [0, 0];
    const asked = window.passes;
    const isHere = () => new RegExp(`layer=${layer}(&|$)`).test(location.hash);
    const watch = new MutationObserver(() => {
      last = performance.now() - begin;
      if (!drawn && isHere()) drawn = last;
    });
    const all = { childList: true, subtree: true, attributes: true, characterData: true };
    watch.observe(document.querySelector("main"), all);
    const list = document.querySelector("#choice [data-action=select-layer]");
    list.value = String(layer);
    list.dispatchEvent(new Event("change", { bubbles: true }));
    const look = () => {
      const still = performance.now() - begin - last;
      if (drawn && still > STILL_MS) {
        watch.disconnect();
        resolve({ ms: drawn, all: last, passes: window.passes - asked });
      } else setTimeout(look, 20);
    };
    look();
  });
}
""".replace("STILL_MS", str(STILL_MS))
PREFILL = """async (text) => {
  await seethrough.next("Other words", { k: 1 });
  const begin = performance.now();
  await seethrough.next(text, { k: 1 });
  return performance.now() - begin;
}"""


def answers(browser: Browser, address: str) -> dict[str, dict[str, Any]]:
    """Of each length and step: every head, token and turn in ms; every layer with its passes."""
    page = opened(browser, address)
    clock = page.context.new_cdp_session(page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})
    results: dict[str, dict[str, Any]] = {}
    for length in LENGTHS:
        text = "One" + WORD * (length - 1)
        for step in STEPS:
            name = f"{length} tokens, {step}"
            enter(page, step, text)
            results[name] = measured(page, clock, step, text)
            print(f"  {name}: {results[name]}", flush=True)
    page.close()
    return results


def opened(browser: Browser, address: str) -> Page:
    """A page with the model open, which counts what its engine is asked for."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(COUNTS)
    page.goto(address)
    until(page, "!!window.seethrough && document.documentElement.dataset.boot === 'ready'")
    page.evaluate("() => window.seethrough.load().then(() => 1)")
    page.evaluate(HELPERS)
    page.evaluate(BLOCK_HELPERS)
    return page


def enter(page: Page, step: str, text: str) -> None:
    """Go to a step inside a layer, the prompt run and its picture drawn."""
    asked = f"prompt={quote(text)}&layer={FIRST_LAYER}&head=1&pos=5&depth=numbers"
    page.evaluate("(hash) => { location.hash = hash; }", f"#/block/own/{step}?{asked}")
    until(page, f"document.querySelector('#step-{step} .plate-of, #step-{step} svg') !== null")
    until(page, "document.querySelector('.badge.is-live') !== null")
    time.sleep(2.0)  # what it fetches from the engine comes once


def measured(page: Page, clock: CDPSession, step: str, text: str) -> dict[str, Any]:
    """One step: each kind of choice in ms of scripts, layers with time and passes, the prefill."""
    before = page.evaluate("window.passes")
    heads = presses(page, clock, HEADS) if page.locator(HEADS).count() else []
    passes_of_heads = page.evaluate("window.passes") - before
    for at in range(TURNS + 2):  # a token's final norm is asked for once
        page.evaluate("([what, at]) => press(what, at)", [TOKENS, at])
        time.sleep(QUIET_S)
    tokens = presses(page, clock, TOKENS)
    turns = []
    other = STEPS[STEPS.index(step) - 1]
    for _ in range(TURNS):
        page.evaluate("(step) => turnTo(step)", other)
        time.sleep(QUIET_S)
        turns.append(scripted(page, clock, "(step) => turnTo(step)", step)[1])
    there = STEPS.index(step) * LAYERS + FIRST_LAYER + 1  # layers that no step before has shown
    asked = list(range(there, there + LAYERS))
    return {
        "heads": heads,
        "passes of heads": passes_of_heads,
        "tokens": tokens,
        "turns": turns,
        "layers": [page.evaluate("(layer) => toLayer(layer)", layer) for layer in asked],
        "returns": [page.evaluate("(layer) => toLayer(layer)", layer) for layer in asked[:-1]],
        "prefill": statistics.median(page.evaluate(PREFILL, text) for _ in range(3)),
    }


def presses(page: Page, clock: CDPSession, selector: str) -> list[float]:
    """Each of some buttons pressed: milliseconds of scripts until the picture was drawn."""
    taken = []
    for at in range(2, TURNS + 2):  # others than those that the address names
        act = "([what, at]) => press(what, at)"
        taken.append(scripted(page, clock, act, [selector, at])[0])
        time.sleep(QUIET_S)
    return taken


def table(results: dict[str, dict[str, Any]]) -> list[str]:
    """Markdown: a step a line, then what the rooms are held to."""
    heads = ("step", *(head for _, head in KINDS), "passes of 5 heads", "another layer, ms")
    heads = (*heads, "with all that follows, ms", "passes", "× prefill", "a return, ms", "passes")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, told in results.items():
        kinds = [told[kind] for kind, _ in KINDS]  # neurons are of no head
        cells = [f"{statistics.median(kind):.0f}" if kind else "–" for kind in kinds]
        cells.append(f"{told['passes of heads']}")
        layer, back = _median(told["layers"], "ms"), _median(told["returns"], "ms")
        cells += [f"{layer:.0f}", f"{_median(told['layers'], 'all'):.0f}"]
        cells += [_passes(told["layers"]), f"{layer / told['prefill']:.1f}"]
        lines.append(f"| {' | '.join([name, *cells, f'{back:.0f}', _passes(told['returns'])])} |")
    for length in LENGTHS:
        mine = [told for name, told in results.items() if name.startswith(f"{length} ")]
        lines.append(f"\n{length} tokens: {_held(mine)}")
    return lines


def _held(mine: list[dict[str, Any]]) -> str:
    """The p95 of all choices and turns, and the slowest layer, beside their bounds."""
    every = [value for told in mine for kind, _ in KINDS for value in told[kind]]
    slowest = max(_median(told["layers"], "ms") / told["prefill"] for told in mine)
    return (
        f"p95 of all {len(every)} heads, tokens and turns is {p95(every):.0f} ms "
        f"(wanted: {MOST_MS:.0f}); the slowest step's layer takes {slowest:.1f} × the prefill "
        f"(wanted: {MOST_PREFILLS:.0f})."
    )


def _median(told: list[dict[str, float]], key: str) -> float:
    return float(statistics.median(one[key] for one in told))


def _passes(told: list[dict[str, float]]) -> str:
    """How many passes each took: one number where all are the same."""
    return ", ".join(sorted({f"{one['passes']:.0f}" for one in told}))
