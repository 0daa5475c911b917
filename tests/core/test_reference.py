from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seethrough.core import hooks
from seethrough.core.hooks import expected_hooks, hook_name
from seethrough.core.maths import log_sum_exp, softmax
from seethrough.core.reference import Knobs, forward, from_arrays
from tests.fake_engine import CONFIG, tiny_model

ARRAYS = tiny_model().arrays
WEIGHTS = from_arrays(ARRAYS)
IDS = (257, 290, 70, 5, 120, 121)
N_POS, N_LAYERS, N_HEADS, D_MODEL = 6, 2, 4, 32


def run(ids: tuple[int, ...] = IDS, **options: object) -> dict[str, np.ndarray]:
    """Every hook and the logits of one pass, in float64."""
    cache, _ = forward(CONFIG, WEIGHTS, ids, dtype=np.float64, **options)  # type: ignore[arg-type]
    return dict(cache)


def test_every_hook_is_captured_in_order() -> None:
    """The hooks of the table, each of its dims (the capture checks them), then the logits."""
    captured = run()

    names = [spec.name for spec in expected_hooks(CONFIG)]
    assert list(captured) == [*names, hooks.LOGITS, hooks.LOGSUMEXP]


def test_the_stream_is_a_sum() -> None:
    """Each block adds its attention's and its MLP's output to the stream, and nothing else."""
    captured = run()

    stream = captured["hook_embed"]
    np.testing.assert_array_equal(stream, ARRAYS["W_E"][list(IDS)])
    for layer in range(N_LAYERS):
        at = {leaf: captured[hook_name(leaf, layer)] for leaf in hooks.block_leaves(CONFIG)}
        np.testing.assert_array_equal(at[hooks.RESID_PRE], stream)
        np.testing.assert_allclose(at[hooks.RESID_MID], stream + at[hooks.ATTN_OUT])
        stream = at[hooks.RESID_MID] + at[hooks.MLP_OUT]
        np.testing.assert_allclose(at[hooks.RESID_POST], stream)


def test_a_pattern_is_the_softmax_of_its_scores() -> None:
    """Rows sum to 1, no position looks ahead, and grouped heads share their keys."""
    captured = run()
    scores = captured["blocks.1.attn.hook_attn_scores"]
    pattern = captured["blocks.1.attn.hook_pattern"]

    assert np.isneginf(scores[:, np.triu(np.ones((N_POS, N_POS), bool), 1)]).all()
    np.testing.assert_allclose(pattern, softmax(scores))
    np.testing.assert_allclose(pattern.sum(axis=-1), 1)
    q, k = captured["blocks.1.attn.hook_rot_q"], captured["blocks.1.attn.hook_rot_k"]
    for head in range(N_HEADS):
        for query in range(N_POS):
            for key in range(query + 1):
                by_hand = q[query, head] @ k[key, head // 2] / np.sqrt(8)
                assert scores[head, query, key] == pytest.approx(by_hand)


def test_z_is_the_pattern_s_mix_of_values() -> None:
    """Each head adds up the values of its group, weighted by its row of the pattern."""
    captured = run()
    pattern, v = captured["blocks.0.attn.hook_pattern"], captured["blocks.0.attn.hook_v"]

    for head in range(N_HEADS):
        np.testing.assert_allclose(
            captured["blocks.0.attn.hook_z"][:, head], pattern[head] @ v[:, head // 2]
        )


def test_norms_divide_then_weigh() -> None:
    """`hook_scale` is the divisor, `hook_normalized` comes before the weight."""
    captured = run()
    part = "blocks.1.ln2"

    before, after = captured["blocks.1.hook_resid_mid"], captured[f"{part}.hook_norm_out"]
    np.testing.assert_allclose(
        captured[f"{part}.hook_normalized"] * captured[f"{part}.hook_scale"], before
    )
    np.testing.assert_allclose(after, captured[f"{part}.hook_normalized"] * ARRAYS[f"{part}.w"])


def test_logits_come_from_the_tied_embedding() -> None:
    """W_U is W_E turned where the file has no W_U; the log-sum-exp is the logits' own."""
    captured = run()
    tied = {name: array for name, array in ARRAYS.items() if name != "W_U"}
    untied = {**ARRAYS, "W_U": ARRAYS["W_E"].T * 2}

    np.testing.assert_allclose(
        captured["logits"], captured["ln_final.hook_norm_out"] @ ARRAYS["W_E"].T.astype(float)
    )
    np.testing.assert_allclose(captured["logits_logsumexp"], log_sum_exp(captured["logits"]))
    for arrays, factor in ((tied, 1), (untied, 2)):
        cache, _ = forward(CONFIG, from_arrays(arrays), IDS, dtype=np.float64)
        np.testing.assert_allclose(cache["logits"], captured["logits"] * factor)


@pytest.mark.parametrize("cut", range(1, N_POS))
def test_a_cut_anywhere_equals_the_whole(cut: int) -> None:
    """The second half after the first half's keys and values has the whole run's numbers."""
    whole = run()
    first, past = forward(CONFIG, WEIGHTS, IDS[:cut], dtype=np.float64)
    second, present = forward(CONFIG, WEIGHTS, IDS[cut:], past=past, dtype=np.float64)

    assert (second.n_past, second.n_pos) == (cut, N_POS - cut)
    assert present[0][0].shape == (2, N_POS, 8)
    for spec in expected_hooks(CONFIG):
        if "query_pos" in spec.dims:
            np.testing.assert_allclose(second[spec.name], whole[spec.name][:, cut:], atol=1e-12)
        else:
            np.testing.assert_allclose(first[spec.name], whole[spec.name][:cut], atol=1e-12)
            np.testing.assert_allclose(second[spec.name], whole[spec.name][cut:], atol=1e-12)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 299), min_size=2, max_size=8), st.data())
