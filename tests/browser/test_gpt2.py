"""A site whose models are of two families: GPT-2 beside Llama, both tiny."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from export.package import write_package
from export.quantize import quantized
from export.site import copy_models, write_page, write_service_worker
from export.sources import read_checkpoint
from seethrough.core.hooks import expected_hooks
from seethrough.core.reference import forward
from seethrough.core.sampling import greedy
from seethrough.core.tokenizer import Tokenizer
from tests import parity, tiny, tiny_gpt2
from tests.browser.captures import captured
from tests.browser.conftest import FOLDER, opened_site
from tests.own_loop import apart

pytestmark = pytest.mark.browser

PROMPT = "hello w hello, 12 wells"
N_NEW = 6


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """GPT-2 and Llama in 8-bit blocks; a Mistral with a window, which keeps its bfloat16."""
    folder = tmp_path_factory.mktemp("sources")
    tiny_gpt2.write_folder(tiny_gpt2.TinyGpt2(), folder / "gpt2")
    tiny.write_hub_folder(tiny.Tiny(is_gguf=False), made(folder / "llama"))
    floats = tiny.Tiny(is_gguf=False, is_tied=False, kinds=("BF16", "BF16"))
    window = {"architectures": None, "model_type": "mistral", "sliding_window": 3}
    tiny.write_hub_folder(floats, made(folder / "mistral"), settings=window)
    read = {name: read_checkpoint(folder / name, {}) for name in ("gpt2", "llama", "mistral")}
    in_blocks = {name: quantized(read[name], least=0) for name in ("gpt2", "llama")}
    return {**in_blocks, "mistral": quantized(read["mistral"])}


def made(folder):
    """A new folder."""
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def two_families(browser, dist, checkpoints, tmp_path_factory):
    """A page of a site with these models, GPT-2 first, and its first model loaded."""
    root = tmp_path_factory.mktemp("root")
    place = root / FOLDER
    shutil.copytree(dist, place, ignore=shutil.ignore_patterns("models", "models.json"))
    folders = []
    for name, checkpoint in checkpoints.items():
        folders.append(root / name)
        write_package(checkpoint, folders[-1], model_id=f"tiny-{name}", title=f"Tiny {name}")
    listed = copy_models(tuple(folders), place)
    apart(lambda: write_page(place))
    write_service_worker(place, listed)
    with opened_site(browser, root) as tab:
        yield tab


@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral"])
def test_every_hook_at_every_position(two_families, checkpoints, name):
    """In Chromium every hook of each model is the float64 reference's, one after the other."""
    checkpoint = checkpoints[name]
    tokenizer = Tokenizer.from_json(checkpoint.tokenizer)
    ids = tokenizer.encode(PROMPT)
    exact, _ = forward(checkpoint.config, checkpoint.weight, ids, dtype=np.float64)
    two_families.ask(f"seethrough.load('tiny-{name}')")

    names = [spec.name for spec in expected_hooks(checkpoint.config)]
    arrays = captured(two_families, PROMPT, [*names, "logits"], {})

    errors = parity.relative_errors({hook: exact[hook] for hook in arrays}, arrays)
    assert list(arrays) == [*names, "logits"]
    assert parity.worst(errors, 1)[0][0] <= parity.TOLERANCES["hook"].bound, parity.worst(errors, 3)


def test_greedy_goes_on_over_the_cache(two_families, checkpoints):
    """Tokens that GPT-2 generates in the page are those that numpy computes from nothing each."""
    checkpoint = checkpoints["gpt2"]
    ids = Tokenizer.from_json(checkpoint.tokenizer).encode(PROMPT)
    expected = []
    for _ in range(N_NEW):
        cache, _ = forward(checkpoint.config, checkpoint.weight, [*ids, *expected])
        expected.append(greedy(cache["logits"][-1]))
    two_families.ask("seethrough.load('tiny-gpt2')")

    told = two_families.ask(f"seethrough.generate('{PROMPT}', {{max_new_tokens: {N_NEW}}})")

    assert told["ids"] == expected[: len(told["ids"])]
    assert len(told["ids"]) == N_NEW or told["stop"] == "end_token"


def test_rows_of_its_own_weights(two_families, checkpoints):
    """The door reads rows of learned positions, biases and blocks as the export stored them."""
    two_families.ask("seethrough.load('tiny-gpt2')")
    for name, rows in (("W_pos", [0, 5]), ("blocks.1.attn.b_Q", [3]), ("blocks.0.mlp.W_in", [7])):
        told = two_families.page.evaluate(
            """async ([name, rows]) => {
              const { dims, data } = await window.seethrough.weight(name, rows);
              return { dims, data: [...data] };
            }""",
            [name, rows],
        )
        expected = checkpoints["gpt2"].weight(name)[rows]
        np.testing.assert_array_equal(np.reshape(told["data"], told["dims"]), expected)


def test_the_page_shows_its_numbers(two_families):
    """A run from the page itself: tokens, next tokens, attention, all without an error."""
    tab = two_families
    tab.ask("seethrough.load('tiny-gpt2')")
    tab.run(PROMPT)

    shown = tab.page.evaluate("document.querySelector('main').innerText")
    assert "blocks.0.attn.hook_pattern[0]" in shown
    assert "Tiny gpt2 has no chat template" in shown
    assert tab.page.is_disabled("[name=mode][value=chat]")
    assert tab.errors == []


def test_a_link_names_its_model(two_families):
    """A link with `model=` runs its prompt with that model, and the page's address keeps it."""
    tab = two_families
    tab.ask("seethrough.load('tiny-gpt2')")
    tab.page.evaluate("location.hash = '#/all/own?prompt=hello%20w&model=tiny-llama'")

    tab.until("document.querySelector('#top').innerText !== '' && location.hash.includes('pos=')")
    tab.until("document.querySelector('#status').innerText.includes('Tiny llama')")
    assert "model=tiny-llama" in tab.page.evaluate("location.hash")
    assert tab.errors == []
