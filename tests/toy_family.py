"""Families that are no one's, each a description and nothing more; and seeded models of them.

`TOY` is the third family: norms before and after each half, QK-norm, a window in every second
layer. `LIKE_GEMMA` says what Gemma 3 is (norms by 1 + weight, a scaled embedding, GeGLU, local
layers with a rotary base of their own), `CORNER` takes of everything what the others do not.
`AT_ONCE` adds both halves at once, turns a part of each head and leaves its scores unscaled.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from export.checkpoint import Checkpoint
from export.tensors import Plain
from seethrough.core.config import LayerConfig, ModelConfig
from seethrough.core.families import FAMILIES
from seethrough.core.family import LAYER_NORM, RMS_NORM, RMS_NORM_PLUS_ONE, Family
from seethrough.core.weight_names import expected_dims
from tests.tiny import Tiny, tokenizer_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

TOY = Family(
    name="toy",
    norm=RMS_NORM,
    positions="rotary",
    activation="silu",
    is_gated=True,
    has_head_norms=True,
    has_norms_after=True,
)
LIKE_GEMMA = Family(
    name="like-gemma",
    norm=RMS_NORM_PLUS_ONE,
    positions="rotary",
    activation="gelu_new",
    is_gated=True,
    has_head_norms=True,
    has_norms_after=True,
    has_scaled_embedding=True,
)
CORNER = Family(
    name="corner",
    norm=LAYER_NORM,
    positions="learned",
    activation="silu",
    is_gated=False,
    biases="all",
    has_head_norms=True,
    has_norms_after=True,
    has_scaled_embedding=True,
)
AT_ONCE = Family(
    name="at-once",
    norm=RMS_NORM,
    positions="rotary",
    activation="gelu",
    is_gated=True,
    biases="written",
    has_norms_after=True,
    has_scaled_scores=False,
    is_parallel=True,
)
WINDOW = 3
D_VOCAB = 264
N_LAYERS = 4


@dataclass(frozen=True)
class Toy:
    """A model of a family: what each of its layers has of its own."""

    family: Family
    layers: tuple[LayerConfig, ...]
    rotary_dim: int | None = None

    def config(self) -> ModelConfig:
        """Its sizes; heads are wider than their share of the stream, as Gemma's."""
        return ModelConfig(
            **self.family.named,
            d_model=32,
            n_layers=N_LAYERS,
            n_heads=4,
            n_key_value_heads=2,
            d_head=16,
            d_mlp=48,
            d_vocab=D_VOCAB,
            n_ctx=64,
            eps=1e-6,
            rotary_base=1_000_000.0 if self.family.is_rotary else None,
            rotary_dim=self.rotary_dim,
            tie_word_embeddings=True,
            layers=self.layers,
        )


EVERY_SECOND = (LayerConfig(window=WINDOW), LayerConfig()) * (N_LAYERS // 2)
LOCAL = LayerConfig(window=WINDOW, rotary_base=10_000.0)
TOYS = {
    toy.family.name: toy
    for toy in (
        Toy(TOY, EVERY_SECOND),
        Toy(LIKE_GEMMA, (LOCAL, LOCAL, LayerConfig(), LOCAL)),
        Toy(CORNER, EVERY_SECOND[::-1]),
        Toy(AT_ONCE, EVERY_SECOND, rotary_dim=6),
    )
}


@contextmanager
def registered() -> Iterator[None]:
    """The toys are families as any other inside."""
    FAMILIES.update({name: toy.family for name, toy in TOYS.items()})
    try:
        yield
    finally:
        for name in TOYS:
            del FAMILIES[name]


def checkpoint_of(toy: Toy, seed: int = 5) -> Checkpoint:
    """Seeded weights of natural size under our own names; factors of norms are near 1."""
    random = np.random.Generator(np.random.PCG64(seed))
    config, tensors = toy.config(), {}
    middle = 0.0 if toy.family.norm.adds_one else 1.0
    for name, dims in expected_dims(config).items():
        spread = 1.0 if name.startswith("W_") else 2 / np.sqrt(dims[0])
        values = random.standard_normal(dims) * (spread if len(dims) > 1 else 0.3)
        if name.endswith("W_Q") and not toy.family.has_scaled_scores:
            values /= np.sqrt(config.d_head)  # else float32 has few digits of its shares
        is_factor = len(dims) == 1 and name.endswith(".w")
        tensors[name] = Plain((values + (middle if is_factor else 0)).astype(np.float32))
    return Checkpoint(config, dict(tensors), tokenizer_dict(Tiny()), None, (263,), "none")
