"""How a checkpoint of the hub turns queries and keys: its base, and what scales each turn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from export.hub_family import demand
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from export.hub_family import Settings

    Rope = Mapping[str, Any]
    Factors = tuple[float, ...]

ROTARY_BASE = 10000.0


@dataclass(frozen=True)
class Turning:
    """The theta, the factors as in a ModelConfig, and how many numbers of a head are turned.

    `n_turned` is 0 where nobody asked.
    """

    base: float
    factors: Factors = ()
    n_turned: int = 0


def turning_of(
    settings: Settings, d_head: int, usual: float = ROTARY_BASE, *, share: float | None = None
) -> Turning:
    """What queries and keys are turned by, from the places where it may stand.

    The order is transformers' (RotaryEmbeddingConfigMixin.convert_rope_params_to_dict): a record of
    its own, `rope_scaling` before `rope_parameters`, then the setting beside it.

    Args:
        usual: The class's base, where none is given.
        share: How much of a head the class turns, where nothing is said; None: always all of it.

    Raises:
        SourceError: Turns are scaled in a way that is none of ours, differ between layers, or turn
            parts of heads in a family that turns all.
    """
    rope = settings.get("rope_scaling") or settings.get("rope_parameters") or {}
    by_layer = [name for name, value in rope.items() if isinstance(value, dict)]
    if by_layer:
        raise SourceError("source.rope_scaling", got=", ".join(by_layer))
    for place in (settings, rope) if share is None else ():
        demand(place, "partial_rotary_factor", usual=1)
    told = rope.get("partial_rotary_factor", settings.get("partial_rotary_factor", share))
    n_turned = d_head if told is None else int(d_head * float(told))
    given = rope.get("rope_theta", settings.get("rope_theta"))
    base = usual if given is None else float(given)
    whole = {"original_max_position_embeddings": settings.get("max_position_embeddings"), **rope}
    return Turning(base, factors_of(whole, base, n_turned), n_turned)


def factors_of(rope: Rope, base: float, d_head: int) -> Factors:
    """What each pair's turn is multiplied with; empty: nothing is scaled.

    Raises:
        SourceError: A kind of scaling that is none of ours.
    """
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind not in SCALINGS:
        raise SourceError("source.rope_scaling", got=kind)
    return SCALINGS[kind](rope, base, d_head)


def as_they_are(_rope: Rope, _base: float, _d_head: int) -> Factors:
    """No scaling."""
    return ()


def linear(rope: Rope, _base: float, d_head: int) -> Factors:
    """All turns slower by one factor. Source: Chen et al. 2023 (position interpolation)."""
    factor = float(rope["factor"])
    return () if factor == 1 else (1 / factor,) * (d_head // 2)


def llama3(rope: Rope, base: float, d_head: int) -> Factors:
    """Slow pairs slower by the factor, fast ones as they are, those between in between.

    A pair is fast or slow by how many times it turns round over the length that the model was first
    trained with. Source: transformers' _compute_llama3_parameters.
    """
    factor, first = float(rope["factor"]), float(rope["original_max_position_embeddings"])
    low, high = float(rope["low_freq_factor"]), float(rope["high_freq_factor"])
    found = []
    for pair in range(d_head // 2):
        rounds = first * base ** (-2 * pair / d_head) / (2 * math.pi)
        share = min(max((rounds - low) / (high - low), 0.0), 1.0)
        found.append((1 - share) / factor + share)
    return tuple(found)


SCALINGS = {"default": as_they_are, "linear": linear, "llama3": llama3}
