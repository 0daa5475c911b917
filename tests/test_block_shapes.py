"""The tour inside a layer on other shapes and lengths, fetched and drawn as a reader's page does.

A Llama of 32 heads over 4 keys, and SmolLM2 with texts of 1 to 256 tokens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.sources import read_checkpoint
from seethrough.core.depth import IDEA, NUMBERS
from seethrough.core.reference import forward
from seethrough.view.tours import THE_BLOCK
from tests import built
from tests.block_models import PROMPT, TINY, page_of, write_checkpoint
from tests.block_truth import look_through, put_whole, value_in
from tests.native import native
from tests.native_page import NativePage
from tests.view.sample import Reading
from tests.view.test_steps import assert_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEPS = THE_BLOCK.names
WAITS = 'class="note" role="status"'
LENGTHS = (1, 2, 64, 256)
MANY = 5000


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NativePage, Path, Path]]:
    """The page of a Llama of 32 heads over 4 keys, its files, its checkpoint."""
    work = tmp_path_factory.mktemp("grouped")
    checkpoint = write_checkpoint(work / "source")
    page, folder = page_of(checkpoint, work)
    page.run(PROMPT)
    yield page, folder, checkpoint
    page.close()


@pytest.mark.parametrize("step", STEPS)
def test_heads_that_share_keys(grouped: tuple[NativePage, Path, Path], step: str) -> None:
    """At each depth every eighth head of the last layer is drawn whole; the last one, too."""
    page = grouped[0]
    for head in (*range(0, TINY.n_heads, 8), TINY.n_heads - 1):
        for depth in (NUMBERS, IDEA):
            html = page.turn_inside(step, depth, layer=TINY.n_layers - 1, head=head)
            assert WAITS not in html
            assert_pictures(page.state, html)


def test_every_number_of_a_shared_key(grouped: tuple[NativePage, Path, Path]) -> None:
    """All that stands at any layer and head is the reference's in float64, to 1e-5 of its row."""
    page, folder, source = grouped
    put_whole(page, native(folder))
    checkpoint = read_checkpoint(source, {})
    ids = page.state.run.ids
    exact, _ = forward(checkpoint.config, checkpoint.weight, ids, dtype=np.float64)
    n_heads = 0
    for looked in look_through(page):
        n_heads += looked.head is not None
        assert looked.shown
        for name, number in looked.shown.items():
            value = value_in(exact, name)
            if value is not None:
                assert number.value == pytest.approx(value, rel=1e-4, abs=2e-5), name
    assert n_heads == TINY.n_layers * TINY.n_heads


@pytest.fixture(scope="module")
def smollm2() -> Iterator[NativePage]:
    """The real model's page."""
    page = NativePage(built.dist())
    yield page
    page.close()


@pytest.mark.model
@pytest.mark.long
@pytest.mark.parametrize("n_tokens", LENGTHS)
def test_any_length(smollm2: NativePage, n_tokens: int) -> None:
    """All seven steps of a real run: at the first token, and at both depths at the last."""
    smollm2.run(" ".join(["a"] * n_tokens))
    assert len(smollm2.state.run.tokens) == n_tokens
    for position, depth in {(0, NUMBERS), (n_tokens - 1, NUMBERS), (n_tokens - 1, IDEA)}:
        for step in STEPS:
            html = smollm2.turn_inside(step, depth, layer=3, head=1, position=position)
            assert WAITS not in html, (step, depth, position)
            assert "nan" not in re.sub(r"<[^>]+>", " ", html).lower().split()
            assert_pictures(smollm2.state, html)


@pytest.mark.model
@pytest.mark.long
def test_the_first_token_s_long_vector(smollm2: NativePage) -> None:
    """Numbers of thousands: strips stop short of them, so that others show, and say so."""
    smollm2.run("January, February, March,")
    for step in ("qkv", "mix", "expand", "contract", "inside"):
        html = smollm2.turn_inside(step, layer=15, head=0, position=0)
        strips = [
            (name, float(name.rpartition("~")[2]))
            for name in Reading(html).values("data-raster")
            if re.search(r"hook_resid_(pre|mid|post)@0~", name)
        ]
        assert strips
        for name, reach in strips:
            values = smollm2.state.run.captured.row(name.partition(":")[2].partition("@")[0], 0)
            assert values is not None
            assert float(np.abs(values).max()) > max(MANY, 20 * reach), name
        told = " ".join("".join(Reading(html).texts).split())
        assert "beyond the full colour" in told, step


@pytest.mark.model
@pytest.mark.long
def test_each_row_of_a_pattern_is_a_whole(smollm2: NativePage) -> None:
    """The weights of each token in each head of each layer add up to 1, within 1e-6."""
    smollm2.run("When January is over, February comes, then March, then")
    smollm2.turn_inside("weights", layer=3, head=0, position=5)
    config = smollm2.state.run.config
    assert config is not None
    for layer in range(config.n_layers):
        pattern = smollm2.state.run.pattern(layer)
        assert pattern is not None
        totals = pattern.sum(axis=-1, dtype=np.float64)
        assert float(np.abs(totals - 1).max()) < 1e-6, layer
