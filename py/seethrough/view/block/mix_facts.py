"""What a head takes from each token: weights, values, what they make, what all heads write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.moves import results_of, through_norm
from seethrough.view.block.facts import has_norms_after
from seethrough.view.kept import kept_with
from seethrough.view.pickers import layer_of
from seethrough.view.wants import chosen

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.core.config import ModelConfig

W_O, AFTER_WEIGHT = "attn.W_O", "ln1_post.w"


@dataclass(frozen=True, eq=False)
class Mixed:
    """The chosen head at the chosen token.

    Shapes: weights [key], values [key, d_head], context [d_head]; the last two None where they are
    not known.
    """

    layer: int
    head: int
    shared: int
    position: int
    weights: Array
    values: Array | None
    context: Array | None

    @property
    def v_name(self) -> str:
        """The hook of the values."""
        return hook_name(hooks.V, self.layer)

    @property
    def z_name(self) -> str:
        """The hook of what they make."""
        return hook_name(hooks.Z, self.layer)

    def weighted(self, key: int) -> Array | None:
        """A token's value times its weight, in float64. Shapes: → [d_head]."""
        if self.values is None:
            return None
        made: Array = self.values[key].astype(np.float64) * float(self.weights[key])
        return made

    def heaviest(self, most: int) -> tuple[int, ...]:
        """The tokens that weigh most, in the order of the text."""
        order = np.argsort(-self.weights, kind="stable")[:most]
        return tuple(sorted(int(at) for at in order))


def head_of(scene: Scene) -> int:
    """The chosen head, inside the model."""
    n_heads = scene.run.config.n_heads if scene.run.config else 1
    return min(max(scene.choice.head, 0), n_heads - 1)


def mixed_of(scene: Scene) -> Mixed | None:
    """The chosen head at the chosen token; None where not even its weights are known."""
    config = scene.run.config
    if config is None:
        return None
    return _mixed(scene.run.captured, config, layer_of(scene), head_of(scene), chosen(scene))


@kept_with
def _mixed(
    captured: Captured, config: ModelConfig, layer: int, head: int, position: int
) -> Mixed | None:
    """The same, told once of each place: everything in this room asks for it."""
    pattern = captured.arrays.get(hook_name(hooks.PATTERN, layer))
    if pattern is None or position >= pattern.shape[1]:
        return None
    shared = head // config.n_group
    v, z = (captured.arrays.get(hook_name(leaf, layer)) for leaf in (hooks.V, hooks.Z))
    z_row = None if z is None else captured.row(hook_name(hooks.Z, layer), position)
    has_values = v is not None and len(v) > position
    return Mixed(
        layer,
        head,
        shared,
        position,
        pattern[head, position, : position + 1],
        v[: position + 1, shared] if v is not None and has_values else None,
        None if z_row is None else z_row[head],
    )


def results(scene: Scene) -> Array | None:
    """What each head adds to the stream: [head, d_model]; None where it is not known.

    Behind a norm after attention, that norm's divisor held.
    """
    config = scene.run.config
    if config is None:
        return None
    return _results(scene.run.captured, config, layer_of(scene), chosen(scene))


@kept_with
def _results(captured: Captured, config: ModelConfig, layer: int, position: int) -> Array | None:
    z = captured.row(hook_name(hooks.Z, layer), position)
    w_o = captured.arrays.get(hook_name(W_O, layer))
    if z is None or w_o is None:
        return None
    made = results_of(z, w_o)
    if not has_norms_after(config):
        return made
    weight = captured.arrays.get(hook_name(AFTER_WEIGHT, layer))
    scale = captured.row(hook_name(hooks.LN1_POST_SCALE, layer), position)
    if weight is None or scale is None:
        return None
    return through_norm(config, made, weight, float(scale[0]))
