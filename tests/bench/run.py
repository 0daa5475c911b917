"""`python3 build.py bench`: speed and memory, each as a ratio to a peer measured in the same run.

`--only speed`: ours in Chromium in both weight modes with 2 and 1 threads, wllama on the same GGUF
in the same browser, and native onnxruntime on the same graph take turns for several rounds; the
table gives the median of the rounds. A slow moment of the machine then hits all of them, and the
ratios stay. Each makes twice the tokens and the second half counts: a browser compiles WebAssembly
for seconds after a start. `gpt2`: seeded weights in distilgpt2's shape, exported as the real ones
are, in Chromium and natively (a model's speed depends on its shape alone). `memory`: the page's
renderer in both modes. `start`: home beside the floor page, what a visitor waits for (startup.py),
and the bytes sent. `export`: time and memory of each export. `size`: dist/ by file. The others are
told in the files of their names.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error, sync_playwright

from export.native import NativeModel
from export.package import write_package
from export.quantize import quantized
from export.sources import read_checkpoint
from export.stages import node, paths
from seethrough.core import hooks
from seethrough.core.modes import MODES
from tests.bench import (
    block,
    edits,
    engines,
    exports,
    generate,
    layers,
    lighthouse,
    startup,
    train,
    walk,
    weight,
)
from tests.bench import map as chart
from tests.bench.memory import MIB, largest
from tests.bench.server import serve
from tests.browser_path import CHROMIUM_FLAGS, browser_path
from tests.built import default_gguf
from tests.tiny_gpt2 import DISTILGPT2, write_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PREFILL = (16, 64, 256)
PROMPT = (19306, 28, 5096, 28, 3903, 28)
FILL = 28
FOLDER = "/some/folder"
Rounds = dict[str, list[dict[str, Any]]]


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


def product(browser: Browser, site: str, mode: str, n_tokens: int) -> dict[str, float]:
    """The real page in a weight mode, a token by token through its door, and its memory."""
    context = browser.new_context()
    context.add_init_script(f"localStorage.setItem('seethrough:{FOLDER}/:mode', '{mode}')")
    page = context.new_page()
    page.goto(f"{site}{FOLDER}/")
    settled(page, "() => window.crossOriginIsolated && !!window.seethrough")
    page.evaluate("() => window.seethrough.ready.then(() => 1)")
    asked = time.perf_counter()
    info = page.evaluate("() => window.seethrough.load()")
    loaded = time.perf_counter()
    page.evaluate("() => window.seethrough.next('January, February, March,', {k: 10})")
    first = time.perf_counter()
    page.evaluate(
        "(n) => window.seethrough.generate('One, two,', {max_new_tokens: n, temperature: 0})",
        n_tokens,
    )
    done = time.perf_counter()
    page.evaluate("(text) => window.seethrough.capture(text, ['hook_embed'])", "one " * PREFILL[1])
    memory = largest()
    context.close()
    if info["mode"] != mode:
        sys.exit(f"The page opened the model in the mode {info['mode']}, not {mode}.")
    return {
        "modelReadyMs": (loaded - asked) * 1000,
        "firstNextMs": (first - loaded) * 1000,
        "msPerToken": (done - first) * 1000 / n_tokens,
        "peakMiB": memory["peak"] / MIB,
        "settledMiB": memory["now"] / MIB,
    }


def settled(page: Any, condition: str) -> None:  # noqa: ANN401 - Playwright's page
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


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser of its own: its renderers are new, and their peaks are of this use alone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=list(CHROMIUM_FLAGS)
        )
        try:
            yield browser
        finally:
            browser.close()


def measure(options: argparse.Namespace) -> Rounds:
    """All contestants, taking turns."""
    folder = next((options.dist / "models").iterdir())
    mounts = {
        "/bench": HERE / "page",
        "/dist": options.dist,
        "/wllama": options.node / "@wllama" / "wllama" / "esm",
        "/gguf/model.gguf": default_gguf(),
    }
    rounds: Rounds = {}
    base = f"/dist/models/{folder.name}/"
    with launched() as browser, serve(mounts, isolated=True) as address:
        for index in range(options.rounds):
            print(f"round {index + 1} of {options.rounds}", flush=True)
            for threads in (2, 1):
                ask = {"base": base, "threads": threads, "nTokens": options.tokens}
                for mode in MODES:
                    more = {"mode": mode, "prefill": list(PREFILL)}
                    result = in_page(browser, address, "ours", {**ask, **more})
                    note(rounds, f"ours ({mode}), Chromium, {threads} threads", result)
                result = in_page(browser, address, "wllama", ask)
                note(rounds, f"wllama, {threads} threads", result)
                result = native(folder, threads=threads, n_tokens=options.tokens)
                note(rounds, f"native, {threads} threads", result)
    return rounds


def measure_gpt2(options: argparse.Namespace) -> Rounds:
    """Seeded weights in distilgpt2's shape, in Chromium and natively, taking turns."""
    rounds: Rounds = {}
    with TemporaryDirectory() as place, launched() as browser:
        folder = Path(place) / "made"
        write_folder(DISTILGPT2, Path(place))
        checkpoint = quantized(read_checkpoint(Path(place), {}))
        write_package(checkpoint, folder, model_id="shape", title="distilgpt2's shape")
        mounts = {"/bench": HERE / "page", "/dist": options.dist, "/model": folder}
        with serve(mounts, isolated=True) as address:
            for _ in range(options.rounds):
                for threads in (2, 1):
                    ask = {"base": "/model/", "threads": threads, "nTokens": options.tokens}
                    more = {"mode": "exact", "prefill": list(PREFILL)}
                    result = in_page(browser, address, "ours", {**ask, **more})
                    note(rounds, f"distilgpt2's shape, Chromium, {threads} threads", result)
                    result = native(folder, threads=threads, n_tokens=options.tokens)
                    note(rounds, f"distilgpt2's shape, native, {threads} threads", result)
    return rounds


