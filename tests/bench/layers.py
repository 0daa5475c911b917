"""What the page holds when every layer of a long input is looked at: the budget, in a browser.

512 tokens; each layer is chosen once, from the first to the last, and then the last ones again. The
renderer's resident bytes (a worker's are among them: the model, the runtime) are read with the
input run and one layer shown, after all layers, and after the way back; beside them the passes that
the engine was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.bench.block import WORD, enter, opened
from tests.bench.memory import MIB, largest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession

N_TOKENS = 512
STEP = "scores"
BACK = 4
Told = dict[str, Any]


def answers(browser: Browser, address: str) -> list[Told]:
    """Of each stretch: what it was, its layers, passes, and MiB now, at the most, in the heap."""
    page = opened(browser, address)
    session = page.context.new_cdp_session(page)
    enter(page, STEP, "One" + WORD * (N_TOKENS - 1))
    n_layers = page.locator("#choice [data-action=select-layer] option").count()
    told = [_row("one layer", [], session)]
    ways = {
        "all layers": [*range(n_layers)],
        "the last ones again": [*range(n_layers - 1 - BACK, n_layers - 1)],
        "the first ones again": [*range(BACK)],
    }
    for what, layers in ways.items():
        turns = [page.evaluate("(layer) => toLayer(layer)", layer) for layer in layers]
        told.append(_row(what, turns, session))
        print(f"  {told[-1]}", flush=True)
    page.close()
    return told


def _row(what: str, turns: list[dict[str, float]], session: CDPSession) -> Told:
    session.send("HeapProfiler.collectGarbage")
    held = largest()
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    return {
        "what": what,
        "layers": len(turns),
        "passes": sum(turn["passes"] for turn in turns),
        "now": held["now"] / MIB,
        "peak": held["peak"] / MIB,
        "heap": heap / MIB,
    }


def table(told: list[Told]) -> list[str]:
    """Markdown: a stretch a line."""
    heads = ("512 tokens", "layers", "passes", "renderer, MiB", "at the most", "scripts' heap")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in told:
        sizes = (f"{row[key]:.0f}" for key in ("now", "peak", "heap"))
        cells = (row["what"], str(row["layers"]), f"{row['passes']:.0f}", *sizes)
        lines.append(f"| {' | '.join(cells)} |")
    return lines
