"""The forward pass of a graph that learns: the family's own layers over a batch of documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from export import layers
from export.builder import FLOAT
from export.graph import Graph
from export.matrices import matrix, unembed
from export.train.learning import Learning
from export.train.weights import LearnedPack
from export.wiring import wiring_of
from seethrough.core import hooks
from seethrough.core.families import family_of

if TYPE_CHECKING:
    from export.builder import Build
    from export.graph import Value
    from seethrough.core.config import ModelConfig

LAST = np.array([-1])
NO_FILE = "none"


def begin(config: ModelConfig, name: str, *, n_pos: int, is_shown: bool) -> Learning:
    """An empty graph whose weights, tokens and targets are inputs.

    The inputs are `weights` [weight], `tokens` and `targets` int64 [document, n_pos].
    """
    graph = Graph(name, NO_FILE)
    wiring = replace(wiring_of(family_of(config)), rows=_rows, embed=_embed)
    pack = LearnedPack(config)
    build = Learning(graph, pack, config, wiring, n_pos=n_pos, is_shown=is_shown)
    pack.begin(graph)
    build.shared["vector"] = pack.vector
    for text in ("tokens", "targets"):
        whole = graph.input(text, "int64", ("document", n_pos))
        build.shared[text] = graph.op("Reshape", whole, graph.const(LAST), name=f"{text}_flat")
    places = graph.op("Expand", graph.const(np.arange(n_pos)), graph.op("Shape", "tokens"))
    build.shared["positions"] = graph.op("Reshape", places, graph.const(LAST), name="positions")
    if family_of(config).is_rotary:
        layers.rotary_tables(build)
    layers.mask_tables(build, graph.const(np.array(n_pos)), graph.const(np.array(0)))
    return build


def forward(build: Learning) -> Value:
    """From tokens to logits, every hook by its name: [row, d_vocab]."""
    graph = build.graph
    residual = build.wiring.embed(build, build.shared["tokens"])
    for layer in range(build.config.n_layers):
        with graph.scope(f"blocks.{layer}"):
            residual = _block(build, residual, layer)
    with graph.scope("read_out"):
        normalized = build.wiring.norm(build, residual, hooks.FINAL_SCALE, None)
        return build.hook(unembed(build, normalized), hooks.LOGITS)


def lose(build: Learning, logits: Value) -> None:
    """−log p(target) of each row and its mean over the rows that have a target.

    The outputs are `losses` [row] and `loss`; what the way back needs is in `build.shared`.
    """
    graph, shared = build.graph, build.shared
    with graph.scope("loss"):
        zero = graph.const(np.array(0))
        has_target = graph.op("GreaterOrEqual", shared["targets"], zero)
        counted = graph.op("Cast", has_target, to=FLOAT)
        number = graph.op("ReduceSum", counted, keepdims=0)
        wanted = one_hot(build, graph.op("Max", shared["targets"], zero))
        largest = graph.op("ReduceMax", logits, graph.const(LAST), keepdims=1)
        powers = graph.op("Exp", graph.op("Sub", logits, largest))
        total = graph.op("ReduceSum", powers, graph.const(LAST), keepdims=1)
        sums = graph.op("Add", graph.op("Log", total), largest)
        reached = graph.op("Mul", logits, wanted)
        reached = graph.op("ReduceSum", reached, graph.const(LAST), keepdims=1)
        losses = graph.op("Squeeze", graph.op("Sub", sums, reached), graph.const(LAST))
        losses = graph.output(graph.op("Mul", losses, counted), "losses", "float32", ("row",))
        mean = graph.op("Div", graph.op("ReduceSum", losses, keepdims=0), number)
        graph.output(mean, "loss", "float32", ())
        shared["probs"] = graph.op("Div", powers, total)
        shared["wanted"] = wanted
        shared["shares"] = graph.op(
            "Unsqueeze", graph.op("Div", counted, number), graph.const(LAST)
        )


def one_hot(build: Learning, ids: Value) -> Value:
    """1 at each row's token, else 0: [row] → [row, d_vocab]."""
    graph = build.graph
    depth = graph.op("Shape", matrix(build, "W_E"), start=0, end=1)
    return graph.op("OneHot", ids, depth, graph.const(np.array([0, 1], np.float32)), axis=-1)


