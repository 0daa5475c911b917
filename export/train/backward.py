"""The backward pass of a graph that learns: the reverse rule of each layer.

The twin of core/train/backward.py, rule for rule, over a batch of documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from export import layers
from export.matrices import matrix
from export.train.forward import by_document, by_row, grouped, one_hot
from export.train.slopes import SLOPES
from export.wiring import ACTIVATIONS
from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.hooks import hook_name
from seethrough.core.reference import BEFORE_ADDING
from seethrough.core.weight_names import bias_name

if TYPE_CHECKING:
    from export.graph import Value
    from export.train.learning import Learning

FIRST, LAST = np.array([0]), np.array([-1])
OPEN = -1


def backward(build: Learning) -> None:
    """From the loss to every hook and weight; the latter are in `build.learned`."""
    graph = build.graph
    with graph.scope("back"):
        over = graph.op("Sub", build.shared["probs"], build.shared["wanted"])
        gradient = build.note(graph.op("Mul", over, build.shared["shares"]), hooks.LOGITS)
        stream = _unembed(build, gradient)
        for layer in reversed(range(build.config.n_layers)):
            with graph.scope(f"blocks.{layer}"):
                stream = _block(build, stream, layer)
        _embed(build, stream)


def _unembed(build: Learning, gradient: Value) -> Value:
    graph, read = build.graph, build.at(hooks.FINAL_OUT)
    if build.config.tie_word_embeddings:
        build.learn(graph.op("Gemm", gradient, read, transA=1), "W_E")
        back = graph.op("MatMul", gradient, matrix(build, "W_E"))
    else:
        build.learn(graph.op("Gemm", read, gradient, transA=1), "W_U")
        back = graph.op("Gemm", gradient, matrix(build, "W_U"), transB=1)
    return _norm(build, back, hooks.FINAL_SCALE)


def _block(build: Learning, stream: Value, layer: int) -> Value:
    graph = build.graph
    build.note(stream, hooks.RESID_POST, layer)
    read = _mlp(build, build.note(stream, hooks.MLP_OUT, layer), layer)
    before = graph.op("Add", stream, _norm(build, read, hooks.LN2_SCALE, layer))
    if not family_of(build.config).is_parallel:
        stream = build.note(before, hooks.RESID_MID, layer)
    read = _attention(build, build.note(stream, hooks.ATTN_OUT, layer), layer)
    before = graph.op("Add", before, _norm(build, read, hooks.LN1_SCALE, layer))
    return build.note(before, hooks.RESID_PRE, layer)


def _embed(build: Learning, stream: Value) -> None:
    graph, family = build.graph, family_of(build.config)
    build.note(stream, hooks.EMBED)
    rows = stream
    if family.has_scaled_embedding:
        rows = graph.op(
            "Mul", stream, graph.const(float(np.sqrt(np.float32(build.config.d_model))))
        )
    build.learn(graph.op("Gemm", one_hot(build, build.shared["tokens"]), rows, transA=1), "W_E")
    if not family.is_rotary:
        build.note(stream, hooks.POS_EMBED)
        build.learn(_places(build, stream), "W_pos")


def _places(build: Learning, stream: Value) -> Value:
    """Each position's row gets what it got in all documents; later ones get nothing."""
    graph, config = build.graph, build.config
    whole = graph.op("Reshape", stream, graph.const([OPEN, build.n_pos, config.d_model]))
    places = graph.op("ReduceSum", whole, graph.const(FIRST), keepdims=0)
    missing = config.n_ctx - build.n_pos
    if not missing:
        return places
    return graph.op(
        "Concat", places, graph.const(np.zeros((missing, config.d_model), np.float32)), axis=0
    )


def _norm(build: Learning, gradient: Value, scale_leaf: str, layer: int | None = None) -> Value:
    graph, part = build.graph, scale_leaf.removesuffix("hook_scale")
    norm = family_of(build.config).norm
    scale, normalized = build.at(scale_leaf, layer), build.at(f"{part}hook_normalized", layer)
    weight = matrix(build, hook_name(f"{part}w", layer))
    if norm.adds_one:
        weight = graph.op("Add", weight, graph.const(1.0))
    build.note(gradient, f"{part}hook_norm_out", layer)
    build.learn(
        _over_rows(build, graph.op("Mul", gradient, normalized)), hook_name(f"{part}w", layer)
    )
    inner = build.note(graph.op("Mul", gradient, weight), f"{part}hook_normalized", layer)
    along = graph.op("Mul", inner, normalized)
    if build.is_shown:
        total = graph.op("ReduceSum", along, graph.const(LAST), keepdims=1)
        build.note(graph.op("Neg", graph.op("Div", total, scale)), scale_leaf, layer)
    along = graph.op("ReduceMean", along, graph.const(LAST), keepdims=1)
    across = graph.op("Sub", inner, graph.op("Mul", along, normalized))
    inner = graph.op("Div", across, scale)
    if norm.is_centred:
        build.learn(_over_rows(build, gradient), hook_name(f"{part}b", layer))
        mean = graph.op("ReduceMean", inner, graph.const(LAST), keepdims=1)
        inner = graph.op("Sub", inner, mean)
    return inner


def _linear(build: Learning, gradient: Value, x: Value, weight: str, layer: int) -> Value:
    graph = build.graph
    build.learn(graph.op("Gemm", x, gradient, transA=1), hook_name(weight, layer))
    if family_of(build.config).has_bias(weight):
        build.learn(_over_rows(build, gradient), hook_name(bias_name(weight), layer))
    return graph.op("Gemm", gradient, matrix(build, hook_name(weight, layer)), transB=1)


