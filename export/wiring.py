"""The whole graph of a model: the spine that all families share, and what each puts in its places.

What stands in a place follows from the description of the family (core/family.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from export import layers
from export.builder import Build, Wiring
from export.graph import Graph
from export.matrices import affine, linear, unembed
from seethrough.core import hooks
from seethrough.core.families import family_of
from seethrough.core.family import LAYER_NORM, RMS_NORM, RMS_NORM_PLUS_ONE

if TYPE_CHECKING:
    import onnx

    from export.graph import Value
    from export.pack import WeightPack
    from seethrough.core.config import ModelConfig
    from seethrough.core.family import Family

NO_BATCH = np.array([0])
FLOAT32, FLOAT64 = 1, 11  # ONNX's numbers of the types
NORMS = {
    LAYER_NORM: layers.layer_norm,
    RMS_NORM: layers.rms_norm,
    RMS_NORM_PLUS_ONE: layers.rms_norm_plus_one,
}
ACTIVATIONS = {"silu": layers.silu, "gelu_new": layers.gelu_new, "gelu": layers.gelu}


def wiring_of(family: Family) -> Wiring:
    """What a family's description puts in each place."""
    rows = layers.embed_scaled if family.has_scaled_embedding else layers.embed
    return Wiring(
        rows=rows,
        embed=rows if family.is_rotary else layers.embed_with_positions,
        block=_block_at_once if family.is_parallel else _block,
        norm=NORMS[family.norm],
        linear=affine if family.has_bias("attn.W_O") else linear,
        into_heads=affine if family.has_bias("attn.W_Q") else linear,
        heads=layers.normed_heads if family.has_head_norms else layers.heads_as_they_are,
        place=layers.turned if family.is_rotary else layers.as_they_are,
        after=layers.normed_after if family.has_norms_after else layers.as_they_are,
        mlp=layers.gated_mlp if family.is_gated else layers.plain_mlp,
        activation=ACTIVATIONS[family.activation],
    )


def build_model(
    config: ModelConfig, pack: WeightPack, *, name: str, weight_file: str, with_knobs: bool = True
) -> onnx.ModelProto:
    """The whole graph with every hook as an output.

    Args:
        with_knobs: False leaves the interventions out; only tests do, to show that neutral knobs
            change nothing.
    """
    graph = Graph(name, weight_file)
    build = Build(graph, pack, config, wiring_of(family_of(config)))
    pack.begin(graph)
    tokens = _run_inputs(build)
    unembed_layer = graph.input("unembed_layer", "int64", ("unembed",))
    unembed_pos = graph.input("unembed_pos", "int64", ("unembed",))
    top_k = graph.input("top_k", "int64", (1,))
    if with_knobs:
        _knob_inputs(build)

    residual = build.wiring.embed(build, tokens)
    states = []
    for layer in range(config.n_layers):
        with graph.scope(f"blocks.{layer}"):
            residual = _enter_block(build, residual, layer)
            states.append(residual)
            residual = build.wiring.block(build, residual, layer)
            if layer < config.n_layers - 1:
                build.hook(residual, hooks.RESID_POST, layer)
    last = config.n_layers - 1
    residual = build.hook(layers.add_resid_knob(build, residual, last + 1), hooks.RESID_POST, last)
    states.append(residual)
    _read_out(build, states, unembed_layer, unembed_pos, top_k)
    return graph.model({"family": config.family})


def _run_inputs(build: Build) -> Value:
    """Tokens and positions, and what all layers share of them; → tokens [pos]."""
    graph, config = build.graph, build.config
    tokens = graph.input("tokens", "int64", (1, "pos"))
    positions = graph.input("positions", "int64", (1, "pos"))
    tokens = graph.op("Squeeze", tokens, graph.const(NO_BATCH), name="tokens_flat")
    build.shared["positions"] = graph.op("Squeeze", positions, graph.const(NO_BATCH))
    if family_of(config).is_rotary:
        layers.rotary_tables(build)
    n_pos = graph.op("Size", tokens, name="n_pos")
    past_dims = graph.op("Shape", "past.0.key", start=2, end=3)
    n_past = graph.op("Squeeze", past_dims, graph.const(NO_BATCH), name="n_past")
    layers.mask_tables(build, n_pos, n_past)
    as_list = graph.op("Unsqueeze", n_pos, graph.const(NO_BATCH))
    build.shared["n_pos"] = n_pos
    build.shared["scores_shape"] = graph.op(
        "Concat", graph.const(np.array([config.n_heads])), as_list, graph.const([-1]), axis=0
    )
    grouped = graph.const(np.array([1, config.n_key_value_heads]))
    rows = graph.op("Mul", as_list, graph.const(np.array([config.n_group])))
    build.shared["grouped_shape"] = graph.op(
        "Concat", grouped, rows, graph.const(np.array([-1])), axis=0
    )
    return tokens


