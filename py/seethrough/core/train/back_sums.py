"""The sum behind a gradient: what it was added up from, as the walk has it for what runs forward.

Made in float64 from the step's own float32 numbers, by the rules of core/train/backward.py. A
hook's gradient is made of the document's numbers alone; a weight's of all rows of the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name, leaf_of
from seethrough.core.train.backward import IGNORED
from seethrough.core.train.slopes import SLOPES
from seethrough.core.train.slow import ATTENTION, GRAD, MLP, NORMS, SlowStep, out_of_norm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seethrough.core.cache import Array

    Place = tuple[int, ...]
    Rule = Callable[[SlowStep, int | None, Place], "Parts"]

MOST_TERMS = 6
PAIR = 2


@dataclass(frozen=True)
class BackTerm:
    """One of the numbers that add up: where it is from, what was multiplied, what that gives."""

    at: tuple[int, ...]
    factors: tuple[float, ...]
    value: float


@dataclass(frozen=True)
class BackSum:
    """How a gradient was made. `value` is the graph's, `total` what the terms give.

    `of`: what the terms are numbered by: "letter" of the alphabet, "dim" of a vector, "place" of
    the document, "row" (document, place) of the batch, "branch" (0: along the stream, 1: out of
    what read from it), or "part" of a formula. `rest` is the sum of the `n_rest` smaller ones.
    """

    name: str
    index: tuple[int, ...]
    rule: str
    of: str
    value: float
    terms: tuple[BackTerm, ...]
    rest: float
    n_rest: int

    @property
    def total(self) -> float:
        """What all terms give."""
        return self.rest + sum(term.value for term in self.terms)


@dataclass(frozen=True)
class Parts:
    """What adds up, before the largest are picked. Shapes: at [term, …], each factor [term]."""

    rule: str
    of: str
    at: Sequence[tuple[int, ...]]
    factors: tuple[Array, ...]

    @property
    def values(self) -> Array:
        """The products: float64 [term]."""
        made: Array = np.prod(np.stack([np.asarray(one, np.float64) for one in self.factors]), 0)
        return made


def sum_of_hook(step: SlowStep, name: str, index: Place) -> BackSum | None:
    """The sum behind one number of a hook's gradient; None where nothing adds up, or not here.

    Args:
        name: The hook's own, without its end.
    """
    leaf, layer = leaf_of(name), layer_of(name)
    rule = RULES.get(leaf)
    if rule is None or f"{name}{GRAD}" not in step.arrays or not is_plain(step):
        return None
    try:
        parts = rule(step, layer, index)
    except KeyError:  # the layer's hooks were not fetched
        return None
    return picked(parts, f"{name}{GRAD}", index, float(step.arrays[f"{name}{GRAD}"][index]))


def is_plain(step: SlowStep) -> bool:
    """Whether the family is GPT-2's kind: nothing turned, no gate, every head its own keys."""
    family = family_of(step.config)
    is_odd = family.is_rotary or family.is_gated or family.has_head_norms
    return not is_odd and not family.has_norms_after


def layer_of(name: str) -> int | None:
    """The layer in a name; None outside."""
    return int(name.split(".")[1]) if name.startswith("blocks.") else None


def picked(parts: Parts, name: str, index: Place, value: float) -> BackSum:
    """The largest terms in the order of their size, the rest as one."""
    values = parts.values
    order = np.argsort(-np.abs(values), kind="stable")
    shown, rest = order[:MOST_TERMS], order[MOST_TERMS:]
    rest = rest[values[rest] != 0]
    terms = tuple(
        BackTerm(
            tuple(parts.at[one]), tuple(float(each[one]) for each in parts.factors), values[one]
        )
        for one in map(int, shown)
        if values[one] != 0 or len(values) <= PAIR
    )
    return BackSum(
        name, index, parts.rule, parts.of, value, terms, float(values[rest].sum()), len(rest)
    )


def numbered(count: int) -> list[tuple[int, ...]]:
    """The places from 0 on."""
    return [(at,) for at in range(count)]