def test_the_future_changes_nothing_before_it(ids: list[int], data: st.DataObject) -> None:
    """Another token at a position leaves every hook of the earlier positions as it was."""
    at = data.draw(st.integers(1, len(ids) - 1))
    other = [*ids[:at], (ids[at] + 1) % 300, *ids[at + 1 :]]

    before, after = run(tuple(ids)), run(tuple(other))

    for spec in expected_hooks(CONFIG):
        if "query_pos" in spec.dims:
            np.testing.assert_array_equal(
                before[spec.name][:, :at, :at], after[spec.name][:, :at, :at]
            )
        else:
            np.testing.assert_array_equal(before[spec.name][:at], after[spec.name][:at])


@pytest.mark.parametrize(("layer", "head"), [(0, 0), (0, 3), (1, 2)])
def test_a_head_s_scale_of_0_removes_its_part(layer: int, head: int) -> None:
    """attn_out loses exactly the head's z · W_O; earlier layers and other heads' z stay."""
    scale = np.ones((N_LAYERS, N_HEADS))
    scale[layer, head] = 0
    before, after = run(), run(knobs=Knobs(head_scale=scale))

    name = f"blocks.{layer}"
    w_o = ARRAYS[f"{name}.attn.W_O"].astype(np.float64)[head * 8 : head * 8 + 8]
    part = before[f"{name}.attn.hook_z"][:, head] @ w_o
    np.testing.assert_allclose(
        after[f"{name}.hook_attn_out"], before[f"{name}.hook_attn_out"] - part, atol=1e-12
    )
    assert not after[f"{name}.attn.hook_z"][:, head].any()
    np.testing.assert_array_equal(
        after[f"{name}.attn.hook_pattern"], before[f"{name}.attn.hook_pattern"]
    )
    assert np.abs(part).max() > 0.01


def test_a_scale_between_counts_in_part() -> None:
    """A head at one half writes one half, an MLP at −1 writes the opposite."""
    before = run()
    halved = run(knobs=Knobs(head_scale=np.full((N_LAYERS, N_HEADS), 0.5)))
    turned = run(knobs=Knobs(mlp_scale=np.array([-1.0, 1.0])))

    attn_out, mlp_out = "blocks.0.hook_attn_out", "blocks.0.hook_mlp_out"
    np.testing.assert_allclose(halved[attn_out], before[attn_out] / 2, atol=1e-12)
    np.testing.assert_allclose(turned[mlp_out], -before[mlp_out])
    np.testing.assert_array_equal(
        turned["blocks.0.mlp.hook_post"], before["blocks.0.mlp.hook_post"]
    )


def test_mlp_scale_0_leaves_the_attention() -> None:
    """Without its MLP a block hands on what its attention made."""
    after = run(knobs=Knobs(mlp_scale=np.zeros(N_LAYERS)))

    for layer in range(N_LAYERS):
        np.testing.assert_array_equal(
            after[f"blocks.{layer}.hook_resid_post"], after[f"blocks.{layer}.hook_resid_mid"]
        )


