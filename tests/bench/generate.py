"""How quickly a text grows in the page: with the context's length, greedy and drawn, in the lab.

Each row is a run of the room of generation or of the lab in Chromium with the model open: wall
milliseconds a new token from the click to rest, the longest task of the page's main thread
(PerformanceObserver, from 50 ms on; 0: none), and what the renderer holds more than before, beside
the size of the cache's new columns as computed from the config. A row of the tree walks from place
to place and counts animation frames.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.bench.block import WORD, opened
from tests.bench.memory import MIB, largest
from tests.bench.walk import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

# Tokens of context, how many are written behind them.
RUNS = ((16, 32), (128, 32), (480, 32), (16, 496))
GREEDY, DRAWN = "temperature=0", "temperature=1&seed=3"
WORDS = {GREEDY: ("One", "Two"), DRAWN: ("Six", "Ten")}
# Of SmolLM2: layers, key-value heads, their size, two arrays of float32.
COLUMN_BYTES = 30 * 3 * 64 * 2 * 4
N_WAYS, WALKS = 8, 40
# A short look, to see that the measure itself works.
IS_SHORT = bool(os.environ.get("SEETHROUGH_BENCH_SHORT"))
IDLE = "!document.querySelector('[data-action=stop]')"
WATCH = """
() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      window.longest = Math.max(window.longest, duration);
    }
  }).observe({ type: "longtask" });
  window.timed = async (selector) => {
    window.longest = 0;
    const begin = performance.now(), asked = window.passes;
    document.querySelector(selector).click();
    const isOver = () => !document.querySelector('[data-action=stop]');
    await new Promise((resolve) => {
      const look = () => (isOver() ? resolve() : setTimeout(look, 5));
      setTimeout(look, 30);
    });
    const took = performance.now() - begin, passes = window.passes - asked;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { took, passes, longest: window.longest };
  };
  window.frames = async (selector, count) => {
    const gaps = [];
    let before = performance.now(), isGoing = true;
    const tick = (now) => {
      gaps.push(now - before);
      before = now;
      if (isGoing) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    for (let at = 0; at < count; at += 1) {
      const all = document.querySelectorAll(selector);
      all[(at * 7) % all.length].click();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    isGoing = false;
    gaps.sort((one, other) => one - other);
    const all = gaps.reduce((sum, gap) => sum + gap, 0);
    return { fps: (1000 * gaps.length) / all, worst: gaps.at(-1) };
  };
}
"""
Told = dict[str, Any]


def answers(browser: Browser, address: str) -> list[Told]:
    """Of each run: what it was, ms a token, the longest task, MiB more and MiB computed."""
    page = opened(browser, address)
    page.evaluate(WATCH)
    session = page.context.new_cdp_session(page)
    runs = RUNS[:1] if IS_SHORT else RUNS
    for n_given, n_new in runs:
        for settings in (GREEDY, DRAWN):
            tell(written(page, session, n_given, n_new, settings))
    tell(tree(page))
    tell(endings(page))
    page.close()
    return ROWS


ROWS: list[Told] = []


def tell(row: Told) -> None:
    """Keep a row, and show it at once."""
    ROWS.append(row)
    print(f"  {row}", flush=True)


def go(page: Page, address: str, text: str, settings: str, done: str) -> None:
    """Turn to a place with a text, and wait until it was run."""
    page.evaluate("() => { location.hash = '#/'; }")
    until(page, "document.querySelector('.is-home, .home, main h1') !== null")
    asked = f"prompt={quote(text)}&depth=numbers&{settings}"
    page.evaluate("(hash) => { location.hash = hash; }", f"{address}?{asked}")
    until(page, "document.querySelector('.badge.is-live') !== null")
    until(page, f"{IDLE} && document.querySelector('{done}:not([disabled])') !== null")


def written(page: Page, session: CDPSession, n_given: int, n_new: int, settings: str) -> Told:
    """A text of so many tokens goes on by so many; the second time, of another text, counts.

    The texts of all runs differ, for the page keeps what was written behind a text.
    """
    more = f"{settings}&max_new_tokens={n_new}"
    took: Told = {}
    before = 0.0
    for first in WORDS[settings][: 2 if n_new <= RUNS[0][1] else 1]:
        text = first + WORD * (n_given - 1)
        go(page, "#/generate/own/simple", text, more, DO["generate"])
        session.send("HeapProfiler.collectGarbage")
        before = largest()["now"]
        took = page.evaluate("(what) => timed(what)", DO["generate"])
    session.send("HeapProfiler.collectGarbage")
    n_written = max(1, took["passes"])
    name = "greedy" if settings == GREEDY else "drawn"
    return {
        "what": f"{name}, {n_written} tokens behind {n_given}",
        "ms": took["took"] / n_written,
        "longest": took["longest"],
        "more": (largest()["now"] - before) / MIB,
        "cache": (n_given + n_written) * COLUMN_BYTES / MIB,
    }


DO = {name: f"[data-action={name}]" for name in ("generate", "go-on", "draw-endings")}


def tree(page: Page) -> Told:
    """A tree of some 200 tokens, walked through; frames a second, the longest gap between two."""
    go(
        page,
        "#/generate/own/simple",
        "Once upon a time",
        f"{DRAWN}&max_new_tokens=24",
        DO["generate"],
    )
    page.evaluate("(what) => timed(what)", DO["generate"])
    for at in range(2 if IS_SHORT else N_WAYS - 1):
        fork = "[data-action=fork]"
        page.evaluate("() => document.querySelector('[data-action=step-to]').click()")
        until(page, f"{IDLE} && document.querySelectorAll('{fork}').length > 5")
        page.evaluate("(at) => document.querySelectorAll('[data-action=fork]')[at].click()", at % 5)
        until(page, f"{IDLE} && document.querySelector('{DO['go-on']}:not([disabled])') !== null")
        page.evaluate("(what) => timed(what)", DO["go-on"])
    page.evaluate("() => { location.hash = location.hash.replace('/simple', '/tree'); }")
    until(page, "document.querySelectorAll('[data-action=stand-at]').length > 20")
    n_nodes = page.locator("[data-action=stand-at]").count()
    own = ".tree-stretch.is-present [data-action=stand-at]"
    seen = page.evaluate("([what, count]) => frames(what, count)", [own, WALKS])
    return {"what": f"a tree of {n_nodes} tokens, walked through", **seen}


def endings(page: Page) -> Told:
    """A hundred endings at temperature 1, no filter: the most passes that it can take."""
    n_draws = 10 if IS_SHORT else 100
    settings = f"temperature=1&endings=8,{n_draws}"
    go(page, "#/decode/own/endings", "Once upon a time", settings, DO["draw-endings"])
    took = page.evaluate("(what) => timed(what)", DO["draw-endings"])
    passes = took["passes"]
    what = f"{n_draws} endings of 8 tokens, {passes} passes"
    return {"what": what, "ms": took["took"] / max(1, passes), "longest": took["longest"]}


def table(told: list[Told]) -> list[str]:
    """Markdown: a run a line."""
    heads = ("run", "ms a token", "longest task, ms", "renderer, MiB more", "cache, MiB")
    more = ("frames a second", "longest gap, ms")
    lines = [f"| {' | '.join((*heads, *more))} |", "|---" * len((*heads, *more)) + "|"]
    for row in told:
        keys = ("ms", "longest", "more", "cache", "fps", "worst")
        cells = [f"{row[key]:.1f}" if key in row else "" for key in keys]
        lines.append(f"| {' | '.join((row['what'], *cells))} |")
    return lines
