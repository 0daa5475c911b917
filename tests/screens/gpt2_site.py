"""A site beside the built one whose model has distilgpt2's true shape and GPT-2's vocabulary.

Its weights are seeded noise, so its words mean nothing; its pictures are those of a GPT-2.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING
from unittest import mock

from export import quantize
from export.package import write_package
from export.site import copy_models, write_page, write_service_worker
from export.sources import read_checkpoint
from tests import tiny_gpt2, vocabularies
from tests.own_loop import apart

if TYPE_CHECKING:
    from pathlib import Path

MODEL_ID = "distilgpt2-shape"
TITLE = "distilgpt2's shape"


def write_checkpoint(folder: Path) -> Path:
    """A hub folder in distilgpt2's shape with GPT-2's own tokeniser files."""
    tiny_gpt2.write_folder(tiny_gpt2.DISTILGPT2, folder, settings={"eos_token_id": 50256})
    (folder / "tokenizer.json").unlink()
    vocabularies.copy_gpt2_files(folder)
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 1024}', encoding="utf-8")
    return folder


def build_site(dist: Path, work: Path) -> Path:
    """The built site with this model instead of its own; returns its folder."""
    source, made = work / "source", work / MODEL_ID
    source.mkdir()
    origin = {"licence": "none", "source": "seeded noise"}
    with mock.patch.object(quantize, "N_TRIED", 1):  # noise is as good in any scale
        checkpoint = quantize.quantized(read_checkpoint(write_checkpoint(source), origin))
    write_package(checkpoint, made, model_id=MODEL_ID, title=TITLE)
    return site_with(dist, made, work / "site")


def site_with(dist: Path, made: Path, site: Path) -> Path:
    """The built site with an exported model instead of its own; returns its folder."""
    shutil.copytree(dist, site, ignore=shutil.ignore_patterns("models", "models.json"))
    listed = copy_models((made,), site)
    apart(lambda: write_page(site))
    write_service_worker(site, listed)
    return site
