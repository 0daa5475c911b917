"""`python3 build.py bench`: speed and memory, each as a ratio to a peer measured in the same run.

Ours in Chromium with 2 and 1 threads, wllama on the same GGUF in the same browser, and native
onnxruntime on the same graph take turns for several rounds; the table gives the median of the
rounds. A slow moment of the machine then hits all of them, and the ratios stay. Each makes twice
the tokens and the second half counts: a browser compiles WebAssembly for seconds after a start.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from playwright.sync_api import Error, sync_playwright

from export.native import NativeModel
from seethrough.core import hooks
from tests.bench.server import serve
from tests.browser_path import CHROMIUM_FLAGS, browser_path
from tests.model_files import default_gguf

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PREFILL = (16, 64, 256)
PROMPT = (19306, 28, 5096, 28, 3903, 28)
FILL = 28
MIB = 2**20


def native(folder: Path, *, threads: int, n_tokens: int) -> dict[str, Any]:
    """Session start, ms per token and prefill of the same graph in native onnxruntime."""
    start = time.perf_counter()
    model = NativeModel(folder, threads=threads)
    session_ms = (time.perf_counter() - start) * 1000
    end = model.manifest.config.n_layers

    def timed(tokens: tuple[int, ...]) -> float:
        begin = time.perf_counter()
        model.run(tokens, (hooks.TOP_IDS,), unembed=[(end, len(tokens) - 1)])
        return (time.perf_counter() - begin) * 1000

    timed(PROMPT)
    times = [timed((FILL,)) for _ in range(2 * n_tokens)][n_tokens:]
    result: dict[str, Any] = {"sessionMs": session_ms, "msPerToken": statistics.median(times)}
    result["prefill"] = {}
    for count in PREFILL:
        model.reset()
        result["prefill"][str(count)] = timed(tuple(range(100, 100 + count)))
    return result


def in_page(browser: Browser, address: str, script: str, options: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Run one of bench.js's functions in a page of its own."""
    page = browser.new_page()
    try:
        page.goto(f"{address}/bench/index.html")
        return page.evaluate(f"(options) => window.bench.{script}(options)", options)
    finally:
        page.close()


def product(browser: Browser, site: str, n_tokens: int) -> dict[str, float]:
    """The real page, from a plain server: Python ready, model ready, a token, peak memory."""
    context = browser.new_context()
    page = context.new_page()
    start = time.perf_counter()
    page.goto(f"{site}/some/folder/")
    _settled(page, "() => window.crossOriginIsolated && !!window.seethrough")
    page.evaluate("() => window.seethrough.ready.then(() => 1)")
    ready = time.perf_counter()
    page.evaluate("() => window.seethrough.load().then(() => 1)")
    loaded = time.perf_counter()
    page.evaluate("() => window.seethrough.next('January, February, March,', {k: 10})")
    first = time.perf_counter()
    page.evaluate(
        "(n) => window.seethrough.generate('One, two,', {max_new_tokens: n, temperature: 0})",
        n_tokens,
    )
    done = time.perf_counter()
    peak = max(_peak_bytes(process) for process in _renderers())
    context.close()
    return {
        "pythonReadyMs": (ready - start) * 1000,
        "modelReadyMs": (loaded - ready) * 1000,
        "firstNextMs": (first - loaded) * 1000,
        "msPerToken": (done - first) * 1000 / n_tokens,
        "peakMiB": peak / MIB,
    }


def _settled(page: Any, condition: str) -> None:  # noqa: ANN401 - Playwright's page
    """Wait through the one automatic reload (the page's policy forbids wait_for_function)."""
    for _ in range(600):
        try:
            if page.evaluate(condition):
                return
        except Error as error:  # the reload destroys the context once
            if "destroyed" not in str(error) and "navigat" not in str(error):
                raise
        time.sleep(0.05)
    sys.exit("The page did not become ready in 30 s.")


