"""The real Gemma 3 270M against transformers: every hook at every position of 12 prompts.

PYTHONPATH=py:. .venv/bin/python -m tests.reference.gemma_parity

It needs torch (`python3 build.py test --prepare --reference`) and the exported model and site
(`python3 build.py build --models smollm2,gemma3-270m`). `--sides native numpy chromium` and
`--prompts months window` choose. The rule and its bounds are the default model's
(tests/parity.py): transformers reads the same file and computes in float32; where a value is
further than 1e-5 from that, transformers computes in float64 and in float32 in four more orders,
and ours must be as close to float64 as float32 gets. No run of all tests has it: the model is
fetched by whoever asks for it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.app.inputs import prompt_ids
from seethrough.core import hooks
from seethrough.core.hooks import LEAF_DIMS, leaf_of
from seethrough.core.manifest import from_json
from seethrough.core.tokenizer import Tokenizer
from tests.parity import (
    PROMPTS,
    TOLERANCES,
    by_position,
    parity_names,
    position_errors,
    scatter_bound,
    top_probabilities,
)
from tests.reference.conftest import N_ORDERS
from tests.reference.family_oracle import in_float64, model_of, reordered, watch
from tests.reference.gemma_sides import GGUF, PACKAGE, Native, Numpy, in_chromium, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seethrough.core.cache import Array
    from tests.reference.gemma_sides import Part, Side

    Wanted = Mapping[str, Sequence[int]]

ROOT = Path(__file__).parents[2]
# Of the licence's words, so many that the window of 512 hides the beginning from the end.
WINDOW_CHARACTERS = 4600
TEXTS = {
    **{
        name: PROMPTS[name].text
        for name in ("months", "code", "digits after newlines", "markup", "Ukrainian", "emoji")
    },
    "one word": "Hello",
    "Czech": "Praha je hlavní město České republiky. Příliš žluťoučký kůň",
    "French": "Il était une fois, dans une forêt profonde, une fée qui",
    "Chinese": PROMPTS["Chinese"].text,
    "long": PROMPTS["long"].text,
    "window": (ROOT / "LICENSE").read_text("utf-8")[:WINDOW_CHARACTERS],
}
SIDES = {
    "native": lambda: nullcontext(Native()),
    "numpy": lambda: nullcontext(Numpy()),
    "chromium": in_chromium,
}
# Positions whose logits are compared at once.
AT_ONCE = 64
# Hooks whose second axis is the position.
BY_QUERY = (hooks.SCORES, hooks.PATTERN)
APRIL, AND = " April", " and"
MONTHS = {APRIL: 0.5730, AND: 0.2926}
MONTHS_GO_ON = " April, May, June, July, August, September, October, November,"


@dataclass
class Oracle:
    """Transformers' Gemma; `places`: see `family_oracle.reordered`."""

    model: Any
    places: Mapping[str, Any] = field(default_factory=dict)

    def save(self, ids: Sequence[int], folder: Path) -> None:
        """Every hook of a run in a file of its own: together they may be gigabytes."""
        watch(self.model, ids, lambda name, value: np.save(folder / name, value.numpy()))

    def rows(self, ids: Sequence[int], wanted: Wanted) -> dict[tuple[str, int], Array]:
        """Single positions of hooks, each a float64 row in the usual order."""
        found: dict[tuple[str, int], Array] = {}

        def keep(name: str, value: Any) -> None:  # noqa: ANN401 - a tensor
            if name in wanted:
                places = self.places.get(LEAF_DIMS[leaf_of(name)][-1])
                array = value.numpy() if places is None else value[..., places].numpy()
                rows = rows_of(name, array, wanted[name])
                found.update(zip(((name, at) for at in wanted[name]), rows, strict=True))

        watch(self.model, ids, keep)
        return found

    def next(self, ids: Sequence[int], positions: Sequence[int]) -> list[int]:
        """The best token after each of some positions."""
        found: dict[str, Any] = {}
        watch(self.model, ids, found.__setitem__, positions)
        return found[hooks.LOGITS].argmax(-1).tolist()


def rows_of(name: str, array: Array, positions: Sequence[int]) -> Array:
    """Some positions of a hook, as `by_position` has them; what is masked is 0."""
    axis = LEAF_DIMS[leaf_of(name)].index("query_pos") if leaf_of(name) in BY_QUERY else 0
    rows = by_position(name, np.take(array, positions, axis))
    return np.where(np.isneginf(rows), 0, rows)


