"""The default model held to transformers' values, without torch: tests/golden/ has them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.reference import forward
from seethrough.core.weights import decode_rows, find_tensor, row_ranges
from tests.native import native
from tests.parity import (
    N_GREEDY,
    N_TOP,
    PROMPTS,
    check_against_golden,
    check_top_against_golden,
    default_model,
    goldens,
    parity_names,
    prompt_ids,
    top_probabilities,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from export.native import NativeModel
    from seethrough.core.cache import Array

pytestmark = pytest.mark.model


@pytest.fixture(scope="module", name="native")
def opened() -> NativeModel:
    """The exported default model in native onnxruntime."""
    return native(default_model())


@pytest.fixture(scope="module")
def weights(native: NativeModel) -> Callable[[str], Array]:
    """The default model's weights, decoded from the exported bytes."""

    @cache
    def weight(name: str) -> Array:
        entry = find_tensor(native.manifest, name)
        if entry.layout == "transposed":
            return weight(entry.source).T
        rows = range(entry.dims[0])
        ranges = row_ranges(native.manifest, entry, rows)
        chunks = [native.data[at : at + size] for at, size in ranges]
        return decode_rows(native.manifest, entry, rows, chunks)

    return weight


def test_there_are_twelve_prompts_or_more():
    """Parity is about at least 12 prompts, every hook of each at every position."""
    whole = [one for one in goldens().values() if len(one.positions) == len(one.ids)]

    assert len(whole) >= 12
    assert set(goldens()) == set(PROMPTS)


@pytest.mark.parametrize("name", PROMPTS)
def test_ids(name: str):
    """The tokeniser and the chat template give the ids that the goldens were made from."""
    assert prompt_ids(PROMPTS[name]) == goldens()[name].ids


@pytest.mark.parametrize("name", PROMPTS)
def test_native_onnxruntime_hooks(name: str, native: NativeModel):
    """Every hook at every position of the exported graph is transformers'."""
    native.reset()
    names = parity_names(native.manifest)

    check_against_golden(name, native.run(goldens()[name].ids, names))


@pytest.mark.parametrize("name", ["months", "one token", "digits after spaces", "Ukrainian"])
def test_numpy_reference_hooks(name: str, native: NativeModel, weights: Callable[[str], Array]):
    """So is every hook of the numpy pass, from the bytes that the page reads weights from."""
    cache_, _ = forward(native.manifest.config, weights, goldens()[name].ids)

    assert set(parity_names(native.manifest)) == set(cache_)
    check_against_golden(name, cache_)


@pytest.mark.parametrize("name", PROMPTS)
def test_probabilities(name: str, native: NativeModel):
    """The ten most probable next tokens and their probabilities, as the page computes them."""
    native.reset()
    names = [hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP]
    ids = goldens()[name].ids
    at = [(native.manifest.config.n_layers, len(ids) - 1)]
    values, tokens, total = native.run(ids, names, unembed=at, top_k=N_TOP).values()

    probs = np.exp(values[0].astype(np.float64) - total[0])
    check_top_against_golden(name, dict(zip(tokens[0].tolist(), probs.tolist(), strict=True)))


@pytest.mark.parametrize("name", ["months", "code", "Chinese", "chat of three turns"])
def test_greedy_continuation(name: str, native: NativeModel):
    """24 tokens, one at a time through the KV cache, are the ones that transformers takes."""
    native.reset()
    fed, new = goldens()[name].ids, []
    for _ in range(N_GREEDY):
        at = [(native.manifest.config.n_layers, len(fed) - 1)]
        new.append(int(native.run(fed, [hooks.TOP_IDS], unembed=at)[hooks.TOP_IDS][0, 0]))
        fed = new[-1:]

    assert new == goldens()[name].greedy


def test_january():
    """The prompt of the documentation: " and" 0.514, " April" 0.255, " May" 0.064."""
    probs = sorted(goldens()["months"].top.values(), reverse=True)

    assert [round(prob, 3) for prob in probs[:3]] == [0.514, 0.255, 0.064]


def changed(name: str, arrays: dict[str, Array], change: Callable[[Array], Array]) -> bool:
    """Whether the check notices a change of one hook."""
    try:
        check_against_golden("months", {**arrays, name: change(arrays[name])})
    except AssertionError:
        return True
    return False


def swap_heads(array: Array) -> Array:
    """The first two heads of [pos, head, d_head], exchanged."""
    return array[:, [1, 0, *range(2, array.shape[1])]]


def test_the_check_notices(native: NativeModel):
    """Goldens are two numbers a position, and still see a swap, a sign, a scale and one cell."""
    native.reset()
    arrays = native.run(goldens()["months"].ids, parity_names(native.manifest))

    def nudge(array: Array) -> Array:
        array = array.copy()
        array[..., -1, 0] *= 1.01
        return array

    assert not changed("hook_embed", arrays, lambda array: array)
    assert changed("blocks.7.attn.hook_z", arrays, swap_heads)
    assert changed("blocks.12.hook_attn_out", arrays, np.negative)
    assert changed("blocks.12.hook_mlp_out", arrays, lambda array: array * np.float32(1.0001))
    assert changed("blocks.29.hook_resid_post", arrays, lambda array: np.roll(array, 1, axis=1))
    assert changed("blocks.3.attn.hook_pattern", arrays, nudge)
    assert changed(
        "blocks.3.attn.hook_attn_scores", arrays, lambda array: np.where(array < -9e9, -9e9, array)
    )


def test_top_probabilities_are_in_order():
    """The helper's probabilities sum to at most 1 and come largest first."""
    probs = list(top_probabilities(np.array([0.0, 3.0, 1.0, 2.0]), 3).items())

    assert [token for token, _ in probs] == [1, 3, 2]
    assert probs[0][1] == pytest.approx(0.6439, abs=1e-4)
