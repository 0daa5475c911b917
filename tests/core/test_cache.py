from __future__ import annotations

import numpy as np
import pytest

from seethrough.core.cache import ActivationCache
from seethrough.core.errors import ShapeError, UnknownNameError
from tests.fake_engine import CONFIG

PATTERN = "blocks.1.attn.hook_pattern"
EMBED = "hook_embed"


def test_a_cache_is_a_mapping_in_order() -> None:
    """Hooks by name, in the order in which they were captured."""
    arrays = {PATTERN: np.zeros((4, 3, 3)), EMBED: np.ones((3, 32))}

    cache = ActivationCache(CONFIG, arrays, n_pos=3)

    assert list(cache) == [PATTERN, EMBED]
    assert len(cache) == 2
    assert (cache[EMBED] == 1).all()
    assert "hook_pos_embed" not in cache
    assert repr(cache) == "ActivationCache(2 hooks, 3 positions after 0)"


def test_captured_arrays_are_read_only() -> None:
    """Nobody writes into a capture; the array that was handed in stays its owner's."""
    mine = np.zeros((3, 32))
    cache = ActivationCache(CONFIG, {EMBED: mine}, n_pos=3)

    with pytest.raises(ValueError, match="read-only"):
        cache[EMBED][0] = 1
    mine[0] = 2
    assert mine.flags.writeable
    with pytest.raises(TypeError):
        cache[EMBED] = mine  # type: ignore[index]


def test_cached_positions_count_as_keys() -> None:
    """After 2 cached positions, 3 new queries see 5 keys."""
    cache = ActivationCache(CONFIG, {PATTERN: np.zeros((4, 3, 5))}, n_pos=3, n_past=2)

    assert cache[PATTERN].shape == (4, 3, 5)
    with pytest.raises(ShapeError):
        ActivationCache(CONFIG, {PATTERN: np.zeros((4, 3, 3))}, n_pos=3, n_past=2)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        (EMBED, (3, 31)),
        (EMBED, (1, 3, 32)),
        (PATTERN, (2, 3, 3)),
        ("blocks.0.attn.hook_k", (3, 4, 8)),
        ("logits", (3, 300)),
        ("logits_top_ids", (1, 2)),
        ("blocks.0.ln1.hook_scale", (3,)),
    ],
)
def test_other_dims_are_refused(name: str, shape: tuple[int, ...]) -> None:
    """An array with a batch axis, of another width or another number of heads does not come in."""
    with pytest.raises(ShapeError, match=rf"{name} has shape \({shape[0]},"):
        ActivationCache(CONFIG, {name: np.zeros(shape)}, n_pos=3)


def test_unembedded_states_and_candidates_have_their_own_number() -> None:
    """Logit outputs are as many as states were unembedded and candidates asked for."""
    arrays = {
        "logits": np.zeros((2, 300)),
        "logits_top_values": np.zeros((2, 7)),
        "logits_logsumexp": np.zeros(2),
        "ln_final.hook_scale": np.zeros((2, 1)),
    }

    assert len(ActivationCache(CONFIG, arrays, n_pos=3, n_unembed=2, top_k=7)) == 4


def test_an_unknown_hook_is_refused() -> None:
    """The sentence names the model."""
    with pytest.raises(UnknownNameError, match="in SmolLM2"):
        ActivationCache(CONFIG, {"hook_embeds": np.zeros((3, 32))}, n_pos=3, model="SmolLM2")
