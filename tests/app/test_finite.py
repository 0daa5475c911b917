"""What a run may hold: finite numbers, and −∞ where the layer's mask hides a cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.finite import check_finite
from seethrough.core.config import LayerConfig
from seethrough.core.errors import InputError
from seethrough.core.maths import causal_mask
from tests.fake_engine import CONFIG

if TYPE_CHECKING:
    from seethrough.core.cache import Array

# Two positions are new, three were there; the second layer sees two positions alone.
WINDOWED = replace(
    CONFIG, layers=(LayerConfig(), *(LayerConfig(window=2),) * (CONFIG.n_layers - 1))
)


def scores(window: int | None) -> Array:
    """Scores of one head of the new positions, as a layer's mask leaves them."""
    return causal_mask(2, 3, window=window)[None]


@pytest.mark.parametrize(("layer", "window"), [(0, None), (1, 2)])
def test_a_layers_own_mask_may_hide(layer: int, window: int | None) -> None:
    """A cell that the layer's mask hides is −∞; with score_add any cell may be."""
    name = f"blocks.{layer}.attn.hook_attn_scores"
    check_finite({name: scores(window)}, {}, WINDOWED)
    check_finite({name: np.full((1, 2, 5), -np.inf)}, {"score_add": np.zeros(1)}, WINDOWED)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_other_cells_may_not(odd: float) -> None:
    """NaN and infinities anywhere else are counted in a sentence: the first layer has no window."""
    grown = scores(None)
    grown[0, 0, 0] = odd
    with pytest.raises(InputError) as caught:
        check_finite({"blocks.0.attn.hook_attn_scores": grown}, {}, WINDOWED)

    assert caught.value.key == "engine.overflow"
    assert caught.value.fields["n_odd"] == 1
