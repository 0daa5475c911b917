"""Writes an ONNX graph by hand: values go in, a value comes out, names come from nesting.

`with graph.scope("blocks.0"), graph.scope("attn"):` names the nodes inside `/blocks.0/attn/…`.
`graph.hook(value, name)` makes a value a graph output under a hook's name, without a copy.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from export.packed import Packed
    from seethrough.core.cache import Array

OPSET = 21
Value = str
Dim = int | str

DTYPES = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "int8": TensorProto.INT8,
    "int4": TensorProto.INT4,
    "int64": TensorProto.INT64,
}


class Graph:
    """An ONNX graph in the making; `model()` finishes it."""

    def __init__(self, name: str, weight_file: str) -> None:
        self.name = name
        self.weight_file = weight_file
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._initializers: dict[str, TensorProto] = {}
        self._scopes: list[str] = []
        self._counts: dict[str, int] = {}
        self._renames: dict[str, str] = {}

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Name the nodes inside after this part of the model."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    def input(self, name: str, dtype: str, dims: tuple[Dim, ...]) -> Value:
        """Declare a graph input."""
        self._inputs.append(helper.make_tensor_value_info(name, DTYPES[dtype], dims))
        return name

    def output(self, value: Value, name: str, dtype: str, dims: tuple[Dim, ...]) -> Value:
        """Make a value a graph output under `name`; a value has one such name.

        Raises:
            ValueError: The value already has a name.
        """
        if value in self._renames:
            msg = f"{value} is already the output {self._renames[value]}, cannot be {name} too"
            raise ValueError(msg)
        self._renames[value] = name
        self._outputs.append(helper.make_tensor_value_info(name, DTYPES[dtype], dims))
        return value

    def has_name(self, value: Value) -> bool:
        """Whether a value is a graph output already."""
        return value in self._renames

    def hook(self, value: Value, name: str, dims: tuple[Dim, ...]) -> Value:
        """Expose a float32 value under its hook name and hand it on."""
        return self.output(value, name, "float32", dims)

    def op(self, op_type: str, *inputs: Value, name: str = "", **attributes: Any) -> Value:  # noqa: ANN401 - ONNX attributes
        """Add a node with one output."""
        return self.ops(op_type, *inputs, n_outputs=1, name=name, **attributes)[0]

    def ops(
        self,
        op_type: str,
        *inputs: Value,
        n_outputs: int,
        name: str = "",
        **attributes: Any,  # noqa: ANN401 - ONNX attributes
    ) -> tuple[Value, ...]:
        """Add a node; the values it gives are named after it."""
        node = self._unique("/".join(["", *self._scopes, name or op_type]))
        outputs = tuple(f"{node}:{i}" if i else node for i in range(n_outputs))
        self._nodes.append(helper.make_node(op_type, inputs, outputs, name=node, **attributes))
        return outputs

    def const(self, array: Array | list[int] | float) -> Value:
        """A small constant inside the .onnx file; equal ones are stored once."""
        value = np.asarray(array, np.float32 if isinstance(array, float) else None)
        label = "_".join(str(item) for item in value.reshape(-1)[:8])
        key = f"const.{value.dtype}.{'x'.join(map(str, value.shape))}.{label}"
        known = self._initializers.get(key)
        if known is not None and not np.array_equal(numpy_helper.to_array(known), value):
            # Long ones that begin alike: the label shows eight numbers.
            key += f".{hashlib.sha256(value.tobytes()).hexdigest()[:8]}"
        self._initializers.setdefault(key, numpy_helper.from_array(value, key))
        return key

    def weight(self, packed: Packed) -> Value:
        """A weight array that lies in the weight file."""
        if packed.name not in self._initializers:
            tensor = TensorProto(
                name=packed.name,
                data_type=DTYPES[packed.part.dtype],
                dims=packed.part.dims,
                data_location=TensorProto.EXTERNAL,
            )
            place = {
                "location": self.weight_file,
                "offset": packed.part.offset,
                "length": packed.part.size_bytes,
            }
            for key, value in place.items():
                tensor.external_data.add(key=key, value=str(value))
            self._initializers[packed.name] = tensor
        return packed.name

    def model(self, metadata: dict[str, str]) -> onnx.ModelProto:
        """The finished model, outputs under their own names."""
        for node in self._nodes:
            for names in (node.input, node.output):
                for index, name in enumerate(names):
                    names[index] = self._renames.get(name, name)
        graph = helper.make_graph(
            self._nodes,
            self.name,
            self._inputs,
            self._outputs,
            initializer=list(self._initializers.values()),
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="seethrough")
        model.ir_version = 10
        helper.set_model_props(model, metadata)
        return model

    def _unique(self, name: str) -> str:
        count = self._counts.get(name, 0)
        self._counts[name] = count + 1
        return f"{name}_{count}" if count else name
