"""Small models that learn, of both families and several shapes, with seeded weights and batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seethrough.core.config import ModelConfig
from seethrough.core.families import FAMILIES
from seethrough.core.train.backward import IGNORED
from seethrough.core.weight_names import expected_dims

if TYPE_CHECKING:
    from seethrough.core.cache import Array


class Shape(NamedTuple):
    """One model and one batch of it; `n_padded` of each document's last positions count nothing."""

    family: str
    n_layers: int
    n_heads: int
    n_key_value_heads: int
    is_tied: bool
    n_documents: int
    n_padded: int


N_POS, N_CTX, D_HEAD, D_VOCAB = 9, 12, 6, 14
SHAPES = {
    "gpt2, one layer, one head, alone": Shape("gpt2", 1, 1, 1, True, 1, 0),
    "gpt2, three layers, untied": Shape("gpt2", 3, 4, 4, False, 3, 0),
    "gpt2, padded": Shape("gpt2", 2, 2, 2, True, 4, 3),
    "llama, shared keys": Shape("llama", 2, 4, 2, True, 3, 0),
    "llama, one layer, untied, padded": Shape("llama", 1, 2, 2, False, 2, 4),
    "qwen3, head norms": Shape("qwen3", 2, 4, 1, True, 2, 0),
    "gpt_neo, scores as they are": Shape("gpt_neo", 2, 2, 2, True, 3, 1),
    "gpt_neox, both halves at once, a part turned": Shape("gpt_neox", 2, 2, 2, False, 3, 0),
    "gemma3, all norms": Shape("gemma3", 2, 4, 1, True, 2, 2),
}


def config_of(shape: Shape) -> ModelConfig:
    """The model's sizes."""
    family = FAMILIES[shape.family]
    return ModelConfig(
        **family.named,
        d_model=D_HEAD * shape.n_heads,
        n_layers=shape.n_layers,
        n_heads=shape.n_heads,
        n_key_value_heads=shape.n_key_value_heads,
        d_head=D_HEAD,
        d_mlp=20,
        d_vocab=D_VOCAB,
        n_ctx=N_CTX,
        eps=1e-5,
        rotary_base=10_000.0 if family.is_rotary else None,
        rotary_dim=4 if shape.family == "gpt_neox" else None,
        tie_word_embeddings=shape.is_tied,
    )


def weights_of(config: ModelConfig) -> dict[str, Array]:
    """Seeded weights; norms near 1."""
    rng = np.random.default_rng(5)
    return {
        name: (rng.normal(0, 0.05, dims) + name.endswith((".w",))).astype(np.float32)
        for name, dims in expected_dims(config).items()
    }


def batch_of(shape: Shape) -> tuple[Array, Array]:
    """Tokens and targets: int64 [n_documents, N_POS] each."""
    text = np.random.default_rng(6).integers(0, D_VOCAB, (shape.n_documents, N_POS + 1))
    targets = text[:, 1:].copy()
    if shape.n_padded:
        targets[:, -shape.n_padded :] = IGNORED
    return text[:, :-1], targets
