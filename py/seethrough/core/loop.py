"""The loop that writes: one pass, one token chosen, and again.

The page's own loop (app/generate.py) does the same through the engine, and may be stopped; tests
hold the two to each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.hooks import LOGITS
from seethrough.core.reference import forward

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.reference import Weights


def write_on(
    config: ModelConfig,
    weights: Weights,
    tokens: Sequence[int],
    choose: Callable[[Array, int], int],
    *,
    most: int,
    ends: Collection[int] = (),
) -> list[int]:
    """The tokens that the model writes behind these: at most so many, or up to an end token."""
    past: Sequence[tuple[Array, Array]] = ()
    unread, new = list(tokens), list[int]()
    while len(new) < most and len(tokens) + len(new) < config.n_ctx:
        cache, past = forward(config, weights, unread, past=past)
        new.append(choose(cache[LOGITS][-1], len(new)))
        if new[-1] in ends:
            break
        unread = [new[-1]]
    return new
