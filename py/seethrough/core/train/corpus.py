"""What a model learns from: documents, which of them are held out, and the signs that they use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.errors import InputError
from seethrough.core.train.backward import IGNORED
from seethrough.core.train.chance import HELD, WINDOWS, chance
from seethrough.core.train.sizes import N_DOCUMENTS, N_POS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seethrough.core.cache import Array

END = "\n"  # between documents
HELD_SHARE = 0.1
# Of a shorter text nothing is held out: it is learned by heart.
LEAST_HELD = 20 * N_POS
MOST_SIGNS = 512
N_FEW, N_FEW_HELD = 100, 500  # documents of a text that is too small, and those held beside it
MOST_HELD = 64  # windows that a look at the held-out text takes


@dataclass(frozen=True)
class Corpus:
    """The text that is learned and the text that is held out, both as one string.

    `has_documents`: END stands before and behind each of many short texts.

    Raises:
        InputError: There is nothing to learn (no two different signs), or too many signs.
    """

    learned: str
    held: str = ""
    has_documents: bool = False

    def __post_init__(self) -> None:
        if len(self.alphabet) < 2:  # noqa: PLR2004 - one sign can only be followed by itself
            raise InputError("train.nothing", count=len(self.learned))
        if len(self.alphabet) > MOST_SIGNS:
            raise InputError("train.too_many_signs", count=len(self.alphabet), most=MOST_SIGNS)

    @cached_property
    def alphabet(self) -> tuple[str, ...]:
        """Every sign, in the order of Unicode; a sign's place is its token id."""
        return tuple(sorted({*self.learned, *self.held}))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {sign: index for index, sign in enumerate(self.alphabet)}

    def encode(self, text: Iterable[str]) -> Array:
        """The ids of a text's signs: int64 [n].

        Raises:
            InputError: A sign is not in the alphabet.
        """
        try:
            return np.array([self._ids[sign] for sign in text], np.int64)
        except KeyError as error:
            raise InputError("train.sign", sign=error.args[0]) from error

    def decode(self, ids: Iterable[int]) -> str:
        """The signs of some ids, joined."""
        return "".join(self.alphabet[index] for index in ids)

    @cached_property
    def learned_ids(self) -> Array:
        """The learned text as ids: int64 [n]."""
        return self.encode(self.learned)

    @cached_property
    def held_ids(self) -> Array:
        """The held-out text as ids: int64 [n]."""
        return self.encode(self.held)

    def batch(self, step: int, seed: int) -> tuple[Array, Array]:
        """The windows of a step and what comes next in each: int64 [N_DOCUMENTS, N_POS] twice.

        A step's windows hang on the seed and its number alone; the first is 1.
        """
        ids = self.learned_ids
        starts = max(1, len(ids) - N_POS)
        rng = chance(seed, WINDOWS, step)
        return windows(ids, rng.integers(0, starts, N_DOCUMENTS))

    def held_batch(self) -> tuple[Array, Array]:
        """The held-out text cut into windows, at most MOST_HELD: int64 [window, N_POS] twice."""
        starts = np.arange(0, max(0, len(self.held_ids) - 1), N_POS)[:MOST_HELD]
        return windows(self.held_ids, starts)


def unseen(corpus: Corpus) -> str:
    """Text that was held out, as much as a model reads at once; of whole documents only whole ones.

    Of a text that holds nothing out, its beginning. Behind a document's beginning and before the
    next sign a window has room for two less than its length.
    """
    text = (corpus.held or corpus.learned).strip(END)[: N_POS - 2]
    whole, is_cut, _ = text.rpartition(END)
    return whole if corpus.has_documents and is_cut else text


def windows(ids: Array, starts: Sequence[int] | Array) -> tuple[Array, Array]:
    """Windows of N_POS tokens and their targets; behind the text's end nothing counts.

    Shapes: ids [n], starts [k] → int64 [k, N_POS] twice.
    """
    padded = np.concatenate([ids, np.full(N_POS + 1, IGNORED)])
    cut = padded[np.asarray(starts, np.int64)[:, None] + np.arange(N_POS + 1)]
    return np.maximum(cut[:, :-1], 0), cut[:, 1:]


def of_documents(documents: Sequence[str], seed: int) -> Corpus:
    """Documents in an order drawn by the seed, the last tenth of them held out."""
    order = chance(seed, HELD).permutation(len(documents))
    n_held = int(len(documents) * HELD_SHARE)
    learned, held = order[: len(order) - n_held], order[len(order) - n_held :]
    apart = _joined(documents, held) if n_held else ""
    return Corpus(_joined(documents, learned), apart, has_documents=True)


def of_few(documents: Sequence[str], seed: int) -> Corpus:
    """A few documents drawn by the seed, N_FEW_HELD others held out."""
    order = chance(seed, HELD).permutation(len(documents))
    learned, held = order[:N_FEW], order[N_FEW : N_FEW + N_FEW_HELD]
    return Corpus(_joined(documents, learned), _joined(documents, held), has_documents=True)


def of_text(text: str) -> Corpus:
    """A reader's own text; of a long one the last tenth is held out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    n_held = int(len(plain) * HELD_SHARE) if len(plain) >= LEAST_HELD else 0
    return Corpus(plain[: len(plain) - n_held], plain[len(plain) - n_held :])


def _joined(documents: Sequence[str], which: Array) -> str:
    return END + "".join(documents[index] + END for index in which)
