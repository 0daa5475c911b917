"""What the layers of a graph that learns are built with: values and gradients by hook name.

A batch of documents of `n_pos` tokens each lies row behind row: [row, d_model], row = document ·
n_pos + position, so that every layer but attention is that of a single text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from export.builder import Build
from seethrough.core import hooks
from seethrough.core.hooks import LEAF_DIMS, hook_name

if TYPE_CHECKING:
    from export.graph import Dim, Value

ROWS = {"pos": "row", "unembed": "row"}
BY_DOCUMENT = (hooks.SCORES, hooks.PATTERN)


@dataclass(kw_only=True)
class Learning(Build):
    """A graph in the making that remembers what it hooked, and the gradients so far.

    `n_pos`: tokens of each document. `is_shown`: hooks and gradients are outputs.
    """

    n_pos: int
    is_shown: bool = True
    hooked: dict[str, Value] = field(default_factory=dict)
    learned: dict[str, Value] = field(default_factory=dict)

    def hook(self, value: Value, leaf: str, layer: int | None = None) -> Value:
        """Expose a value under its hook name, and remember it for the way back."""
        self.hooked[hook_name(leaf, layer)] = value
        return super().hook(value, leaf, layer) if self.is_shown else value

    def at(self, leaf: str, layer: int | None = None) -> Value:
        """What the forward pass gave under a hook's name."""
        return self.hooked[hook_name(leaf, layer)]

    def note(self, gradient: Value, leaf: str, layer: int | None = None) -> Value:
        """Expose a hook's gradient as `<name>.grad`; one that has a name already gets another."""
        if self.is_shown:
            self.graph.hook(
                self._unnamed(gradient), f"{hook_name(leaf, layer)}.grad", self.dims(leaf)
            )
        return gradient

    def learn(self, gradient: Value, weight: str) -> None:
        """Add to a weight's gradient."""
        known = self.learned.get(weight)
        self.learned[weight] = gradient if known is None else self.graph.op("Add", known, gradient)

    def dims(self, leaf: str) -> tuple[Dim, ...]:
        """A leaf's dims: rows of all documents; scores and patterns have an axis of documents."""
        named = tuple(ROWS.get(axis, axis) for axis in LEAF_DIMS[leaf])
        fixed: dict[str, Dim] = {
            "head": self.config.n_heads,
            "kv_head": self.config.n_key_value_heads,
            "one": 1,
            "query_pos": self.n_pos,
            "key_pos": self.n_pos,
            "d_vocab": "d_vocab",
        }
        sizes = tuple(fixed.get(axis, getattr(self.config, axis, axis)) for axis in named)
        return ("document", *sizes) if leaf in BY_DOCUMENT else sizes

    def _unnamed(self, value: Value) -> Value:
        return self.graph.op("Identity", value) if self.graph.has_name(value) else value
