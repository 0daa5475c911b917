"""What parity means here: the prompts, the distance, the bounds with their reasons, the goldens.

Needs numpy and our own package alone, so that the browser's tests can use it too; the values that
everything is held to were made by transformers (tests/reference/).
"""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass
from functools import cache
from hashlib import shake_256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core import hooks
from seethrough.core.chat import ChatMessage, ChatTemplate, encode_chat
from seethrough.core.hooks import LEAF_DIMS
from seethrough.core.manifest import Manifest, from_json
from seethrough.core.tokenizer import Tokenizer
from tests.built import default_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.core.cache import Array

CHECKOUT = Path(__file__).parents[1]
MODEL = "smollm2-135m-instruct"
GOLDEN = CHECKOUT / "tests" / "golden" / "parity-smollm2.json"
N_GREEDY = 24
N_TOP = 10


@dataclass(frozen=True)
class Tolerance:
    """An upper bound and why it is that number."""

    bound: float
    reason: str


TOLERANCES = {
    "hook": Tolerance(
        1e-5,
        "‖Δ‖ / ‖reference‖ of one hook at one position. Float32 rounds at 6e-8; 30 layers of sums "
        "over 576 to 1,536 numbers, added up in another order, leave 1e-6 to 5e-6.",
    ),
    "rounding": Tolerance(
        1e-4,
        "The same where float64 shows that it is rounding (see `scatter`): at a few positions a "
        "vector hangs on one number that is the small difference of large ones. Never above.",
    ),
    "scatter": Tolerance(
        4.0,
        "How many times further from float64 than transformers' own float32 we may be there. Its "
        "distance is the root mean square over five orders of summation, because a single one may "
        "be lucky: one position of `long` gives 1e-6 in one order and 5e-5 in another.",
    ),
    "probability": Tolerance(1e-5, "Of the ten most probable tokens: what the page prints."),
    "projection": Tolerance(
        4.0,
        "A ±1 vector picks up ‖Δ‖ as one standard deviation; four of them leave room for chance.",
    ),
    "angles": Tolerance(
        1e-6,
        "Two float64 runs, one with the rotary angles of float32: a rounding of 6e-8 in an angle "
        "of up to ten radians, and what follows from it.",
    ),
    "exact": Tolerance(
        1e-12, "Two float64 runs of the same sums in another order: rounding alone, 30 layers on."
    ),
}


@dataclass(frozen=True)
class Prompt:
    """A text for the model, or a conversation that its chat template turns into one.

    `golden_stride`: the golden file has every hook at each so many-th position, the last included.
    """

    name: str
    text: str = ""
    messages: tuple[ChatMessage, ...] = ()
    golden_stride: int = 1


PROMPTS = {
    prompt.name: prompt
    for prompt in (
        Prompt("months", "January, February, March,"),
        Prompt("one token", "Hello"),
        Prompt("code", "def fibonacci(n):\n    if n < 2:\n        return n\n    return"),
        Prompt("digits after newlines", "Steps:\n\n1. First\n\n\n2. Second\n3"),
        Prompt("digits after spaces", "x  =   5;\ty =\t\t 1234567890    "),
        Prompt("Czech", "Příliš žluťoučký kůň"),
        Prompt("Ukrainian", "Столиця України — місто"),
        Prompt("Chinese", "人工智能是什么？它能"),
        Prompt("emoji", "I ❤️ 🍕 👩‍👧 🏳️‍🌈"),
        Prompt("markup", '<script>alert("&amp;")</script>\r\n\0'),
        Prompt("repetition", "the cat sat on the mat, the cat"),
        Prompt(
            "long",
            "When the first trains ran between the two towns, people said that nobody would ever "
            "need to travel faster. The line followed the river, crossed it twice on wooden "
            "bridges, and stopped wherever a farmer waved a red cloth. In winter the driver "
            "carried a shovel; in spring he carried letters, seeds and once a calf. A ticket cost "
            "12 pence in 1846 and 15 in 1850, which the newspaper called an outrage. Today the "
            "bridges are made of steel, and",
            golden_stride=15,
        ),
        Prompt("chat", messages=(ChatMessage("user", "What is the capital of France?"),)),
        Prompt(
            "chat of three turns",
            messages=(
                ChatMessage("system", "Answer in one word."),
                ChatMessage("user", "2 + 2 = ?"),
                ChatMessage("assistant", "Four"),
                ChatMessage("user", "A colour 🎨, please."),
            ),
            golden_stride=6,
        ),
    )
}


@cache
def default_manifest() -> Manifest:
    """The exported default model's manifest."""
    return from_json((default_model() / "manifest.json").read_text("utf-8"))


@cache
def default_vocabulary() -> Tokenizer:
    """The exported default model's tokeniser."""
    path = default_model() / default_manifest().tokenizer.path
    return Tokenizer.from_json(path.read_text("utf-8"))


def prompt_ids(prompt: Prompt) -> list[int]:
    """The token ids of a prompt, by our tokeniser and the model's chat template."""
    tokenizer = default_vocabulary()
    if not prompt.messages:
        return tokenizer.encode(prompt.text)
    template = default_manifest().chat
    assert template is not None
    return encode_chat(tokenizer, ChatTemplate.from_json(template), prompt.messages)


