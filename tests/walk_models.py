"""The models whose pages are held to transformers, and a page of each without a browser.

SmolLM2 is the built site's own. The GPT-2s are seeded: their numbers are such as 8-bit blocks hold
exactly, so the page runs the very checkpoint that transformers reads itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from export import quantize
from export.package import write_package
from export.site import copy_models
from export.sources import read_checkpoint
from tests import built, tiny_gpt2, vocabularies
from tests.tiny_gpt2 import DISTILGPT2, TinyGpt2

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).parents[1]
SMOLLM2, GPT2, DISTIL = "smollm2", "gpt2", "distilgpt2-shape"
REAL_VOCABULARY = 50257
REAL_END = 50256


@dataclass(frozen=True)
class Held:
    """A model and its golden file. `seeded`: the GPT-2 that it is, where it is one."""

    name: str
    seeded: TinyGpt2 | None = None

    @property
    def golden(self) -> Path:
        """Where transformers' numbers of it are."""
        return CHECKOUT / "tests" / "golden" / f"walk-{self.name}.json"

    @cache  # noqa: B019 - there are three of them, for the whole run
    def told(self) -> Mapping[str, Any]:
        """The golden numbers: `weights` (their digest) and what there is of each prompt."""
        told: dict[str, Any] = json.loads(self.golden.read_text(encoding="utf-8"))
        return told

    def digest(self) -> str | None:
        """A name for the seeded numbers, which the golden file was made of."""
        if self.seeded is None:
            return None
        return tiny_gpt2.digest_of(tiny_gpt2.grid_weights(self.seeded))


MODELS = {
    held.name: held
    for held in (
        Held(SMOLLM2),
        Held(GPT2, TinyGpt2(n_layers=3, n_ctx=128, seed=6)),
        Held(DISTIL, DISTILGPT2),
    )
}


def write_checkpoint(held: Held, folder: Path) -> Path:
    """A seeded GPT-2 as a hub folder; the one of true shape has the real vocabulary."""
    assert held.seeded is not None
    is_real = held.seeded.d_vocab == REAL_VOCABULARY
    tiny_gpt2.write_folder(
        held.seeded,
        folder,
        settings={"eos_token_id": REAL_END} if is_real else None,
        tensors=dict(tiny_gpt2.grid_weights(held.seeded)),
    )
    if is_real:
        (folder / "tokenizer.json").unlink()
        vocabularies.copy_gpt2_files(folder)
        (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    return folder


def site_of(held: Held, work: Path) -> Path:
    """A folder with the model's files as a site has them: the built site, or one made in `work`."""
    if held.seeded is None:
        return built.dist()
    checkpoint = read_checkpoint(write_checkpoint(held, work / "source"), {})
    with mock.patch.object(quantize, "N_TRIED", 1):  # the first loses nothing: grid_weights
        shipped = quantize.quantized(checkpoint, least=0)
    for name in checkpoint.tensors:
        same = np.array_equal(shipped.weight(name), checkpoint.weight(name))
        assert same, f"{name} is not shipped as it is, so transformers would run other numbers"
    write_package(shipped, work / held.name, model_id=held.name, title=held.name)
    site = work / "site"
    site.mkdir()
    copy_models((work / held.name,), site)
    return site
