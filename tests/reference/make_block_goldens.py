"""Writes tests/golden/block-….json: what the tour inside a layer has to show, by transformers.

PYTHONPATH=py:. python tests/reference/make_block_goldens.py [MODEL ...]

As make_walk_goldens.py: our page says only which numbers it shows; each value is transformers' in
float64, and what has no four digits in transformers' own float32 is left out and counted. The
models are those of tests/walk_models.py; without a name, all of them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.block_truth import PER_HEAD, PER_LAYER, look_through, packed, run_whole
from tests.native import native
from tests.native_page import NativePage
from tests.reference.make_walk_goldens import Runs, pair_of
from tests.walk_models import CHECKOUT, MODELS, Held, site_of
from tests.walk_truth import SUBJECTS

if TYPE_CHECKING:
    from export.native import NativeModel
    from tests.reference.make_walk_goldens import Pair


def entry(page: NativePage, graph: NativeModel, pair: Pair, name: str) -> dict[str, Any]:
    """What the golden file has of one prompt, which the page runs to say what it shows."""
    run_whole(page, graph, name)
    ids = [token.id for token in page.state.run.tokens]
    runs = Runs(pair.single.hooks(ids), pair.double.hooks(ids))
    cells: dict[str, float] = {}
    left_out = 0
    for looked in look_through(page):
        few = PER_LAYER if looked.head is None else PER_HEAD
        found = runs.chosen(looked.shown, few)
        cells |= found["cells"]
        left_out += found["left_out"]
    print(f"{name}: {len(cells)} cells, {left_out} left out")
    return packed(ids, cells, left_out)


def write(held: Held) -> None:
    """Ask the page which numbers it shows, and transformers what they are."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        pair, site = pair_of(held, work), site_of(held, work)
        page = NativePage(site)
        graph = native(site / "models" / page.state.site.models[0].id)
        prompts = {name: entry(page, graph, pair, name) for name in SUBJECTS}
        page.close()
    told = {"weights": held.digest(), "prompts": prompts}
    path = CHECKOUT / "tests" / "golden" / f"block-{held.name}.json"
    text = json.dumps(told, ensure_ascii=False, indent=0) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{path.name}: {len(text)} characters")


def main() -> None:
    """Write the files of the named models, or all."""
    for name in sys.argv[1:] or MODELS:
        write(MODELS[name])


if __name__ == "__main__":
    main()