def leaf_of(name: str) -> str:
    """The leaf of a full hook name: "blocks.3.attn.hook_pattern" -> "attn.hook_pattern"."""
    return re.sub(r"^blocks\.\d+\.", "", name)


def by_position(name: str, array: Array) -> Array:
    """A hook as one float64 row per position: [pos, everything else]."""
    dims = LEAF_DIMS[leaf_of(name)]
    axis = next(i for i, dim in enumerate(dims) if dim in ("pos", "query_pos", "unembed"))
    rows = np.moveaxis(np.asarray(array, np.float64), axis, 0)
    return rows.reshape(len(rows), -1)


def position_errors(name: str, reference: Array, got: Array) -> Array:
    """‖Δ‖ / ‖reference‖ of one hook at each position: [pos].

    Cells that are −inf (the mask) must be so in both, and are left out; where all of the reference
    is zero, the error is 0 if we give zeros too, else infinite.
    """
    assert got.shape == reference.shape, f"{name} is {got.shape}, expected {reference.shape}"
    expected, ours = by_position(name, reference), by_position(name, got)
    if leaf_of(name) == hooks.SCORES:  # the only hook that is masked
        masked = np.isneginf(expected)
        assert np.array_equal(masked, np.isneginf(ours)), f"{name}: other cells are masked"
        expected, ours = np.where(masked, 0, expected), np.where(masked, 0, ours)
    distance, size = lengths(ours - expected), lengths(expected)
    assert not np.isnan(distance).any(), f"{name} holds NaN"
    no_size = np.where(distance > 0, np.inf, 0)
    return np.divide(distance, size, out=no_size, where=size > 0)


def lengths(rows: Array) -> Array:
    """The length of each row of numbers."""
    return np.sqrt(np.einsum("ij,ij->i", rows, rows))


def relative_errors(reference: Mapping[str, Array], got: Mapping[str, Array]) -> dict[str, Array]:
    """`position_errors` of every hook of the reference, by name."""
    return {name: position_errors(name, array, got[name]) for name, array in reference.items()}


def worst(errors: Mapping[str, Array], n: int = 5) -> list[tuple[float, str, int]]:
    """The largest errors as (error, hook, position), largest first."""
    tops = [(float(row.max()), name, int(row.argmax())) for name, row in errors.items()]
    return sorted(tops, reverse=True)[:n]


def top_probabilities(logits: Array, n: int = N_TOP) -> dict[int, float]:
    """The ids and probabilities of the largest of one row of logits, in float64."""
    exact = logits.astype(np.float64)
    weights = np.exp(exact - exact.max())
    probs = weights / weights.sum()
    return {int(i): float(probs[i]) for i in np.argsort(-probs, kind="stable")[:n]}


def save_capture(path: Path, ids: Sequence[int], arrays: Mapping[str, Array]) -> None:
    """Keep what a browser captured of one prompt, for tests/reference/test_parity.py.

    Args:
        arrays: By hook name, every hook, and `logits` and `logits_logsumexp` of every position.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, ids=np.asarray(ids, np.int64), **arrays)


def load_capture(path: Path) -> tuple[list[int], dict[str, Array]]:
    """The ids and the arrays that `save_capture` wrote."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return arrays.pop("ids").tolist(), arrays


def capture_path(name: str) -> Path:
    """Where the capture of a prompt lies: in SEETHROUGH_CAPTURES, else in .cache/captures."""
    chosen = os.environ.get("SEETHROUGH_CAPTURES")
    folder = Path(chosen) if chosen else CHECKOUT / ".cache" / "captures"
    return folder / f"{name.replace(' ', '-')}.npz"


def parity_names(manifest: Manifest) -> list[str]:
    """What parity is about: every hook, and the logits with their log-sum-exp."""
    return [*manifest.hooks, hooks.LOGITS, hooks.LOGSUMEXP]


@dataclass(frozen=True)
class Golden:
    """What transformers made of one prompt.

    `norms` and `projections` are [name, position]: of each hook at each of `positions`, its length
    and its product with the hook's ±1 vector, in float64. `bounds` is how far off each may be.
    """

    ids: list[int]
    top: dict[int, float]
    greedy: list[int]
    positions: list[int]
    norms: Array
    projections: Array
    bounds: Array


def golden(prompt_name: str) -> Golden:
    """The golden values of one prompt."""
    return goldens()[prompt_name]


@cache
def goldens() -> dict[str, Golden]:
    """The golden values by prompt."""
    stored = json.loads(GOLDEN.read_text("utf-8"))
    return {name: _golden(entry) for name, entry in stored.items()}


def _golden(entry: dict[str, Any]) -> Golden:
    norms, projections = (
        np.frombuffer(base64.b85decode(entry[name]), "<f4").astype(np.float64)
        for name in ("norms", "projections")
    )
    shape = (-1, len(entry["positions"]))
    bounds = np.full(norms.reshape(shape).shape, TOLERANCES["hook"].bound)
    for row, column, bound in entry["scattered"]:
        bounds[row, column] = bound
    return Golden(
        ids=entry["ids"],
        top={int(token): prob for token, prob in entry["top"]},
        greedy=entry["greedy"],
        positions=entry["positions"],
        norms=norms.reshape(shape),
        projections=projections.reshape(shape),
        bounds=bounds,
    )


