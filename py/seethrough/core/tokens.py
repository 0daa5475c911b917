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
    """One token of a continuation, its probability at temperature 1 and its rank (0 = greedy)."""

    id: int
    text: str
    visible: str
    prob: float
    rank: int


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


def candidate(token: int, logit: float, logsumexp: float, text: str, visible: str) -> Candidate:
    """A candidate with its probability, exp(logit - logsumexp)."""
    return Candidate(token, text, visible, logit, float(np.exp(logit - logsumexp)))


def texts(tokenizer: Tokenizer, token: int) -> tuple[str, str]:
    """A token's text as the vocabulary decodes it amid a text, and as shown."""
    return tokenizer.decode([token], at_start=False), tokenizer.visible(token)
