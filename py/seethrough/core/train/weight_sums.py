"""The sum behind a weight's gradient: over the batch, what was read times what was asked.

A row is one place of one document. The two columns that a number needs are fetched when it is
opened; nothing of the whole batch is held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.core import hooks
from seethrough.core.hooks import hook_name, leaf_of
from seethrough.core.train.back_sums import BackSum, Parts, layer_of, picked
from seethrough.core.train.slow import GRAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.train.slow import SlowStep

    Place = tuple[int, ...]


class Pair(NamedTuple):
    """What a weight's gradient is made of: what was read (None: 1), what was asked of the result.

    `read` and `asked` are outputs of the step's graph.
    """

    read: str | None
    asked: str


# Of a matrix: the hook that it reads, and the hook that it makes.
MATRICES = {
    "attn.W_Q": (hooks.LN1_OUT, hooks.Q),
    "attn.W_K": (hooks.LN1_OUT, hooks.K),
    "attn.W_V": (hooks.LN1_OUT, hooks.V),
    "attn.W_O": (hooks.Z, hooks.ATTN_OUT),
    "mlp.W_in": (hooks.LN2_OUT, hooks.MLP_PRE),
    "mlp.W_out": (hooks.MLP_POST, hooks.MLP_OUT),
    "W_U": (hooks.FINAL_OUT, hooks.LOGITS),
}
BIASES = {name.replace("W_", "b_"): made for name, (_, made) in MATRICES.items()}
EMBEDDING, PLACES = "W_E", "W_pos"


def pairs_of(name: str) -> tuple[Pair, ...]:
    """What must be fetched for a weight's sums."""
    leaf, layer = leaf_of(name), layer_of(name)
    if leaf in MATRICES:
        read, made = (hook_name(one, layer) for one in MATRICES[leaf])
        return (Pair(read, f"{made}{GRAD}"),)
    if leaf in BIASES:
        return (Pair(None, f"{hook_name(BIASES[leaf], layer)}{GRAD}"),)
    if name == EMBEDDING:
        return (
            Pair(hooks.FINAL_OUT, f"{hooks.LOGITS}{GRAD}"),
            Pair(None, f"{hooks.EMBED}{GRAD}"),
        )
    if name == PLACES:
        return (Pair(None, f"{hooks.POS_EMBED}{GRAD}"),)
    part, letter = leaf.rpartition(".")[0] + ".", leaf[-1]
    _, normalized, out = (hook_name(one, layer) for one in hooks.norm_leaves(part))
    return (Pair(normalized if letter == "w" else None, f"{out}{GRAD}"),)


def weight_sum(step: SlowStep, name: str, place: Place, rows: Mapping[str, Array]) -> BackSum:
    """The sum behind one number of a weight's gradient.

    Args:
        rows: The outputs that `pairs_of` names, of the whole batch: [row, …].
    """
    parts = factors_of(step, name, place, rows)
    return picked(parts, f"{name}{GRAD}", place, float(step.weight_gradients[name][place]))


def factors_of(step: SlowStep, name: str, place: Place, rows: Mapping[str, Array]) -> Parts:
    """What was read and what was asked in every row that had a part in it."""
    wide = {key: value.reshape(len(value), -1) for key, value in rows.items()}
    n_documents, n_pos = step.tokens.shape
    everywhere = [(at // n_pos, at % n_pos) for at in range(n_documents * n_pos)]
    pairs = pairs_of(name)
    if name == PLACES:
        own = [at for at in everywhere if at[1] == place[0]]
        return of_rows(own, wide[pairs[0].asked][place[0] :: n_pos, place[1]])
    if name == EMBEDDING:
        read, asked = (wide[one] for one in (pairs[0].read or "", pairs[0].asked))
        scored = of_rows(everywhere, asked[:, place[0]], read[:, place[1]])
        readers = np.flatnonzero(step.tokens.ravel() == place[0])
        embedded = wide[pairs[1].asked][readers, place[1]]
        return joined(scored, of_rows([everywhere[at] for at in readers], embedded))
    read_name, asked_name = pairs[0]
    asked = wide[asked_name][:, place[-1]]
    if read_name is None:
        return of_rows(everywhere, asked)
    # A norm's weight meets its own number of the vector, a matrix's row the number that it reads.
    return of_rows(everywhere, asked, wide[read_name][:, place[0]])


def of_rows(at: list[tuple[int, int]], asked: Array, read: Array | None = None) -> Parts:
    """Products of rows; without what was read, the rows themselves."""
    rule = "rows" if read is None else "products"
    factors = (asked,) if read is None else (read, asked)
    return Parts(rule, "row", at, factors)


def joined(scored: Parts, embedded: Parts) -> Parts:
    """Both uses of the embedding: to score letters, and to read them."""
    read, asked = scored.factors
    ones = np.ones(len(embedded.at), asked.dtype)
    return Parts(
        "embedding",
        "row",
        [*scored.at, *embedded.at],
        (np.concatenate([read, ones]), np.concatenate([asked, embedded.factors[0]])),
    )