def _attention(build: Learning, gradient: Value, layer: int) -> Value:
    graph, config = build.graph, build.config
    n_heads, n_kv = config.n_heads, config.n_key_value_heads
    q, k, v, pattern = (build.shared[f"{layer}.{part}"] for part in ("q", "k", "v", "pattern"))
    with graph.scope("attn"):
        made = _after(build, gradient, hooks.ATTN_OUT, layer)
        flat = _linear(
            build, made, _flat(build, build.at(hooks.Z, layer), n_heads), "attn.W_O", layer
        )
        z = graph.op("Reshape", flat, graph.const([OPEN, n_heads, config.d_head]))
        mixed = by_document(build, build.note(z, hooks.Z, layer), n_heads, heads=n_kv)
        on_pattern = graph.op("MatMul", mixed, _turned_over(build, v))
        on_values = graph.op("MatMul", _turned_over(build, pattern), mixed)
        by_head = graph.op(
            "Reshape", on_pattern, graph.const([OPEN, n_heads, build.n_pos, build.n_pos])
        )
        by_head = build.note(by_head, hooks.PATTERN, layer)
        on_scores = build.note(_softmax(build, by_head, layer), hooks.SCORES, layer)
        on_scores = grouped(build, layers.scaled_scores(build, on_scores))
        on_keys = graph.op("MatMul", _turned_over(build, on_scores), q)
        on_queries = graph.op("MatMul", on_scores, k)
        parts = (
            (_placed(build, by_row(build, on_queries, n_heads), "q", layer), hooks.Q, "attn.W_Q"),
            (_placed(build, by_row(build, on_keys, n_kv), "k", layer), hooks.K, "attn.W_K"),
            (by_row(build, on_values, n_kv), hooks.V, "attn.W_V"),
        )
        return _read(build, parts, layer)


def _read(build: Learning, parts: tuple[tuple[Value, str, str], ...], layer: int) -> Value:
    """What queries, keys and values ask of the row that they were read from, added up."""
    total, config = "", build.config
    for part, leaf, weight in parts:
        build.note(part, leaf, layer)
        n_heads = config.n_heads if leaf == hooks.Q else config.n_key_value_heads
        flat = _flat(build, part, n_heads)
        back = _linear(build, flat, build.at(hooks.LN1_OUT, layer), weight, layer)
        total = build.graph.op("Add", total, back) if total else back
    return total


def _softmax(build: Learning, gradient: Value, layer: int) -> Value:
    """A share's gradient counts by how far it is above the row's mean, weighed by the shares."""
    graph, pattern = build.graph, build.at(hooks.PATTERN, layer)
    weighed = graph.op("Mul", gradient, pattern)
    mean = graph.op("ReduceSum", weighed, graph.const(LAST), keepdims=1)
    return graph.op("Mul", pattern, graph.op("Sub", gradient, mean))


def _placed(build: Learning, gradient: Value, which: str, layer: int) -> Value:
    """Through the turn by position and the heads' own norms, where the family has them."""
    family = family_of(build.config)
    if family.is_rotary:
        build.note(gradient, hooks.ROT_Q if which == "q" else hooks.ROT_K, layer)
        gradient = layers.turn_back(build, gradient, layer)
    if family.has_head_norms:
        scale = hooks.Q_NORM_SCALE if which == "q" else hooks.K_NORM_SCALE
        gradient = _norm(build, gradient, scale, layer)
    return gradient


def _mlp(build: Learning, gradient: Value, layer: int) -> Value:
    graph, family = build.graph, family_of(build.config)
    read, pre = build.at(hooks.LN2_OUT, layer), build.at(hooks.MLP_PRE, layer)
    with graph.scope("mlp"):
        made = _after(build, gradient, hooks.MLP_OUT, layer)
        on_post = _linear(build, made, build.at(hooks.MLP_POST, layer), "mlp.W_out", layer)
        build.note(on_post, hooks.MLP_POST, layer)
        slope = SLOPES[family.activation](build, pre)
        if not family.is_gated:
            on_pre = build.note(graph.op("Mul", on_post, slope), hooks.MLP_PRE, layer)
            return _linear(build, on_pre, read, "mlp.W_in", layer)
        half = build.at(hooks.MLP_PRE_LINEAR, layer)
        on_pre = graph.op("Mul", graph.op("Mul", on_post, half), slope)
        on_half = graph.op("Mul", on_post, ACTIVATIONS[family.activation](build, pre))
        build.note(on_pre, hooks.MLP_PRE, layer)
        build.note(on_half, hooks.MLP_PRE_LINEAR, layer)
        through_gate = _linear(build, on_pre, read, "mlp.W_gate", layer)
        return graph.op("Add", through_gate, _linear(build, on_half, read, "mlp.W_in", layer))


def _after(build: Learning, gradient: Value, leaf: str, layer: int) -> Value:
    if not family_of(build.config).has_norms_after:
        return gradient
    made_leaf, scale_leaf = BEFORE_ADDING[leaf]
    return build.note(_norm(build, gradient, scale_leaf, layer), made_leaf, layer)


def _turned_over(build: Learning, x: Value) -> Value:
    """The last two axes swapped."""
    return build.graph.op("Transpose", x, perm=[0, 1, 3, 2])


def _flat(build: Learning, x: Value, n_heads: int) -> Value:
    """Heads side by side: [row, head, d_head] → [row, head · d_head]."""
    return build.graph.op("Reshape", x, build.graph.const([OPEN, n_heads * build.config.d_head]))


def _over_rows(build: Learning, x: Value) -> Value:
    """Added over all axes but the last; heads' norms have one more."""
    graph = build.graph
    rows = graph.op("Flatten", x, axis=-1)
    return graph.op("ReduceSum", rows, graph.const(FIRST), keepdims=0)
