"""The toy that says what Gemma 3 is, against transformers' own Gemma 3 with the same numbers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from export.native import NativeModel
from export.package import write_package
from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.reference import forward
from tests.parity import TOLERANCES, parity_names, relative_errors, worst
from tests.toy_family import TOYS, checkpoint_of, registered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from export.checkpoint import Checkpoint
    from seethrough.core.cache import Array

pytestmark = pytest.mark.reference
IDS = (4, 100, 7, 259, 31, 31, 200, 8, 262, 0)
NAMES = {
    "embed_tokens.weight": "W_E",
    "norm.weight": "ln_final.w",
}
IN_BLOCK = {
    "input_layernorm": "ln1.w",
    "self_attn.q_proj": "attn.W_Q",
    "self_attn.k_proj": "attn.W_K",
    "self_attn.v_proj": "attn.W_V",
    "self_attn.o_proj": "attn.W_O",
    "self_attn.q_norm": "attn.q_norm.w",
    "self_attn.k_norm": "attn.k_norm.w",
    "post_attention_layernorm": "ln1_post.w",
    "pre_feedforward_layernorm": "ln2.w",
    "mlp.gate_proj": "mlp.W_gate",
    "mlp.up_proj": "mlp.W_in",
    "mlp.down_proj": "mlp.W_out",
    "post_feedforward_layernorm": "ln2_post.w",
}
# Modules whose output is one of our hooks.
GIVES = {
    "input_layernorm": hooks.LN1_OUT,
    "self_attn.q_norm": hooks.Q_NORM_OUT,
    "self_attn.k_norm": hooks.K_NORM_OUT,
    "self_attn.o_proj": hooks.ATTN_MADE,
    "post_attention_layernorm": hooks.ATTN_OUT,
    "pre_feedforward_layernorm": hooks.LN2_OUT,
    "mlp.gate_proj": hooks.MLP_PRE,
    "mlp.up_proj": hooks.MLP_PRE_LINEAR,
    "mlp.down_proj": hooks.MLP_MADE,
    "post_feedforward_layernorm": hooks.MLP_OUT,
}
# These give [head, pos, d_head].
BY_HEAD_FIRST = (hooks.Q_NORM_OUT, hooks.K_NORM_OUT)


@pytest.fixture(scope="module", autouse=True)
def _families() -> Iterator[None]:
    """The toys are families as any other while these tests run."""
    with registered():
        yield


def oracle(checkpoint: Checkpoint) -> Any:  # noqa: ANN401 - torch is imported here and not before
    """A Gemma3ForCausalLM of transformers that holds the checkpoint's numbers, in float64."""
    import torch  # noqa: PLC0415
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig  # noqa: PLC0415

    config = checkpoint.config
    local = [config.layer(layer).window is not None for layer in range(config.n_layers)]
    theirs = Gemma3TextConfig(
        vocab_size=config.d_vocab,
        hidden_size=config.d_model,
        intermediate_size=config.d_mlp,
        num_hidden_layers=config.n_layers,
        num_attention_heads=config.n_heads,
        num_key_value_heads=config.n_key_value_heads,
        head_dim=config.d_head,
        query_pre_attn_scalar=config.d_head,
        max_position_embeddings=config.n_ctx,
        rms_norm_eps=config.eps,
        sliding_window=max(config.layer(layer).window or 0 for layer in range(config.n_layers)),
        layer_types=["sliding_attention" if one else "full_attention" for one in local],
        attn_implementation="eager",
    )
    model = Gemma3ForCausalLM(theirs)
    named = {f"model.{name}": ours for name, ours in NAMES.items()}
    for layer in range(config.n_layers):
        at = f"model.layers.{layer}"
        named |= {f"{at}.{name}.weight": hook_name(ours, layer) for name, ours in IN_BLOCK.items()}
    stored = {name: checkpoint.weight(ours) for name, ours in named.items()}
    state = {
        name: torch.tensor(values.T if "proj" in name else values)
        for name, values in stored.items()
    }
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert set(missing) <= {"lm_head.weight"}
    assert not unexpected
    model.tie_weights()
    return model.double().eval()


def theirs(checkpoint: Checkpoint) -> dict[str, Array]:
    """What transformers' modules gave, under our names, and the logits of every position."""
    import torch  # noqa: PLC0415

    model, found = oracle(checkpoint), {}

    def watch(name: str) -> Callable[..., None]:
        def note(_module: Any, _given: Any, output: Any) -> None:  # noqa: ANN401
            value = output[0].double().numpy()
            is_turned = hooks.leaf_of(name) in BY_HEAD_FIRST
            found[name] = value.transpose(1, 0, 2) if is_turned else value

        return note

    with ExitStack() as stack, torch.inference_mode():
        handles = [model.model.embed_tokens.register_forward_hook(watch(hooks.EMBED))]
        for layer, block in enumerate(model.model.layers):
            for part, leaf in GIVES.items():
                module = block.get_submodule(part)
                handles.append(module.register_forward_hook(watch(hook_name(leaf, layer))))
        for handle in handles:
            stack.callback(handle.remove)
        found[hooks.LOGITS] = model(torch.tensor([IDS])).logits[0].double().numpy()
    return found


def test_the_description_is_gemma_3(tmp_path: Path) -> None:
    """Numpy in float64 and the exported graph give what transformers' modules give."""
    checkpoint = checkpoint_of(TOYS["like-gemma"])
    expected = theirs(checkpoint)
    assert len(expected) == 2 + checkpoint.config.n_layers * len(GIVES)

    exact, _ = forward(checkpoint.config, checkpoint.weight, IDS, dtype=np.float64)
    errors = relative_errors(expected, exact)
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound, worst(errors, 3)

    manifest = write_package(checkpoint, tmp_path, model_id="like-gemma", title="Like Gemma")
    got = NativeModel(tmp_path, threads=1).run(list(IDS), parity_names(manifest))
    errors = relative_errors(expected, got)
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound, worst(errors, 3)
