"""The layers of the graph: each takes values and gives a value; families are wired from these.

Values have no batch axis: [pos, d_model], [head, query_pos, key_pos]. Attention stays
MatMul–Softmax–MatMul, because a fused op hides the pattern.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.hooks import LEAF_DIMS, hook_name
from seethrough.core.maths import rotary_frequencies
from seethrough.core.weight_names import bias_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from export.graph import Dim, Graph, Value
    from export.pack import WeightPack
    from seethrough.core.config import ModelConfig


FLOAT, INT8 = 1, 3  # ONNX's numbers of the types


@dataclass(frozen=True)
class Wiring:
    """What a family puts in each place. `tables` makes what its layers share of the positions."""

    tables: Callable[[Build], None]
    embed: Callable[[Build, Value], Value]
    norm: Callable[[Build, Value, str, int | None], Value]
    linear: Callable[[Build, Value, str], Value]
    place: Callable[[Build, Value, str, int], Value]
    mlp: Callable[[Build, Value, int], Value]


@dataclass
class Build:
    """What every layer needs: the graph, the weights, the config, and values shared by layers.

    `shared` holds values computed once for all layers (rotary cos and sin, the mask, the knobs);
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
        return tuple(fixed.get(axis, getattr(config, axis, axis)) for axis in LEAF_DIMS[leaf])


def linear(build: Build, x: Value, weight: str) -> Value:
    """x @ W for a weight in any layout, exact: [pos, in] → [pos, out].

    Blocks with a minimum are written as x @ (scale·(values)) + blocksum(x) @ C with
    C = minimum − scale·zero_point: the runtime folds both factors once, at session start, and
    folding C into the weights instead made that start twice as long.
    """
    graph, name = build.graph, weight.rpartition(".")[2]
    product = graph.op("MatMul", x, _matrix(build, weight), name=f"MatMul_{name}")
    entry = build.pack.entries[weight]
    if entry.layout != "blocks" or "minimum" not in entry.parts:
        return product
    sums = _block_sum(build, x, entry.block_size)
    minimum, scale = (_float(build, weight, role) for role in ("minimum", "scale"))
    shift = _shift(build, minimum, scale, entry.zero_point)
    return graph.op("Add", product, graph.op("MatMul", sums, shift))


def affine(build: Build, x: Value, weight: str) -> Value:
    """x @ W + b, exact: [pos, in] → [pos, out]."""
    return build.graph.op("Add", linear(build, x, weight), _matrix(build, bias_name(weight)))


def embed(build: Build, tokens: Value) -> Value:
    """The rows of W_E of the tokens, position to come by rotation: [pos] → [pos, d_model]."""
    return build.hook(_token_rows(build, tokens), hooks.EMBED)


def embed_with_positions(build: Build, tokens: Value) -> Value:
    """The rows of the tokens plus the learned rows of their positions."""
    rows = embed(build, tokens)
    places = _plain_rows(build, "W_pos", build.shared["positions"])
    return build.graph.op("Add", rows, build.hook(places, hooks.POS_EMBED))


def _plain_rows(build: Build, weight: str, indices: Value) -> Value:
    """Some rows of a weight that is stored number by number, as float32."""
    graph = build.graph
    rows = graph.op("Gather", _stored(build, weight, "values"), indices, name=f"rows_{weight}")
    is_wide = build.pack.entries[weight].parts["values"].dtype == "float32"
    return rows if is_wide else graph.op("Cast", rows, to=FLOAT)


