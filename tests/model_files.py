"""The default model's tokeniser, read from its checkpoint."""

from __future__ import annotations

import json
import struct
from functools import cache
from pathlib import Path
from typing import IO, Any

from tokenizers import Tokenizer as Oracle

from export.tokenizer_json import tokenizer_json
from seethrough.core.tokenizer import Tokenizer
from tests.built import default_gguf

CHECKOUT = Path(__file__).parents[1]
# GGUF's value types, as struct codes; 8 is a string, 9 an array.
CODES = dict(zip([0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12], "BbHhIif?Qqd", strict=True))
STRING, ARRAY = 8, 9


@cache
def default_metadata() -> dict[str, Any]:
    """The GGUF's metadata; read here in a fraction of the seconds that the `gguf` package takes."""
    with default_gguf().open("rb") as file:
        magic, _version, _n_tensors, n_fields = struct.unpack("<4sIQQ", file.read(24))
        assert magic == b"GGUF"
        return dict(_field(file) for _ in range(n_fields))


@cache
def default_tokenizer_json() -> str:
    """The tokenizer.json that the export makes of the default model."""
    return tokenizer_json(default_metadata())


@cache
def default_tokenizer() -> Tokenizer:
    """The default model's tokeniser."""
    return Tokenizer.from_json(default_tokenizer_json())


@cache
def default_oracle() -> Oracle:
    """The reference tokeniser over the default model's tokenizer.json."""
    return Oracle.from_str(default_tokenizer_json())


@cache
def corpus() -> dict[str, list[str]]:
    """Sentences by language, and pieces of code."""
    path = CHECKOUT / "tests" / "data" / "token_corpus.json"
    texts: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def _field(file: IO[bytes]) -> tuple[str, Any]:
    return _value(file, STRING), _value(file, _number(file, "I"))


def _value(file: IO[bytes], kind: int) -> Any:  # noqa: ANN401 (any type that a GGUF can hold)
    if kind == STRING:
        return file.read(_number(file, "Q")).decode("utf-8")
    if kind == ARRAY:
        inner, count = _number(file, "I"), _number(file, "Q")
        return [_value(file, inner) for _ in range(count)]
    return _number(file, CODES[kind])


def _number(file: IO[bytes], code: str) -> Any:  # noqa: ANN401
    return struct.unpack(f"<{code}", file.read(struct.calcsize(f"<{code}")))[0]
