"""Tokens as they are shown: of the input, candidates for the next, those of a continuation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.tokenizer import Tokenizer

# Why a continuation ended.
END, LIMIT, CONTEXT, STOPPED = "end_token", "max_new_tokens", "n_ctx", "stopped"
# How a token was chosen: the best one, by a dart, by the reader; empty where that is not known.
GREEDY, DRAWN, READER = "greedy", "drawn", "reader"
# How many of a step's candidates are kept.
STEP_CANDIDATES = 10
# How long each of many endings of one text is at most.
MOST_ENDING_TOKENS = 24


@dataclass(frozen=True)
class TokenView:
    """One input token: id, its text as the model's vocabulary decodes it, and as shown."""

    id: int
    text: str
    visible: str
    is_special: bool = False


@dataclass(frozen=True)
class Candidate:
    """One possible next token; `prob` is over the full vocabulary at temperature 1."""

    id: int
    text: str
    visible: str
    logit: float
    prob: float


@dataclass(frozen=True)
class NewToken:
    """One token of a continuation, its probability at temperature 1 and its rank (0 = greedy).

    `candidates` are the best tokens of its step, best first; one that is not among them stands
    behind them. Empty where they are not known. `elapsed_ms` is what the step took, 0 unknown.
    `entropy` is how unsure the model was, in bits over the whole vocabulary at temperature 1; None
    where only the best tokens are known. `how` is one of GREEDY, DRAWN, READER, or empty.
    """

    id: int
    text: str
    visible: str
    prob: float
    rank: int
    candidates: tuple[Candidate, ...] = ()
    elapsed_ms: float = 0.0
    entropy: float | None = None
    how: str = ""


def token_view(tokenizer: Tokenizer, token: int) -> TokenView:
    """An input token by its id."""
    return TokenView(token, *texts(tokenizer, token), token in tokenizer.special_ids)


def candidates(tokenizer: Tokenizer, arrays: Mapping[str, Array]) -> tuple[Candidate, ...]:
    """The best next tokens of the last unembedded state, with exact probabilities.

    Shapes: logits_top_values, logits_top_ids [K, k]; logits_logsumexp [K].
    """
    values, ids = arrays[hooks.TOP_VALUES][-1], arrays[hooks.TOP_IDS][-1]
    total = float(arrays[hooks.LOGSUMEXP][-1])
    return tuple(
        candidate(int(token), float(value), total, *texts(tokenizer, int(token)))
        for value, token in zip(values, ids, strict=True)
    )


def step_candidates(
    tokenizer: Tokenizer, logits: Array, token: int, *, most: int = STEP_CANDIDATES
) -> tuple[Candidate, ...]:
    """What a step could have said: the best tokens, and behind them the chosen one if it is none.

    Shapes: logits [d_vocab]. Of equal logits the lower id stands first.
    """
    return candidates_and_entropy(tokenizer, logits, token, most=most)[0]


def candidates_and_entropy(
    tokenizer: Tokenizer, logits: Array, token: int, *, most: int = STEP_CANDIDATES
) -> tuple[tuple[Candidate, ...], float]:
    """The `step_candidates`, and how unsure the model was: −Σ p · log₂ p over the whole vocabulary.

    One pass over the exponentials gives both.
    Shapes: logits [d_vocab]; −inf has no share.
    Returns: The candidates; the entropy in bits, 0 (one token has it all) to log₂ d_vocab.
    """
    exact = logits.astype(np.float64)
    shifted = exact - exact.max()
    powers = np.exp(shifted)
    mass = float(powers.sum())
    total = float(exact.max() + np.log(mass))
    # Not np.dot: of so many numbers it shares the sum out among threads, and its last bits vary.
    mean = float((powers * np.where(powers > 0, shifted, 0.0)).sum()) / mass
    entropy = float((np.log(mass) - mean) / np.log(2))
    least = np.partition(logits, -most)[-most] if most < logits.size else logits.min()
    above = np.flatnonzero(logits >= least)
    best = above[np.argsort(-logits[above], kind="stable")][:most].tolist()
    ids = best if token in best else [*best, token]
    told = tuple(candidate(at, float(exact[at]), total, *texts(tokenizer, at)) for at in ids)
    return told, max(entropy, 0.0)


def candidate(token: int, logit: float, logsumexp: float, text: str, visible: str) -> Candidate:
    """A candidate with its probability, exp(logit - logsumexp)."""
    return Candidate(token, text, visible, logit, float(np.exp(logit - logsumexp)))


def named(item: Candidate) -> str:
    """A candidate's text; the name of an id that no token has, whose text is empty."""
    return item.text or item.visible


def texts(tokenizer: Tokenizer, token: int) -> tuple[str, str]:
    """A token's text as the vocabulary decodes it amid a text, and as shown."""
    return tokenizer.decode([token], at_start=False), tokenizer.visible(token)
