"""Tiny checkpoints, written, read, exported and opened once for all tests; a small hub."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest

from export.native import NativeModel
from export.package import write_package
from export.sources import read_checkpoint
from tests.export.small_hub import FILES, point_at
from tests.hub_server import SmallHub, served
from tests.tiny import VARIANTS, Written, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from export.checkpoint import Checkpoint
    from seethrough.core.manifest import Manifest


@dataclass
class Exported:
    """A tiny checkpoint on its way: the file, what we read, the folder, the running model."""

    written: Written
    checkpoint: Checkpoint
    folder: Path
    manifest: Manifest
    model: NativeModel


@pytest.fixture(scope="session")
def export_tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Exported]:
    """Gives a variant of tests/tiny.py by name, exported; its KV cache is empty."""

    @cache
    def make(name: str) -> Exported:
        folder = tmp_path_factory.mktemp("tiny")
        written = write(VARIANTS[name], folder)
        checkpoint = read_checkpoint(written.path, {"licence": "apache-2.0"})
        out = folder / "out"
        manifest = write_package(checkpoint, out, model_id="tiny", title="Tiny")
        return Exported(written, checkpoint, out, manifest, NativeModel(out, threads=1))

    def fresh(name: str) -> Exported:
        exported = make(name)
        exported.model.reset()
        return exported

    return fresh


@pytest.fixture(params=VARIANTS)
def tiny(request: pytest.FixtureRequest, export_tiny: Callable[[str], Exported]) -> Exported:
    """Every variant in turn."""
    return export_tiny(request.param)


@pytest.fixture
def grouped(export_tiny: Callable[[str], Exported]) -> Exported:
    """The variant with the most to go wrong: grouped queries, 4-bit blocks, a tied 8-bit head."""
    return export_tiny("gguf q4_1, grouped, tied to q8_0")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHub]:
    """A small hub that huggingface_hub takes for the real one; its pauses take no time."""
    with served(SmallHub(dict(FILES))) as small:
        point_at(monkeypatch, small.address)
        yield small
