"""The map: from click to drawn, frames a second while it is pulled and enlarged, memory.

Beside it regl-scatterplot with as many points in the same browser and run (npm installs it apart,
in .cache): the same size, dots of two pixels, eight colours. A frame of ours counts when its pixels
were put on the canvas, one of the peer's when it says that it has drawn; in software GL a drawn
frame may still be on its way to the screen, so the peer is not put at a disadvantage.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from playwright.sync_api import sync_playwright

from export.stages import node
from export.stages.paths import CACHE
from tests.bench import maps
from tests.bench.server import serve
from tests.browser_path import CHROMIUM_FLAGS, browser_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PEER = "regl-scatterplot@1.16.0"
PLACE = CACHE / "regl-scatterplot"
HERE = Path(__file__).resolve().parent / "page"
FOLDER = "/some/folder"
SIZE = {"width": 1440, "height": 900}
PATIENCE_MS = 300_000
MS = 3000
SLOW = 4
MIB = 2**20
LEAST_FRAMES = {True: 30, False: 20}  # up to 65,536 tokens, above
DRAWN = "document.querySelector('#chart-lost p') !== null"
COUNT = """
(() => {
  window.frames_put = 0;
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...all) {
    window.frames_put += 1;
    return put.apply(this, all);
  };
})();
"""
OPEN = """() => new Promise((resolve) => {
  const begin = performance.now();
  const before = window.frames_put;
  document.querySelector("a[href='#/map']").click();
  const look = () => {
    const isHere = window.frames_put > before && document.querySelector("#chart-lost p");
    if (isHere) setTimeout(() => resolve(performance.now() - begin));
    else requestAnimationFrame(look);
  };
  look();
})"""
MOVE = """([kind, ms]) => new Promise((resolve) => {
  const canvas = document.querySelector("#chart-canvas");
  const box = canvas.getBoundingClientRect();
  const middle = [box.left + box.width / 2, box.top + box.height / 2];
  const tell = (name, [x, y], more = {}) => canvas.dispatchEvent(new PointerEvent(name, {
    bubbles: true, cancelable: true, pointerId: 1, pointerType: "mouse", clientX: x, clientY: y,
    buttons: 1, ...more,
  }));
  canvas.setPointerCapture = () => {};
  if (kind === "pull") tell("pointerdown", middle);
  const begin = performance.now();
  const before = window.frames_put;
  let at = 0;
  const next = () => {
    const spent = performance.now() - begin;
    if (spent > ms) {
      if (kind === "pull") tell("pointerup", middle);
      resolve((1000 * (window.frames_put - before)) / spent);
      return;
    }
    at += 1;
    const [x, y] = [middle[0] + 80 * Math.sin(at / 9), middle[1] + 60 * Math.cos(at / 7)];
    if (kind === "pull") tell("pointermove", [x, y]);
    else canvas.dispatchEvent(new WheelEvent("wheel", {
      bubbles: true, cancelable: true, clientX: x, clientY: y, deltaY: at % 60 < 30 ? -40 : 40,
    }));
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""


def answers(options: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - argparse's
    """What was measured of each vocabulary, the built model's first."""
    found = []
    with tempfile.TemporaryDirectory() as work:
        sites = [("SmolLM2's", options.dist, "")]
        for at, one in enumerate(maps.VOCABULARIES):
            site, told = maps.build_site(options.dist, one, Path(work) / str(at))
            sites.append((one.name, site, told))
            print(f"  {one.name}: {told}", flush=True)
        for name, site, told in sites:
            row = {"name": name, "n": maps.n_tokens_of(site), "export": told, **measured(site)}
            print(f"  {json.dumps(row)}", flush=True)
            found.append(row)
    return found


def measured(site: Path) -> dict[str, Any]:
    """One site's map and the peer with as many points."""
    with launched() as browser, serve({FOLDER: site}, isolated=False) as address:
        ours = map_of(browser, f"{address}{FOLDER}/")
    lack = installed()
    if lack:
        return ours | {"peer": lack}
    mounts = {"/npm": PLACE / "node_modules", "/bench": HERE}
    with launched() as browser, serve(mounts, isolated=False) as address:
        return ours | {"peer": peer(browser, address, maps.n_tokens_of(site))}


def map_of(browser: Browser, address: str) -> dict[str, Any]:
    """The page's map: click to drawn, frames a second plain and slowed, the renderer's memory."""
    page = browser.new_page(viewport=SIZE)
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(COUNT)
    page.goto(address)
    until(page, "document.documentElement.dataset.boot === 'ready'")
    first = page.evaluate(OPEN)
    until(page, DRAWN)
    page.wait_for_timeout(1000)
    page.evaluate("location.hash = '#/'")
    until(page, "document.querySelector('#chart-canvas') === null")
    page.wait_for_timeout(1000)
    warm = page.evaluate(OPEN)
    until(page, DRAWN)
    page.wait_for_timeout(1000)
    told = {"first_ms": first, "warm_ms": warm, "memory": memory()}
    told |= {kind: page.evaluate(MOVE, [kind, MS]) for kind in ("pull", "wheel")}
    slow_down(page, SLOW)
    told["pull_slowed"] = page.evaluate(MOVE, ["pull", MS])
    return told


def peer(browser: Browser, address: str, n_points: int) -> dict[str, float]:
    """regl-scatterplot: frames a second while its view moves, plain and slowed."""
    page = browser.new_page(viewport=SIZE)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/bench/peer_map.html")
    until(page, "window.ready === true")
    page.evaluate("(n) => window.draw(n)", n_points)
    told = {"pull": page.evaluate("(ms) => window.pull(ms)", MS)}
    slow_down(page, SLOW)
    return told | {"pull_slowed": page.evaluate("(ms) => window.pull(ms)", MS)}


def table(found: list[dict[str, Any]]) -> list[str]:
    """Markdown: a line a vocabulary."""
    heads = (
        *("the map of", "tokens", "first, ms", "click to drawn, warm, ms", "pulled, frames/s"),
        *("wheel", "pulled, 4 × slower", "renderer, MiB", "regl-scatterplot", "4 × slower"),
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in found:
        cells = [row["name"], f"{row['n']:,}", f"{row['first_ms']:.0f}", f"{row['warm_ms']:.0f}"]
        least = LEAST_FRAMES[row["n"] <= 65_536]
        too_few = "" if min(row["pull"], row["wheel"]) >= least else f" (under {least})"
        cells += [f"{row['pull']:.0f}{too_few}", f"{row['wheel']:.0f}"]
        cells += [f"{row['pull_slowed']:.0f}", f"{row['memory']:.0f}"]
        told = row["peer"]
        is_known = isinstance(told, dict)
        cells += [f"{told[kind]:.1f}" if is_known else "–" for kind in ("pull", "pull_slowed")]
        lines.append(f"| {' | '.join(cells)} |")
    made = [f"\nExport of {row['name']} map: {row['export']}." for row in found if row["export"]]
    lacks = {row["peer"] for row in found if isinstance(row["peer"], str)}
    return [*lines, *made, *(f"\n{PEER}: {lack}" for lack in lacks)]


def installed() -> str:
    """Install the peer where it is not yet; why it cannot be had, else ""."""
    if (PLACE / "node_modules" / "regl-scatterplot").is_dir():
        return ""
    PLACE.mkdir(parents=True, exist_ok=True)
    (PLACE / "package.json").write_text('{"private": true}\n', "utf-8")
    command = [node.program("npm"), "install", "--no-audit", "--no-fund", PEER]
    done = subprocess.run(command, cwd=PLACE, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"npm could not install it: {done.stderr[-200:]}"


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser that draws GL in software, as a machine without a GPU does."""
    with sync_playwright() as playwright:
        flags = [*CHROMIUM_FLAGS, "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=browser_path(), args=flags)
        yield browser
        browser.close()


def slow_down(page: Page, times: int) -> None:
    """Slow the page's thread."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


def until(page: Page, expression: str) -> None:
    """Poll from outside, through the page's one reload."""
    for _ in range(PATIENCE_MS // 50):
        try:
            if page.evaluate(expression):
                return
        except Exception as error:
            if "navigat" not in str(error) and "destroyed" not in str(error):
                raise
        page.wait_for_timeout(50)
    message = f"never true: {expression}"
    raise TimeoutError(message)


def memory() -> float:
    """MiB of the largest renderer of this process's browsers."""
    ours = psutil.Process().children(recursive=True)
    sizes = [one.memory_info().rss for one in ours if "--type=renderer" in " ".join(one.cmdline())]
    return max(sizes, default=0) / MIB
