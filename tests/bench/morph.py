"""What it costs to write a panel anew: our way (dom.py, morphdom in keep.js), and two others.

`python -m tests.bench.morph --dist dist --libraries FOLDER`, a folder in which npm has installed
idiomorph; innerHTML alone keeps nothing. The page's own panels are noted while a choice is made,
there and back (a token in step 4, the tables of step 6, a slider in step 7); then each way writes
the same markup in turns, and beside it step 4 without and with the lens. Milliseconds of the main
thread, medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.bench.run import launched
from tests.bench.server import serve
from tests.bench.walk import until

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

LENGTHS = (32, 128)
CLICK = """(side) => {
  const chips = document.querySelectorAll('.plate-of [data-action=select-position]');
  chips[side ? chips.length - 1 : 1].click();
}"""
TURN = """(side) => {
  const slider = document.querySelector('.plate-of input[type=range]');
  slider.value = side ? slider.max : slider.min;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
}"""
UNFOLD = """(side) => {
  for (const one of document.querySelectorAll('.plate-of details[id]')) one.open = side === 1;
}"""
# What the reader does in each step: chooses a token, opens its tables, moves its first slider.
ACTS = {"layers": CLICK, "softmax": UNFOLD, "sample": TURN}
WAYS = ("ours", "innerHTML", "idiomorph")
ROUNDS = 10
UPDATES = 4
SETTLED_S = 5.0
SCRIPT = """
import json
import js
from seethrough.browser import dom

written = []
plain = dom.Slots.mount

def noting(slots, slot, markup):
    is_new = plain(slots, slot, markup)
    if is_new:
        written.append((slot, markup))
    return is_new

dom.Slots.mount = noting
sides = []

def begin():
    written.clear()

def end():
    # A side is all that one choice wrote, in order.
    sides.append(list(written))

def sequences(kind):
    # Twice what is written in turns: there and back, or without and with the lens.
    if kind == "choice":
        return sides[-2], sides[-1]
    lens = [one for one in sides[-2] if one[0] == "step-layers"]
    return lens[:1], lens[-1:]

def sizes(kind):
    return json.dumps([[(slot, len(markup)) for slot, markup in one] for one in sequences(kind)])

slots = dom.Slots()

def write(way, kind, side):
    start = js.performance.now()
    for slot, markup in sequences(kind)[side]:
        if way == "ours":
            slots._written[slot] = ""
            plain(slots, slot, markup)
        else:
            getattr(js.morphs, way)(js.document.getElementById(slot), markup)
    wrote = js.performance.now()
    js.document.documentElement.scrollHeight
    js.document.body.getBoundingClientRect()
    return json.dumps([wrote - start, js.performance.now() - start])
"""
HELPERS = """
async () => {
  const { Idiomorph } = await import("/libraries/idiomorph/dist/idiomorph.esm.js");
  const isOurs = (name, node) => name === "open" && node.localName === "details" && node.id;
  window.morphs = {
    idiomorph(element, markup) {
      const callbacks = { beforeAttributeUpdated: (name, node) => !isOurs(name, node) };
      Idiomorph.morph(element, markup, { morphStyle: "innerHTML", callbacks });
    },
    innerHTML(element, markup) {
      element.innerHTML = markup;
    },
  };
  const { whenDefined } = await import(new URL("./pyscript/core.js", document.baseURI));
  const { interpreter } = await whenDefined("py");
  window.python = (code) => interpreter.runPython(code);
  window.frames = () =>
    new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
"""


def noted(page: Page, act: str, value: object) -> None:
    """Do something in the page, and note what is written until nothing moves any more."""
    page.evaluate("() => python('begin()')")
    page.evaluate(act, value)
    time.sleep(SETTLED_S)
    page.evaluate("() => python('end()')")


def measured(page: Page, clock: CDPSession, kind: str) -> dict[str, list[list[float]]]:
    """By way: for each update the write, the write with its layout, and all of the main thread."""
    found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for at in range(ROUNDS + 1):
        for way in WAYS:
            for update in range(UPDATES):
                code = f"write('{way}', '{kind}', {update % 2})"
                before = busy_ms(clock)
                told = page.evaluate(
                    "async (code) => { const told = python(code); await frames(); return told; }",
                    code,
                )
                row = [*map(float, told.strip("[]").split(",")), busy_ms(clock) - before]
                if at:  # the first round warms up
                    found[way].append(row)
    return found


def busy_ms(clock: CDPSession) -> float:
    """What the main thread did so far, in milliseconds."""
    told = clock.send("Performance.getMetrics")["metrics"]
    return 1000 * next(item["value"] for item in told if item["name"] == "TaskDuration")


def rows(page: Page, clock: CDPSession, name: str, step: str) -> list[str]:
    """Lines of the table for the step that the page shows."""
    lines = []
    for kind in ("choice", "lens"):
        sizes: Any = page.evaluate(f"() => python(\"sizes('{kind}')\")")
        if kind == "lens" and step != "layers":
            continue
        for way, told in measured(page, clock, kind).items():
            medians = [f"{statistics.median(column):.1f}" for column in zip(*told, strict=True)]
            lines.append(f"| {name}, {kind} | {way} | {' | '.join(medians)} | {len(told)} |")
            print(lines[-1], flush=True)
        print(f"  {kind}: {sizes}", flush=True)
    return lines


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.morph", description=__doc__)
    parser.add_argument("--dist", type=Path, required=True)
    parser.add_argument("--libraries", type=Path, required=True, help="an npm node_modules folder")
    options = parser.parse_args()
    lines = ["| what | way | write, ms | with layout, ms | main thread, ms | updates |"]
    lines.append("|---" * 6 + "|")
    mounts = {"/dist": options.dist, "/libraries": options.libraries}
    with launched() as browser, serve(mounts, isolated=True) as address:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/dist/index.html")
        until(page, "!!window.seethrough && document.documentElement.dataset.boot === 'ready'")
        page.evaluate("() => window.seethrough.load().then(() => 1)")
        page.evaluate(HELPERS)
        page.evaluate("(code) => { python(code); }", SCRIPT)
        clock = page.context.new_cdp_session(page)
        clock.send("Performance.enable", {"timeDomain": "threadTicks"})
        for length in LENGTHS:
            asked = f"prompt={quote('One' + ' and' * (length - 1))}&depth=numbers"
            for step, act in ACTS.items():
                page.evaluate(f"() => {{ location.hash = '#/walk/own/{step}?{asked}'; }}")
                until(page, "document.querySelector('.badge.is-live') !== null")
                time.sleep(SETTLED_S)
                for side in (0, 1, 0, 1):
                    noted(page, act, side)
                lines += rows(page, clock, f"{length} tokens, {step}", step)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
