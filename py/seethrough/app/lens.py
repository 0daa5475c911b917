"""What a model would say if it stopped at a layer: the states to unembed, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seethrough.app.inputs import check_capture_size
from seethrough.core import hooks
from seethrough.core.errors import InputError
from seethrough.core.hooks import LEAF_DIMS, axis_sizes
from seethrough.core.tokens import candidates, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.core.cache import ActivationCache
    from seethrough.core.config import ModelConfig
    from seethrough.core.tokenizer import Tokenizer
    from seethrough.core.tokens import Candidate

TOP = (hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP)


@dataclass(frozen=True)
class States:
    """Chosen layers (n_layers: the end) and positions; their states are unembedded."""

    layers: tuple[int, ...]
    positions: tuple[int, ...]

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(layer, position) of each state, as a run takes them."""
        return tuple((layer, at) for layer in self.layers for at in self.positions)


def states_of(
    config: ModelConfig,
    n_pos: int,
    layers: Sequence[int] | None,
    positions: Sequence[int] | None,
) -> States:
    """The states that are asked for: of all layers, of the last position, where none is named.

    Raises:
        InputError: One is not there, none at all, or their logits are more than a page holds.
    """
    n_states = config.n_layers + 1
    chosen = States(
        tuple(range(n_states)) if layers is None else places("layers", layers, n_states),
        (n_pos - 1,) if positions is None else places("positions", positions, n_pos),
    )
    sizes = axis_sizes(config, n_pos=n_pos, n_unembed=len(chosen.pairs))
    check_capture_size((hooks.LOGITS,), sizes, LEAF_DIMS.__getitem__)
    return chosen


def places(name: str, given: Sequence[int], count: int) -> tuple[int, ...]:
    """Places in a row of so many; negative ones count from its end.

    Raises:
        InputError: One is not there, or none is given.
    """
    if not given:
        raise InputError("lens.none", name=name)
    for one in given:
        if not -count <= one < count:
            raise InputError("lens.beyond", name=name, got=one, last=count - 1)
    return tuple(one % count for one in given)


def lens_of(states: States, cache: ActivationCache, tokenizer: Tokenizer) -> dict[str, Any]:
    """The logits by layer and position, and the best tokens of each.

    Shapes: logits [layer, pos, d_vocab]; `top` has a list for each position of each layer.
    """
    n_layers, n_pos = len(states.layers), len(states.positions)
    rows = [
        [told_of(item) for item in candidates(tokenizer, row)]
        for row in (
            {name: cache[name][at : at + 1] for name in TOP} for at in range(n_layers * n_pos)
        )
    ]
    return {
        "layers": list(states.layers),
        "positions": list(states.positions),
        "logits": cache[hooks.LOGITS].reshape(n_layers, n_pos, -1),
        "top": [rows[at * n_pos : (at + 1) * n_pos] for at in range(n_layers)],
    }


def told_of(item: Candidate) -> dict[str, Any]:
    """A candidate as a script gets it."""
    return {"id": item.id, "text": named(item), "logit": item.logit, "prob": item.prob}