def _knob_inputs(build: Build) -> None:
    """The interventions, each reshaped once so that a layer's part broadcasts."""
    graph, config = build.graph, build.config
    heads = graph.input("head_scale", "float32", (config.n_layers, config.n_heads))
    shape = graph.const(np.array([config.n_layers, config.n_heads, 1]))
    build.shared["head_scale"] = graph.op("Reshape", heads, shape)
    build.shared["mlp_scale"] = graph.input("mlp_scale", "float32", (config.n_layers,))
    dims = (config.n_layers + 1, "resid_add_pos", config.d_model)
    build.shared["resid_add"] = graph.input("resid_add", "float32", dims)
    axes = ("score_add_head", "score_add_query_pos", "score_add_key_pos")
    build.shared["score_add"] = graph.input("score_add", "float32", (config.n_layers, *axes))


def _enter_block(build: Build, residual: Value, layer: int) -> Value:
    """The stream entering a block, after the knob: what resid_pre holds."""
    if "resid_add" not in build.shared:
        # The value already has a name (hook_embed, or the last block's resid_post).
        return build.hook(build.graph.op("Identity", residual), hooks.RESID_PRE, layer)
    return build.hook(layers.add_resid_knob(build, residual, layer), hooks.RESID_PRE, layer)


def _block(build: Build, residual: Value, layer: int) -> Value:
    """Attention writes into the residual stream, then the MLP does."""
    graph = build.graph
    normalized = build.wiring.norm(build, residual, hooks.LN1_SCALE, layer)
    attn_out = layers.attention(build, normalized, layer)
    residual = build.hook(graph.op("Add", residual, attn_out), hooks.RESID_MID, layer)
    normalized = build.wiring.norm(build, residual, hooks.LN2_SCALE, layer)
    return graph.op("Add", residual, build.wiring.mlp(build, normalized, layer))


def _block_at_once(build: Build, residual: Value, layer: int) -> Value:
    """Attention and MLP read the same stream; what both made is added."""
    graph = build.graph
    normalized = build.wiring.norm(build, residual, hooks.LN1_SCALE, layer)
    attn_out = layers.attention(build, normalized, layer)
    normalized = build.wiring.norm(build, residual, hooks.LN2_SCALE, layer)
    mlp_out = build.wiring.mlp(build, normalized, layer)
    return graph.op("Add", graph.op("Add", residual, attn_out), mlp_out)


def _read_out(
    build: Build, states: list[Value], layer: Value, position: Value, top_k: Value
) -> None:
    """Final norm and unembedding of the chosen residual states, best logits, log-sum-exp."""
    graph = build.graph
    with graph.scope("read_out"):
        stacked = graph.op("Concat", *states, axis=0)
        row = graph.op("Add", graph.op("Mul", layer, build.shared["n_pos"]), position)
        chosen = graph.op("Gather", stacked, row, name="chosen", axis=0)
        normalized = build.wiring.norm(build, chosen, hooks.FINAL_SCALE, None)
        logits = build.hook(unembed(build, normalized), hooks.LOGITS)
        values, ids = graph.ops("TopK", logits, top_k, n_outputs=2, axis=-1)
        build.hook(values, hooks.TOP_VALUES)
        graph.output(ids, hooks.TOP_IDS, "int64", build.dims(hooks.TOP_IDS))
        build.hook(_log_sum_exp(build, logits), hooks.LOGSUMEXP)


def _log_sum_exp(build: Build, logits: Value) -> Value:
    """log Σ exp over the vocabulary, the maximum taken off first: [unembed].

    Written out, and summed in float64, because onnxruntime adds 49,152 numbers one after the other:
    in float32, ReduceLogSumExp is 1.4e-4 off on SmolLM2 and ReduceSum 2e-5, always to the same
    side, which moves a probability of 0.5 by 7e-5 and 1e-5.
    """
    graph = build.graph
    axes = graph.const(np.array([-1]))
    top = graph.op("ReduceMax", logits, axes, keepdims=1)
    weights = graph.op("Cast", graph.op("Exp", graph.op("Sub", logits, top)), to=FLOAT64)
    total = graph.op("Log", graph.op("ReduceSum", weights, axes, keepdims=1))
    exact = graph.op("Add", total, graph.op("Cast", top, to=FLOAT64))
    return graph.op("Squeeze", graph.op("Cast", exact, to=FLOAT32), axes)
