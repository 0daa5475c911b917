"""Every storage and wiring of the tiny checkpoints against transformers, which reads the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.native import NativeModel
from export.package import write_package
from export.sources import read_checkpoint
from seethrough.core.reference import forward
from tests.parity import TOLERANCES, parity_names, relative_errors, worst
from tests.tiny import IDS, VARIANTS, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.reference.oracle import Transformers

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("name", VARIANTS)
def test_tiny_models_are_transformers(
    name: str, tmp_path: Path, make_transformers: Callable[..., Transformers]
):
    """Every hook at every position, from the same file by two readers, in float32 and float64."""
    written = write(VARIANTS[name], tmp_path / "source")
    oracle = make_transformers("gguf" if written.tiny.is_gguf else "folder", written.path)
    checkpoint = read_checkpoint(written.path, {})
    manifest = write_package(checkpoint, tmp_path / "out", model_id="tiny", title="Tiny")

    got = NativeModel(tmp_path / "out", threads=1).run(IDS, parity_names(manifest))
    errors = relative_errors(oracle.hooks(IDS), got)
    assert worst(errors, 1)[0][0] <= TOLERANCES["hook"].bound, worst(errors, 1)

    exact, _ = forward(checkpoint.config, checkpoint.weight, IDS, dtype=np.float64)
    errors = relative_errors(oracle.in_float64().hooks(IDS), exact)
    # The rotary angles are float32 in transformers' float64, too.
    assert worst(errors, 1)[0][0] <= TOLERANCES["angles"].bound, worst(errors, 1)
