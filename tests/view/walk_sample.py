"""A live run of a tiny model as a state: every number is the numpy reference's own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from seethrough.app.state import AppState, EngineStatus, Lens, ModelCard
from seethrough.core import hooks
from seethrough.core.captured import Captured, of_last
from seethrough.core.chat import Piece
from seethrough.core.clean_text import clean_text
from seethrough.core.config import ModelConfig
from seethrough.core.film import Film, FilmMerge, FilmWord
from seethrough.core.reference import forward, from_arrays
from seethrough.core.sampling import greedy, standing
from seethrough.core.tokens import Candidate, NewToken, TokenView, candidate
from seethrough.core.visible import visible_bytes
from seethrough.core.weight_names import expected_dims
from tests.steps import page_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import ActivationCache, Array

FAMILIES = ("llama", "gpt2")
WORDS = ("January", ",", " February", ",", " March", ",")
D_VOCAB = 300
N_TOP = 10
N_LENS = 5
N_NEW = 3
CARD = ModelCard("tiny", "Tiny", 99_934_112, 134_515_008, 2, "Apache-2.0", "maker/tiny", True)


def config_of(family: str) -> ModelConfig:
    """Two layers of a family, grouped queries where it has rotary positions."""
    is_llama = family == "llama"
    return ModelConfig(
        family=family,
        d_model=32,
        n_layers=2,
        n_heads=2,
        n_key_value_heads=1 if is_llama else 2,
        d_head=16,
        d_mlp=48,
        d_vocab=D_VOCAB,
        n_ctx=512,
        eps=1e-5,
        rotary_base=10000.0 if is_llama else None,
        act_fn="silu" if is_llama else "gelu_new",
        normalization_type="RMS" if is_llama else "LN",
        positional_embedding_type="rotary" if is_llama else "standard",
        tie_word_embeddings=True,
    )


@cache
def weights_of(family: str) -> Mapping[str, Array]:
    """Seeded weights of natural size."""
    random = np.random.Generator(np.random.PCG64(7))
    made = {}
    for name, dims in expected_dims(config_of(family)).items():
        spread = 1.0 if name.startswith("W_") else 2 / np.sqrt(dims[0])
        values = random.standard_normal(dims) * (spread if len(dims) > 1 else 0.2)
        is_norm = name.endswith(".w")
        made[name] = (values + (1.0 if is_norm else 0.0)).astype(np.float32)
    return made


@cache
def pass_of(family: str, ids: tuple[int, ...]) -> ActivationCache:
    """The forward pass, the last position unembedded at every layer (the end is the last row)."""
    config, last = config_of(family), len(ids) - 1
    states = [(layer, last) for layer in range(config.n_layers + 1)]
    return forward(config, from_arrays(weights_of(family)), ids, unembed=states)[0]


def best(logits: Array, count: int) -> tuple[Candidate, ...]:
    """The best tokens of one row of logits."""
    order = np.argsort(-logits, kind="stable")[:count]
    total = float(np.logaddexp.reduce(logits.astype(np.float64)))
    return tuple(
        candidate(int(token), float(logits[token]), total, f" w{token}", f"·w{token}")
        for token in order
    )


@cache
def walk_state(texts: tuple[str, ...] = WORDS, family: str = "llama") -> AppState:
    """What the page holds after a live run at a walk's step, everything fetched."""
    config = config_of(family)
    ids = tuple(3 + (7 * at) % (D_VOCAB - 3) for at in range(len(texts)))
    run, last = pass_of(family, ids), len(ids) - 1
    whole = {name: array for name, array in run.items() if name not in hooks.LOGIT_OUTPUTS}
    final = (*hooks.FINAL_LEAVES, hooks.LOGITS)
    arrays = {**whole, **{name: run[name][-1:] for name in final}}
    top = best(run[hooks.LOGITS][-1], N_TOP)
    embedding = weights_of(family)["W_E"]
    rows = [item.id for item in top]
    captured = Captured(arrays, of_last(final, last)).with_more(
        {"W_U": embedding[rows]}, {"W_U": tuple(rows)}
    )
    return page_state(
        models=(CARD,),
        model="tiny",
        source="live",
        config=config,
        engine=EngineStatus("ready", 0, 0, "wasm", 2, 3120.0, model="tiny"),
        prompt="".join(texts),
        film=film_of_texts(texts, ids),
        tokens=tuple(
            TokenView(token, text, text.replace(" ", "·"), at == 0 and text.startswith("<|"))
            for at, (token, text) in enumerate(zip(ids, texts, strict=True))
        ),
        top=top,
        elapsed_ms=312.4,
        captured=captured,
        lens=Lens(last, tuple(best(row, N_LENS) for row in run[hooks.LOGITS])),
        position=last,
        continuation=continuation(family, ids),
        stop="max_new_tokens",
    )


def film_of_texts(texts: tuple[str, ...], ids: tuple[int, ...]) -> Film:
    """A film in which each text is a word that merges from left to right into one token."""
    cleaned = [clean_text(text).text for text in texts]
    words, at = [], 0
    for text, token in zip(cleaned, ids, strict=True):
        words.append(merged_word(text, at, token))
        at += len(text)
    piece = Piece("".join(cleaned), "content", "")
    return Film((piece,), (), tuple(words), len(words), len(ids), (), 0)


def merged_word(text: str, at: int, token: int) -> FilmWord:
    """A word of one token: a special one, or merged from the left with the ranks 10, 20, 30."""
    if at == 0 and text.startswith("<|"):
        return FilmWord(text, at, (), (), (token,), is_added=True)
    symbols = tuple(visible_bytes(character.encode()) for character in text)
    parts = ["".join(symbols[: end + 1]) for end in range(len(symbols))]
    merges = tuple(
        FilmMerge(0, end, parts[end - 1], symbols[end], parts[end], 10 * end)
        for end in range(1, len(symbols))
    )
    return FilmWord(text, at, symbols, merges, (token,))


@cache
def continuation(family: str, ids: tuple[int, ...]) -> tuple[NewToken, ...]:
    """Three greedy tokens with their candidates."""
    steps: list[NewToken] = []
    for _ in range(N_NEW):
        logits = pass_of(family, (*ids, *(step.id for step in steps)))[hooks.LOGITS][-1]
        token = greedy(logits)
        new = NewToken(token, f" w{token}", f"·w{token}", *standing(logits, token))
        more = {"candidates": best(logits, N_LENS), "elapsed_ms": 41.5}
        known = {name: value for name, value in more.items() if hasattr(new, name)}
        steps.append(replace(new, **known))
    return tuple(steps)