def measure_page(options: argparse.Namespace) -> Rounds:
    """The real page in both weight modes, each in a browser of its own."""
    rounds: Rounds = {}
    with serve({FOLDER: options.dist}, isolated=False) as site:
        for _ in range(options.rounds):
            for mode in MODES:
                with launched() as browser:
                    note(rounds, mode, product(browser, site, mode, options.tokens))
    return rounds


def measure_start(options: argparse.Namespace) -> tuple[Rounds, dict[str, dict[str, int]]]:
    """Cold and warm visits, plain and slowed, and what they made the server send."""
    rounds: Rounds = {}
    bytes_sent: dict[str, dict[str, int]] = {}
    sent: dict[str, int] = {}

    def set_apart(name: str) -> None:
        bytes_sent[name] = dict(sent)
        sent.clear()

    with launched() as browser, serve({FOLDER: options.dist}, isolated=False, sent=sent) as site:
        for _ in range(options.rounds):
            for slowdown in (1, startup.SLOW):
                slow = f", processor {slowdown} × slower" if slowdown > 1 else ""
                sent.clear()
                address = f"{site}{FOLDER}/"
                cold, warm = startup.visits(browser, address, slowdown, lambda: set_apart("cold"))
                set_apart("warm")
                note(rounds, f"cold{slow}", cold)
                note(rounds, f"warm{slow}", warm)
    return rounds, bytes_sent


def measure_floor(options: argparse.Namespace) -> tuple[Rounds, Rounds]:
    """The floor page and home, taking turns, cold and warm, plain and slowed."""
    floor: Rounds = {}
    ours: Rounds = {}
    mounts = {"/bench": HERE / "page", FOLDER: options.dist}
    with launched() as browser, serve(mounts, isolated=False) as site:
        pages = ((floor, f"{site}/bench/floor.html"), (ours, f"{site}{FOLDER}/"))
        for _ in range(options.rounds):
            for slowdown in (1, startup.SLOW):
                slow = f", processor {slowdown} × slower" if slowdown > 1 else ""
                for rounds, address in pages:
                    cold, warm = startup.bare_visits(browser, address, slowdown)
                    note(rounds, f"cold{slow}", cold)
                    note(rounds, f"warm{slow}", warm)
    return floor, ours


def measure_lighthouse(options: argparse.Namespace) -> lighthouse.Scores:
    """Lighthouse's scores of the floor page and home, taking turns."""
    mounts = {"/bench": HERE / "page", FOLDER: options.dist}
    with serve(mounts, isolated=False, compressed=True) as site:
        pages = {"floor": f"{site}/bench/floor.html", "home": f"{site}{FOLDER}/"}
        return lighthouse.scores(pages, options.rounds)


def measure_engines(options: argparse.Namespace) -> tuple[engines.Starts, list[str]]:
    """The start in the other engines."""
    mounts = {"/bench": HERE / "page", FOLDER: options.dist}
    with serve(mounts, isolated=False) as site:
        pages = {"floor": f"{site}/bench/floor.html", "home": f"{site}{FOLDER}/"}
        return engines.starts(pages, options.rounds)


