"""A model reads a text that is there: how likely it thought each token, and what it is told.

The error of a guess is −log p of the token that really comes. What goes back to each token's score
is p − y (`core.train.backward.error_and_back`): its chance, less 1 for the one that comes.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

from seethrough.core import sampling
from seethrough.core.tokens import NewToken, candidates_and_entropy, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.core.cache import Array
    from seethrough.core.tokenizer import Tokenizer
    from seethrough.core.tokens import Candidate

# So many of the best tokens of a guess are kept, and the one that comes.
SHOWN = 6


def foresee(tokenizer: Tokenizer, logits: Array, target: int) -> NewToken:
    """A token of the text as the model foresaw it: its chance, its rank, the best others.

    Shapes: logits [d_vocab].
    """
    could, entropy = candidates_and_entropy(tokenizer, logits, target, most=SHOWN)
    prob = next(item.prob for item in could if item.id == target)
    _, rank = sampling.standing(logits, target)
    return NewToken(target, *texts(tokenizer, target), prob, rank, could, entropy=entropy)


def error_of(prob: float) -> float:
    """How wrong a guess was, in nats: −log of the chance that it gave to what came."""
    return -math.log(prob) if prob > 0 else math.inf


def gradient_of(item: Candidate, target: int) -> float:
    """What goes back to a token's score: p − y."""
    return item.prob - (item.id == target)


def others_of(new: NewToken) -> float:
    """The same of all tokens together that are not among the kept ones: their chance."""
    return max(0.0, 1.0 - math.fsum(item.prob for item in new.candidates))


def mean_errors(read: Iterable[NewToken]) -> tuple[float, ...]:
    """The mean error of the text so far, behind each of its tokens, in nats."""
    sums = accumulate(error_of(new.prob) for new in read)
    return tuple(total / count for count, total in enumerate(sums, 1))
