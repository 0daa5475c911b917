"""The layers of the graph: each takes values and gives a value; families are wired from these.

Values have no batch axis: [pos, d_model], [head, query_pos, key_pos]. Attention stays
MatMul–Softmax–MatMul, because a fused op hides the pattern.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from export.builder import FLOAT
from export.matrices import matrix, plain_rows, token_rows
from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.maths import rotary_frequencies
from seethrough.core.reference import BEFORE_ADDING

if TYPE_CHECKING:
    from export.builder import Build
    from export.graph import Value

    Turns = tuple[float, tuple[float, ...]]


def embed(build: Build, tokens: Value) -> Value:
    """The rows of W_E of the tokens, position to come by rotation: [pos] → [pos, d_model]."""
    return build.hook(token_rows(build, tokens), hooks.EMBED)


def embed_scaled(build: Build, tokens: Value) -> Value:
    """The rows of the tokens times the root of the model's width: [pos] → [pos, d_model]."""
    root = build.graph.const(float(np.sqrt(np.float32(build.config.d_model))))
    return build.hook(build.graph.op("Mul", token_rows(build, tokens), root), hooks.EMBED)


def embed_with_positions(build: Build, tokens: Value) -> Value:
    """The rows of the tokens plus the learned rows of their positions."""
    rows = build.wiring.rows(build, tokens)
    places = plain_rows(build, "W_pos", build.shared["positions"])
    return build.graph.op("Add", rows, build.hook(places, hooks.POS_EMBED))


def rms_norm(build: Build, x: Value, scale_leaf: str, layer: int | None = None) -> Value:
    """Divide by the root mean square, then multiply by the weight; three hooks."""
    graph, part = build.graph, scale_leaf.removesuffix("hook_scale")
    with graph.scope(part.rstrip(".")):
        normalized = _normalized(build, x, scale_leaf, layer)
        weighted = graph.op("Mul", normalized, matrix(build, hook_name(f"{part}w", layer)))
        return build.hook(weighted, f"{part}hook_norm_out", layer)


def rms_norm_plus_one(build: Build, x: Value, scale_leaf: str, layer: int | None = None) -> Value:
    """Divide by the root mean square, then multiply by 1 + the weight; three hooks."""
    graph, part = build.graph, scale_leaf.removesuffix("hook_scale")
    with graph.scope(part.rstrip(".")):
        normalized = _normalized(build, x, scale_leaf, layer)
        weight = matrix(build, hook_name(f"{part}w", layer))
        factor = graph.op("Add", weight, graph.const(1.0))
        return build.hook(graph.op("Mul", normalized, factor), f"{part}hook_norm_out", layer)


def layer_norm(build: Build, x: Value, scale_leaf: str, layer: int | None = None) -> Value:
    """Take the mean off, divide by the standard deviation, then weight and bias; three hooks."""
    graph, part = build.graph, scale_leaf.removesuffix("hook_scale")
    with graph.scope(part.rstrip(".")):
        mean = graph.op("ReduceMean", x, graph.const(np.array([-1])), keepdims=1)
        normalized = _normalized(build, graph.op("Sub", x, mean), scale_leaf, layer)
        weight, bias = (matrix(build, hook_name(f"{part}{name}", layer)) for name in "wb")
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
        q = build.hook(project(build, x, "W_Q", layer, config.n_heads), hooks.Q, layer)
        k = build.hook(project(build, x, "W_K", layer, config.n_key_value_heads), hooks.K, layer)
        v = build.hook(project(build, x, "W_V", layer, config.n_key_value_heads), hooks.V, layer)
        q, k = build.wiring.heads(build, q, k, layer)
        q = build.wiring.place(build, q, hooks.ROT_Q, layer)
        k = build.wiring.place(build, k, hooks.ROT_K, layer)
        keys = _remember(build, k, layer, "key")
        values = _remember(build, v, layer, "value")
        pattern = _pattern(build, q, keys, layer)
        z = _mix(build, pattern, values, layer)
        flat = graph.op("Reshape", z, graph.const([-1, config.n_heads * config.d_head]))
        made = build.wiring.linear(build, flat, hook_name("attn.W_O", layer))
        out = build.wiring.after(build, made, hooks.ATTN_OUT, layer)
        return build.hook(out, hooks.ATTN_OUT, layer)


