"""Writes tests/golden/walk-smollm2.json: what the walk's pages have to show, by transformers.

PYTHONPATH=py:. python tests/reference/make_walk_goldens.py

Our page says only which numbers it shows; each value is transformers' in float64. A number whose
float32 in transformers itself has no four digits (the small difference of large ones) is left out
and counted.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.cell import PROBS, parse_cell
from tests.model_files import default_gguf
from tests.native_page import NativePage
from tests.parity import N_GREEDY, PROMPTS, prompt_ids
from tests.reference.oracle import Transformers
from tests.walk_truth import FOUR_DIGITS, GOLDEN, PER_STEP, STEPS, SUBJECTS, shown_cells, subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.core.cache import Array

CHECKOUT = Path(__file__).parents[2]
N_LENS = 3
DIGITS = 9


def value_of(hooks: Mapping[str, Array], name: str) -> float | None:
    """One number of transformers' run by its cell; None where transformers has no such thing."""
    cell = parse_cell(name)
    if cell is None:
        return None
    if cell.name == PROBS:
        return float(probabilities(hooks["logits"][cell.index[0]])[cell.index[1]])
    array = hooks.get(cell.name)
    return None if array is None else float(array[cell.index])


def probabilities(logits: Array) -> Array:
    """Softmax over the vocabulary in float64."""
    weights: Array = np.exp(logits.astype(np.float64) - float(logits.max()))
    return weights / weights.sum()


def chosen(names: Sequence[str], single: Mapping[str, Array], double: Mapping[str, Array]) -> Any:  # noqa: ANN401 - JSON
    """Golden values of evenly spread cells, and how many had no four digits in float32."""
    stride = max(1, len(names) // PER_STEP)
    cells, left_out = {}, 0
    for name in names[::stride]:
        exact, rounded = value_of(double, name), value_of(single, name)
        if exact is None or rounded is None:
            continue
        if abs(rounded - exact) > FOUR_DIGITS / 5 * abs(exact):
            left_out += 1
            continue
        cells[name] = float(f"{exact:.{DIGITS}g}")
    return {"cells": cells, "left_out": left_out}


def lens(oracle: Transformers, hooks: Mapping[str, Array]) -> list[list[list[float]]]:
    """Of each layer the best tokens at the last position: [id, logit, probability]."""
    n_layers = len(oracle.layers)
    names = [f"blocks.{layer}.hook_resid_pre" for layer in range(n_layers)]
    states = np.stack(
        [hooks[name][-1] for name in (*names, f"blocks.{n_layers - 1}.hook_resid_post")]
    )
    rows = []
    for logits in oracle.read_out(states):
        probs = probabilities(logits)
        order = np.argsort(-logits, kind="stable")[:N_LENS]
        rows.append(
            [[int(i), round(float(logits[i]), 6), round(float(probs[i]), 9)] for i in order]
        )
    return rows


def continuation(oracle: Transformers, ids: list[int]) -> list[list[float]]:
    """The greedy tokens, each with its probability over the vocabulary at temperature 1."""
    new, _ = oracle.greedy(ids, N_GREEDY)
    logits = oracle.hooks([*ids, *new], only=frozenset({"logits"}))["logits"]
    told = []
    for at, token in enumerate(new):
        told.append([token, round(float(probabilities(logits[len(ids) - 1 + at])[token]), 9)])
    return told


def main() -> None:
    """Ask the page which numbers it shows, and transformers what they are."""
    single = Transformers.from_gguf(default_gguf())
    double = single.in_float64()
    page = NativePage(Path(os.environ.get("SEETHROUGH_DIST", CHECKOUT / "dist")))
    told: dict[str, Any] = {}
    for name in SUBJECTS:
        ids = prompt_ids(PROMPTS[name])
        rounded, exact = single.hooks(ids), double.hooks(ids)
        text, is_chat = subject(name)
        page.run(text, chat=is_chat)
        steps = {}
        for step in STEPS:
            shown = sorted(shown_cells(page.turn_to(step)))
            steps[step] = chosen(shown, rounded, exact)
            left_out = steps[step]["left_out"]
            print(f"{name}, {step}: {len(steps[step]['cells'])} cells, {left_out} left out")
        last = {f"{hook}": values for hook, values in exact.items() if hook.endswith("resid_post")}
        told[name] = {
            "ids": ids,
            "steps": steps,
            "lens": lens(double, exact),
            "norms": [
                float(f"{np.linalg.norm(values[-1]):.{DIGITS}g}") for values in last.values()
            ],
            "continuation": continuation(double, ids),
        }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"
    GOLDEN.write_text(text, encoding="utf-8", newline="\n")
    print(f"{GOLDEN.name}: {len(text)} characters")


if __name__ == "__main__":
    main()
