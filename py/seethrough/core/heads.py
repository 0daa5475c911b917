"""Heads that are worth a look at the last token, and what the model says without them.

A head's direct contribution to the answer's score is what it wrote into the last token's state,
read by the final norm and the answer's row of the unembedding: nothing of what later layers do
with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core.errors import SourceError
from seethrough.core.families import family_of
from seethrough.core.recorded import kind, row
from seethrough.core.tokens import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig

# A head's layer, and its number in it.
Head = tuple[int, int]
Heads = frozenset[Head]
# The best next tokens without some heads.
Without = Mapping[Heads, tuple[Candidate, ...]]
# Why these heads: somebody found them, they add most to the answer, they look most at one word.
BY_HAND, BY_SCORE, BY_ATTENTION = "hand", "score", "attention"
MOST_MARKED = 4
BY_ITSELF = 3
VERSION = 1
MOST_LIKELY = 1 + 1e-6  # what rounding leaves of 1


@dataclass(frozen=True)
class Marked:
    """Heads to look at from the last token; the first two are drawn.

    `together` are those that are switched off at once; `by` says how they were chosen. `resting` is
    the share of all heads that look most at the first token, None where not all are known.
    """

    heads: tuple[Head, ...]
    together: tuple[Head, ...]
    by: str
    resting: float | None = None


def read_heads(text: str) -> Heads:
    """Heads written as 23.3,19.2: the layer, the head in it."""
    pairs = (pair.split(".") for pair in text.split(","))
    return frozenset((int(layer), int(head)) for layer, head in pairs)


def written_heads(heads: Iterable[Head]) -> str:
    """The inverse of `read_heads`."""
    return ",".join(f"{layer}.{head}" for layer, head in sorted(heads))


def every_head(config: ModelConfig) -> tuple[Head, ...]:
    """All heads of a model, layer by layer."""
    return tuple((layer, at) for layer in range(config.n_layers) for at in range(config.n_heads))


def head_scale(config: ModelConfig, off: Iterable[Head]) -> Array:
    """The knob that switches some heads off. Shapes: → [n_layers, n_heads]."""
    scale = np.ones((config.n_layers, config.n_heads), np.float32)
    for layer, head in off:
        scale[layer, head] = 0.0
    return scale


def every_choice(heads: Sequence[Head]) -> tuple[Heads, ...]:
    """All that can be switched off of some heads: each alone first, everything last."""
    sizes = range(1, len(heads) + 1)
    return tuple(frozenset(some) for size in sizes for some in combinations(heads, size))


def reader_of(config: ModelConfig, vector: Array, weight: Array, scale: float) -> Array:
    """What a dot product with `vector` behind a norm is before it: a direction of the state.

    Args:
        weight: The norm's own.
        scale: What it divided this token by.
    Shapes: vector, weight → [d_model], in float64.
    """
    norm = family_of(config).norm
    learned = weight.astype(np.float64) + (1.0 if norm.adds_one else 0.0)
    read: Array = vector.astype(np.float64) * learned / scale
    return read - read.mean() if norm.is_centred else read


def contributions(z: Array, w_o: Array, direction: Array) -> Array:
    """What each head of a layer adds along a direction.

    Shapes: z [head, d_head] of one position; w_o [head · d_head, d_model]; direction [d_model] →
    [head], in float64.
    """
    read = w_o.astype(np.float64) @ direction
    added: Array = (z.astype(np.float64).reshape(-1) * read).reshape(z.shape).sum(axis=1)
    return added


def resting_share(rows: Array) -> float:
    """The share of heads whose last row is largest at the first token.

    Shapes: rows [n_layers, head, key_pos].
    """
    return float((rows.argmax(axis=2) == 0).mean())


def looks_back(weights: Array) -> bool:
    """Whether a row is largest at a token that is neither the first nor its own."""
    return 0 < int(weights.argmax()) < len(weights) - 1


def by_score(added: Array, rows: Mapping[int, Array]) -> tuple[Head, ...]:
    """Of the heads that look back, those that add most to the answer; others where too few do.

    Args:
        rows: Of some layers the last position's weights, [head, key_pos].
    Shapes: added [n_layers, head].
    """
    known = [(layer, head) for layer in rows for head in range(added.shape[1])]
    known.sort(key=lambda at: (not looks_back(rows[at[0]][at[1]]), -added[at]))
    return tuple(known[:BY_ITSELF])


def by_attention(rows: Mapping[int, Array]) -> tuple[Head, ...]:
    """The heads that look most at one token that is neither the first nor the last."""
    known = [(layer, head) for layer, row in rows.items() for head in range(len(row))]
    known.sort(key=lambda at: -rows[at[0]][at[1]][1:-1].max(initial=0.0))
    return tuple(known[:BY_ITSELF])


def most_back(added: Array, count: int) -> tuple[int, ...]:
    """The layers of the heads that add most, rising. Shapes: added [n_layers, head]."""
    best = np.argsort(-added, axis=None, kind="stable")[:count]
    return tuple(sorted({int(at) // added.shape[1] for at in best}))


def to_json(marked: Marked, without: Without) -> dict[str, Any]:
    """A recording's field; the inverse of `from_json`."""
    answers = [
        [sorted(heads), [[one.id, one.text, one.visible, one.logit, one.prob] for one in top]]
        for heads, top in without.items()
    ]
    return {
        "version": VERSION,
        "heads": marked.heads,
        "together": marked.together,
        "by": marked.by,
        "resting": marked.resting,
        "without": answers,
    }


def from_json(told: Any) -> tuple[Marked | None, Without]:  # noqa: ANN401 - JSON
    """What a recording says of heads; an older one says nothing.

    Raises:
        SourceError: A version that is not known, or a value of another kind.
    """
    if told is None:
        return None, {}
    if told["version"] != VERSION:
        raise SourceError("recording.format", got=told["version"], expected=VERSION)
    resting = None if told["resting"] is None else kind(told["resting"], float)
    heads, together = (_heads(told[name]) for name in ("heads", "together"))
    without = {
        frozenset(_heads(some)): tuple(
            Candidate(*row(one, int, str, str, float, float)) for one in top
        )
        for some, top in told["without"]
    }
    return Marked(heads, together, kind(told["by"], str), resting), without


def fits(marked: Marked | None, without: Without, n_layers: int, n_heads: int) -> bool:
    """Whether they are of a model of this size, and the answers are likely."""
    if marked is None:
        return not without
    told = {*marked.heads, *marked.together, *(head for some in without for head in some)}
    return (
        0 < len(marked.heads) <= MOST_MARKED
        and marked.by in {BY_HAND, BY_SCORE, BY_ATTENTION}
        and (marked.resting is None or 0 <= marked.resting <= 1)
        and all(0 <= layer < n_layers and 0 <= head < n_heads for layer, head in told)
        and all(some and top for some, top in without.items())
        and all(0 <= one.prob <= MOST_LIKELY for top in without.values() for one in top)
    )


def _heads(pairs: Any) -> tuple[Head, ...]:  # noqa: ANN401 - JSON
    read = (row(pair, int, int) for pair in pairs)
    return tuple((layer, head) for layer, head in read)
