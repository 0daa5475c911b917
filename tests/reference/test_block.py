"""The inside of a layer, as the page shows it, against transformers with its own weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.prompts import PROMPTS
from seethrough.core import hooks
from seethrough.core.heads import MOST_MARKED
from seethrough.core.hooks import hook_name, leaf_of
from seethrough.core.pushes import RESULT, WRITTEN_BY
from seethrough.core.sums import layer_of
from tests import built
from tests.block_models import PROMPT, TINY, page_of, write_checkpoint
from tests.block_truth import look_through, put_whole
from tests.native import native
from tests.native_page import NativePage
from tests.reference.make_walk_goldens import Runs, probabilities, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from seethrough.core.cell import Cell
    from seethrough.core.heads import Heads
    from tests.reference.conftest import Oracles
    from tests.reference.oracle import Transformers

pytestmark = pytest.mark.reference

CAT = PROMPTS[0].prompt
TOGETHER = frozenset(PROMPTS[0].together)
OFF = (frozenset({(0, 4)}), frozenset({(17, 0)}), frozenset({(23, 3)}), TOGETHER)
LAYERS = (0, 22, 29)
BOUND = 1e-5


@pytest.fixture(scope="module")
def page() -> Iterator[NativePage]:
    """The real model's page with the dog and the cat."""
    opened = NativePage(built.dist())
    opened.run(CAT)
    yield opened
    opened.close()


@pytest.mark.parametrize("off", OFF, ids=str)
def test_bars_without_heads(page: NativePage, oracles: Oracles, off: Heads):
    """What the page says without some heads is transformers with a hook that zeroes them."""
    ids = list(page.state.run.ids)
    wanted = frozenset({hooks.LOGITS})
    zeroed = oracles.double.hooks(ids, n_logits=1, zeroed_heads=tuple(off), only=wanted)
    exact = probabilities(zeroed[hooks.LOGITS][-1])
    top = page.without(off)

    assert len(off) <= MOST_MARKED
    assert [one.id for one in top] == np.argsort(-exact, kind="stable")[: len(top)].tolist()
    assert [one.prob for one in top] == pytest.approx([exact[one.id] for one in top], abs=BOUND)


@pytest.mark.parametrize("layer", LAYERS)
def test_pushes_are_transformers_rows(page: NativePage, oracles: Oracles, layer: int):
    """The tokens that neurons, heads and halves push, and how much, to 1e-5 of the largest.

    A neuron's are W_out · W_U of transformers' own matrices; what was written goes through its
    final norm with the divisor held.
    """
    for step in ("mix", "expand", "contract"):
        page.turn_inside(step, layer=layer)
    run = oracles.double.hooks(list(page.state.run.ids))
    table = oracles.double.weight("lm_head.weight")
    told = {
        cell: known for cell, known in page.state.run.pushes.items() if layer_of(cell.name) == layer
    }
    assert {leaf_of(cell.name) for cell in told} == {
        *(WRITTEN_BY, RESULT, hooks.ATTN_OUT, hooks.MLP_OUT)
    }
    for cell, known in told.items():
        exact = table @ written(oracles.double, run, cell)
        up = np.argsort(-exact, kind="stable")
        reach = float(np.abs(exact).max())
        for one in (*known.up, *known.down):
            assert one.value == pytest.approx(exact[one.id], abs=BOUND * reach), cell
        assert known.up[0].value == pytest.approx(exact[up[0]], abs=BOUND * reach), cell
        assert known.down[0].value == pytest.approx(exact[up[-1]], abs=BOUND * reach), cell


def written(oracle: Transformers, run: Mapping[str, np.ndarray], cell: Cell) -> np.ndarray:
    """The vector of a name by transformers' matrices, as it is read. Shapes: → [d_model]."""
    layer, leaf = layer_of(cell.name), leaf_of(cell.name)
    at = f"model.layers.{layer}"
    if leaf == WRITTEN_BY:
        return oracle.weight(f"{at}.mlp.down_proj.weight")[:, cell.index[0]]
    position = cell.index[0]
    if leaf == RESULT:
        z = run[hook_name(hooks.Z, layer)][position, cell.index[1]]
        first = cell.index[1] * len(z)
        columns = oracle.weight(f"{at}.self_attn.o_proj.weight")[:, first : first + len(z)]
        vector = columns @ z
    else:
        vector = run[cell.name][position]
    made: np.ndarray = (
        vector / run[hooks.FINAL_SCALE][position] * oracle.weight("model.norm.weight")
    )
    return made


def test_four_query_heads_that_share(
    tmp_path: Path, make_transformers: Callable[..., Transformers]
):
    """A Llama of 32 heads over 4 keys: every number of every layer and head, to four digits."""
    folder = write_checkpoint(tmp_path / "source")
    single = make_transformers("folder", folder)
    page, site = page_of(folder, tmp_path)
    page.run(PROMPT)
    put_whole(page, native(site))
    ids = list(page.state.run.ids)
    runs = Runs(single.hooks(ids), single.in_float64().hooks(ids))
    compared = 0
    for looked in look_through(page):
        for name, number in looked.shown.items():
            exact = value_of(runs.double, name)
            if exact is not None:
                slack = runs.error_of(name)
                off = abs(number.value - exact) - number.half_digit - 5e-5 * abs(exact)
                assert off <= slack, (looked[:2], name, number, exact)
                compared += 1
    page.close()

    assert compared > TINY.n_layers * TINY.n_heads * 2 * len(ids)
