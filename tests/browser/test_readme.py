"""The README's scripting examples, run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.model]

README = Path(__file__).parents[2] / "README.md"
# What the example with knobs leaves to the reader to make: neutral ones for SmolLM2.
KNOBS = """
const head_scale = Array(30).fill(Array(9).fill(1));
const mlp_scale = Array(30).fill(1);
const resid_add = {dims: [31, 1, 576], data: new Float32Array(31 * 576)};
const score_add = {dims: [30, 1, 1, 1], data: new Float32Array(30)};
"""
PLAIN = "((made) => made instanceof Blob ? {size: made.size} : made)"


def examples():
    """Each `await seethrough…` line of the README's js block, without its comment."""
    block = re.search(r"```js\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
    lines = [line.split("  //")[0].split(" // ")[0].strip() for line in block.splitlines()]
    return [line.removeprefix("await ") for line in lines if line.startswith("await seethrough")]


def test_there_are_examples():
    """Each call of the door has an example."""
    calls = {re.match(r"seethrough\.(\w+)", line)[1] for line in examples()}

    assert calls == {
        *("ready", "load", "tokenize", "decode", "next", "generate"),
        *(
            "distribution",
            "beam",
            "hooks",
            "capture",
            "lens",
            "npz",
            "weight",
            "neighbours",
            "where",
            "check",
            "train",
        ),
    }


@pytest.mark.parametrize("example", examples())
def test_example(loaded, example):
    """The example gives an answer, not a sentence of refusal."""
    answer = loaded.ask(f"(async () => {{ {KNOBS} return {PLAIN}(await {example}); }})()")

    assert answer
    assert "isError" not in answer