@dataclass
class Doubt:
    """A value that is further than 1e-5 from transformers' float32, and what became of it."""

    row: Row
    name: str
    position: int
    error: float
    ours: Array
    far: float = 0.0
    squares: float = 0.0

    @property
    def place(self) -> tuple[str, int]:
        """The hook and the position."""
        return self.name, self.position

    def told(self) -> str:
        """The doubt in a line, as the default model's."""
        return (
            f"{self.row.side}, {self.row.prompt}: {self.name} at {self.position}: "
            f"{self.error:.1e} from float32, {self.far:.1e} from float64, where float32 itself "
            f"scatters by {np.sqrt(self.squares):.1e}"
        )


def settle(single: Oracle, doubts: Sequence[Doubt]) -> None:
    """Rows beyond 1e-5 against float64, and how far float32 scatters in five orders of sums.

    One model after the other, each made once: they are gigabytes.
    """
    asked: dict[tuple[int, ...], list[Doubt]] = {}
    for doubt in doubts:
        asked.setdefault(tuple(doubt.row.ids), []).append(doubt)
    double = Oracle(in_float64(single.model))
    exact = {ids: _rows(double, ids, those) for ids, those in asked.items()}
    del double
    for doubt in doubts:
        doubt.far = distance(exact[tuple(doubt.row.ids)][doubt.place], doubt.ours)
    for seed in (None, *range(N_ORDERS)):
        other = single if seed is None else Oracle(*reordered(single.model, seed))
        for ids, those in asked.items():
            found = _rows(other, ids, those)
            for doubt in those:
                error = distance(exact[ids][doubt.place], found[doubt.place])
                doubt.squares += error**2 / (1 + N_ORDERS)
    for doubt in doubts:
        is_rounding = doubt.far <= scatter_bound(np.sqrt(doubt.squares))
        if not (is_rounding and doubt.error <= TOLERANCES["rounding"].bound):
            doubt.row.wrong.append(doubt.told())


def _rows(oracle: Oracle, ids: Sequence[int], doubts: Sequence[Doubt]) -> dict[Any, Array]:
    wanted: dict[str, set[int]] = {}
    for doubt in doubts:
        wanted.setdefault(doubt.name, set()).add(doubt.position)
    return oracle.rows(ids, {name: sorted(those) for name, those in wanted.items()})


def distance(expected: Array, got: Array) -> float:
    """‖Δ‖ / ‖expected‖ of one row."""
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))


@dataclass
class Row:
    """What one way made of one prompt."""

    side: str
    prompt: str
    ids: Sequence[int]
    n_values: int = 0
    n_beyond: int = 0
    worst: tuple[float, str, int] = (0.0, "", 0)
    top_gap: float = 0.0
    greedy: str = "–"
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """A row of the table."""
        error, name, at = self.worst
        cells = (
            self.side,
            self.prompt,
            len(self.ids),
            f"{self.n_values:,}",
            self.n_beyond,
            f"{error:.1e} ({name} at {at})",
            f"{self.top_gap:.1e}",
            self.greedy,
        )
        return f"| {' | '.join(map(str, cells))} |"


HEADER = (
    "| by | prompt | tokens | values | beyond 1e-5 | worst | ten best | 24 greedy |\n"
    "|---|---|---|---|---|---|---|---|"
)


