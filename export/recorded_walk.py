"""What the recorder has of one prompt, before it is written as files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.film import Film
    from seethrough.core.heads import Marked, Without
    from seethrough.core.tokens import Candidate, NewToken, TokenView


@dataclass(frozen=True)
class Walk:
    """Everything that runs of a prompt gave; `captured` hooks are whole, at every position.

    `lens` [n_layers + 1, k] are the top outputs of each residual state of the last position,
    `lens_tops` the same as tokens; `unembedding` [k, d_model] are the rows of `top`; `words` are
    the best tokens as they are shown, by id; `marked` are heads worth a look, `without` the best
    tokens without them; `scales` [T, 1] are the final norm's divisors.
    """

    tokens: tuple[TokenView, ...]
    captured: Mapping[str, Array]
    lens: Mapping[str, Array]
    lens_tops: tuple[tuple[Candidate, ...], ...]
    unembedding: Array
    words: Mapping[int, str]
    top: tuple[Candidate, ...]
    continuation: tuple[NewToken, ...]
    stop: str
    film: Film
    marked: Marked | None = None
    without: Without = field(default_factory=dict)
    scales: Array = field(default_factory=lambda: np.zeros((0, 1), np.float32))
