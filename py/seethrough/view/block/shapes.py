"""One line a step inside a layer: what is multiplied with what, and how many numbers that makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.families import family_of
from seethrough.view.node import Node, h
from seethrough.view.numbers import count
from seethrough.view.pickers import layer_of
from seethrough.view.wants import chosen
from seethrough.view.words import rich

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.config import ModelConfig
    from seethrough.core.written import Written

# A column of W_Q by whose number it is told what the numbers in brackets mean.
IN_HEAD, IN_ROW = 57, 247
# Whose bias a step's line tells of.
BIASED = {"qkv": "attn.W_Q", "mix": "attn.W_O"}


def line(scene: Scene, step: str) -> Node | str:
    """The shapes of a step; nothing before a run."""
    config = scene.run.config
    if config is None or not scene.run.tokens:
        return ""
    family = family_of(config)
    told = rich(
        scene,
        f"shapes.{step}",
        **sizes(scene, config),
        act=family.activation,
        is_turned=family.is_rotary and config.layer(layer_of(scene)).is_turned,
        is_gated=family.is_gated,
        is_scaled=family.has_scaled_scores,
        has_bias=family.has_bias(BIASED.get(step, "mlp.W_in")),
    )
    return h("p", {"class": "note shapes"}, told)


def sizes(scene: Scene, config: ModelConfig) -> dict[str, Written]:
    """The widths and counts that shapes are made of."""
    return {
        "d_model": count(scene, config.d_model),
        "d_head": count(scene, config.d_head),
        "d_mlp": count(scene, config.d_mlp),
        "d_queries": count(scene, config.n_heads * config.d_head),
        "d_keys": count(scene, config.n_key_value_heads * config.d_head),
        "n_heads": count(scene, config.n_heads),
        "n_key_value_heads": count(scene, config.n_key_value_heads),
        "n_seen": count(scene, chosen(scene) + 1),
    }


def indices(scene: Scene) -> Node | str:
    """What the numbers in brackets behind a name mean, with one of W_Q's."""
    config = scene.run.config
    if config is None or not scene.run.tokens:
        return ""
    head = min(max(scene.choice.head, 0), config.n_heads - 1)
    at, row = IN_HEAD % config.d_head, IN_ROW % config.d_model
    numbers = {"head": head, "at": at, "row": row, "column": head * config.d_head + at}
    cell = f"blocks.{layer_of(scene)}.attn.W_Q[{row},{numbers['column']}]"
    told = rich(
        scene,
        "shapes.indices",
        cell=h("code", {}, cell),
        d_head=count(scene, config.d_head),
        **{name: count(scene, number) for name, number in numbers.items()},
    )
    return h("p", {"class": "note shapes"}, told)