class Run:
    """Every chosen prompt through every chosen way, beside transformers."""

    def __init__(self) -> None:
        self.manifest = from_json((PACKAGE / "manifest.json").read_text("utf-8"))
        text = (PACKAGE / self.manifest.tokenizer.path).read_text("utf-8")
        self.tokenizer = Tokenizer.from_json(text)
        self.oracle = Oracle(model_of(GGUF))
        self.doubts: list[Doubt] = []

    def prompt(self, name: str, sides: Sequence[Side]) -> Iterator[Row]:
        """One prompt: a row for each way."""
        text = TEXTS[name]
        ids = prompt_ids(text, self.tokenizer, self.manifest, chat=False)
        with tempfile.TemporaryDirectory() as folder:
            self.oracle.save(ids, Path(folder))
            saved = {file.stem for file in Path(folder).iterdir()}
            assert saved == set(parity_names(self.manifest)), saved
            for side in sides:
                row = Row(side.title, name, ids)
                for part in parts_of(self.manifest, len(ids), side.room):
                    for hook, array in side.run(text, ids, part).items():
                        theirs = np.load(Path(folder) / f"{hook}.npy", mmap_mode="r")
                        for at, expected, ours in pieces(part, theirs, array):
                            self._hold(row, (hook, at), expected, ours)
                logits = np.load(Path(folder) / f"{hooks.LOGITS}.npy", mmap_mode="r")[-1]
                self._predict(row, text, logits, side)
                yield row

    def _hold(self, row: Row, at: tuple[str, int], theirs: Array, ours: Array) -> None:
        """One hook at every position; `at`: its name, and where the first stands in the prompt."""
        name, first = at
        errors = position_errors(name, theirs, ours)
        beyond = np.flatnonzero(~(errors <= TOLERANCES["hook"].bound))
        row.n_values += len(errors)
        row.n_beyond += len(beyond)
        worst = int(errors.argmax())
        row.worst = max(row.worst, (float(errors[worst]), name, first + worst))
        for place in beyond.tolist():
            values = rows_of(name, ours, [place])[0]
            self.doubts.append(Doubt(row, name, first + place, float(errors[place]), values))

    def _predict(self, row: Row, text: str, logits: Array, side: Side) -> None:
        """The ten best tokens, and what follows greedily, are transformers'."""
        ids = row.ids
        expected, got = top_probabilities(logits), side.top(text, ids)
        row.top_gap = max(abs(got.get(token, 0.0) - prob) for token, prob in expected.items())
        if not row.top_gap <= TOLERANCES["probability"].bound:
            row.wrong.append(f"ten best tokens: {row.top_gap}")
        if row.prompt == "months":
            row.wrong += self._months(got)
        new = side.greedy(text, ids)
        if not new:
            return
        positions = range(len(ids) - 1, len(ids) + len(new) - 1)
        is_same = self.oracle.next([*ids, *new[:-1]], positions) == list(new)
        row.greedy = f"{len(new)} identical" if is_same else "DIFFERENT"
        row.wrong += [] if is_same else [f"greedy: {self.tokenizer.decode(new)}"]
        told = self.tokenizer.decode(new, at_start=False)
        if row.prompt == "months" and not told.startswith(MONTHS_GO_ON):
            row.wrong.append(f"months go on {told!r}")

    def _months(self, got: Mapping[int, float]) -> list[str]:
        """The two probabilities that the documentation tells."""
        said = {self.tokenizer.decode([token], at_start=False): prob for token, prob in got.items()}
        print("months:", ", ".join(f"{text!r} {said.get(text, 0):.4f}" for text in MONTHS))
        return [
            f"months: {text!r} {said.get(text)}"
            for text, prob in MONTHS.items()
            if round(said.get(text, 0), 4) != prob
        ]


def pieces(part: Part, theirs: Array, ours: Array) -> Iterator[tuple[int, Array, Array]]:
    """A hook as it is; logits a few positions at a time, for their distance takes float64.

    Each with the position where it begins.
    """
    if not part.is_head:
        yield 0, theirs, ours
        return
    for start in range(0, len(ours), AT_ONCE):
        at, some = part.positions[start], ours[start : start + AT_ONCE]
        yield at, theirs[at : at + len(some)], some


def main() -> None:
    """Hold them, a row each as they come, then what was beyond 1e-5 and what was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference.gemma_parity")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=[*SIDES])
    parser.add_argument("--prompts", nargs="+", choices=TEXTS, default=[*TEXTS])
    options = parser.parse_args()
    run, rows, start = Run(), list[Row](), time.perf_counter()
    print(HEADER)
    with ExitStack() as stack:
        sides = [stack.enter_context(SIDES[name]()) for name in options.sides]
        for name in options.prompts:
            for row in run.prompt(name, sides):
                rows.append(row)
                print(row, flush=True)
    settle(run.oracle, run.doubts)
    print(*(doubt.told() for doubt in run.doubts), sep="\n")
    wrong = [line for row in rows for line in row.wrong]
    print(*(f"WRONG: {line}" for line in wrong), sep="\n")
    values, elapsed = sum(row.n_values for row in rows), time.perf_counter() - start
    told = f"{len(run.doubts)} beyond 1e-5, {len(wrong)} wrong, {elapsed:.0f} s"
    print(f"{values:,} values, {told}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
