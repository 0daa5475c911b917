"""The weights of a graph that learns: parts of one vector that is an input.

`LearnedPack` stands where the layers expect a file's weights, so that norms, MLPs and the
unembedding are those of every other graph.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from export.pack import WeightPack
from seethrough.core.manifest import TensorEntry, TensorPart
from seethrough.core.train.flat import flat_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from export.graph import Graph, Value
    from seethrough.core.config import ModelConfig
    from seethrough.core.weight_names import Dims

WEIGHTS = "weights"
# The axis that is as long as the vocabulary, which is known only when a reader's text is.
OF_VOCABULARY = {"W_E": 0, "W_U": 1}


class LearnedPack(WeightPack):
    """Weights that lie in no file: all plain float32, parts of the input `weights`."""

    is_open = True

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.vector = ""
        self._dims = flat_of(config).dims
        self._parts: dict[str, Value] = {}
        for name, dims in self._dims.items():
            part = TensorPart("float32", dims, 0, 4 * prod(dims))
            self.entries[name] = TensorEntry(name, dims, "plain", {"values": part})
        if config.tie_word_embeddings:
            self.alias_transposed("W_U", "W_E")

    def begin(self, graph: Graph) -> None:
        """Cut the vector into the weights, for any size of vocabulary."""
        dims = self._dims
        self.vector = graph.input(WEIGHTS, "float32", ("weight",))
        with graph.scope(WEIGHTS):
            sizes = _sizes(graph, self.vector, dims)
            parts = graph.ops("Split", self.vector, sizes, n_outputs=len(dims), axis=0)
            for (name, shape), part in zip(dims.items(), parts, strict=True):
                opened = graph.const(np.array(_opened(name, shape)))
                self._parts[name] = graph.op("Reshape", part, opened)

    def value(self, graph: Graph, name: str, role: str = "values") -> Value:  # noqa: ARG002 - a pack's
        """A weight, cut out of the vector."""
        return self._parts[name]


def _sizes(graph: Graph, vector: Value, dims: Mapping[str, Dims]) -> Value:
    """How many numbers each weight has; those of the vocabulary share what the others leave."""
    fixed = sum(prod(shape) for name, shape in dims.items() if name not in OF_VOCABULARY)
    n_open = len(OF_VOCABULARY.keys() & dims.keys())
    rest = graph.op("Sub", graph.op("Shape", vector), graph.const(np.array([fixed])))
    each = graph.op("Div", rest, graph.const(np.array([n_open])))
    sizes = [
        each if name in OF_VOCABULARY else graph.const(np.array([prod(shape)]))
        for name, shape in dims.items()
    ]
    return graph.op("Concat", *sizes, axis=0)


def _opened(name: str, dims: Dims) -> list[int]:
    """A weight's dims, that of the vocabulary left open."""
    return [-1 if axis == OF_VOCABULARY.get(name) else size for axis, size in enumerate(dims)]