def linear(of: str, gradient: Array, weight: Array) -> Parts:
    """Through x @ W back: gradient @ Wᵀ."""
    return Parts("linear", of, numbered(len(gradient)), (gradient, weight))


def one_product(rule: str, *factors: float) -> Parts:
    """A single product."""
    return Parts(rule, "part", [(0,)], tuple(np.array([one]) for one in factors))


def of_logits(step: SlowStep, _layer: int | None, place: Place) -> Parts:
    """p, and −1 for the letter that came; both by the number of letters."""
    at, letter = place
    aim = int(step.aims[at])
    if aim == IGNORED:
        return Parts("error", "part", [], (np.zeros(0), np.zeros(0)))
    shares = np.array([step.shares[at, letter], -float(aim == letter)])
    return Parts("error", "part", numbered(PAIR), (shares, np.full(PAIR, 1 / step.n_targets)))


def of_final(step: SlowStep, _layer: int | None, place: Place) -> Parts:
    """From the scores of all letters to one number of the vector that they were made from."""
    at, dim = place
    rows = step.weights["W_E"][:, dim] if tied(step) else step.weights["W_U"][dim]
    return linear("letter", step.gradient_of(hooks.LOGITS)[at], rows)


def tied(step: SlowStep) -> bool:
    """Whether the scores are made with the embedding's own rows."""
    return step.config.tie_word_embeddings


