"""How fast a model learns: steps a second in the page, natively and in torch, one thread each.

The same plan (first names, 16 windows of 64) takes turns. In the page a short and a longer run are
asked for at the door, and their difference counts: a start, the worker's and the browser's
compiling drop out, looks at the held-out text stay in. torch (where it is installed) computes the
same model, its way back and AdamW.
"""

from __future__ import annotations

import statistics
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

from export.train.place import NAMES
from seethrough.app.learning import Plan, train
from seethrough.core.train.corpus import of_documents
from seethrough.core.train.sizes import SIZES
from tests.bench.walk import until
from tests.native_learner import NativeLearner
from tests.own_loop import run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHORT, LONG, ROUNDS = 10, 50, 3
READY = "!!window.seethrough && document.documentElement.dataset.boot === 'ready'"
ASK = (
    "async ([size, steps]) => { const begin = performance.now();"
    " await seethrough.train({data: 'names', size, steps}); return performance.now() - begin; }"
)
Times = dict[str, dict[str, list[float]]]


def answers(browser: Browser, site: str) -> Times:
    """Milliseconds a step, by size and by who computes it, a round each."""
    taken: Times = {size: {} for size in SIZES}
    page = browser.new_page()
    page.goto(f"{site}#/all/own")
    until(page, READY)
    page.evaluate(ASK, ["25k", 2])  # the engine's files are here then
    for _ in range(ROUNDS):
        for size, row in taken.items():
            spent = [page.evaluate(ASK, [size, steps]) for steps in (SHORT, LONG)]
            row.setdefault("page", []).append((spent[1] - spent[0]) / (LONG - SHORT))
            row.setdefault("native", []).append(native(size))
            if find_spec("torch"):
                row.setdefault("torch", []).append(torchs(size))
    page.close()
    return taken


def native(size: str) -> float:
    """Milliseconds a step in native onnxruntime, the loop around it too."""
    corpus = of_documents(NAMES.read_text(encoding="ascii").split(), 0)
    spent = []
    for steps in (SHORT, LONG):
        begin = time.perf_counter()
        run(train(NativeLearner(), corpus, Plan(size, steps)))
        spent.append(time.perf_counter() - begin)
    return (spent[1] - spent[0]) / (LONG - SHORT) * 1000


def torchs(size: str) -> float:
    """Milliseconds a step in torch on one thread."""
    from tests.reference.torch_course import milliseconds  # noqa: PLC0415 - torch may be missing

    return milliseconds(size, LONG - SHORT)


def table(taken: Times) -> list[str]:
    """Markdown: a size a line."""
    lines = [
        "| parameters | page: steps a second | native | torch | page / native | page / torch |",
        "|---|---|---|---|---|---|",
    ]
    for size, row in taken.items():
        ms = {name: statistics.median(values) for name, values in row.items()}
        page, beside, judge = ms["page"], ms["native"], ms.get("torch")
        told = [f"{1000 / page:.1f}", f"{1000 / beside:.1f}"]
        told += [f"{1000 / judge:.1f}" if judge else "–", f"{beside / page:.2f}"]
        told.append(f"{judge / page:.2f}" if judge else "–")
        lines.append(f"| {size} | {' | '.join(told)} |")
    return lines
