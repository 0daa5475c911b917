from __future__ import annotations

import json
from typing import Any

import pytest
from tokenizers import Tokenizer as Oracle

from export.tokenizer_json import tokenizer_dict, tokenizer_json
from seethrough.core.errors import SourceError
from seethrough.core.tokenizer import Tokenizer
from tests import vocabularies
from tests.model_files import default_metadata, default_oracle, default_tokenizer
from tests.tokenizer_cases import seeded_texts


def metadata(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (metadata values)
    """A GGUF's tokeniser in small; None takes a key out."""
    fields: dict[str, Any] = {
        "model": "gpt2",
        "pre": "smollm",
        "tokens": ["<|s|>", "user", "Ġ", "1", "2", "a", "12", "Ġa"],
        "token_type": [3, 4, 1, 1, 1, 1, 1, 1],
        "merges": ["1 2", "Ġ a"],
        "add_space_prefix": False,
    }
    fields |= changes
    return {f"tokenizer.ggml.{key}": value for key, value in fields.items() if value is not None}


def llama_metadata(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (metadata values)
    """What a GGUF of a Llama holds of the real vocabulary."""
    source = json.loads(vocabularies.source("llama"))
    tokens = sorted(source["model"]["vocab"], key=source["model"]["vocab"].__getitem__)
    types = [6 if token.startswith("<0x") else 1 for token in tokens]
    types[:3] = [2, 3, 3]
    fields = {"model": "llama", "pre": "default", "tokens": tokens, "token_type": types}
    fields |= {"merges": source["model"]["merges"], "add_space_prefix": None, **changes}
    return metadata(**fields)


def oracle_ids(source: str, text: str) -> list[int]:
    """What the reference tokeniser makes of a text."""
    return Oracle.from_str(source).encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize(("pre", "ids"), [("smollm", [3, 4, 7]), ("gpt-2", [6, 7])])
def test_pre_decides_the_split(pre, ids):
    """`smollm` keeps digits apart; `gpt-2` merges them; the oracle and ours agree."""
    source = tokenizer_json(metadata(pre=pre))

    assert oracle_ids(source, "12 a") == ids
    assert Tokenizer.from_json(source).encode("12 a") == ids


def test_control_tokens_are_special_and_user_defined_ones_only_added():
    """Type 3 may be switched off in a reader's text; type 4 is always found, and is no role."""
    source = tokenizer_json(metadata())
    oracle, tokenizer = Oracle.from_str(source), Tokenizer.from_json(source)
    text = "<|s|>user"

    assert tokenizer.special_ids == {0}
    assert tokenizer.encode(text) == oracle.encode(text, add_special_tokens=False).ids == [0, 1]
    assert oracle.decode([0, 1], skip_special_tokens=True) == "user"
    assert tokenizer.encode(text, special=False) == [1]  # the letters of <|s|> have no tokens here


def test_json_is_compact():
    """No byte is spent on layout, and no character on an escape."""
    source = tokenizer_json(metadata())

    assert json.loads(source) == tokenizer_dict(metadata())
    assert ": " not in source
    assert "Ġa" in source


@pytest.mark.model
@pytest.mark.parametrize("text", ["1. First\n\n2. Second", "x  =  5", "a1b22c333", "\n\n1"])
def test_default_model_splits_single_digits(text):
    """Where transformers' GGUF conversion goes wrong (it forgets the digits), this does not."""
    encoding = default_oracle().encode(text, add_special_tokens=False)

    assert all(len(token) == 1 for token in encoding.tokens if any(map(str.isdigit, token)))
    assert default_tokenizer().encode(text) == encoding.ids


@pytest.mark.model
def test_default_model_is_whole():
    """Every token of the GGUF keeps its id; the 17 control tokens are the special ones."""
    oracle = default_oracle()
    tokens = default_metadata()["tokenizer.ggml.tokens"]

    assert [oracle.id_to_token(token_id) for token_id in range(len(tokens))] == tokens
    added = oracle.get_added_tokens_decoder()
    assert {token_id for token_id, token in added.items() if token.special} == set(range(17))


def test_llama_of_a_gguf_is_llama():
    """A GGUF that has Llama's merges gives the tokenizer.json of the original repository."""
    original, made = json.loads(vocabularies.source("llama")), tokenizer_dict(llama_metadata())

    for name in ("normalizer", "pre_tokenizer", "decoder", "added_tokens"):
        assert made[name] == original[name]
    texts = seeded_texts(1_000)
    tokenizer = Tokenizer.from_json(made)
    assert [tokenizer.encode(text) for text in texts] == [
        vocabularies.tokenizer("llama").encode(text) for text in texts
    ]


def test_llama_without_prefix_space():
    """`add_space_prefix` false leaves the text as it is, both ways; the oracle agrees."""
    source = tokenizer_json(llama_metadata(add_space_prefix=False))
    tokenizer, oracle = Tokenizer.from_json(source), Oracle.from_str(source)

    for text in ("Hello world", " a", "</s>b", ""):
        ids = tokenizer.encode(text)
        assert ids == oracle.encode(text, add_special_tokens=False).ids
        assert tokenizer.decode(ids) == oracle.decode(ids, skip_special_tokens=False) == text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pre": "llama-bpe"}, r"'tokenizer.ggml.pre' is 'llama-bpe', .* 'gpt-2', 'smollm'\."),
        ({"pre": None}, r"'tokenizer.ggml.pre' is nothing"),
        ({"model": "bert"}, r"'tokenizer.ggml.model' is 'bert', .* can read 'gpt2', 'llama'\."),
        ({"model": "llama", "merges": None, "pre": None}, r"neither .*merges. nor .*scores."),
        ({"model": "llama"}, r"'tokenizer.ggml.pre' is 'smollm', .* can read 'default'\."),
        ({"tokens": None}, r"has no 'tokenizer.ggml.tokens'"),
        ({"merges": None}, r"has no 'tokenizer.ggml.merges'"),
        ({"token_type": None}, r"has no 'tokenizer.ggml.token_type'"),
        ({"token_type": [1]}, r"has 8 tokens but 1 token types"),
        ({"tokens": ["a", "a"], "token_type": [1, 1]}, r"holds 1 tokens twice"),
        ({"add_space_prefix": True}, r"puts a space before the text"),
    ],
)
def test_what_is_not_supported_is_refused(changes, sentence):
    """Each thing that is wrong or not supported has its sentence."""
    with pytest.raises(SourceError, match=sentence):
        tokenizer_json(metadata(**changes))
