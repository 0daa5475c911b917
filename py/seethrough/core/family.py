"""What a family is: one description, from which everything else about it derives.

Hook names, weights, the numpy pass, the graph, the sums and the code that is shown are all made
from a `Family`; what differs between the layers of one model (a window, a rotary base) stands in
the model's own config. The families that there are stand in core/families.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Positions = Literal["rotary", "learned"]
# TransformerLens' names.
Activation = Literal["silu", "gelu_new", "gelu"]
# Which matrices of attention and MLP have a bias; "written": all but those that make queries, keys
# and values.
Biases = Literal["none", "qkv", "written", "all"]
INTO_HEADS = ("attn.W_Q", "attn.W_K", "attn.W_V")


@dataclass(frozen=True)
class Norm:
    """What every norm of a family does; `name` is TransformerLens' normalization_type.

    `is_centred`: the mean is taken off first, and a bias is added in the end (LayerNorm).
    `adds_one`: the stored weight is what the factor is more than 1 (Gemma).
    """

    name: str
    is_centred: bool = False
    adds_one: bool = False


LAYER_NORM = Norm("LN", is_centred=True)
RMS_NORM = Norm("RMS")
RMS_NORM_PLUS_ONE = Norm("RMS", adds_one=True)


@dataclass(frozen=True, kw_only=True)
class Family:
    """One way to wire a transformer.

    `positions`: queries and keys are turned ("rotary"), or a learned row is added to the embedding.
    `is_gated`: the MLP has a linear half, which its activated half lets through.
    `biases`: of attention and MLP, every matrix has one, or those alone that make queries, keys and
    values, or all but those ("written"), or none.
    `has_head_norms`: each head's query and key go through a norm of their own (QK-norm).
    `has_norms_after`: what attention and MLP made goes through a norm before it is added.
    `has_scaled_embedding`: the token's row is multiplied by the root of the model's width.
    `has_scaled_scores`: a query times a key is divided by the root of the head's width.
    `is_parallel`: attention and MLP read the same stream, and what both made is added at once; so
    there is no stream between them.
    """

    name: str
    norm: Norm
    positions: Positions
    activation: Activation
    is_gated: bool
    biases: Biases = "none"
    has_head_norms: bool = False
    has_norms_after: bool = False
    has_scaled_embedding: bool = False
    has_scaled_scores: bool = True
    is_parallel: bool = False

    @property
    def is_rotary(self) -> bool:
        """Whether positions come in by turning queries and keys."""
        return self.positions == "rotary"

    def has_bias(self, weight: str) -> bool:
        """Whether a matrix has a bias, by its name in a block: "attn.W_Q"."""
        return self.biases in {"all", "qkv" if weight in INTO_HEADS else "written"}

    @property
    def named(self) -> dict[str, Any]:
        """The fields of a ModelConfig that follow from the family, under TransformerLens' names."""
        return {
            "family": self.name,
            "act_fn": self.activation,
            "normalization_type": self.norm.name,
            "positional_embedding_type": "rotary" if self.is_rotary else "standard",
        }
