from __future__ import annotations

from dataclasses import replace

import pytest

from seethrough.core import hooks
from seethrough.core.errors import ShapeError, UnknownNameError
from seethrough.core.hooks import (
    axis_sizes,
    check_dims,
    check_hook_names,
    expected_hooks,
    fetchable,
    hook_name,
)
from tests.fake_engine import CONFIG

ONE_LAYER = replace(CONFIG, n_layers=1)
# TransformerLens' names for a Llama, in the order in which they are computed; `hook_norm_out`
# (ours) stands behind each `hook_normalized`.
NAMES = """
hook_embed
blocks.0.hook_resid_pre
blocks.0.ln1.hook_scale
blocks.0.ln1.hook_normalized
blocks.0.ln1.hook_norm_out
blocks.0.attn.hook_q
blocks.0.attn.hook_k
blocks.0.attn.hook_v
blocks.0.attn.hook_rot_q
blocks.0.attn.hook_rot_k
blocks.0.attn.hook_attn_scores
blocks.0.attn.hook_pattern
blocks.0.attn.hook_z
blocks.0.hook_attn_out
blocks.0.hook_resid_mid
blocks.0.ln2.hook_scale
blocks.0.ln2.hook_normalized
blocks.0.ln2.hook_norm_out
blocks.0.mlp.hook_pre
blocks.0.mlp.hook_pre_linear
blocks.0.mlp.hook_post
blocks.0.hook_mlp_out
blocks.0.hook_resid_post
ln_final.hook_scale
ln_final.hook_normalized
ln_final.hook_norm_out
"""


GPT2_NAMES = """
hook_embed
hook_pos_embed
blocks.0.hook_resid_pre
blocks.0.ln1.hook_scale
blocks.0.ln1.hook_normalized
blocks.0.ln1.hook_norm_out
blocks.0.attn.hook_q
blocks.0.attn.hook_k
blocks.0.attn.hook_v
blocks.0.attn.hook_attn_scores
blocks.0.attn.hook_pattern
blocks.0.attn.hook_z
blocks.0.hook_attn_out
blocks.0.hook_resid_mid
blocks.0.ln2.hook_scale
blocks.0.ln2.hook_normalized
blocks.0.ln2.hook_norm_out
blocks.0.mlp.hook_pre
blocks.0.mlp.hook_post
blocks.0.hook_mlp_out
blocks.0.hook_resid_post
ln_final.hook_scale
ln_final.hook_normalized
ln_final.hook_norm_out
"""


@pytest.mark.parametrize(("family", "names"), [("llama", NAMES), ("gpt2", GPT2_NAMES)])
def test_the_names_are_transformer_lens_s(family: str, names: str) -> None:
    """The whole ordered list of a model of one layer, spelled out, in each family."""
    assert [
        spec.name for spec in expected_hooks(replace(ONE_LAYER, family=family))
    ] == names.split()


@pytest.mark.parametrize("n_layers", [1, 2, 30])
def test_every_layer_has_the_same_hooks(n_layers: int) -> None:
    """A deeper model repeats a block's names under its own numbers."""
    specs = expected_hooks(replace(CONFIG, n_layers=n_layers))

    assert len(specs) == 4 + 22 * n_layers
    assert len({spec.name for spec in specs}) == len(specs)
    last = [spec.name for spec in specs if spec.layer == n_layers - 1]
    assert last == [f"blocks.{n_layers - 1}.{name[9:]}" for name in NAMES.split()[1:23]]


def test_hook_name_puts_the_layer_in_front() -> None:
    """With a layer the name of a block's hook; without one the name as it is."""
    assert hook_name(hooks.PATTERN, 3) == "blocks.3.attn.hook_pattern"
    assert hook_name(hooks.EMBED) == "hook_embed"


def test_logits_can_be_fetched_too() -> None:
    """What a capture may ask for: every hook, then the four logit outputs."""
    known = fetchable(ONE_LAYER)

    logits = ["logits", "logits_top_values", "logits_top_ids", "logits_logsumexp"]
    assert list(known) == [*NAMES.split(), *logits]
    assert known["logits"].dims == ("unembed", "d_vocab")


def test_asked_names_come_back_in_order() -> None:
    """The specs stand in the order of the question."""
    names = ["logits", "blocks.0.attn.hook_z", "hook_embed"]

    assert [spec.name for spec in check_hook_names(names, ONE_LAYER, "tiny")] == names


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("blocks.0.attn.hook_patern", "'blocks.0.attn.hook_pattern'"),
        ("blocks.0.attn.pattern", "'blocks.0.attn.hook_pattern'"),
        ("hook_embedd", "'hook_embed'"),
        ("logit", "'logits'"),
        ("blocks.1.hook_resid_pre", "'blocks.0.hook_resid_pre'"),
    ],
)
def test_a_misspelt_hook_is_told_the_near_ones(name: str, near: str) -> None:
    """The sentence has the name, the model, how many there are, and what may be meant."""
    with pytest.raises(UnknownNameError) as caught:
        check_hook_names([name], ONE_LAYER, "tiny")
    assert str(caught.value).startswith(f"No hook '{name}' in tiny (it has 26). Did you mean ")
    assert near in str(caught.value)


def test_a_strange_name_is_told_an_example() -> None:
    """Where nothing is near, the sentence says what the names look like."""
    with pytest.raises(UnknownNameError) as caught:
        check_hook_names(["zzz"], ONE_LAYER, "tiny")
    assert caught.value.key == "hooks.unknown"
    assert "'blocks.0.attn.hook_pattern'" in str(caught.value)


def test_every_axis_has_a_size() -> None:
    """Each leaf's axes have a length in every run, and each leaf of a model is in the table."""
    sizes = axis_sizes(CONFIG, n_pos=3, n_past=2, n_unembed=4, top_k=5)

    assert {axis for dims in hooks.LEAF_DIMS.values() for axis in dims} <= sizes.keys()
    assert {spec.leaf for spec in fetchable(CONFIG).values()} <= hooks.LEAF_DIMS.keys()
    assert (sizes["key_pos"], sizes["query_pos"], sizes["kv_head"]) == (5, 3, 2)
    assert (sizes["unembed"], sizes["top"]) == (4, 5)


def test_dims_are_checked() -> None:
    """An array of other dims is a sentence with both, each axis by name."""
    spec = fetchable(CONFIG)["blocks.1.attn.hook_pattern"]
    sizes = axis_sizes(CONFIG, n_pos=5)

    check_dims(spec, (4, 5, 5), sizes)
    with pytest.raises(ShapeError) as caught:
        check_dims(spec, (4, 5, 6), sizes)
    assert str(caught.value).startswith(
        "blocks.1.attn.hook_pattern has shape (4, 5, 6), expected (head=4, query_pos=5, key_pos=5)."
    )
