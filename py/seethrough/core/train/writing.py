"""What a model writes while it learns: one sign after another, drawn by its chances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seethrough.core.train.backward import IGNORED
from seethrough.core.train.chance import DARTS, chance
from seethrough.core.train.corpus import END
from seethrough.core.train.sizes import N_POS

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.core.train.corpus import Corpus

    class Looks(Protocol):
        """Gives outputs of a forward pass."""

        async def look(
            self, tokens: Array, targets: Array, fetch: tuple[str, ...]
        ) -> dict[str, Array]:
            """Outputs by name."""
            ...


@dataclass(frozen=True)
class Writer:
    """Writes as the text of a corpus is written; the same seed draws the same darts."""

    corpus: Corpus
    seed: int

    @property
    def start(self) -> str:
        """What a text begins with: the end of the document before it, else its first sign."""
        return END if END in self.corpus.alphabet else self.corpus.learned[0]

    async def write(
        self, learner: Looks, n_signs: int, start: str = "", temperature: float = 1.0
    ) -> str:
        """So many signs behind a start, which is not given back.

        Args:
            start: Empty: what a text begins with. temperature: 0 takes the likeliest.
        """
        ids = self.corpus.encode(start or self.start).tolist()
        n_given = len(ids)
        rng = chance(self.seed, DARTS)
        while len(ids) < n_given + n_signs:
            logits = await next_logits(learner, ids[-N_POS:])
            ids.append(draw(logits, temperature, float(rng.random())))
        return self.corpus.decode(ids[n_given:])

    async def lines(self, learner: Looks, n_lines: int, most: int) -> list[str]:
        """So many documents at once, each up to END or `most` signs, a dart of its own each."""
        end = self.corpus.alphabet.index(END)
        ids = np.full((n_lines, most + 1), end, np.int64)
        rng = chance(self.seed, DARTS)
        is_open = np.ones(n_lines, bool)
        for at in range(most):
            darts = rng.random(n_lines)
            logits = await logits_at(learner, ids[:, : at + 1])
            drawn = [draw(row, 1.0, float(dart)) for row, dart in zip(logits, darts, strict=True)]
            ids[:, at + 1] = np.where(is_open, drawn, end)
            is_open &= ids[:, at + 1] != end
            if not is_open.any():
                break
        return [self.corpus.decode(row[1:]).partition(END)[0] for row in ids]


async def logits_at(learner: Looks, ids: Array) -> Array:
    """The logits behind some texts of one length: [text, pos] → float64 [text, d_vocab]."""
    n_texts, length = ids.shape
    tokens = np.zeros((n_texts, N_POS), np.int64)
    tokens[:, :length] = ids
    found = await learner.look(tokens, np.full_like(tokens, IGNORED), ("logits",))
    rows: Array = found["logits"].reshape(n_texts, N_POS, -1)[:, length - 1].astype(np.float64)
    return rows


async def next_logits(learner: Looks, ids: list[int]) -> Array:
    """The logits behind some tokens, at most N_POS: [d_vocab]."""
    row: Array = (await logits_at(learner, np.array([ids])))[0]
    return row


def draw(logits: Array, temperature: float, dart: float) -> int:
    """The token where a dart between 0 and 1 lands."""
    if temperature == 0:
        return int(logits.argmax())
    powers = np.exp((logits - logits.max()) / temperature)
    return int(np.searchsorted(np.cumsum(powers), dart * powers.sum(), side="right"))