@pytest.mark.parametrize("entry", [0, 1, 2])
def test_resid_add_is_added_where_it_says(entry: int) -> None:
    """Entry l enters block l and shows in its resid_pre; the last one shows in resid_post."""
    vector = np.linspace(-1, 1, D_MODEL)
    resid_add = np.zeros((N_LAYERS + 1, N_POS, D_MODEL))
    resid_add[entry, 3] = vector
    before, after = run(), run(knobs=Knobs(resid_add=resid_add))

    name = "blocks.1.hook_resid_post" if entry == 2 else f"blocks.{entry}.hook_resid_pre"
    difference = after[name] - before[name]
    np.testing.assert_allclose(difference[3], vector, atol=1e-12)
    np.testing.assert_array_equal(difference[[0, 1, 2, 4, 5]], 0)
    np.testing.assert_array_equal(after["hook_embed"], before["hook_embed"])
    assert np.abs(after["logits"][3] - before["logits"][3]).max() > 0.01
    np.testing.assert_array_equal(after["logits"][:3], before["logits"][:3])


def test_resid_add_for_all_positions() -> None:
    """A position axis of length 1 adds the same vector everywhere."""
    one = np.ones((N_LAYERS + 1, 1, D_MODEL))

    shared = run(knobs=Knobs(resid_add=one))
    spelt_out = run(knobs=Knobs(resid_add=np.repeat(one, N_POS, axis=1)))

    np.testing.assert_allclose(shared["logits"], spelt_out["logits"])


def test_score_add_edits_a_row() -> None:
    """A hidden cell gets no attention; the row's other cells keep their proportions."""
    score_add = np.zeros((N_LAYERS, 1, N_POS, N_POS))
    score_add[0, 0, 4, 1] = -np.inf
    before, after = run(), run(knobs=Knobs(score_add=score_add))

    name = "blocks.0.attn.hook_pattern"
    row = before[name][:, 4].copy()
    row[:, 1] = 0
    np.testing.assert_allclose(after[name][:, 4], row / row.sum(axis=-1, keepdims=True))
    np.testing.assert_array_equal(after[name][:, :4], before[name][:, :4])


def test_one_number_for_a_whole_row_changes_nothing() -> None:
    """Only differences between scores count: a layer's shift by one number is no edit."""
    score_add = np.full((N_LAYERS, 1, 1, 1), 3.0)

    np.testing.assert_allclose(run(knobs=Knobs(score_add=score_add))["logits"], run()["logits"])


def test_neutral_knobs_change_nothing() -> None:
    """Ones and zeros give bit for bit the untouched pass."""
    neutral = Knobs(
        head_scale=np.ones((N_LAYERS, N_HEADS)),
        mlp_scale=np.ones(N_LAYERS),
        resid_add=np.zeros((N_LAYERS + 1, 1, D_MODEL)),
        score_add=np.zeros((N_LAYERS, 1, 1, 1)),
    )
    before, after = run(), run(knobs=neutral)

    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)


def test_any_state_can_be_unembedded() -> None:
    """The logit lens: (layer, position) pairs in the order asked for, layer 0 the embedding."""
    pairs = ((2, 5), (0, 1), (1, 1), (2, 0))
    captured, plain = run(unembed=pairs), run()

    states = [plain["blocks.0.hook_resid_pre"], plain["blocks.1.hook_resid_pre"]]
    states.append(plain["blocks.1.hook_resid_post"])
    for row, (layer, position) in enumerate(pairs):
        np.testing.assert_allclose(
            captured["ln_final.hook_normalized"][row] * captured["ln_final.hook_scale"][row],
            states[layer][position],
        )
    np.testing.assert_allclose(captured["logits"][[0, 3]], plain["logits"][[5, 0]])


def test_float32_is_close_to_float64() -> None:
    """The pass that the page's numbers are compared with is itself good to 1e-4."""
    narrow, _ = forward(CONFIG, WEIGHTS, IDS)
    wide = run()

    for name, array in narrow.items():
        assert array.dtype == np.float32, name
        np.testing.assert_allclose(array, wide[name], atol=1e-4, err_msg=name)


@pytest.mark.parametrize("n_key_value_heads", [1, 4])
def test_heads_share_keys_in_any_number(n_key_value_heads: int) -> None:
    """One group for all heads, or none at all, runs as two groups do."""
    config = replace(CONFIG, n_key_value_heads=n_key_value_heads)
    arrays = tiny_model(3, config).arrays

    cache, past = forward(config, from_arrays(arrays), IDS)

    assert cache["blocks.0.attn.hook_k"].shape == (N_POS, n_key_value_heads, 8)
    assert past[1][1].shape == (n_key_value_heads, N_POS, 8)
    np.testing.assert_allclose(cache["blocks.1.attn.hook_pattern"].sum(axis=-1), 1, atol=1e-6)