def by_document(build: Learning, x: Value, n_heads: int, *, heads: int | None = None) -> Value:
    """Rows of heads as matrices: [row, head, d_head] → [document, kv_head, group · pos, d_head].

    `heads`: into how many the heads are gathered; None: each stays by itself.
    """
    graph, width = build.graph, build.config.d_head
    split = graph.op("Reshape", x, graph.const([-1, build.n_pos, n_heads, width]))
    apart = graph.op("Transpose", split, perm=[0, 2, 1, 3])
    if heads is None or heads == n_heads:
        return apart
    return graph.op(
        "Reshape", apart, graph.const([-1, heads, n_heads // heads * build.n_pos, width])
    )


def by_row(build: Learning, x: Value, n_heads: int) -> Value:
    """Back again: [document, kv_head, group · pos, d_head] → [row, head, d_head]."""
    graph, width = build.graph, build.config.d_head
    apart = graph.op("Reshape", x, graph.const([-1, n_heads, build.n_pos, width]))
    rows = graph.op("Transpose", apart, perm=[0, 2, 1, 3])
    return graph.op("Reshape", rows, graph.const([-1, n_heads, width]))


def _rows(build: Build, tokens: Value) -> Value:
    rows = build.graph.op("Gather", matrix(build, "W_E"), tokens, name="rows", axis=0)
    if family_of(build.config).has_scaled_embedding:
        root = build.graph.const(float(np.sqrt(np.float32(build.config.d_model))))
        rows = build.graph.op("Mul", rows, root)
    return build.hook(rows, hooks.EMBED)


def _embed(build: Build, tokens: Value) -> Value:
    rows = build.wiring.rows(build, tokens)
    if family_of(build.config).is_rotary:
        return rows
    places = build.graph.op("Gather", matrix(build, "W_pos"), build.shared["positions"], axis=0)
    return build.graph.op("Add", rows, build.hook(places, hooks.POS_EMBED))


def _block(build: Learning, residual: Value, layer: int) -> Value:
    graph = build.graph
    residual = build.hook(graph.op("Identity", residual), hooks.RESID_PRE, layer)
    normalized = build.wiring.norm(build, residual, hooks.LN1_SCALE, layer)
    attn_out = _attention(build, normalized, layer)
    middle = graph.op("Add", residual, attn_out)
    if not family_of(build.config).is_parallel:
        middle = residual = build.hook(middle, hooks.RESID_MID, layer)
    normalized = build.wiring.norm(build, residual, hooks.LN2_SCALE, layer)
    mlp_out = build.wiring.mlp(build, normalized, layer)
    return build.hook(graph.op("Add", middle, mlp_out), hooks.RESID_POST, layer)


def _attention(build: Learning, x: Value, layer: int) -> Value:
    """As layers.attention, but each document sees itself alone, and nothing is remembered."""
    graph, config = build.graph, build.config
    n_kv = config.n_key_value_heads
    with graph.scope("attn"):
        q = build.hook(layers.project(build, x, "W_Q", layer, config.n_heads), hooks.Q, layer)
        k = build.hook(layers.project(build, x, "W_K", layer, n_kv), hooks.K, layer)
        v = build.hook(layers.project(build, x, "W_V", layer, n_kv), hooks.V, layer)
        q, k = build.wiring.heads(build, q, k, layer)
        q = build.wiring.place(build, q, hooks.ROT_Q, layer)
        k = build.wiring.place(build, k, hooks.ROT_K, layer)
        q = by_document(build, q, config.n_heads, heads=n_kv)
        k, v = (by_document(build, part, n_kv) for part in (k, v))
        pattern = _pattern(build, q, k, layer)
        build.shared |= {
            f"{layer}.q": q,
            f"{layer}.k": k,
            f"{layer}.v": v,
            f"{layer}.pattern": pattern,
        }
        z = by_row(build, graph.op("MatMul", pattern, v, name="AV"), config.n_heads)
        z = build.hook(z, hooks.Z, layer)
        flat = graph.op("Reshape", z, graph.const([-1, config.n_heads * config.d_head]))
        made = build.wiring.linear(build, flat, f"blocks.{layer}.attn.W_O")
        out = build.wiring.after(build, made, hooks.ATTN_OUT, layer)
        return build.hook(out, hooks.ATTN_OUT, layer)


def _pattern(build: Learning, q: Value, k: Value, layer: int) -> Value:
    """Scores, mask, softmax, hooked by head; → [document, kv_head, group · query, key]."""
    graph, config = build.graph, build.config
    raw = graph.op("MatMul", q, graph.op("Transpose", k, perm=[0, 1, 3, 2]), name="QK")
    raw = graph.op("Reshape", raw, graph.const([-1, config.n_heads, build.n_pos, build.n_pos]))
    scaled = layers.scaled_scores(build, raw)
    mask = build.shared[f"mask.{config.layer(layer).window}"]
    scores = build.hook(graph.op("Add", scaled, mask), hooks.SCORES, layer)
    pattern = build.hook(graph.op("Softmax", scores, axis=-1), hooks.PATTERN, layer)
    return grouped(build, pattern)


def grouped(build: Learning, scores: Value) -> Value:
    """Heads that share keys behind one another: → [document, kv_head, group · query, key]."""
    config = build.config
    if config.n_group == 1:
        return scores
    dims = [-1, config.n_key_value_heads, config.n_group * build.n_pos, build.n_pos]
    return build.graph.op("Reshape", scores, build.graph.const(dims))
