"""What the tour inside a layer shows, number by number, and what transformers says it should be.

The golden files `tests/golden/block-….json` are made from transformers in float64 by
tests/reference/make_block_goldens.py: of each prompt some cells of every layer and of every head,
at the last token. Names are deflated, values are float32 (seven digits; four are compared).
"""

from __future__ import annotations

import base64
import json
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seethrough.core.length import vector_of
from seethrough.core.routes import OWN, Route
from seethrough.view.block.here import here_of
from seethrough.view.block.row import row_of
from seethrough.view.block.stages import shots_of, stages
from seethrough.view.layout import PANELS
from seethrough.view.node import to_html
from tests.walk_models import CHECKOUT
from tests.walk_truth import cell_of, shown_cells, subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from export.native import NativeModel
    from tests.native_page import NativePage
    from tests.walk_models import Held
    from tests.walk_truth import Shown

# Another head changes none of their numbers that name a cell.
OF_A_LAYER = ("qkv", "mix", "expand", "contract", "inside")
# How many cells of each head and of each layer a golden file has.
PER_HEAD, PER_LAYER = 6, 12


class Looked(NamedTuple):
    """A place of the tour and the numbers that stand there; `head` None: those of the layer."""

    layer: int
    head: int | None
    shown: Mapping[str, Shown]


class Told(NamedTuple):
    """A prompt's golden values: its ids, a number for each cell, how many had no four digits."""

    ids: list[int]
    cells: Mapping[str, float]
    left_out: int


def run_whole(page: NativePage, graph: NativeModel, name: str) -> dict[str, np.ndarray]:
    """Run one of the six prompts; every hook of the layers, in one pass: no step asks for more."""
    text, is_chat = subject(name, has_chat=page.state.site.models[0].has_chat)
    page.run(text, chat=is_chat)
    return put_whole(page, graph)


def put_whole(page: NativePage, graph: NativeModel) -> dict[str, np.ndarray]:
    """Put every hook of the layers into what the page has run."""
    graph.reset()
    wanted = [hook for hook in graph.manifest.hooks if hook.startswith("blocks.")]
    hooks = graph.run(list(page.state.run.ids), wanted)
    page.actions.store.replace(captured=page.state.run.captured.with_more(hooks))
    return hooks


def drawn(page: NativePage, step: str, layer: int, head: int) -> str:
    """A step's markup with what is on hand; its tables, which name no cells, stay closed."""
    place = {"route": Route("block", OWN, step), "layer": layer, "head": head}
    page.actions.store.replace(**place, unfolded=frozenset())
    return PANELS["inside" if step == "inside" else f"step-{step}"].render(page.state)


def look_through(page: NativePage) -> Iterator[Looked]:
    """The tour through every layer and every head: at each what stands there."""
    config = page.state.run.config
    assert config is not None
    for layer in range(config.n_layers):
        of_layer: dict[str, Shown] = {}
        for step in OF_A_LAYER:
            of_layer |= shown_cells(drawn(page, step, layer, 0))
        yield Looked(layer, None, of_layer)
        for head in range(config.n_heads):
            scores = shown_cells(drawn(page, "scores", layer, head))
            yield Looked(layer, head, scores | shown_cells(weights(page, layer, head)))


def weights(page: NativePage, layer: int, head: int) -> str:
    """The step of the weights; of all heads but the first its row alone, to be quick."""
    if head == 0:
        return drawn(page, "weights", layer, head)
    page.actions.store.replace(head=head)
    here = here_of(page.state)
    row = None if here is None else row_of(page.state, here)
    assert row is not None
    return to_html(stages(page.state, row, shots_of(row)))


def value_in(hooks: Mapping[str, np.ndarray], name: str) -> float | None:
    """A cell of the pass, or the length of one of its vectors; None for a weight."""
    cell = cell_of(name)
    assert cell is not None
    vector = vector_of(cell.name)
    array = hooks.get(vector or cell.name)
    if array is None:
        return None
    found = array[cell.index].astype(np.float64)
    return float(np.linalg.norm(found) if vector else found)


def packed(ids: list[int], cells: Mapping[str, float], left_out: int) -> dict[str, Any]:
    """A prompt's golden values as a file keeps them; the inverse of `told`."""
    names, values = "\n".join(cells), np.array([*cells.values()], "<f4")
    return {
        "ids": ids,
        "names": base64.b85encode(zlib.compress(names.encode(), 9)).decode(),
        "values": base64.b85encode(values.tobytes()).decode(),
        "left_out": left_out,
    }


def unpacked(entry: Mapping[str, Any]) -> Told:
    """The inverse of `packed`."""
    names = zlib.decompress(base64.b85decode(entry["names"])).decode().split("\n")
    values = np.frombuffer(base64.b85decode(entry["values"]), "<f4").tolist()
    return Told(entry["ids"], dict(zip(names, values, strict=True)), entry["left_out"])


@cache
def goldens(held: Held) -> Mapping[str, Told]:
    """A model's golden values by prompt.

    Raises:
        AssertionError: The file was made of other weights.
    """
    path = CHECKOUT / "tests" / "golden" / f"block-{held.name}.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    said = f"{path.name} was made of other weights: run make_block_goldens.py"
    assert told["weights"] == held.digest(), said
    return {name: unpacked(entry) for name, entry in told["prompts"].items()}
