"""The default model against transformers: every hook, every position, every prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.core import hooks
from seethrough.core.reference import forward
from tests.parity import (
    N_GREEDY,
    N_TOP,
    PROMPTS,
    TOLERANCES,
    capture_path,
    check_against_golden,
    goldens,
    load_capture,
    parity_names,
    prompt_ids,
    relative_errors,
    top_probabilities,
    worst,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from export.checkpoint import Checkpoint
    from export.native import NativeModel
    from seethrough.core.cache import Array
    from tests.reference.conftest import Judge, Oracles

pytestmark = pytest.mark.reference


@dataclass(frozen=True)
class Case:
    """One prompt, what transformers' float32 makes of it, and what our graph does."""

    name: str
    ids: list[int]
    reference: dict[str, Array]
    ours: dict[str, Array]


@pytest.fixture(scope="module", params=PROMPTS)
def case(request, native: NativeModel, oracles: Oracles) -> Case:
    """Each prompt in turn; transformers and the graph run once for it."""
    ids = prompt_ids(PROMPTS[request.param])
    return Case(request.param, ids, oracles.single.hooks(ids), run_whole(native, ids))


def run_whole(native: NativeModel, ids: Sequence[int]) -> dict[str, Array]:
    """Everything that parity is about, from one native run without a past."""
    native.reset()
    names = [*parity_names(native.manifest), hooks.TOP_VALUES, hooks.TOP_IDS]
    return native.run(ids, names, top_k=N_TOP)


def test_native_onnxruntime_gives_transformers_values(
    case: Case, native: NativeModel, judge: Judge
):
    """Every hook at every position of the exported graph is transformers', within 1e-5."""
    names = parity_names(native.manifest)
    got = {name: case.ours[name] for name in names}

    assert set(names) == set(case.reference)
    judge.check("native onnxruntime", case.name, case.ids, got, case.reference)


def test_numpy_reference_gives_transformers_values(
    case: Case, checkpoint: Checkpoint, weight: Callable[[str], Array], judge: Judge
):
    """The numpy forward pass, in float32, keeps the same bounds."""
    got, _ = forward(checkpoint.config, weight, case.ids)

    judge.check("numpy", case.name, case.ids, got, case.reference)


def test_chromium_gives_transformers_values(case: Case, judge: Judge):
    """Every hook at every position, as Chromium computed it (tests/browser/ saves it)."""
    path = capture_path(case.name)
    if not path.exists():
        pytest.fail(
            f"There is no capture of the prompt '{case.name}' ({path.name}). Run the browser tests "
            "first (`python3 build.py test -m browser`), which save one for each prompt in "
            ".cache/captures, or set SEETHROUGH_CAPTURES to their folder."
        )
    ids, arrays = load_capture(path)

    assert ids == case.ids
    judge.check("Chromium", case.name, ids, arrays, case.reference)


def test_probabilities_are_transformers(case: Case):
    """The ten most probable next tokens and their probabilities, as the page computes them."""
    expected, got = top_probabilities(case.reference[hooks.LOGITS][-1]), case.ours

    top = got[hooks.TOP_VALUES][-1].astype(np.float64) - got[hooks.LOGSUMEXP][-1]
    probs = dict(zip(got[hooks.TOP_IDS][-1].tolist(), np.exp(top).tolist(), strict=True))

    assert sorted(probs) == sorted(expected)
    gaps = [abs(probs[token] - prob) for token, prob in expected.items()]
    assert max(gaps) <= TOLERANCES["probability"].bound


def test_greedy_continuation_is_transformers(case: Case, native: NativeModel, oracles: Oracles):
    """24 tokens, one at a time through the KV cache, are the ones that transformers takes."""
    golden = goldens()[case.name].greedy
    taken, leads = oracles.single.follow(case.ids, golden)

    assert taken == golden, f"transformers' smallest lead was {min(leads)}"
    assert greedy(native, case.ids) == golden, f"transformers' smallest lead was {min(leads)}"
    assert len(golden) == N_GREEDY


def greedy(native: NativeModel, ids: Sequence[int]) -> list[int]:
    """The most probable continuation by the exported graph."""
    native.reset()
    fed, new = list(ids), []
    for _ in range(N_GREEDY):
        at = [(native.manifest.config.n_layers, len(fed) - 1)]
        new.append(int(native.run(fed, [hooks.TOP_IDS], unembed=at)[hooks.TOP_IDS][0, 0]))
        fed = new[-1:]
    return new


def test_goldens_are_transformers(case: Case, oracles: Oracles):
    """What the first tier is held to is what transformers gives today, in float64."""
    golden = goldens()[case.name]
    exact = oracles.exact(case.ids)

    assert golden.ids == case.ids
    top = top_probabilities(exact[hooks.LOGITS][-1])
    assert golden.top == pytest.approx(top, abs=1e-9)
    # A hundredth of the bound, because the goldens are stored in float32.
    assert check_against_golden(case.name, exact) < 0.02


def test_january():
    """The prompt of the documentation: " and" 0.514, " April" 0.255, " May" 0.064."""
    probs = sorted(goldens()["months"].top.values(), reverse=True)

    assert [round(prob, 3) for prob in probs[:3]] == [0.514, 0.255, 0.064]


def test_reordered_model_is_the_same_model(oracles: Oracles):
    """Other orders of summation change nothing but rounding: in float64 nothing is seen."""
    ids = prompt_ids(PROMPTS["months"])
    usual = oracles.double.hooks(ids)
    other = oracles.double.reordered(1).hooks(ids)

    assert worst(relative_errors(usual, other), 1)[0][0] < TOLERANCES["exact"].bound
