"""Exported models in native onnxruntime, opened once in a process: SmolLM2 takes seconds."""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING
from unittest import mock

from export import record
from export.native import NativeModel
from export.record import Recorder

if TYPE_CHECKING:
    from pathlib import Path


# A whole run opens dozens of folders' models; more than these at once are no file's need.
N_OPEN = 4


def native(folder: Path) -> NativeModel:
    """A folder's model in one thread; its KV cache is the caller's own, and empty."""
    model = copy(_opened(folder.resolve()))
    model.reset()
    return model


@lru_cache(maxsize=N_OPEN)
def _opened(folder: Path) -> NativeModel:
    return NativeModel(folder, threads=1)


def recorder_of(folder: Path) -> Recorder:
    """A recorder of the same model."""
    with mock.patch.object(record, "NativeModel", lambda folder, threads: native(folder)):  # noqa: ARG005 - as it is called
        return Recorder(folder, threads=1)
