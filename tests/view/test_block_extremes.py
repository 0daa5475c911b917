"""Extremes inside a layer: a vector of 26,000, a head that looks at one token, exact zeros."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.depth import IDEA
from seethrough.core.hooks import hook_name
from seethrough.core.routes import Route
from seethrough.view.layout import PANELS, raster_for
from seethrough.view.tours import THE_BLOCK
from tests.view.block_sample import block_state
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, walk_state

if TYPE_CHECKING:
    from seethrough.app.state import AppState

LAYER, HEAD, N_TOKENS = 1, 1, 6
PATTERN, SCORES = hook_name(hooks.PATTERN, LAYER), hook_name(hooks.SCORES, LAYER)
HUGE = 26_368.0
WIDE_LEAVES = (hooks.RESID_PRE, hooks.RESID_MID, hooks.RESID_POST)


def at(step: str, family: str = "llama", position: int = N_TOKENS - 1) -> AppState:
    """A live run at a step inside the second layer, with all that it wants."""
    if step in {"mix", "expand", "contract"}:
        return block_state(step, family=family, head=HEAD, position=position)
    state = walk_state(family=family).but(route=Route("block", "own", step))
    return state.but(layer=LAYER, head=HEAD, position=position)


def with_weights(state: AppState, weights: np.ndarray, scores: np.ndarray) -> AppState:
    """The same with this pattern and these scores in the chosen head."""
    arrays = state.run.captured.arrays
    pattern, raw = arrays[PATTERN].copy(), arrays[SCORES].copy()
    pattern[HEAD], raw[HEAD] = weights, scores
    return state.but(captured=state.run.captured.with_more({PATTERN: pattern, SCORES: raw}))


def at_the_first_alone() -> tuple[np.ndarray, np.ndarray]:
    """Every row looks at the first token and nothing else, as float32 has it: exact zeros."""
    weights = np.zeros((N_TOKENS, N_TOKENS), np.float32)
    weights[:, 0] = 1
    scores = np.full((N_TOKENS, N_TOKENS), -150.0, np.float32)
    scores[:, 0] = 60
    scores[np.triu_indices(N_TOKENS, 1)] = -np.inf
    return weights, scores


def drawn(state: AppState, depth: str = "numbers") -> str:
    """The step's markup, every picture of it made."""
    assert state.step is not None
    state = state.but(depth=depth)
    html = PANELS[state.step.place_at(depth)].render(state)
    for name in Reading(html).values("data-raster"):
        assert raster_for(state, name, False) is not None, name
    return html


def words(html: str) -> str:
    """What is read."""
    return " ".join("".join(Reading(html).texts).split())


@pytest.mark.parametrize("depth", ["numbers", IDEA])
@pytest.mark.parametrize("step", THE_BLOCK.names[:4])
def test_a_head_that_looks_at_the_first_token_alone(step: str, depth: str) -> None:
    """Weights of exactly 1 and 0 are drawn; nothing is divided by zero or called not a number."""
    with np.errstate(all="raise", under="ignore"):
        html = drawn(with_weights(at(step), *at_the_first_alone()), depth)
    numbers = re.findall(r'(?:width|x|height|y|r)="([^"]+)"', html)

    assert not {"nan", "inf", "NaN"} & set(words(html).split())
    assert not [one for one in numbers if "nan" in one or "inf" in one]


def test_exact_zeros_are_told_as_such() -> None:
    """A weight of exactly 0 says 0 and no small share; the row has no spread."""
    html = drawn(with_weights(at("weights"), *at_the_first_alone()))
    of_zero = f'data-cell="{PATTERN}[{HEAD},{N_TOKENS - 1},3]"'
    told = [one for one in re.findall(r"<button[^>]*>[^<]*", html) if of_zero in one]

    assert told
    for one in told:
        assert 'title="0"' in one or 'title="0.0"' in one, one
        assert "e\u2212" not in one
    assert "0 bits" in words(html) or "0\u202fbits" in words(html) or "0.0 bits" in words(html)


def huge(state: AppState) -> AppState:
    """The same in SmolLM2's width, with one number of the stream thousands of times the others."""
    random = np.random.default_rng(4)
    arrays = {}
    for leaf in (*WIDE_LEAVES, hooks.LN1_OUT, hooks.ATTN_OUT, hooks.MLP_OUT):
        made = random.standard_normal((N_TOKENS, 576)).astype(np.float32)
        made[0, 2] = -HUGE if leaf in WIDE_LEAVES else 1
        arrays[hook_name(leaf, LAYER)] = made
    return state.but(captured=state.run.captured.with_more(arrays))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", ["qkv", "inside"])
def test_a_huge_number_leaves_the_scale_readable(step: str, family: str) -> None:
    """The strip does not reach it, so that the others have colours; it is ticked, and told."""
    state = huge(at(step, family, position=0))
    html = drawn(state)
    wide = [
        name
        for name in Reading(html).values("data-raster")
        if re.search(r"hook_resid_(pre|mid|post)@0~", name)
    ]

    assert wide
    for name in wide:
        assert float(name.rpartition("~")[2]) < HUGE / 100
        pixels = raster_for(state, name, False)
        assert pixels is not None
        assert len(np.unique(pixels[-1], axis=0)) > 8
        assert not np.array_equal(pixels[0, 2], pixels[-1, 2])
    told = words(html)
    assert "beyond the full colour" in told
    assert "\u221226 368" in told


def test_scores_beyond_the_colours_are_counted() -> None:
    """The matrix of a long text says how many scores its colours do not reach."""
    state = walk_state(("x",) * 40).but(route=Route("block", "own", "scores"))
    state = state.but(layer=LAYER, head=HEAD, position=39)
    scores = state.run.captured.arrays[SCORES].copy()
    scores[HEAD, 20, 3] = 900
    state = state.but(captured=state.run.captured.with_more({SCORES: scores}))

    assert "beyond that; the largest is 900" in words(drawn(state))
