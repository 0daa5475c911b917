"""Inside a layer in Chromium: every layer and every head once, as transformers has them."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.block_truth import goldens
from tests.parity import PROMPTS
from tests.walk_models import MODELS, SMOLLM2
from tests.walk_truth import SWEPT, shown_cells, wrong_cells

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.long]

N_LAYERS, N_HEADS = 30, 9
# Of each layer: the row of a head at both steps; of some: the steps that read whole matrices, too.
ALWAYS, SOMETIMES = ("scores", "weights"), ("qkv", "mix", "expand", "contract")
EVERY = 10
LOOKS = 100


@pytest.fixture(scope="module")
def golden():
    """Transformers' numbers of the prompt whose layers are looked at."""
    return goldens(MODELS[SMOLLM2])[SWEPT]


@pytest.fixture(scope="module")
def live(loaded, golden):
    """The page with a live run of it."""
    go(loaded, ALWAYS[0], 0, 0)
    loaded.until("document.querySelector('.badge.is-live') !== null")
    told = loaded.ask(f"seethrough.tokenize({PROMPTS[SWEPT].text!r})")
    assert [token["id"] for token in told] == golden.ids
    return loaded


def go(tab, step, layer, head):
    """Go to a head of a layer at a step."""
    place = f"layer={layer}&head={head}&depth=numbers"
    address = f"#/block/own/{step}?prompt={quote(PROMPTS[SWEPT].text)}&{place}"
    tab.page.evaluate("hash => { location.hash = hash; }", address)


def arrived(tab, step, names):
    """What stands in the step, once these numbers have come."""
    shown = {}
    for _ in range(LOOKS):
        shown = shown_cells(tab.page.inner_html(f"#step-{step}"))
        if names <= shown.keys():
            break
        tab.page.wait_for_timeout(100)
    return shown


def of_step(golden, step, layer, head):
    """The golden numbers that a step shows of a layer and head."""
    at = f"blocks.{layer}."
    kinds = {
        "scores": (f"attn.hook_attn_scores[{head},",),
        "weights": (f"attn.hook_pattern[{head},", f"attn.hook_attn_scores[{head},"),
        "qkv": ("ln1.hook_scale", "hook_resid_pre.norm", "ln1.hook_norm_out.norm"),
        "mix": ("hook_attn_out.norm", "hook_resid_mid.norm"),
        "expand": ("mlp.", "ln2.hook_scale"),
        "contract": ("hook_mlp_out.norm", "hook_resid_post.norm"),
    }[step]
    return {
        name: exact
        for name, exact in golden.cells.items()
        if name.startswith(tuple(at + kind for kind in kinds))
    }


@pytest.mark.parametrize("layer", range(N_LAYERS))
def test_every_layer_and_every_head(live, golden, layer):
    """The numbers of a head's row in each layer, of every head in some; all steps in some."""
    head = layer % N_HEADS
    n_compared = 0
    for step in (*ALWAYS, *(SOMETIMES if layer % EVERY == EVERY - 1 else ())):
        cells = of_step(golden, step, layer, head)
        go(live, step, layer, head)
        shown = arrived(live, step, cells.keys())
        assert cells.keys() <= shown.keys()
        assert wrong_cells(cells, shown) == {}
        n_compared += len(cells)

    assert n_compared >= len(ALWAYS)
    assert live.errors == []
