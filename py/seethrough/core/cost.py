"""What a forward pass costs: multiply-adds, weights read, bytes kept. Counted from the config.

A multiply-add is one product that is added to a sum. Only matrix products are counted, as
everyone counts them: norms, softmax and activations are far below a hundredth of the whole.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from seethrough.core.weight_names import expected_dims

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig

# The engine computes, and keeps keys and values, in float32.
NUMBER_BYTES = 4
MATRIX = 2


def block_weights(config: ModelConfig) -> int:
    """Numbers in all matrices of all blocks: each token meets each of them once."""
    named = expected_dims(config).items()
    return sum(
        prod(dims) for name, dims in named if name.startswith("blocks.") and len(dims) == MATRIX
    )


def attended(config: ModelConfig, n_new: int, n_past: int = 0) -> int:
    """Multiply-adds between tokens: queries with keys, then shares with values."""
    wide = config.n_heads * config.d_head
    return 2 * config.n_layers * wide * n_new * (n_past + n_new)


def multiply_adds(config: ModelConfig, n_new: int, n_past: int = 0, *, n_unembed: int = 1) -> int:
    """Multiply-adds of one pass over `n_new` tokens behind `n_past` that the cache keeps.

    Args:
        n_unembed: Positions that go through the unembedding; a next token needs the last alone.
    """
    unembedded = n_unembed * config.d_model * config.d_vocab
    return n_new * block_weights(config) + attended(config, n_new, n_past) + unembedded


def continuation_cost(
    config: ModelConfig, n_prompt: int, n_steps: int, *, keeps: bool = True
) -> int:
    """Multiply-adds of a continuation: the prompt at once, then one token a step.

    The last new token is never read. Without the cache each step begins with the whole text again.
    """
    if not keeps:
        return sum(multiply_adds(config, n_prompt + step) for step in range(n_steps))
    later = sum(multiply_adds(config, 1, n_prompt + step - 1) for step in range(1, n_steps))
    return (multiply_adds(config, n_prompt) if n_steps else 0) + later


def cache_bytes(config: ModelConfig, n_tokens: int = 1) -> int:
    """Bytes of the keys and values of some tokens: both, in every layer and key/value head."""
    per_token = 2 * config.n_layers * config.n_key_value_heads * config.d_head * NUMBER_BYTES
    return n_tokens * per_token


def weight_bytes(config: ModelConfig) -> int:
    """Bytes of the matrices that one pass multiplies by, as float32."""
    return (block_weights(config) + config.d_model * config.d_vocab) * NUMBER_BYTES
