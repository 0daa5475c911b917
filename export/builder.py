"""What the layers of the graph are built with: the graph itself, weights, config, wiring."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seethrough.core.hooks import LEAF_DIMS, hook_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from export.graph import Dim, Graph, Value
    from export.pack import WeightPack
    from seethrough.core.config import ModelConfig

FLOAT, INT8 = 1, 3  # ONNX's numbers of the types


@dataclass(frozen=True)
class Wiring:
    """What stands in each place of a family; see core/reference.py, where each has its twin."""

    rows: Callable[[Build, Value], Value]
    embed: Callable[[Build, Value], Value]
    block: Callable[[Build, Value, int], Value]
    norm: Callable[[Build, Value, str, int | None], Value]
    linear: Callable[[Build, Value, str], Value]
    into_heads: Callable[[Build, Value, str], Value]
    heads: Callable[[Build, Value, Value, int], tuple[Value, Value]]
    place: Callable[[Build, Value, str, int], Value]
    after: Callable[[Build, Value, str, int], Value]
    mlp: Callable[[Build, Value, int], Value]
    activation: Callable[[Build, Value], Value]


@dataclass
class Build:
    """What every layer needs: the graph, the weights, the config, and values shared by layers.

    `shared` holds values computed once for all layers (rotary cos and sin, the masks, the knobs);
    `block_sums` remembers the sums of an input's blocks, which q, k and v share.
    """

    graph: Graph
    pack: WeightPack
    config: ModelConfig
    wiring: Wiring
    shared: dict[str, Value] = field(default_factory=dict)
    block_sums: dict[Value, Value] = field(default_factory=dict)

    def hook(self, value: Value, leaf: str, layer: int | None = None) -> Value:
        """Expose a value under its hook name, its axes taken from the hook table."""
        return self.graph.hook(value, hook_name(leaf, layer), self.dims(leaf))

    def dims(self, leaf: str) -> tuple[Dim, ...]:
        """A leaf's dims: numbers where the config fixes them, names where the input does."""
        config = self.config
        fixed: dict[str, Dim] = {
            "head": config.n_heads,
            "kv_head": config.n_key_value_heads,
            "one": 1,
        }
        if self.pack.is_open:
            fixed["d_vocab"] = "d_vocab"
        return tuple(fixed.get(axis, getattr(config, axis, axis)) for axis in LEAF_DIMS[leaf])
