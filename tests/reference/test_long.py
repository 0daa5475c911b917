"""Positions up to 2,000: where an angle that is a little off has turned a long way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from tests.parity import PROMPTS, TOLERANCES, prompt_ids, relative_errors, scatter_bound

if TYPE_CHECKING:
    from export.native import NativeModel
    from seethrough.core.cache import Array
    from tests.reference.conftest import Oracles

pytestmark = pytest.mark.reference

N_POS = 2000
CHUNK = 250
N_LOGITS = 8
LEAVES = (hooks.ROT_Q, hooks.ROT_K, hooks.Z)
NAMES = [
    *(hook_name(leaf, layer) for layer in (0, 15) for leaf in LEAVES),
    hook_name(hooks.RESID_POST, 29),
]


def run_in_chunks(native: NativeModel, ids: list[int]) -> dict[str, Array]:
    """The named hooks of every position, and the logits of the last ones, through the cache."""
    native.reset()
    at = [(native.manifest.config.n_layers, CHUNK - N_LOGITS + i) for i in range(N_LOGITS)]
    runs = [
        native.run(ids[start : start + CHUNK], [*NAMES, hooks.LOGITS], unembed=at)
        for start in range(0, N_POS, CHUNK)
    ]
    whole = {name: np.concatenate([run[name] for run in runs]) for name in NAMES}
    return whole | {hooks.LOGITS: runs[-1][hooks.LOGITS]}


def test_two_thousand_positions(native: NativeModel, oracles: Oracles):
    """Rotated queries and keys, mixed values, the stream and the logits are transformers' there.

    Held to float64 at every position, by the same bounds as the prompts. Both go a piece at a time
    over their own caches: in one piece half of the attention is masked away.
    """
    text = prompt_ids(PROMPTS["long"])
    ids = (text * (1 + N_POS // len(text)))[:N_POS]
    kept = {"only": frozenset([*NAMES, hooks.LOGITS]), "n_logits": N_LOGITS}
    exact = oracles.double.hooks_in_pieces(ids, CHUNK, **kept)
    theirs = relative_errors(exact, oracles.single.hooks_in_pieces(ids, CHUNK, **kept))

    ours = relative_errors(exact, run_in_chunks(native, ids))

    for name, error in ours.items():
        allowed = scatter_bound(theirs[name])
        beyond = np.flatnonzero(error > allowed)
        print(f"{name}: worst {error.max():.1e}, transformers' float32 {theirs[name].max():.1e}")
        assert not len(beyond), (name, beyond[:5], error[beyond[:5]])
    rotated = [ours[name].max() for name in NAMES if name.endswith(("rot_q", "rot_k"))]
    assert max(rotated) <= TOLERANCES["hook"].bound
