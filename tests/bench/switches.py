"""Memory over many switches between the models of a site: `python -m tests.bench.switches`.

Each model is opened in turn, says one next token, and what the page's renderer holds is read: its
resident bytes, and the scripts' heap after a collection. What a closed model has given back is not
there when it is opened again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from export.stages import paths
from tests.bench.memory import MIB, largest
from tests.bench.run import FOLDER, launched, settled
from tests.bench.server import serve

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

PROMPT = "January, February, March,"


def main() -> None:
    """Switch, and print a row for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.switches", description=__doc__)
    parser.add_argument("--dist", type=Path, default=paths.DIST)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--mode", default="exact")
    options = parser.parse_args()
    print("| switch | model | s | renderer, MiB | at the most | scripts' heap, MiB | next |")
    print("|---|---|---|---|---|---|---|")
    with serve({FOLDER: options.dist}, isolated=False) as site, launched() as browser:
        page = browser.new_page()
        page.goto(f"{site}{FOLDER}/")
        settled(page, "() => window.crossOriginIsolated && !!window.seethrough")
        models = page.evaluate("() => window.seethrough.ready.then((told) => told.models)")
        names = [one if isinstance(one, str) else one["id"] for one in models]
        session = page.context.new_cdp_session(page)
        for at in range(options.times + 1):
            _row(page, session, at, names[at % len(names)], options.mode)


def _row(page: Page, session: CDPSession, at: int, model: str, mode: str) -> None:
    start = time.perf_counter()
    page.evaluate("([m, mode]) => window.seethrough.load(m, {mode})", [model, mode])
    elapsed = time.perf_counter() - start
    ask = "([m, text]) => window.seethrough.next(text, {model: m, k: 1})"
    best = page.evaluate(ask, [model, PROMPT])["top"][0]["text"]
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    memory = largest()
    held = f"{memory['now'] / MIB:.0f} | {memory['peak'] / MIB:.0f} | {heap / MIB:.1f}"
    print(f"| {at} | {model} | {elapsed:.1f} | {held} | {best!r} |", flush=True)


if __name__ == "__main__":
    main()
