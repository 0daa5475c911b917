"""How each number of the model is made of others: one rule for each leaf.

A rule asks a `Reader` for the numbers that it needs and gives the groups of terms that add up, and
what is done to their sum. Read with a reader that only notes what it is asked for, the same rule
tells what must be captured first. `core/reference.py` is the truth that these rules spell out for
one number at a time. Which rules a family has follows from its description.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.cell import PROBS, Cell
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.length import NORM, VECTORS
from seethrough.core.sum_asked import added, of_layer
from seethrough.core.sum_attention import (
    attended,
    attention_write,
    mixed_values,
    projected,
    score,
    shares,
    turned,
)
from seethrough.core.sum_mlp import mlp_rules, mlp_write
from seethrough.core.sum_norms import length, norm_rules
from seethrough.core.sum_parts import (
    After,
    Group,
    Made,
    Series,
    Slice,
    along,
    number,
    product,
    sign,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.config import ModelConfig
    from seethrough.core.family import Family
    from seethrough.core.sum_asked import Asked, Rule


def embedded(asked: Asked) -> Made:
    """A token's row of the embedding, times the root of the width where the family scales it."""
    position, dim = asked.index
    token = asked.read.ids[position]
    row = asked.read.weight(Slice("W_E", row=token))
    x = number("W_E", (token, dim), row[dim])
    if asked.family.has_scaled_embedding:
        root = sign("root_width", float(np.sqrt(asked.config.d_model)))
        return Made("embed_scaled", (product(x, root),))
    return Made("embed", (product(x),))


def placed(asked: Asked) -> Made:
    """A position's learned row."""
    position, dim = asked.index
    row = asked.read.weight(Slice("W_pos", row=position))
    return Made("pos_embed", (product(number("W_pos", (position, dim), row[dim])),))


def entering(asked: Asked) -> Made:
    """What enters a block: what left the one before; first of all, the embedding."""
    if asked.layer:
        return added("carried", hook_name(hooks.RESID_POST, asked.layer - 1))(asked)
    names = hooks.embed_leaves(asked.config)
    return added("entering" if len(names) == 1 else "placed", *names)(asked)


def logit(asked: Asked) -> Made:
    """The final vector times the token's column of the unembedding; no family has a bias there."""
    position, token = asked.index
    x = along(hooks.FINAL_OUT, position, asked.row(hooks.FINAL_OUT))
    column = asked.read.weight(Slice("W_U", column=token))
    return Made("logits", (product(x, Series("W_U", column, lambda at: (at, token))),))


def probability(asked: Asked) -> Made:
    """A token's share of the whole vocabulary."""
    position, token = asked.index
    logits = asked.read.row(hooks.LOGITS, position)
    return shares("probs", hooks.LOGITS, logits, lambda at: (position, at), token)


def log_total(asked: Asked) -> Made:
    """The logarithm of all exponentials' sum."""
    position = asked.index[0]
    logits = asked.read.row(hooks.LOGITS, position)
    best = int(logits.argmax())
    top = float(logits[best])
    terms = Group((along(hooks.LOGITS, position, logits),), np.exp(logits - top))
    after = (
        After("log", None, lambda total: float(np.log(total))),
        After("plus_max", top, lambda total: total + top, Cell(hooks.LOGITS, (position, best))),
    )
    return Made("logsumexp", (terms,), after)


SHARED: Mapping[str, Rule] = {
    hooks.EMBED: embedded,
    hooks.POS_EMBED: placed,
    hooks.RESID_PRE: entering,
    **norm_rules(),
    hooks.Q: projected("q", "attn.W_Q"),
    hooks.K: projected("k", "attn.W_K"),
    hooks.V: projected("v", "attn.W_V"),
    hooks.PATTERN: attended,
    hooks.Z: mixed_values,
    hooks.ATTN_MADE: attention_write,
    hooks.RESID_MID: of_layer("resid_mid", hooks.RESID_PRE, hooks.ATTN_OUT),
    hooks.MLP_MADE: mlp_write,
    hooks.RESID_POST: of_layer("resid_post", hooks.RESID_MID, hooks.MLP_OUT),
    hooks.LOGITS: logit,
    hooks.LOGSUMEXP: log_total,
    PROBS: probability,
    **{leaf + NORM: length(leaf) for leaf in VECTORS},
}


def rules_of(config: ModelConfig) -> Mapping[str, Rule]:
    """Every kind of number that has a sum in a model, by leaf, with its rule."""
    return rules_of_family(family_of(config))


@cache
def rules_of_family(family: Family) -> Mapping[str, Rule]:
    """The same by a family's description."""
    leaves = {*hooks.leaves_of_family(family), hooks.LOGITS, hooks.LOGSUMEXP, PROBS}
    leaves |= {leaf + NORM for leaf in VECTORS if leaf in leaves}
    rules = {**SHARED, **mlp_rules(family), **score_rules(family), **write_rules(family)}
    if family.is_parallel:
        parts = hooks.RESID_PRE, hooks.ATTN_OUT, hooks.MLP_OUT
        rules[hooks.RESID_POST] = of_layer("resid_post_at_once", *parts)
    return {leaf: rule for leaf, rule in rules.items() if leaf in leaves}


def score_rules(family: Family) -> dict[str, Rule]:
    """What meets in the scores: queries and keys, normed by head and turned where they are."""
    names = (hooks.Q_NORM_OUT, hooks.K_NORM_OUT) if family.has_head_norms else (hooks.Q, hooks.K)
    rules: dict[str, Rule] = {hooks.ROT_Q: turned(names[0]), hooks.ROT_K: turned(names[1])}
    rules[hooks.SCORES] = score(hooks.ROT_Q, hooks.ROT_K) if family.is_rotary else score(*names)
    return rules


def write_rules(family: Family) -> dict[str, Rule]:
    """What a half adds to the stream: what it made, or what the norm after it gives."""
    if not family.has_norms_after:
        return {hooks.ATTN_OUT: attention_write, hooks.MLP_OUT: mlp_write}
    return {
        hooks.ATTN_OUT: of_layer("after_norm", hooks.LN1_POST_OUT),
        hooks.MLP_OUT: of_layer("after_norm", hooks.LN2_POST_OUT),
    }