def note(rounds: Rounds, name: str, result: dict[str, Any]) -> None:
    """Keep a result, and show it for the patient."""
    rounds.setdefault(name, []).append(result)
    print(f"  {name}: {json.dumps(result)}", flush=True)


def middle(results: list[dict[str, Any]], *keys: str) -> float:
    """The median over the rounds of one number."""
    values = []
    for result in results:
        value: Any = result
        for key in keys:
            value = value[key]
        values.append(float(value))
    return statistics.median(values)


def table(rounds: Rounds) -> list[str]:
    """Medians over the rounds, as Markdown."""
    lines = [
        "| who | ms/token | just started | start, s | prefill 16 / 64 / 256, ms | all hooks, ms |",
        "|---|---|---|---|---|---|",
    ]
    for name, results in rounds.items():
        has_cold = "coldMsPerToken" in results[0]
        cells = [f"{middle(results, 'msPerToken'):.1f}"]
        cells.append(f"{middle(results, 'coldMsPerToken'):.1f}" if has_cold else "–")
        cells.append(f"{middle(results, 'sessionMs') / 1000:.1f}")
        for kind in ("prefill", "hooks"):
            has = kind in results[0]
            counts = [f"{middle(results, kind, str(n)):.0f}" for n in PREFILL] if has else ["–"]
            cells.append(" / ".join(counts))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def ratios(rounds: Rounds) -> list[str]:
    """The ratios that the project is held to."""
    lines = []
    for threads in (2, 1):
        exact, small, peer, same = (
            middle(rounds[f"{who}, {threads} threads"], "msPerToken")
            for who in ("ours (exact), Chromium", "ours (small), Chromium", "wllama", "native")
        )
        lines.append(
            f"\n{threads} threads: {exact / peer:.2f} × wllama, {exact / same:.2f} × native; "
            f"the small mode {small / exact:.2f} × the exact one"
        )
    return lines


def page_table(rounds: Rounds) -> list[str]:
    """The page itself in both modes: memory first."""
    lines = [
        "| the page | peak renderer, MiB | settled, MiB | ms/token | first answer, ms |",
        "|---|---|---|---|---|",
    ]
    for mode, results in rounds.items():
        keys = ("peakMiB", "settledMiB", "msPerToken", "firstNextMs")
        cells = [f"{middle(results, key):.0f}" for key in keys]
        lines.append(f"| {mode} | {' | '.join(cells)} |")
    return lines


def speed(options: argparse.Namespace) -> list[str]:
    """Ours beside its peers, and the ratios."""
    rounds = measure(options)
    return [*table(rounds), *ratios(rounds), ""]


def start(options: argparse.Namespace) -> list[str]:
    """Home beside the floor page, what a visitor waits for, and the bytes sent."""
    lines = [*startup.floor_table(*measure_floor(options)), ""]
    visits, sent = measure_start(options)
    return [*lines, *startup.table(visits), "", *weight.sent(sent, FOLDER), ""]


def of_the_site(part: ModuleType) -> Callable[[argparse.Namespace], list[str]]:
    """A part that asks the site itself: `answers` of a browser and an address, and its `table`."""

    def measured(options: argparse.Namespace) -> list[str]:
        with launched() as browser, serve({FOLDER: options.dist}, isolated=False) as site:
            return [*part.table(part.answers(browser, f"{site}{FOLDER}/")), ""]

    return measured


def edited(options: argparse.Namespace) -> list[str]:
    """How soon an edit of the sources is in the open page."""
    with launched() as browser:
        return [*edits.table(edits.answers(browser, options.dist, options.rounds)), ""]


PARTS: dict[str, Callable[[argparse.Namespace], list[str]]] = {
    "speed": speed,
    "gpt2": lambda options: [*table(measure_gpt2(options)), ""],
    "memory": lambda options: [*page_table(measure_page(options)), ""],
    "start": start,
    "walk": of_the_site(walk),
    "block": of_the_site(block),
    "layers": of_the_site(layers),
    "generate": of_the_site(generate),
    "edits": edited,
    "train": of_the_site(train),
    "map": lambda options: [*chart.table(chart.answers(options)), ""],
    "lighthouse": lambda options: [*lighthouse.table(measure_lighthouse(options)), ""],
    "engines": lambda options: [*engines.table(measure_engines(options)), ""],
    "export": lambda _options: [*exports.table(), ""],
    "size": lambda options: weight.listing(options.dist),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dist", type=Path, default=paths.DIST)
    parser.add_argument("--node", type=Path, default=node.MODULES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=[*PARTS], help="parts to measure"
    )
    options = parser.parse_args()
    lines = [line for name in PARTS if name in options.only for line in PARTS[name](options)]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
