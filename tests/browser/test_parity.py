"""Every number of the page against the numpy reference in float64 and values from transformers.

Each prompt's capture is saved, so that the reference tier can hold the same numbers to transformers
itself (tests/reference/test_parity.py).
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from export.gguf_source import read_gguf
from seethrough.app.generate import choose
from seethrough.app.state import Sampling
from seethrough.core import hooks
from seethrough.core.chat import ChatTemplate, rendered
from seethrough.core.reference import forward
from tests import parity
from tests.browser.captures import captured
from tests.built import default_gguf
from tests.native import native

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.fixture(scope="module")
def checkpoint():
    """The default model as we read it."""
    return read_gguf(default_gguf(), {})


@pytest.fixture(scope="module")
def weight(checkpoint):
    """Its weights by name, each made of its blocks once for all prompts."""
    return cache(checkpoint.weight)


def asked(prompt):
    """What the page is asked for a prompt: its text and options."""
    if len(prompt.messages) == 1:
        return prompt.messages[0].content, {"chat": True}
    if prompt.messages:
        template = ChatTemplate.from_json(parity.default_manifest().chat)
        return rendered(template.pieces(prompt.messages)), {}
    return prompt.text, {}


def capture(tab, prompt):
    """Every hook and the logits of a prompt, from the page, in the order of `parity_names`."""
    text, options = asked(prompt)
    return captured(tab, text, parity.parity_names(parity.default_manifest()), options)


def in_page(tab, call, prompt, options):
    """Ask the door about a prompt."""
    text, chat = asked(prompt)
    arguments = f"{json.dumps(text)}, {json.dumps({**options, **chat})}"
    return tab.ask(f"seethrough.{call}({arguments})")


@pytest.mark.parametrize("name", parity.PROMPTS)
def test_every_hook_at_every_position(loaded, checkpoint, weight, name):
    """In Chromium every hook at every position is the float64 reference's, to float32 rounding."""
    prompt = parity.PROMPTS[name]
    ids = parity.prompt_ids(prompt)
    expected, _ = forward(checkpoint.config, weight, ids, dtype=np.float64)

    arrays = capture(loaded, prompt)

    parity.save_capture(parity.capture_path(name), ids, arrays)
    wanted = {hook: expected[hook] for hook in arrays}
    worst = parity.worst(parity.relative_errors(wanted, arrays), 1)
    assert worst[0][0] <= parity.TOLERANCES["rounding"].bound, worst
    parity.check_against_golden(name, arrays)


@pytest.mark.parametrize("name", parity.PROMPTS)
def test_next_and_greedy(loaded, name):
    """In Chromium ids, the ten best probabilities and 24 greedy tokens are transformers'."""
    prompt, golden = parity.PROMPTS[name], parity.golden(name)

    told = in_page(loaded, "next", prompt, {"k": parity.N_TOP})
    greedy = in_page(loaded, "generate", prompt, {"max_new_tokens": parity.N_GREEDY})

    assert told["ids"] == golden.ids
    parity.check_top_against_golden(name, {row["id"]: row["prob"] for row in told["top"]})
    assert greedy["ids"] == golden.greedy[: len(greedy["ids"])]
    assert len(greedy["ids"]) == parity.N_GREEDY or greedy["stop"] == "end_token"


@pytest.mark.parametrize("seed", [1, 7])
def test_same_seed_same_tokens(loaded, seed):
    """The page draws the very tokens that CPython draws from the native graph with that seed."""
    settings = Sampling(temperature=0.9, top_k=50, top_p=0.95, seed=seed, max_new_tokens=12)
    prompt = parity.PROMPTS["repetition"]
    model = native(parity.default_model())
    ids = list(parity.prompt_ids(prompt))
    new = ids
    drawn = []
    while len(drawn) < settings.max_new_tokens:
        logits = model.run(new, (hooks.LOGITS,))[hooks.LOGITS][-1]
        drawn.append(choose(logits, settings, len(drawn), (*ids, *drawn)).id)
        new = drawn[-1:]

    told = in_page(loaded, "generate", prompt, dict(settings.values))

    assert told["ids"] == drawn[: len(told["ids"])]
    assert len(told["ids"]) == len(drawn) or told["stop"] == "end_token"


def test_months(loaded):
    """After the months come " and" 0.514, " April" 0.255 and " May" 0.064."""
    told = loaded.ask("seethrough.next('January, February, March,', {k: 3})")

    assert [(row["text"], round(row["prob"], 3)) for row in told["top"]] == [
        (" and", 0.514),
        (" April", 0.255),
        (" May", 0.064),
    ]
