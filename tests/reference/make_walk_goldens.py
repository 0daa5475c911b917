"""Writes tests/golden/walk-….json: what the walk's pages have to show, by transformers.

PYTHONPATH=py:. python tests/reference/make_walk_goldens.py [MODEL ...]

Our page says only which numbers it shows; each value is transformers' in float64. A number that has
no four digits in transformers' own float32 (the small difference of large ones) is left out and
counted. The models are those of tests/walk_models.py; without a name, all of them.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import PROBS, parse_cell
from seethrough.core.hooks import hook_name
from seethrough.core.length import vector_of
from seethrough.core.recording import stream_names
from tests.built import default_gguf
from tests.native_page import NativePage
from tests.parity import N_GREEDY
from tests.walk_models import MODELS, Held, site_of, write_checkpoint
from tests.walk_truth import (
    FOUR_DIGITS,
    LAYERS,
    PER_STEP,
    STEPS,
    SUBJECTS,
    SWEPT,
    shown_cells,
    subject,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seethrough.core.cache import Array

N_LENS = 3
DIGITS = 9
# Of each layer at each position; of the last position, which a browser looks at as well.
SWEPT_CELLS, SWEPT_CELLS_LAST = 8, 40
LENGTHS = (hooks.ATTN_OUT, hooks.RESID_MID, hooks.MLP_OUT, hooks.RESID_POST)


class Oracle(Protocol):
    """What is asked of transformers (tests/reference/oracle.py, gpt2_oracle.py)."""

    def hooks(self, ids: Sequence[int]) -> dict[str, Array]:
        """Every hook of one run, and the logits of all positions."""

    def read_out(self, states: Array) -> Array:
        """The logits of residual states."""

    def greedy(self, ids: Sequence[int], n_new: int) -> tuple[list[int], list[float]]:
        """The most probable continuation, and by how much each id won."""


@dataclass(frozen=True)
class Pair:
    """Transformers in float64, which tells the values, and in float32, which tells their digits."""

    single: Oracle
    double: Oracle


@dataclass(frozen=True)
class Runs:
    """A prompt's hooks by both."""

    single: Mapping[str, Array]
    double: Mapping[str, Array]

    def chosen(self, names: Iterable[str], most: int) -> dict[str, Any]:
        """Golden values of evenly spread cells, and how many had no four digits in float32."""
        ordered = sorted(names)
        cells, left_out = {}, 0
        for name in ordered[:: max(1, len(ordered) // most)]:
            exact, error = value_of(self.double, name), self.error_of(name)
            if exact is None:
                continue
            if error > FOUR_DIGITS * abs(exact):
                left_out += 1
                continue
            cells[name] = short(exact)
        return {"cells": cells, "left_out": left_out}

    def error_of(self, name: str) -> float:
        """How far float32 may be off in a number: a few times what it is off in transformers.

        There it may be small by luck, so in a vector the usual error of its numbers counts too.
        """
        exact, rounded = value_of(self.double, name), value_of(self.single, name)
        if exact is None or rounded is None:
            return 0.0
        own, cell = 5 * abs(rounded - exact), parse_cell(name)
        if cell is None or cell.name == PROBS or vector_of(cell.name):
            return own
        row = cell.index[:-1]
        usual = np.median(np.abs(self.single[cell.name][row] - self.double[cell.name][row]))
        return max(own, 8 * float(usual))


def pair_of(held: Held, work: Path) -> Pair:
    """Transformers' own reading of the model's file; torch is imported here and not before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if held.seeded is None:
            from tests.reference.oracle import Transformers  # noqa: PLC0415 - needs torch

            single = Transformers.from_gguf(default_gguf())
            return Pair(single, single.in_float64())
        from tests.reference.gpt2_oracle import Gpt2Transformers  # noqa: PLC0415 - needs torch

        seeded = Gpt2Transformers.from_folder(write_checkpoint(held, work / "checkpoint"))
        return Pair(seeded, seeded.in_float64())


def short(value: float) -> float:
    """A number in the digits that a golden file keeps."""
    return float(f"{value:.{DIGITS}g}")


def value_of(run: Mapping[str, Array], name: str) -> float | None:
    """One number of transformers' run by its cell; None where transformers has no such thing."""
    cell = parse_cell(name)
    if cell is None:
        return None
    if cell.name == PROBS:
        return float(probabilities(run[hooks.LOGITS][cell.index[0]])[cell.index[1]])
    vector = vector_of(cell.name)
    array = run.get(vector or cell.name)
    if array is None:
        return None
    return float(np.linalg.norm(array[cell.index]) if vector else array[cell.index])


def probabilities(logits: Array) -> Array:
    """Softmax over the vocabulary in float64."""
    weights: Array = np.exp(logits.astype(np.float64) - float(logits.max()))
    return weights / weights.sum()


def n_layers_of(run: Mapping[str, Array]) -> int:
    """How many layers a run went through."""
    return sum(name.endswith(f".{hooks.RESID_POST}") for name in run)


def lens(oracle: Oracle, run: Mapping[str, Array]) -> list[list[list[float]]]:
    """Of each layer the best tokens at the last position: [id, logit, probability]."""
    states = np.stack([run[name][-1] for name in stream_names(n_layers_of(run))])
    rows = []
    for logits in oracle.read_out(states):
        probs = probabilities(logits)
        order = np.argsort(-logits, kind="stable")[:N_LENS]
        rows.append(
            [[int(i), round(float(logits[i]), 6), round(float(probs[i]), 9)] for i in order]
        )
    return rows


def lengths(run: Mapping[str, Array]) -> list[list[float]]:
    """By layer, at the last position: of both writes, and of the stream after each."""
    return [
        [short(float(np.linalg.norm(run[hook_name(leaf, layer)][-1]))) for leaf in LENGTHS]
        for layer in range(n_layers_of(run))
    ]


def norms(run: Mapping[str, Array]) -> list[list[float]]:
    """The lengths of all tokens' states: what enters, then after each layer."""
    return [
        [short(norm) for norm in np.linalg.norm(run[name], axis=1)]
        for name in stream_names(n_layers_of(run))
    ]


def continuation(oracle: Oracle, ids: list[int]) -> list[int]:
    """The greedy tokens."""
    return oracle.greedy(ids, N_GREEDY)[0]


def taken(oracle: Oracle, ids: list[int], new: Sequence[int]) -> list[list[float]]:
    """What it takes after a text and after each start of `new`: [id, probability].

    One run tells it all. Where the ids are those of `new`, that is the greedy continuation; the
    probability is over the vocabulary at temperature 1.
    """
    rows = oracle.hooks([*ids, *new])[hooks.LOGITS][len(ids) - 1 : -1]
    best = [(int(row.argmax()), probabilities(row)) for row in rows]
    return [[token, round(float(probs[token]), 9)] for token, probs in best]


def whole(
    oracle: Oracle, run: Mapping[str, Array], ids: list[int], new: Sequence[int]
) -> dict[str, Any]:
    """What is told of a prompt and its greedy continuation whatever the page shows."""
    return {
        "lens": lens(oracle, run),
        "lengths": lengths(run),
        "norms": norms(run),
        "continuation": taken(oracle, ids, new),
    }


def sweep(page: NativePage, runs: Runs) -> dict[str, Any]:
    """Cells of every layer at every position, as step 4 shows them."""
    told: dict[str, Any] = {"cells": {}, "left_out": 0}
    last = len(page.state.run.tokens) - 1
    for position in range(last + 1):
        page.choose(position)
        most = SWEPT_CELLS_LAST if position == last else SWEPT_CELLS
        for layer in range(n_layers_of(runs.double)):
            page.choose_layer(layer)
            found = runs.chosen(shown_cells(page.turn_to(LAYERS)), most)
            told["cells"] |= found["cells"]
            told["left_out"] += found["left_out"]
    return told


def entry(page: NativePage, pair: Pair, name: str) -> dict[str, Any]:
    """What the golden file has of one prompt, which the page runs to say what it shows."""
    has_chat = page.state.site.models[0].has_chat
    text, is_chat = subject(name, has_chat=has_chat)
    page.run(text, chat=is_chat)
    page.choose_layer(0)
    ids = [token.id for token in page.state.run.tokens]
    runs = Runs(pair.single.hooks(ids), pair.double.hooks(ids))
    steps = {step: runs.chosen(shown_cells(page.turn_to(step)), PER_STEP) for step in STEPS}
    new = continuation(pair.double, ids)
    told = {"ids": ids, "steps": steps, **whole(pair.double, runs.double, ids, new)}
    if name == SWEPT:
        told["sweep"] = sweep(page, runs)
    for step, found in [*steps.items(), *([("sweep", told["sweep"])] if name == SWEPT else [])]:
        print(f"{name}, {step}: {len(found['cells'])} cells, {found['left_out']} left out")
    return told


def write(held: Held) -> None:
    """Ask the page which numbers it shows, and transformers what they are."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        pair, page = pair_of(held, work), NativePage(site_of(held, work))
        prompts = {name: entry(page, pair, name) for name in SUBJECTS}
        page.close()
    told = {"weights": held.digest(), "prompts": prompts}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"
    held.golden.write_text(text, encoding="utf-8", newline="\n")
    print(f"{held.golden.name}: {len(text)} characters")


def main() -> None:
    """Write the files of the named models, or all."""
    for name in sys.argv[1:] or MODELS:
        write(MODELS[name])


if __name__ == "__main__":
    main()
