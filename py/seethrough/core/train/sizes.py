"""The sizes of models that are trained in the page, and the weights that one begins with."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.config import ModelConfig
from seethrough.core.errors import InputError
from seethrough.core.families import FAMILIES
from seethrough.core.train.chance import WEIGHTS, chance
from seethrough.core.weight_names import expected_dims

if TYPE_CHECKING:
    from seethrough.core.cache import Array

N_POS = 64  # tokens of a window, the longest text that such a model sees
N_DOCUMENTS = 16  # windows of a step
N_HEADS = 4
SPREAD = 0.02  # of the weights that a model begins with, as GPT-2's
MADE = ("attn.W_O", "mlp.W_out")  # what writes into the stream begins smaller


@dataclass(frozen=True)
class Size:
    """Width and depth of a model; its name says about how many numbers it learns."""

    d_model: int
    n_layers: int


SIZES = {
    "25k": Size(32, 2),
    "100k": Size(64, 2),
    "210k": Size(64, 4),
    "800k": Size(128, 4),
}
LEARNERS = ("gpt2",)  # families whose graphs the site carries; a step of "llama" can be built too


def size_named(name: str) -> Size:
    """A size by its name.

    Raises:
        InputError: There is none of that name; the sentence has those that there are.
    """
    if name not in SIZES:
        raise InputError("train.size_unknown", size=name, known=", ".join(SIZES))
    return SIZES[name]


def config_of(size: str, d_vocab: int, family: str = "gpt2") -> ModelConfig:
    """The config of a model that learns; the Llama-style one shares keys between two heads."""
    known, wide = FAMILIES[family], size_named(size).d_model
    return ModelConfig(
        **known.named,
        d_model=wide,
        n_layers=SIZES[size].n_layers,
        n_heads=N_HEADS,
        n_key_value_heads=N_HEADS // 2 if known.is_rotary else N_HEADS,
        d_head=wide // N_HEADS,
        d_mlp=3 * wide if known.is_gated else 4 * wide,
        d_vocab=d_vocab,
        n_ctx=N_POS,
        eps=1e-5,
        rotary_base=10_000.0 if known.is_rotary else None,
        tie_word_embeddings=True,
    )


def first_weights(config: ModelConfig, seed: int) -> dict[str, Array]:
    """Random weights to begin with, the same for the same seed: float32 by name.

    Norms let everything through, biases add nothing; matrices are normal with SPREAD, those that
    write into the stream smaller by the root of how many do.
    """
    rng = chance(seed, WEIGHTS)
    smaller = 1 / sqrt(2 * config.n_layers)
    weights = {}
    for name, dims in expected_dims(config).items():
        if len(dims) == 1:
            weights[name] = np.full(dims, name.endswith(".w"), np.float32)
            continue
        spread = SPREAD * (smaller if name.endswith(MADE) else 1)
        weights[name] = rng.normal(0, spread, dims).astype(np.float32)
    return weights
