"""The small hub and its files, and what is said where something of it cannot be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from huggingface_hub import close_session, constants, file_download

from export.hub import fetch
from seethrough.core.errors import SeethroughError
from tests.hub_server import (
    COMMIT,
    REPO,
)

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = bytes(range(256)) * 4000
FILES = {
    "config.json": b'{"model_type": "gpt2"}',
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{}",
    "merges.txt": b"#version: 0.2\n",
    "README.md": b"---\nlicense: apache-2.0\n---\n",
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"pickle",
    "tf_model.h5": b"hdf",
    "onnx/model.onnx": b"onnx",
    ".gitattributes": b"*",
}


def point_at(monkeypatch, address: str) -> None:
    """What HF_ENDPOINT does at the start of a program."""
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(file_download.time, "sleep", lambda _seconds: None)
    close_session()


def sentence_of(folder: Path, revision: str = COMMIT, repo: str = REPO) -> tuple[str, str]:
    """The key of the error that a fetch ends in, and its sentence; nothing is taken for whole."""
    with pytest.raises(SeethroughError) as caught:
        fetch(repo, revision, folder)
    assert not (folder / "hub.json").exists()
    assert "{" not in str(caught.value)
    return caught.value.key, str(caught.value)
