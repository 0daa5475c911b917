"""The GPT-2 family against transformers, which reads the same folder: tiny ones and true shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.native import NativeModel
from export.package import write_package
from export.quantize import quantized
from export.sources import read_checkpoint
from seethrough.core.hooks import expected_hooks
from seethrough.core.reference import forward
from tests.parity import TOLERANCES, parity_names, relative_errors, worst
from tests.tiny import IDS
from tests.tiny_gpt2 import DISTILGPT2, GPT2_SMALL, VARIANTS, write_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.reference.gpt2_oracle import Gpt2Transformers
    from tests.tiny_gpt2 import TinyGpt2

pytestmark = pytest.mark.reference
# "January, February, March," and on, of the real vocabulary; every position is compared.
REAL_IDS = (21339, 11, 3945, 11, 2805, 11, 3035, 11, 1737, 11, 2795, 11, 50256, 0, 42, 1212)


def oracle(folder: Path) -> Gpt2Transformers:
    """Transformers' own reading of the folder; torch is imported here and not before."""
    from tests.reference.gpt2_oracle import Gpt2Transformers  # noqa: PLC0415

    return Gpt2Transformers.from_folder(folder)


def check(tiny: TinyGpt2, folder: Path, ids: Sequence[int]) -> None:
    """Graph against transformers in float32, numpy against it in float64: every hook, position."""
    write_folder(tiny, folder)
    theirs = oracle(folder)
    checkpoint = read_checkpoint(folder, {})
    manifest = write_package(checkpoint, folder / "out", model_id="tiny", title="Tiny")

    expected = theirs.hooks(ids)
    got = NativeModel(folder / "out", threads=1).run(list(ids), parity_names(manifest))
    errors = relative_errors(expected, got)
    assert set(errors) >= {spec.name for spec in expected_hooks(manifest.config)}
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound, worst(errors, 3)

    exact, _ = forward(checkpoint.config, checkpoint.weight, ids, dtype=np.float64)
    errors = relative_errors(theirs.in_float64().hooks(ids), exact)
    assert worst(errors, 1)[0][0] <= TOLERANCES["exact"].bound, worst(errors, 3)


@pytest.mark.parametrize("name", VARIANTS)
def test_tiny_models_are_transformers(name: str, tmp_path: Path):
    """Every hook at every position, from the same folder by two readers, prefixes and masks too."""
    check(VARIANTS[name], tmp_path, IDS)


@pytest.mark.parametrize("tiny", [DISTILGPT2, GPT2_SMALL], ids=["distilgpt2", "gpt2"])
def test_true_shapes_are_transformers(tiny: TinyGpt2, tmp_path: Path):
    """The same at the true widths, depths and vocabulary."""
    check(tiny, tmp_path, REAL_IDS)


def test_blocks_keep_the_prediction(tmp_path: Path):
    """In 8-bit blocks the numpy twin is the graph, and each probability is near the source's."""
    write_folder(DISTILGPT2, tmp_path)
    checkpoint = quantized(read_checkpoint(tmp_path, {}))
    manifest = write_package(checkpoint, tmp_path / "out", model_id="tiny", title="Tiny")
    names = parity_names(manifest)
    got = NativeModel(tmp_path / "out", threads=1).run(list(REAL_IDS), names)

    exact, _ = forward(checkpoint.config, checkpoint.weight, REAL_IDS, dtype=np.float64)
    errors = relative_errors(exact, got)
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound, worst(errors, 3)
    assert manifest.download_bytes <= 90_000_000
