"""The map of other vocabularies: seeded models of one layer, exported, mapped and put into sites.

Their rows are noise in clouds, so what lies near what means nothing; how many there are does.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np

from export import quantize
from export.package import write_package
from export.sources import read_checkpoint
from seethrough.core.manifest import from_json
from tests.screens.gpt2_site import site_with
from tests.tiny import Tiny, write_hub_folder

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.cache import Array

N_CLOUDS = 200
TOLD = re.compile(r"The map: (.*)")


@dataclass(frozen=True)
class Vocabulary:
    """How many rows of which width, and whose shape that is."""

    name: str
    n_rows: int
    n_heads: int
    d_head: int = 64


VOCABULARIES = (
    Vocabulary("GPT-2's", 50_257, 12),
    Vocabulary("TinyLlama's", 32_000, 32),
    Vocabulary("Gemma 3's", 262_144, 10),
)


def build_site(dist: Path, vocabulary: Vocabulary, work: Path) -> tuple[Path, str]:
    """The built site with such a model instead of its own; and what the map's maker told."""
    source, made, site = work / "source", work / "model", work / "site"
    source.mkdir(parents=True)
    write_checkpoint(vocabulary, source)
    with mock.patch.object(quantize, "N_TRIED", 1):  # noise is as good in any scale
        checkpoint = quantize.quantized(read_checkpoint(source, {"licence": "none", "source": "-"}))
    write_package(checkpoint, made, model_id="seeded", title=vocabulary.name)
    command = [sys.executable, "-m", "export.atlas", str(made), "--out", str(made / "atlas")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = TOLD.search(done.stdout)
    return site_with(dist, made, site), told.group(1) if told else done.stdout


def write_checkpoint(vocabulary: Vocabulary, folder: Path) -> None:
    """A hub folder of one layer with this many tokens, each a word of its own."""
    heads = {"n_heads": vocabulary.n_heads, "n_key_value_heads": vocabulary.n_heads}
    tiny = Tiny(n_layers=1, d_head=vocabulary.d_head, is_gguf=False, **heads)
    rows = {"model.embed_tokens.weight": clouds(vocabulary.n_rows, tiny.d_model)}
    write_hub_folder(tiny, folder, settings={"vocab_size": vocabulary.n_rows}, tensors=rows)
    file = folder / "tokenizer.json"
    told = json.loads(file.read_text("utf-8"))
    told["model"]["vocab"] |= {f"w{at}": at for at in range(tiny.d_vocab, vocabulary.n_rows)}
    file.write_text(json.dumps(told), "utf-8")


def clouds(n_rows: int, width: int) -> Array:
    """Rows in clouds, float32 [n_rows, width]."""
    random = np.random.default_rng(5)
    middles = random.standard_normal((N_CLOUDS, width), dtype=np.float32)
    rows = random.standard_normal((n_rows, width), dtype=np.float32)
    rows += middles[random.integers(0, N_CLOUDS, n_rows)]
    return rows


def n_tokens_of(site: Path) -> int:
    """How many tokens the first model of a site has."""
    manifest = next((site / "models").glob("*/manifest.json"))
    return from_json(manifest.read_text("utf-8")).config.d_vocab