def gated_mlp(build: Build, x: Value, layer: int) -> Value:
    """activation(x @ W_gate) · (x @ W_in) @ W_out, times the reader's knob."""
    graph = build.graph
    with graph.scope("mlp"):
        gate = build.wiring.linear(build, x, hook_name("mlp.W_gate", layer))
        pre = build.hook(gate, hooks.MLP_PRE, layer)
        up = build.wiring.linear(build, x, hook_name("mlp.W_in", layer))
        pre_linear = build.hook(up, hooks.MLP_PRE_LINEAR, layer)
        gate = build.wiring.activation(build, pre)
        return _write_back(build, graph.op("Mul", gate, pre_linear), layer)


def plain_mlp(build: Build, x: Value, layer: int) -> Value:
    """activation(x @ W_in) @ W_out, times the reader's knob."""
    with build.graph.scope("mlp"):
        pre = build.wiring.linear(build, x, hook_name("mlp.W_in", layer))
        pre = build.hook(pre, hooks.MLP_PRE, layer)
        return _write_back(build, build.wiring.activation(build, pre), layer)


def silu(build: Build, x: Value) -> Value:
    """x · sigmoid(x)."""
    return build.graph.op("Mul", x, build.graph.op("Sigmoid", x))


def gelu_new(build: Build, x: Value) -> Value:
    """GELU with its tanh."""
    return build.graph.op("Gelu", x, approximate="tanh")


def gelu(build: Build, x: Value) -> Value:
    """GELU itself: x times the share of a normal distribution below it."""
    return build.graph.op("Gelu", x)


def _write_back(build: Build, post: Value, layer: int) -> Value:
    """What the neurons write into the residual stream."""
    post = build.hook(post, hooks.MLP_POST, layer)
    made = build.wiring.linear(build, post, hook_name("mlp.W_out", layer))
    out = build.wiring.after(build, made, hooks.MLP_OUT, layer)
    return build.hook(_knob(build, out, "mlp_scale", layer), hooks.MLP_OUT, layer)


def normed_after(build: Build, made: Value, leaf: str, layer: int) -> Value:
    """What a half made, through a norm of its own; a value has one name, so it is handed on."""
    made_leaf, scale_leaf = BEFORE_ADDING[leaf]
    out = build.wiring.norm(build, build.hook(made, made_leaf, layer), scale_leaf, layer)
    return build.graph.op("Identity", out)


def normed_heads(build: Build, q: Value, k: Value, layer: int) -> tuple[Value, Value]:
    """Each head's query and key through a norm of their own: [pos, head, d_head]."""
    q = build.wiring.norm(build, q, hooks.Q_NORM_SCALE, layer)
    return q, build.wiring.norm(build, k, hooks.K_NORM_SCALE, layer)


def heads_as_they_are(_build: Build, q: Value, k: Value, _layer: int) -> tuple[Value, Value]:
    """Queries and keys of a model without such norms."""
    return q, k


def turned(build: Build, x: Value, leaf: str, layer: int) -> Value:
    """Queries or keys turned by their positions: [pos, head, d_head]."""
    return build.hook(_rotate(build, x, _turns(build, layer)), leaf, layer)


def turn_back(build: Build, gradient: Value, layer: int) -> Value:
    """The reverse rule of `turned`: turned back by the same angles."""
    return _rotate(build, gradient, _turns(build, layer), is_back=True)


def as_they_are(_build: Build, x: Value, _leaf: str, _layer: int) -> Value:
    """Where nothing is done: no rotation with learned positions, no norm after a half."""
    return x


def rotary_tables(build: Build) -> None:
    """cos and sin of every position's angles, once for layers that turn alike: [pos, 1, turned]."""
    for turns in dict.fromkeys(_turns(build, layer) for layer in range(build.config.n_layers)):
        _rotary_table(build, turns)


def _turns(build: Build, layer: int) -> Turns:
    """A layer's base, and what it multiplies each pair's turn with."""
    return build.config.rotary_base_of(layer), build.config.rotary_factors_of(layer)