def golden_entry(
    reference: Mapping[str, Array],
    names: Sequence[str],
    scatter: Mapping[str, Array],
    positions: list[int],
) -> dict[str, Any]:
    """The stored form of one prompt's hooks; `Golden` has the meaning."""
    pairs = [sketch(name, reference[name]) for name in names]
    bounds = np.stack([scatter_bound(scatter[name]) for name in names])[:, positions]
    return {
        "positions": positions,
        "norms": _packed(np.stack([norm for norm, _ in pairs])[:, positions]),
        "projections": _packed(np.stack([projection for _, projection in pairs])[:, positions]),
        "scattered": [
            [int(row), int(column), float(f"{bounds[row, column]:.3g}")]
            for row, column in np.argwhere(bounds > TOLERANCES["hook"].bound)
        ],
    }


def golden_positions(prompt: Prompt, n_pos: int) -> list[int]:
    """The positions that the golden file has of a prompt."""
    return [*range(n_pos - 1, -1, -prompt.golden_stride)][::-1]


def scatter_bound(scatter: Array) -> Array:
    """How far off a position may be where transformers' own float32 is off by `scatter`."""
    low, high = TOLERANCES["hook"].bound, TOLERANCES["rounding"].bound
    return np.clip(TOLERANCES["scatter"].bound * scatter, low, high)


def sketch(name: str, array: Array) -> tuple[Array, Array]:
    """The length of a hook at each position, and its product with the hook's ±1 vector."""
    rows = by_position(name, array)
    if leaf_of(name) == hooks.SCORES:
        rows = np.where(np.isneginf(rows), 0, rows)
    return lengths(rows), rows @ signs(name, rows.shape[1])


@cache
def signs(name: str, size: int) -> Array:
    """A ±1 vector that only the name decides, on every machine and numpy."""
    bits = np.frombuffer(shake_256(name.encode()).digest(-(-size // 8)), np.uint8)
    return np.unpackbits(bits)[:size] * 2.0 - 1.0


def check_against_golden(
    prompt_name: str, arrays: Mapping[str, Array], *, may_be_last: bool = False
) -> float:
    """Hold a capture of one prompt to transformers' values, each hook given at every position.

    Args:
        arrays: Hooks, `logits` and `logits_logsumexp` by name, of the whole prompt in one run;
            what goes through the unembedding may be there for the last positions only.
        may_be_last: Any hook may be there for the last positions only, as in a recording.
    Returns: The worst share of its bound that anything used up.
    """
    assert arrays, "nothing was captured"
    stored = golden(prompt_name)
    rows = {name: row for row, name in enumerate(parity_names(default_manifest()))}
    n_pos, used = len(stored.ids), 0.0
    for name in arrays:
        array, row = arrays[name], rows[name]
        _check_mask(name, array)
        norms, projections = sketch(name, array)
        may_be_short = may_be_last or LEAF_DIMS[leaf_of(name)][0] == "unembed"
        assert len(norms) == n_pos or (may_be_short and 0 < len(norms) < n_pos), name
        first = n_pos - len(norms)
        columns = [i for i, position in enumerate(stored.positions) if position >= first]
        at = [stored.positions[i] - first for i in columns]
        expected = stored.norms[row, columns]
        # A length of zero is met by zero alone; 1e-30 keeps the division whole.
        allowed = stored.bounds[row, columns] * expected + 1e-30
        projected = np.abs(projections[at] - stored.projections[row, columns]) / allowed
        share = np.abs(norms[at] - expected) / allowed
        share = np.maximum(share, projected / TOLERANCES["projection"].bound)
        worst_at = int(share.argmax())
        assert share[worst_at] <= 1, (
            f"{prompt_name}: {name} at position {at[worst_at] + first} is not what transformers "
            f"gives: {share[worst_at]:.1f} times the bound away"
        )
        used = max(used, float(share[worst_at]))
    return used


def _check_mask(name: str, array: Array) -> None:
    """Scores are −inf where the key comes later than the query, and nothing else is."""
    masked = np.isneginf(array)
    if leaf_of(name) == hooks.SCORES:
        n_query, n_key = array.shape[1:]
        later = np.triu(np.ones((n_query, n_key), bool), k=1 + n_key - n_query)
        assert np.array_equal(masked, np.broadcast_to(later, array.shape)), f"{name}: wrong mask"
    else:
        assert not masked.any(), f"{name} holds −inf"


def check_top_against_golden(prompt_name: str, probs: Mapping[int, float]) -> None:
    """Hold the most probable next tokens to transformers'."""
    for token, expected in golden(prompt_name).top.items():
        got = probs[token]
        assert abs(got - expected) <= TOLERANCES["probability"].bound, (prompt_name, token)


def _packed(rows: Array) -> str:
    return base64.b85encode(rows.astype("<f4").tobytes()).decode()
