"""Documents that are made, not collected: sums and the sentences of a toy grammar."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from seethrough.core.train.chance import GRAMMAR, SUMS, chance
from seethrough.core.train.corpus import END, HELD_SHARE, Corpus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.train.chance import Chance

T = TypeVar("T")
MOST = 100  # numbers below it are added
N_SENTENCES = 20_000
ADJECTIVES = ("", "", "small ", "old ", "red ", "quiet ")
SINGULAR = ("dog", "cat", "bird", "child", "fox", "king")
PLURAL = ("dogs", "cats", "birds", "children", "foxes", "kings")
SEES = (("sees", "see"), ("likes", "like"), ("follows", "follow"), ("hears", "hear"))
SLEEPS = (("sleeps", "sleep"), ("sings", "sing"), ("waits", "wait"))


def sums(seed: int) -> Corpus:
    """All sums of two numbers below MOST, as "12+34=46".

    a + b and b + a are held out together: an answer to a held-out sum was never seen, not even the
    other way round.
    """
    rng = chance(seed, SUMS)
    pairs = [(a, b) for a, b in product(range(MOST), repeat=2) if a <= b]
    is_held = np.zeros(len(pairs), bool)
    is_held[rng.permutation(len(pairs))[: int(len(pairs) * HELD_SHARE)]] = True
    held = {pair for pair, out in zip(pairs, is_held, strict=True) if out}
    every = [(a, b) for a, b in product(range(MOST), repeat=2)]
    shuffled = [every[index] for index in rng.permutation(len(every))]
    apart: tuple[list[str], list[str]] = ([], [])
    for a, b in shuffled:
        apart[(min(a, b), max(a, b)) in held].append(f"{a}+{b}={a + b}{END}")
    learned, out = (END + "".join(part) for part in apart)
    return Corpus(learned, out, has_documents=True)


def grammar(seed: int) -> Corpus:
    """Sentences of a toy grammar, each different: subject and verb agree in number."""
    rng = chance(seed, GRAMMAR)
    sentences: dict[str, None] = {}
    while len(sentences) < N_SENTENCES:
        sentences[_sentence(rng)] = None
    listed = list(sentences)
    n_held = int(len(listed) * HELD_SHARE)
    parts = listed[:-n_held], listed[-n_held:]
    learned, held = (END + "".join(one + END for one in part) for part in parts)
    return Corpus(learned, held, has_documents=True)


def _sentence(rng: Chance) -> str:
    subject, is_many = _noun(rng)
    if rng.random() < 1 / 4:
        return f"{subject} {_pick(rng, SLEEPS)[is_many]}."
    other, _ = _noun(rng)
    verb = _pick(rng, SEES)[is_many]
    if rng.random() < 1 / 2:
        return f"{subject} {verb} {other}."
    third, third_many = _noun(rng)
    return f"{subject} {verb} {other}, and {third} {_pick(rng, SLEEPS)[third_many]}."


def _noun(rng: Chance) -> tuple[str, bool]:
    """A noun with its article, and whether it is plural."""
    is_many = bool(rng.random() < 1 / 2)
    adjective = _pick(rng, ADJECTIVES)
    noun = _pick(rng, PLURAL if is_many else SINGULAR)
    article = "the" if is_many or rng.random() < 1 / 2 else "a"
    if article == "a" and (adjective or noun)[0] in "aeiou":
        article = "an"
    return f"{article} {adjective}{noun}", is_many


def _pick(rng: Chance, choices: Sequence[T]) -> T:
    return choices[int(rng.integers(len(choices)))]