def of_last(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """The stream behind the last layer: out of the last norm. Behind another: what follows has."""
    if layer is not None and layer < step.config.n_layers - 1:
        return of_pre(step, layer + 1, place)
    whole = out_of_norm(step, "ln_final.", None)
    return one_product("norm", float(whole[place]))


def of_mid(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """Along the stream, and out of the feed-forward part."""
    return split(step, hooks.RESID_POST, MLP, layer, place)


def of_pre(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """Along the stream, and out of attention."""
    return split(step, hooks.RESID_MID, ATTENTION, layer, place)


def split(step: SlowStep, past: str, part: str, layer: int | None, place: Place) -> Parts:
    """Where the stream went two ways."""
    through = out_of_norm(step, NORMS[part], layer)[place]
    both = np.array([step.gradient_of(past, layer)[place], through])
    return Parts(f"split_{part}", "branch", numbered(PAIR), (both,))


def of_scaled(part: str) -> Rule:
    """A norm's weight: what comes out of the norm, times the weight."""

    def rule(step: SlowStep, layer: int | None, place: Place) -> Parts:
        out = step.gradient_of(f"{part}hook_norm_out", layer)[place]
        return one_product("scaled", out, step.weights[hook_name(f"{part}w", layer)][place[1]])

    return rule


def of_z(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """What the heads found, through W_O."""
    at, head, dim = place
    rows = step.weights[hook_name("attn.W_O", layer)][head * step.config.d_head + dim]
    return linear("dim", step.gradient_of(hooks.ATTN_OUT, layer)[at], rows)


def of_pattern(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """A share: how much what it let through was wanted."""
    head, query, key = place
    wanted = step.gradient_of(hooks.Z, layer)[query, head]
    values = step.arrays[hook_name(hooks.V, layer)][key, head]
    return Parts("mixed", "dim", numbered(len(values)), (wanted, values))


def of_scores(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """Through the softmax: by how far a share's gradient is above the row's mean."""
    head, query, _ = place
    shares = step.arrays[hook_name(hooks.PATTERN, layer)][head, query]
    wanted = step.gradient_of(hooks.PATTERN, layer)[head, query]
    return one_product("softmax", shares[place[2]], wanted[place[2]] - float(shares @ wanted))


def of_queries(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """What each score asked of the query: by its key."""
    at, head, dim = place
    keys = step.arrays[hook_name(hooks.K, layer)][:, head, dim]
    return scored(step, step.gradient_of(hooks.SCORES, layer)[head, at], keys)


def of_keys(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """What each score asked of the key: by its query."""
    at, head, dim = place
    queries = step.arrays[hook_name(hooks.Q, layer)][:, head, dim]
    return scored(step, step.gradient_of(hooks.SCORES, layer)[head, :, at], queries)


def scored(step: SlowStep, scores: Array, others: Array) -> Parts:
    """Scores' gradients with what they met, by the root of a head's width."""
    width = np.full(len(scores), 1 / np.sqrt(step.config.d_head))
    return Parts("scored", "place", numbered(len(scores)), (scores, others, width))


def of_values(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """What each place that looked here asks, by how much it looked."""
    at, head, dim = place
    shares = step.arrays[hook_name(hooks.PATTERN, layer)][head, :, at]
    wanted = step.gradient_of(hooks.Z, layer)[:, head, dim]
    return Parts("taken", "place", numbered(len(shares)), (shares, wanted))


def of_read(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """What queries, keys and values ask of the row that they were read from."""
    at, dim = place
    asked = ((hooks.Q, "attn.W_Q"), (hooks.K, "attn.W_K"), (hooks.V, "attn.W_V"))
    gradients = np.concatenate([step.gradient_of(leaf, layer)[at].ravel() for leaf, _ in asked])
    rows = np.concatenate([step.weights[hook_name(name, layer)][dim] for _, name in asked])
    return linear("dim", gradients, rows)


def of_post(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """A neuron: what its row of W_out wrote was wanted by so much."""
    at, neuron = place
    rows = step.weights[hook_name("mlp.W_out", layer)][neuron]
    return linear("dim", step.gradient_of(hooks.MLP_OUT, layer)[at], rows)


def of_neuron(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """Through the activation: by how steep it is there."""
    steep = SLOPES[family_of(step.config).activation]
    slope = float(steep(step.arrays[hook_name(hooks.MLP_PRE, layer)][place]))
    return one_product("slope", step.gradient_of(hooks.MLP_POST, layer)[place], slope)


def of_neurons(step: SlowStep, layer: int | None, place: Place) -> Parts:
    """What all neurons ask of the number that they read."""
    at, dim = place
    rows = step.weights[hook_name("mlp.W_in", layer)][dim]
    return linear("neuron", step.gradient_of(hooks.MLP_PRE, layer)[at], rows)


def copied(leaf: str) -> Rule:
    """The stream's own: what is added gets the whole of it."""

    def rule(step: SlowStep, layer: int | None, place: Place) -> Parts:
        return one_product("copied", step.gradient_of(leaf, layer)[place])

    return rule


def of_beginning(step: SlowStep, _layer: int | None, place: Place) -> Parts:
    """A token's row, and a position's: the stream's at the first layer."""
    return one_product("copied", step.gradient_of(hooks.RESID_PRE, 0)[place])


RULES: Mapping[str, Rule] = {
    hooks.LOGITS: of_logits,
    hooks.FINAL_OUT: of_final,
    hooks.FINAL_NORMALIZED: of_scaled("ln_final."),
    hooks.RESID_POST: of_last,
    hooks.MLP_OUT: copied(hooks.RESID_POST),
    hooks.MLP_POST: of_post,
    hooks.MLP_PRE: of_neuron,
    hooks.LN2_OUT: of_neurons,
    hooks.LN2_NORMALIZED: of_scaled("ln2."),
    hooks.RESID_MID: of_mid,
    hooks.ATTN_OUT: copied(hooks.RESID_MID),
    hooks.Z: of_z,
    hooks.PATTERN: of_pattern,
    hooks.SCORES: of_scores,
    hooks.Q: of_queries,
    hooks.K: of_keys,
    hooks.V: of_values,
    hooks.LN1_OUT: of_read,
    hooks.LN1_NORMALIZED: of_scaled("ln1."),
    hooks.RESID_PRE: of_pre,
    hooks.EMBED: of_beginning,
    hooks.POS_EMBED: of_beginning,
}
