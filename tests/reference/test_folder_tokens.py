"""Random settings of a tokeniser in all the files that may hold them: ours and transformers'."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from export.folder_tokens import tokens_of
from export.start_ids import start_ids
from seethrough.core.errors import SourceError
from seethrough.core.tokenizer import Tokenizer
from tests.tiny import Tiny, tokenizer_dict
from tests.tokenizer_cases import SEED, spaced

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.reference

ROOM = 320
TOKENS = ("<s>", "</s>", "<|endoftext|>", "<|im_end|>", "<new>", "<x>", "hello", "")
CLASSES = (
    *(None, "PreTrainedTokenizerFast", "GPT2Tokenizer", "GPT2TokenizerFast", "TokenizersBackend"),
    *("LlamaTokenizer", "LlamaTokenizerFast", "NoSuch", "PreTrainedTokenizer"),
    *("GPTNeoXTokenizer", "GPTNeoXTokenizerFast"),
)
TEXTS = ("hello w", "<s>hello</s> a", "<new> b<x>", "<|im_end|>hello<|endoftext|> w", "<y>  a é")


def token(rng: random.Random, *, is_new: bool = True) -> Any:  # noqa: ANN401 - a text or a record
    """A special token as a file writes it."""
    content = rng.choice(TOKENS)
    if rng.random() < 0.6:
        return content
    flags = {"lstrip": False, "rstrip": False, "single_word": False}
    record = {"content": content, "normalized": rng.random() < 0.3, **flags}
    return record | ({"__type": "AddedToken", "special": rng.random() < 0.7} if is_new else {})


def settings(rng: random.Random) -> dict[str, Any]:
    """A tokenizer_config.json."""
    told: dict[str, Any] = {"tokenizer_class": rng.choice(CLASSES)}
    for name in ("bos_token", "eos_token", "unk_token", "pad_token"):
        if rng.random() < 0.35:
            told[name] = rng.choice([token(rng), None])
    some = {
        "image_token": rng.choice(TOKENS[:6]),
        "additional_special_tokens": [token(rng), token(rng)],
        "extra_special_tokens": {"video": "<x>"},
        "added_tokens_decoder": {
            str(number): {**token_record(rng)} for number in rng.sample((0, 1, 261, 264, 300), 2)
        },
        "add_bos_token": True,
        "legacy": rng.random() < 0.5,
    }
    return told | {name: value for name, value in some.items() if rng.random() < 0.2}


def token_record(rng: random.Random) -> dict[str, Any]:
    """A token of `added_tokens_decoder`."""
    flags = {"lstrip": False, "rstrip": False, "single_word": False}
    how = {"normalized": rng.random() < 0.3, "special": rng.random() < 0.6}
    return {"content": rng.choice(TOKENS[:7]), **flags, **how}


def write_folder(rng: random.Random, folder: Path) -> dict[str, Any]:
    """A checkpoint's folder without weights; returns its config.json."""
    is_metaspace = rng.random() < 0.3
    content = spaced() if is_metaspace else tokenizer_dict(Tiny())
    content["model"] = {"dropout": None, **content["model"]}
    kind = "llama" if is_metaspace else rng.choice(("gpt2", "llama", "gpt_neox", "gpt_neo"))
    files: dict[str, Any] = {"config.json": {"model_type": kind, "vocab_size": ROOM}}
    files["tokenizer_config.json"] = settings(rng)
    names = ("bos_token", "eos_token", "cls_token")
    older = {name: token(rng, is_new=False) for name in names if rng.random() < 0.5}
    files |= {"special_tokens_map.json": older} if rng.random() < 0.3 else {}
    files |= {"added_tokens.json": {"<x>": 270, "wh": 271}} if rng.random() < 0.2 else {}
    if is_metaspace or rng.random() < 0.75:
        files["tokenizer.json"] = content
    else:
        files["vocab.json"] = content["model"]["vocab"]
        merges = [" ".join(pair) for pair in content["model"]["merges"]]
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    for name, data in files.items():
        (folder / name).write_text(json.dumps(data))
    config: dict[str, Any] = files["config.json"]
    return config


@pytest.mark.parametrize("seed", range(SEED, SEED + 40))
def test_a_folder_is_read_as_transformers_reads_it(seed: int, tmp_path: Path) -> None:
    """Special tokens have the same names, every text the same ids; or the folder is refused."""
    from transformers import AutoTokenizer  # noqa: PLC0415 - not everywhere

    config = write_folder(random.Random(seed), tmp_path)
    try:
        made = tokens_of(tmp_path, config, ROOM)
        before = start_ids(made.tokenizer)
    except SourceError:
        return
    try:
        theirs = AutoTokenizer.from_pretrained(tmp_path)
    except (TypeError, ValueError):
        return  # it does not load the folder either
    tokenizer = Tokenizer.from_json(made.tokenizer)

    assert made.special_tokens == dict(theirs.special_tokens_map)
    for text in TEXTS:
        assert [*before, *tokenizer.encode(text)] == theirs(text)["input_ids"], text
