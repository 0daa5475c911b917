"""Weights as values of the graph, in any layout, exact: matrices, rows of them, products.

Blocks that share a scale stay as they are stored; the runtime makes numbers of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from export.builder import FLOAT, INT8
from seethrough.core.weight_names import bias_name

if TYPE_CHECKING:
    from export.builder import Build
    from export.graph import Value


def linear(build: Build, x: Value, weight: str) -> Value:
    """x @ W for a weight in any layout, exact: [pos, in] → [pos, out].

    Blocks with a minimum are written as x @ (scale·(values)) + blocksum(x) @ C with
    C = minimum − scale·zero_point: the runtime folds both factors once, at session start, and
    folding C into the weights instead made that start twice as long.
    """
    graph, name = build.graph, weight.rpartition(".")[2]
    product = graph.op("MatMul", x, matrix(build, weight), name=f"MatMul_{name}")
    entry = build.pack.entries[weight]
    if entry.layout != "blocks" or "minimum" not in entry.parts:
        return product
    sums = _block_sum(build, x, entry.block_size)
    minimum, scale = (_float(build, weight, role) for role in ("minimum", "scale"))
    shift = _shift(build, minimum, scale, entry.zero_point)
    return graph.op("Add", product, graph.op("MatMul", sums, shift))


def affine(build: Build, x: Value, weight: str) -> Value:
    """x @ W + b, exact: [pos, in] → [pos, out]."""
    return build.graph.op("Add", linear(build, x, weight), matrix(build, bias_name(weight)))


def unembed(build: Build, x: Value) -> Value:
    """One logit per vocabulary token: [unembed, d_model] → [unembed, d_vocab]."""
    if build.pack.entries["W_U"].layout != "transposed":
        return linear(build, x, "W_U")
    graph, entry = build.graph, build.pack.entries["W_E"]
    product = graph.op("Gemm", x, _embedding(build), name="unembed", transB=1)
    if "minimum" not in entry.parts:
        return product
    minimum, scale = (_float_in_blocks(build, role) for role in ("minimum", "scale"))
    shift = _shift(build, minimum, scale, entry.zero_point)
    shift = graph.op("Reshape", shift, graph.const([entry.dims[0], -1]))
    correction = graph.op("Gemm", _block_sum(build, x, entry.block_size), shift, transB=1)
    return graph.op("Add", product, correction)


def token_rows(build: Build, tokens: Value) -> Value:
    """The rows of W_E of some tokens: [pos] → [pos, d_model]."""
    graph, entry = build.graph, build.pack.entries["W_E"]
    if entry.layout == "plain":
        return plain_rows(build, "W_E", tokens)
    blocks = _blocks_of(build, tokens, entry.dims[1] // entry.block_size)
    rows = graph.op("Gather", _stored_in_blocks(build, "values"), blocks, name="rows")
    cells = graph.op("Cast", rows, to=FLOAT)
    if entry.zero_point:
        cells = graph.op("Sub", cells, graph.const(float(entry.zero_point)))
    cells = graph.op("Mul", cells, _block_column(build, "scale", blocks))
    if "minimum" in entry.parts:
        cells = graph.op("Add", cells, _block_column(build, "minimum", blocks))
    return graph.op("Reshape", cells, graph.const([-1, entry.dims[1]]))


def plain_rows(build: Build, weight: str, indices: Value) -> Value:
    """Some rows of a weight that is stored number by number, as float32."""
    graph = build.graph
    rows = graph.op("Gather", _stored(build, weight, "values"), indices, name=f"rows_{weight}")
    is_wide = build.pack.entries[weight].parts["values"].dtype == "float32"
    return rows if is_wide else graph.op("Cast", rows, to=FLOAT)


def matrix(build: Build, weight: str) -> Value:
    """A weight as float32 in the graph; for blocks, scale·values (the minimum comes apart).

    Four-bit values become bytes first, which is done once, at session start, in both weight modes:
    the runtime takes three times as long over half bytes.
    """
    graph, entry = build.graph, build.pack.entries[weight]
    key = f"matrix.{weight}"
    if key not in build.shared:
        value = _stored(build, weight, "values")
        if entry.layout == "blocks":
            if entry.parts["values"].dtype == "int4":
                value = graph.op("Cast", value, to=INT8)
            scale = _float(build, weight, "scale")
            value = graph.op(
                "DequantizeLinear", value, scale, axis=entry.block_axis, block_size=entry.block_size
            )
        elif entry.parts["values"].dtype != "float32":
            value = graph.op("Cast", value, to=FLOAT)
        build.shared[key] = value
    return build.shared[key]


def _embedding(build: Build) -> Value:
    """W_E as float32 for the unembedding; for blocks without their minima."""
    graph, entry = build.graph, build.pack.entries["W_E"]
    if entry.layout == "plain":
        return matrix(build, "W_E")
    values = _stored_in_blocks(build, "values")
    rows = graph.op("DequantizeLinear", values, _float_in_blocks(build, "scale"), axis=0)
    return graph.op("Reshape", rows, graph.const([*entry.dims]))


def _stored(build: Build, weight: str, role: str) -> Value:
    return build.pack.value(build.graph, weight, role)


def _stored_in_blocks(build: Build, role: str) -> Value:
    """A part of W_E with a row for each block: values [rows · blocks, size], scale [rows · blocks].

    The same bytes; the runtime turns a row with one scale into numbers ten times faster than a row
    with many, which matters where it does so at every run (the small mode).
    """
    entry, packed = build.pack.entries["W_E"], build.pack.packed("W_E", role)
    n_rows = entry.dims[0] * (entry.dims[1] // entry.block_size)
    dims = (n_rows, entry.block_size) if role == "values" else (n_rows,)
    return build.graph.weight(replace(packed, part=replace(packed.part, dims=dims)))


def _shift(build: Build, minimum: Value, scale: Value, zero_point: int) -> Value:
    """C = minimum − scale·zero_point, one number per block and output."""
    graph = build.graph
    offset = graph.op("Mul", scale, graph.const(float(zero_point)))
    return graph.op("Sub", minimum, offset)


def _float(build: Build, weight: str, role: str) -> Value:
    return _cast_once(build, f"float.{weight}.{role}", _stored(build, weight, role))


def _float_in_blocks(build: Build, role: str) -> Value:
    return _cast_once(build, f"float_in_blocks.{role}", _stored_in_blocks(build, role))


def _cast_once(build: Build, key: str, stored: Value) -> Value:
    if key not in build.shared:
        build.shared[key] = build.graph.op("Cast", stored, to=FLOAT)
    return build.shared[key]


def _block_sum(build: Build, x: Value, size: int) -> Value:
    """Sums of each block of x: [pos, in] → [pos, in / size]; made once per input."""
    graph = build.graph
    if x not in build.block_sums:
        blocks = graph.op("Reshape", x, graph.const([0, -1, size]))
        total = graph.op("ReduceSum", blocks, graph.const(np.array([-1])), keepdims=0)
        build.block_sums[x] = total
    return build.block_sums[x]


def _blocks_of(build: Build, rows: Value, n_blocks: int) -> Value:
    """The blocks of some rows, where the blocks of all rows are numbered through: [pos, block]."""
    graph = build.graph
    column = graph.op("Unsqueeze", rows, graph.const(np.array([1])))
    first = graph.op("Mul", column, graph.const(np.array(n_blocks)))
    return graph.op("Add", first, graph.const(np.arange(n_blocks)))


def _block_column(build: Build, role: str, blocks: Value) -> Value:
    """W_E's scales (or minima) of some blocks as [pos, block, 1] float32."""
    graph = build.graph
    picked = graph.op("Cast", graph.op("Gather", _stored_in_blocks(build, role), blocks), to=FLOAT)
    return graph.op("Unsqueeze", picked, graph.const(np.array([-1])))