def _token_rows(build: Build, tokens: Value) -> Value:
    graph, entry = build.graph, build.pack.entries["W_E"]
    if entry.layout == "plain":
        return _plain_rows(build, "W_E", tokens)
    blocks = _blocks_of(build, tokens, entry.dims[1] // entry.block_size)
    rows = graph.op("Gather", _stored_in_blocks(build, "values"), blocks, name="rows")
    cells = graph.op("Cast", rows, to=FLOAT)
    if entry.zero_point:
        cells = graph.op("Sub", cells, graph.const(float(entry.zero_point)))
    cells = graph.op("Mul", cells, _block_column(build, "scale", blocks))
    if "minimum" in entry.parts:
        cells = graph.op("Add", cells, _block_column(build, "minimum", blocks))
    return graph.op("Reshape", cells, graph.const([-1, entry.dims[1]]))


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


def rms_norm(build: Build, x: Value, scale_leaf: str, layer: int | None = None) -> Value:
    """Divide by the root mean square, then multiply by the weight; three hooks."""
    graph, part = build.graph, scale_leaf.removesuffix("hook_scale")
    with graph.scope(part.rstrip(".")):
        normalized = _normalized(build, x, scale_leaf, layer)
        weighted = graph.op("Mul", normalized, _matrix(build, hook_name(f"{part}w", layer)))
        return build.hook(weighted, f"{part}hook_norm_out", layer)


def layer_norm(build: Build, x: Value, scale_leaf: str, layer: int | None = None) -> Value:
    """Take the mean off, divide by the standard deviation, then weight and bias; three hooks."""
    graph, part = build.graph, scale_leaf.removesuffix("hook_scale")
    with graph.scope(part.rstrip(".")):
        mean = graph.op("ReduceMean", x, graph.const(np.array([-1])), keepdims=1)
        normalized = _normalized(build, graph.op("Sub", x, mean), scale_leaf, layer)
        weight, bias = (_matrix(build, hook_name(f"{part}{name}", layer)) for name in "wb")
        shifted = graph.op("Add", graph.op("Mul", normalized, weight), bias)
        return build.hook(shifted, f"{part}hook_norm_out", layer)


def _normalized(build: Build, x: Value, scale_leaf: str, layer: int | None) -> Value:
    """x over the root of its mean square, both hooked."""
    graph = build.graph
    square = graph.op("Mul", x, x)
    mean = graph.op("ReduceMean", square, graph.const(np.array([-1])), keepdims=1)
    root = graph.op("Sqrt", graph.op("Add", mean, graph.const(float(build.config.eps))))
    divided = graph.op("Div", x, build.hook(root, scale_leaf, layer))
    return build.hook(divided, f"{scale_leaf.removesuffix('scale')}normalized", layer)


def attention(build: Build, x: Value, layer: int) -> Value:
    """Self-attention of one block: [pos, d_model] → [pos, d_model]; keys and values are cached."""
    graph, config = build.graph, build.config
    with graph.scope("attn"):
        q = build.hook(_project(build, x, "W_Q", layer, config.n_heads), hooks.Q, layer)
        k = build.hook(_project(build, x, "W_K", layer, config.n_key_value_heads), hooks.K, layer)
        v = build.hook(_project(build, x, "W_V", layer, config.n_key_value_heads), hooks.V, layer)
        q = build.wiring.place(build, q, hooks.ROT_Q, layer)
        k = build.wiring.place(build, k, hooks.ROT_K, layer)
        keys = _remember(build, k, layer, "key")
        values = _remember(build, v, layer, "value")
        pattern = _pattern(build, q, keys, layer)
        z = _mix(build, pattern, values, layer)
        flat = graph.op("Reshape", z, graph.const([-1, config.n_heads * config.d_head]))
        out = build.wiring.linear(build, flat, hook_name("attn.W_O", layer))
        return build.hook(out, hooks.ATTN_OUT, layer)


def gated_mlp(build: Build, x: Value, layer: int) -> Value:
    """SwiGLU: silu(x @ W_gate) · (x @ W_in) @ W_out, times the reader's knob."""
    graph = build.graph
    with graph.scope("mlp"):
        gate = build.wiring.linear(build, x, hook_name("mlp.W_gate", layer))
        pre = build.hook(gate, hooks.MLP_PRE, layer)
        up = build.wiring.linear(build, x, hook_name("mlp.W_in", layer))
        pre_linear = build.hook(up, hooks.MLP_PRE_LINEAR, layer)
        gate = graph.op("Mul", pre, graph.op("Sigmoid", pre))
        return _write_back(build, graph.op("Mul", gate, pre_linear), layer)


def gelu_mlp(build: Build, x: Value, layer: int) -> Value:
    """gelu_new(x @ W_in + b_in) @ W_out + b_out, times the reader's knob."""
    graph = build.graph
    with graph.scope("mlp"):
        pre = build.wiring.linear(build, x, hook_name("mlp.W_in", layer))
        pre = build.hook(pre, hooks.MLP_PRE, layer)
        return _write_back(build, graph.op("Gelu", pre, approximate="tanh"), layer)


def _write_back(build: Build, post: Value, layer: int) -> Value:
    """What the neurons write into the residual stream."""
    post = build.hook(post, hooks.MLP_POST, layer)
    out = build.wiring.linear(build, post, hook_name("mlp.W_out", layer))
    return build.hook(_knob(build, out, "mlp_scale", layer), hooks.MLP_OUT, layer)


def turned(build: Build, x: Value, leaf: str, layer: int) -> Value:
    """Queries or keys turned by their positions: [pos, head, d_head]."""
    return build.hook(_rotate(build, x), leaf, layer)


def as_they_are(_build: Build, x: Value, _leaf: str, _layer: int) -> Value:
    """Queries or keys of a model whose positions were added to the embedding."""
    return x


def no_tables(_build: Build) -> None:
    """What learned positions need beside their rows: nothing."""


def rotary_tables(build: Build) -> None:
    """cos and sin of every position's angles, once for all layers: [pos, 1, d_head]."""
    graph, config, positions = build.graph, build.config, build.shared["positions"]
    frequencies = rotary_frequencies(config.d_head, config.rotary_base or 0)
    with graph.scope("rotary"):
        column = graph.op("Reshape", graph.op("Cast", positions, to=FLOAT), graph.const([-1, 1, 1]))
        angles = graph.op("Mul", column, graph.const(np.concatenate([frequencies, frequencies])))
        build.shared["cos"] = graph.op("Cos", angles)
        # rotate_half's minus sign is put into the table: x·cos + swap(x)·(−sin, +sin).
        half = config.d_head // 2
        signs = np.repeat(np.array([-1, 1], np.float32), half)
        build.shared["sin"] = graph.op("Mul", graph.op("Sin", angles), graph.const(signs))


def mask_table(build: Build, n_pos: Value, n_past: Value) -> None:
    """0 where a query may look, −inf where the key comes later: [1, query_pos, key_pos]."""
    graph = build.graph
    with graph.scope("mask"):
        end = graph.op("Add", n_past, n_pos)
        zero, one = graph.const(np.array(0)), graph.const(np.array(1))
        query = graph.op("Range", n_past, end, one)
        query = graph.op("Unsqueeze", query, graph.const(np.array([1])))
        may_look = graph.op("LessOrEqual", graph.op("Range", zero, end, one), query)
        mask = graph.op("Where", may_look, graph.const(0.0), graph.const(float("-inf")))
        build.shared["mask"] = graph.op("Unsqueeze", mask, graph.const(np.array([0])))


def add_resid_knob(build: Build, residual: Value, layer: int) -> Value:
    """Add the reader's vector to the residual stream entering `layer`."""
    if "resid_add" not in build.shared:
        return residual
    return build.graph.op("Add", residual, _layer_of(build, "resid_add", layer))


def _project(build: Build, x: Value, weight: str, layer: int, n_heads: int) -> Value:
    flat = build.wiring.linear(build, x, hook_name(f"attn.{weight}", layer))
    return build.graph.op("Reshape", flat, build.graph.const([-1, n_heads, build.config.d_head]))


def _rotate(build: Build, x: Value) -> Value:
    graph, half = build.graph, build.config.d_head // 2
    first, second = graph.ops("Split", x, graph.const(np.array([half, half])), n_outputs=2, axis=-1)
    swapped = graph.op("Concat", second, first, axis=-1)
    turned = graph.op("Mul", swapped, build.shared["sin"])
    return graph.op("Add", graph.op("Mul", x, build.shared["cos"]), turned)


def _remember(build: Build, new: Value, layer: int, kind: str) -> Value:
    """Append to the cache: [pos, kv_head, d_head] → present [1, kv_head, key_pos, d_head]."""
    graph, config = build.graph, build.config
    dims = (1, config.n_key_value_heads, "past", config.d_head)
    past = graph.input(f"past.{layer}.{kind}", "float32", dims)
    heads = graph.op("Transpose", new, perm=[1, 0, 2])
    heads = graph.op("Unsqueeze", heads, graph.const(np.array([0])))
    present = graph.op("Concat", past, heads, axis=2)
    dims = (1, config.n_key_value_heads, "key_pos", config.d_head)
    return graph.output(present, f"present.{layer}.{kind}", "float32", dims)


def _pattern(build: Build, rot_q: Value, keys: Value, layer: int) -> Value:
    """Scores, mask, softmax: → [head, query_pos, key_pos]. Grouped queries read shared keys."""
    graph, config = build.graph, build.config
    grouped = graph.op("Transpose", rot_q, perm=[1, 0, 2])
    shape = graph.const([1, config.n_key_value_heads, -1, config.d_head])
    grouped = graph.op("Reshape", grouped, shape)
    raw = graph.op("MatMul", grouped, graph.op("Transpose", keys, perm=[0, 1, 3, 2]), name="QK")
    raw = graph.op("Reshape", raw, build.shared["scores_shape"])
    scaled = graph.op("Div", raw, graph.const(float(np.sqrt(np.float32(config.d_head)))))
    bias = build.shared["mask"]
    if "score_add" in build.shared:
        bias = graph.op("Add", bias, _layer_of(build, "score_add", layer))
    scores = build.hook(graph.op("Add", scaled, bias), hooks.SCORES, layer)
    return build.hook(graph.op("Softmax", scores, axis=-1), hooks.PATTERN, layer)


def _mix(build: Build, pattern: Value, values: Value, layer: int) -> Value:
    """pattern @ values, per head, times the reader's knob: → z [pos, head, d_head]."""
    graph = build.graph
    grouped = graph.op("Reshape", pattern, build.shared["grouped_shape"])
    mixed = graph.op("MatMul", grouped, values, name="AV")
    heads = graph.op("Reshape", mixed, graph.const([build.config.n_heads, -1, build.config.d_head]))
    z = graph.op("Transpose", heads, perm=[1, 0, 2])
    return build.hook(_knob(build, z, "head_scale", layer), hooks.Z, layer)


def _knob(build: Build, x: Value, name: str, layer: int) -> Value:
    if name not in build.shared:
        return x
    return build.graph.op("Mul", x, _layer_of(build, name, layer))


def _layer_of(build: Build, name: str, layer: int) -> Value:
    index = build.graph.const(np.array(layer))
    return build.graph.op("Gather", build.shared[name], index, name=name, axis=0)


def _stored(build: Build, weight: str, role: str) -> Value:
    return build.graph.weight(build.pack.packed(weight, role))


def _stored_in_blocks(build: Build, role: str) -> Value:
    """A part of W_E with a row for each block: values [rows · blocks, size], scale [rows · blocks].

    The same bytes; the runtime turns a row with one scale into numbers ten times faster than a row
    with many, which matters where it does so at every run (the small mode).
    """
    entry, packed = build.pack.entries["W_E"], build.pack.packed("W_E", role)
    n_rows = entry.dims[0] * (entry.dims[1] // entry.block_size)
    dims = (n_rows, entry.block_size) if role == "values" else (n_rows,)
    return build.graph.weight(replace(packed, part=replace(packed.part, dims=dims)))


def _embedding(build: Build) -> Value:
    """W_E as float32 for the unembedding; for blocks without their minima."""
    graph, entry = build.graph, build.pack.entries["W_E"]
    if entry.layout == "plain":
        return _matrix(build, "W_E")
    values = _stored_in_blocks(build, "values")
    rows = graph.op("DequantizeLinear", values, _float_in_blocks(build, "scale"), axis=0)
    return graph.op("Reshape", rows, graph.const([*entry.dims]))


def _matrix(build: Build, weight: str) -> Value:
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