def _rotary_table(build: Build, turns: Turns) -> None:
    graph, config, positions = build.graph, build.config, build.shared["positions"]
    base, factors = turns
    frequencies = rotary_frequencies(config.n_turned, base, factors=factors)
    with graph.scope("rotary"):
        column = graph.op("Reshape", graph.op("Cast", positions, to=FLOAT), graph.const([-1, 1, 1]))
        angles = graph.op("Mul", column, graph.const(np.concatenate([frequencies, frequencies])))
        build.shared[f"cos.{turns}"] = graph.op("Cos", angles)
        # rotate_half's minus sign is put into the table: x·cos + swap(x)·(−sin, +sin).
        half = config.n_turned // 2
        signs = np.repeat(np.array([-1, 1], np.float32), half)
        build.shared[f"sin.{turns}"] = graph.op("Mul", graph.op("Sin", angles), graph.const(signs))


def mask_tables(build: Build, n_pos: Value, n_past: Value) -> None:
    """0 where a query may look, else −inf, once for all layers of a window: [1, query, key]."""
    config = build.config
    windows = dict.fromkeys(config.layer(layer).window for layer in range(config.n_layers))
    graph = build.graph
    with graph.scope("mask"):
        end = graph.op("Add", n_past, n_pos)
        zero, one = graph.const(np.array(0)), graph.const(np.array(1))
        query = graph.op("Range", n_past, end, one)
        query = graph.op("Unsqueeze", query, graph.const(np.array([1])))
        key = graph.op("Range", zero, end, one)
        not_later = graph.op("LessOrEqual", key, query)
        for window in windows:
            may_look = (
                not_later if window is None else _within(build, not_later, query, key, window)
            )
            mask = graph.op("Where", may_look, graph.const(0.0), graph.const(float("-inf")))
            build.shared[f"mask.{window}"] = graph.op("Unsqueeze", mask, graph.const(np.array([0])))


def _within(build: Build, not_later: Value, query: Value, key: Value, window: int) -> Value:
    """Which keys are not later and no further before the query than its window reaches."""
    graph = build.graph
    before = graph.op("Sub", query, graph.const(np.array(window)))
    return graph.op("And", not_later, graph.op("Greater", key, before))


def add_resid_knob(build: Build, residual: Value, layer: int) -> Value:
    """Add the reader's vector to the residual stream entering `layer`."""
    if "resid_add" not in build.shared:
        return residual
    return build.graph.op("Add", residual, _layer_of(build, "resid_add", layer))


def project(build: Build, x: Value, weight: str, layer: int, n_heads: int) -> Value:
    """x @ W (+ b), cut into heads: [pos, d_model] → [pos, head, d_head]."""
    flat = build.wiring.into_heads(build, x, hook_name(f"attn.{weight}", layer))
    return build.graph.op("Reshape", flat, build.graph.const([-1, n_heads, build.config.d_head]))


def _rotate(build: Build, x: Value, turns: Turns, *, is_back: bool = False) -> Value:
    """x turned; where only its first numbers are, the rest goes past."""
    graph, config = build.graph, build.config
    half, n_rest = config.n_turned // 2, config.d_head - config.n_turned
    if n_rest:
        cut = graph.const(np.array([config.n_turned, n_rest]))
        x, rest = graph.ops("Split", x, cut, n_outputs=2, axis=-1)
    first, second = graph.ops("Split", x, graph.const(np.array([half, half])), n_outputs=2, axis=-1)
    swapped = graph.op("Concat", second, first, axis=-1)
    turned = graph.op("Mul", swapped, build.shared[f"sin.{turns}"])
    straight = graph.op("Mul", x, build.shared[f"cos.{turns}"])
    whole = graph.op("Sub" if is_back else "Add", straight, turned)
    return graph.op("Concat", whole, rest, axis=-1) if n_rest else whole


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
    scaled = scaled_scores(build, raw)
    bias = build.shared[f"mask.{config.layer(layer).window}"]
    if "score_add" in build.shared:
        bias = graph.op("Add", bias, _layer_of(build, "score_add", layer))
    scores = build.hook(graph.op("Add", scaled, bias), hooks.SCORES, layer)
    return build.hook(graph.op("Softmax", scores, axis=-1), hooks.PATTERN, layer)


def scaled_scores(build: Build, raw: Value) -> Value:
    """Queries times keys, divided by the root of the heads' width; as they are where none is."""
    if not family_of(build.config).has_scaled_scores:
        return raw
    return build.graph.op("Div", raw, build.graph.const(float(np.float32(build.config.attn_scale))))


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