def _renderers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "--type=renderer" in " ".join(child.cmdline())]


def _peak_bytes(process: psutil.Process) -> int:
    """VmHWM on Linux; elsewhere what is resident now."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return int(process.memory_info().rss)
    line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def measure(options: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """All contestants, taking turns."""
    folder = next((options.dist / "models").iterdir())
    mounts = {
        "/bench": HERE / "page",
        "/dist": options.dist,
        "/wllama": options.node / "@wllama" / "wllama" / "esm",
        "/gguf/model.gguf": default_gguf(),
    }
    rounds: dict[str, list[dict[str, Any]]] = {}
    base = f"/dist/models/{folder.name}/"

    def note(name: str, result: dict[str, Any]) -> None:
        rounds.setdefault(name, []).append(result)
        print(f"  {name}: {json.dumps(result)}", flush=True)

    with sync_playwright() as playwright, serve(mounts, isolated=True) as address:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=list(CHROMIUM_FLAGS)
        )
        for index in range(options.rounds):
            print(f"round {index + 1} of {options.rounds}", flush=True)
            for threads in (2, 1):
                ask = {"base": base, "threads": threads, "nTokens": options.tokens}
                ours = in_page(browser, address, "ours", {**ask, "prefill": list(PREFILL)})
                note(f"ours, Chromium, {threads} threads", ours)
                note(f"wllama, {threads} threads", in_page(browser, address, "wllama", ask))
                note(
                    f"native, {threads} threads",
                    native(folder, threads=threads, n_tokens=options.tokens),
                )
        with serve({"/some/folder": options.dist}, isolated=False) as site:
            note("the page", product(browser, site, options.tokens))
        browser.close()
    return rounds


def table(rounds: dict[str, list[dict[str, Any]]]) -> str:
    """Medians over the rounds and the ratios that the project is held to, as Markdown."""

    def middle(name: str, *keys: str) -> float:
        values = []
        for result in rounds[name]:
            value: Any = result
            for key in keys:
                value = value[key]
            values.append(float(value))
        return statistics.median(values)

    lines = [
        "| who | ms/token | just started | start, s | prefill 16 / 64 / 256, ms | all hooks, ms |",
        "|---|---|---|---|---|---|",
    ]
    for name in (key for key in rounds if key != "the page"):
        result = rounds[name][0]
        cold = f"{middle(name, 'coldMsPerToken'):.1f}" if "coldMsPerToken" in result else "–"
        cells = [f"{middle(name, 'msPerToken'):.1f}", cold]
        cells.append(f"{middle(name, 'sessionMs') / 1000:.1f}")
        for kind in ("prefill", "hooks"):
            has = kind in result
            counts = [f"{middle(name, kind, str(n)):.0f}" for n in PREFILL] if has else ["–"]
            cells.append(" / ".join(counts))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    for threads in (2, 1):
        ours = middle(f"ours, Chromium, {threads} threads", "msPerToken")
        peer = ours / middle(f"wllama, {threads} threads", "msPerToken")
        same = ours / middle(f"native, {threads} threads", "msPerToken")
        lines.append(f"\n{threads} threads: {peer:.2f} × wllama, {same:.2f} × native")
    page = rounds["the page"][0]
    lines.append(
        "\nThe page, cold, from a plain server: "
        f"Python ready {page['pythonReadyMs'] / 1000:.1f} s, "
        f"model ready {page['modelReadyMs'] / 1000:.1f} s later, first answer "
        f"{page['firstNextMs']:.0f} ms, {page['msPerToken']:.0f} ms/token through the door, "
        f"peak renderer memory {page['peakMiB']:.0f} MiB"
    )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dist", type=Path, default=ROOT / "dist")
    parser.add_argument(
        "--node",
        type=Path,
        default=ROOT / ".cache" / "node" / "node_modules",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=32)
    options = parser.parse_args()
    print(table(measure(options)))


if __name__ == "__main__":
    main()
