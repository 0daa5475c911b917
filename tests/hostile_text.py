"""Seeded texts for the tokeniser's tests: real sentences mutated, and Unicode at its worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model_files import corpus

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<empty_output>"]
NEAR_SPECIAL = [
    "<|im_start|",
    "<|im_",
    "|>",
    "<|IM_END|>",
    "<<|im_end|>>",
    "< |im_end|>",
    "<|",
    "<",
    # Llama's, which are ordinary text to the others.
    "<s>",
    "</s>",
    "</s",
    "<unk>",
    "<0x0A>",
    "<|user|>\n",
    "[INST]",
    "▁",
    "▁▁a",
    # Gemma's.
    "<bos>",
    "<start_of_turn>user\n",
    "<end_of_turn>",
    "<unused7>",
    "</table>",
    "> </",
]
CLUSTERS = [
    "👩‍👩‍👧‍👦",
    "👋🏽",
    "🏳️‍🌈",
    "🇨🇿🇺🇦",
    "e\u0301\u0323",
    "a" + "\u0300" * 9,
    "Ångström",
    "ﬁﬂ",
    "ǆǅǄ",
    "क्षि",
    "ำ",
    "한글",
    "\u1112\u1161\u11ab",
    "ﷺ",
    "1️⃣",
    "½²Ⅷ",
    "٣۳३",
    "𝟛𝔸",
    "'ll'S'Re’ve",
    "\u202eabc\u202c\u2066x\u2069",
    "\u200b\u200d\u200c\ufeff\u00ad",
    "\ufffd\uffff\ufdd0",
    "\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\u180e",
    "\x1c\x1d\x1e\x1f\x0b\x0c",
]
# Every byte that SmolLM2's vocabulary lacks and that UTF-8 uses occurs in one of these.
LOSSY = ["\x04", "\x06", "\x13", "\x14", "\x16", "\x1d", "\U00040000", "\U00080001"]
PLANES = [(0, 0x7F), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF)]
PLANES += [(0x20000, 0x3FFFF), (0x40000, 0xEFFFF), (0xE0000, 0xE0FFF), (0xF0000, 0x10FFFF)]


def mutated(rng: random.Random) -> str:
    """A sentence or two of the corpus with up to six small changes."""
    texts = corpus()
    text = rng.choice(texts[rng.choice(list(texts))])
    if rng.random() < 0.2:
        text += rng.choice(["", " ", "\n", "\n\n"]) + rng.choice(texts[rng.choice(list(texts))])
    if rng.random() < 0.5:
        start = rng.randrange(len(text))
        text = text[start : start + rng.randint(1, 60)]
    for _ in range(rng.randrange(7)):
        text = _changed(text, rng)
    return text


def hostile(rng: random.Random) -> str:
    """Up to a dozen of the nastiest fragments in a row."""
    return "".join(rng.choice(FRAGMENTS)(rng) for _ in range(rng.randrange(13)))


def character(rng: random.Random) -> str:
    """Any character, each plane and script with a fair chance, assigned or not."""
    return chr(rng.randint(*rng.choice(PLANES)))


def _changed(text: str, rng: random.Random) -> str:
    start = rng.randint(0, len(text))
    end = min(len(text), start + rng.randrange(6))
    middle = text[start:end]
    replacement = rng.choice(
        [
            "",
            middle * 2,
            middle[::-1],
            middle.upper(),
            middle.title(),
            middle + " " * rng.randrange(5),
            str(rng.randrange(10**6)),
            rng.choice(FRAGMENTS)(rng),
        ]
    )
    return text[:start] + replacement + text[end:]


def _run(rng: random.Random) -> str:
    return rng.choice([" ", "\n", "\t", "\r\n", "0", "7", "a", "-", "=", "\u00a0"]) * rng.randint(
        1, 9
    )


def _one_of(choices: list[str]) -> Callable[[random.Random], str]:
    return lambda rng: rng.choice(choices)


def _word(rng: random.Random) -> str:
    return rng.choice(
        [" the", " and", "Hello", "it's", " naïve", "žluť", "слово", "模型", " 42", "x1"]
    )


FRAGMENTS: list[Callable[[random.Random], str]] = [
    character,
    character,
    lambda rng: chr(rng.randrange(0x20)),
    lambda rng: chr(rng.randint(0x300, 0x36F)),
    _run,
    _run,
    _word,
    _word,
    _one_of(CLUSTERS),
    _one_of(CLUSTERS),
    _one_of(SPECIAL),
    _one_of(NEAR_SPECIAL),
    _one_of(LOSSY),
]
