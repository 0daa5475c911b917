"""How the next token is chosen: the settings of a draw, as one record."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen.

    Temperature 0 is greedy; top_k 0, top_p 1 and min_p 0 cut nothing.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    seed: int = 1
    max_new_tokens: int = 24
