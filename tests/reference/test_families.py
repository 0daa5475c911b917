"""Each rotary family against transformers: every hook at every position, from folder and GGUF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.native import NativeModel
from export.package import write_package
from export.sources import read_checkpoint
from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.reference import forward
from tests.gguf_of_folder import gguf_of
from tests.parity import TOLERANCES, parity_names, relative_errors, scatter_bound, worst
from tests.reference.family_cases import FAMILIES, NOT_FROM_GGUF
from tests.tiny import IDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seethrough.core.cache import Array

pytestmark = pytest.mark.reference
N_GREEDY = 8


def close(single: Mapping[str, Array], double: Mapping[str, Array], got: Mapping[str, Array]):
    """Every hook at every position, by the rule of the default model: 1e-5 of float32.

    Where transformers' own float32 is further than a quarter of that from its float64, ours may be
    four times as far as that, up to 1e-4.
    """
    errors, scatter = relative_errors(single, got), relative_errors(double, single)
    shares = {name: error / scatter_bound(scatter[name]) for name, error in errors.items()}
    assert worst(shares, 1)[0][0] <= 1, worst(shares, 3)


def exactly(double: Mapping[str, Array], got: Mapping[str, Array]) -> None:
    """Every hook in float64; theirs has angles of float32, which six layers of norms enlarge."""
    errors = relative_errors(double, got)
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound, worst(errors, 3)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_transformers(name: str, tmp_path: Path) -> None:
    """Graph and numpy have all hooks of transformers' modules, a window biting; greedy goes on."""
    from tests.reference.family_oracle import (  # noqa: PLC0415
        greedy,
        hooks_of,
        in_float64,
        model_of,
    )

    folder = FAMILIES[name](tmp_path / "source")
    theirs, checkpoint = model_of(folder), read_checkpoint(folder, {})
    manifest = write_package(checkpoint, tmp_path / "out", model_id="tiny", title="Tiny")
    native, expected = NativeModel(tmp_path / "out", threads=1), hooks_of(theirs, IDS)

    assert set(expected) == set(parity_names(manifest))
    double = hooks_of(in_float64(theirs), IDS)
    close(expected, double, native.run(list(IDS), parity_names(manifest)))
    exact, _ = forward(checkpoint.config, checkpoint.weight, IDS, dtype=np.float64)
    exactly(double, exact)

    native.reset()
    fed, new = list(IDS), []
    for _ in range(N_GREEDY):
        at = [(manifest.config.n_layers, len(fed) - 1)]
        new.append(int(native.run(fed, [hooks.TOP_IDS], unembed=at)[hooks.TOP_IDS][0, 0]))
        fed = new[-1:]
    assert new == greedy(theirs, IDS, N_GREEDY)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_gguf_of_it_is_the_same_model(name: str, tmp_path: Path) -> None:
    """llama.cpp's layout of the same numbers gives the same config and weights, to the bit."""
    folder = FAMILIES[name](tmp_path / "source")
    file = gguf_of(folder, tmp_path / "tiny.gguf")
    ours, theirs = read_checkpoint(file, {}), read_checkpoint(folder, {})

    factors = theirs.config.rotary_factors
    np.testing.assert_allclose(ours.config.rotary_factors, factors, rtol=1e-6)
    assert [*ours.config.to_json()] == [*theirs.config.to_json()]
    for field, value in theirs.config.to_json().items():
        assert field == "rotary_factors" or ours.config.to_json()[field] == value, field
    assert set(ours.tensors) == set(theirs.tensors)
    for weight in theirs.tensors:
        np.testing.assert_array_equal(ours.weight(weight), theirs.weight(weight))


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in NOT_FROM_GGUF])
def test_a_gguf_in_blocks_is_transformers(name: str, tmp_path: Path) -> None:
    """Of a GGUF in 8-bit blocks, which transformers reads by itself, every hook is the same."""
    from tests.reference.family_oracle import hooks_of, in_float64, model_of  # noqa: PLC0415

    file = gguf_of(FAMILIES[name](tmp_path / "source"), tmp_path / "tiny.gguf", "Q8_0")
    manifest = write_package(
        read_checkpoint(file, {}), tmp_path / "out", model_id="tiny", title="Tiny"
    )
    got = NativeModel(tmp_path / "out", threads=1).run(list(IDS), parity_names(manifest))

    theirs = model_of(file)
    close(hooks_of(theirs, IDS), hooks_of(in_float64(theirs), IDS), got)


def test_gemma_s_window_hides(tmp_path: Path) -> None:
    """What lies before the window has a share of exactly 0, but in the sixth layer."""
    folder = FAMILIES["Gemma 3"](tmp_path / "source")
    checkpoint = read_checkpoint(folder, {})
    found, _ = forward(checkpoint.config, checkpoint.weight, IDS)

    for layer in range(6):
        pattern = found[hook_name(hooks.PATTERN, layer)]
        far = np.tril(np.ones(pattern.shape[1:], bool), -4)
        assert (pattern[:, far] == 0).all() == (layer < 5)
