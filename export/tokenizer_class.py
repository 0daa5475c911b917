"""The class by which transformers reads a folder's tokeniser, and what the class itself decides.

Most folders' tokenizer.json is taken as it is. Two classes take only the vocabulary, the merges and
the post-processor from it and wire the rest by themselves; they also have special tokens of their
own where no file names others.
Source: AutoTokenizer, GPT2Tokenizer and LlamaTokenizer of transformers 5.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from export.tokenizer_json import BYTE_LEVEL, RESTORE, STRIP
from seethrough.core.errors import SourceError

Content = dict[str, Any]
Told = Mapping[str, Any]

GPT2, LLAMA, GPT_NEOX = "GPT2Tokenizer", "LlamaTokenizer", "GPTNeoXTokenizer"
# They take a tokenizer.json as it is.
GENERIC = frozenset({"PreTrainedTokenizer", "TokenizersBackend", "PythonBackend"})
# Others that wire by themselves; what they would make of a file is not known here.
OWN_WIRING = frozenset(
    {
        *("BartTokenizer", "BlenderbotTokenizer", "CLIPTokenizer", "CodeGenTokenizer"),
        *("CodeLlamaTokenizer", "CohereTokenizer", "DebertaTokenizer", "EsmcTokenizer"),
        *("GemmaTokenizer", "HerbertTokenizer", "LEDTokenizer"),
        *("LayoutLMv3Tokenizer", "LukeTokenizer", "MarkupLMTokenizer", "MvpTokenizer"),
        *("NllbTokenizer", "NougatTokenizer", "OpenAIGPTTokenizer", "Qwen2Tokenizer"),
        *("Qwen3_5Tokenizer", "ReformerTokenizer", "RobertaTokenizer", "SeamlessM4TTokenizer"),
        *("Siglip2Tokenizer", "WhisperTokenizer"),
    }
)
DEFAULTS: dict[str, dict[str, str]] = {
    GPT2: dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>"),
    GPT_NEOX: {
        **dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>"),
        "pad_token": "<|padding|>",
    },
    LLAMA: {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
}
# A model whose folder names no class has that of its kind, or takes its file as it is.
OF_MODELS = {"gpt2": GPT2, "gpt_neo": GPT2, "gpt_neox": GPT_NEOX}


def class_of(told: Told, settings: Told, content: Told) -> str:
    """The class's name without "Fast"; empty where the file is taken as it is.

    Args:
        told: What tokenizer_config.json says.
        settings: What config.json says.
        content: The tokenizer.json.

    Raises:
        SourceError: It is one that wires by itself and is not known here.
    """
    declared = told.get("tokenizer_class") or settings.get("tokenizer_class")
    name = str(declared or OF_MODELS.get(str(settings.get("model_type")), ""))
    name = name.removesuffix("Fast")
    if name in OWN_WIRING:
        raise SourceError("tokens.other_class", got=name)
    if name == LLAMA and "ByteLevel" in _types(content):
        return ""  # Llama 3's files, which transformers takes as they are
    return name if name in DEFAULTS else ""


def wired(content: Content, name: str, told: Told) -> Content:
    """The tokenizer.json as a class makes it anew; the same where that means the same.

    Raises:
        SourceError: The class cannot be meant: the file has another kind of vocabulary.
    """
    return WIRED[name](content, told) if name else content


def _gpt2(content: Content, told: Told) -> Content:
    if "ByteLevel" not in _types(content):
        raise SourceError("tokens.other_class", got=GPT2)
    has_prefix = bool(told.get("add_prefix_space", False))
    if not has_prefix and _splits_digits(content) and not _joins_digits(content):
        return content  # SmolLM2's: the class forgets the split, and nothing was ever joined there
    split = BYTE_LEVEL | {"add_prefix_space": has_prefix}
    model = content["model"] | {"unk_token": None, "ignore_merges": False}
    return content | {
        "normalizer": None,
        "pre_tokenizer": split,
        "decoder": BYTE_LEVEL,
        "model": model,
    }


def _gpt_neox(content: Content, told: Told) -> Content:
    adds = [name for name in ("add_bos_token", "add_eos_token") if told.get(name)]
    if "ByteLevel" not in _types(content) or adds:
        raise SourceError("tokens.other_class", got=" with ".join([GPT_NEOX, *adds]))
    split = BYTE_LEVEL | {"add_prefix_space": bool(told.get("add_prefix_space", False))}
    model = content["model"] | {"unk_token": None, "ignore_merges": False}
    return content | {
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": split,
        "decoder": BYTE_LEVEL,
        "model": model,
        "post_processor": None,  # the class makes its own, which adds nothing
    }


def _llama(content: Content, told: Told) -> Content:
    asked = told.get("add_prefix_space")
    has_prefix = asked is None or bool(asked)
    scheme = ("always" if told.get("legacy", False) else "first") if has_prefix else "never"
    decoders = [RESTORE, {"type": "ByteFallback"}, {"type": "Fuse"}, *([STRIP] * has_prefix)]
    split = {
        "type": "Metaspace",
        "replacement": "▁",
        "prepend_scheme": scheme,
        "split": False,
    }
    model = content["model"] | {"byte_fallback": True, "fuse_unk": True, "ignore_merges": False}
    return content | {
        "normalizer": None,
        "pre_tokenizer": split,
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": model | {"unk_token": None},
    }


WIRED: dict[str, Callable[[Content, Told], Content]] = {
    GPT2: _gpt2,
    GPT_NEOX: _gpt_neox,
    LLAMA: _llama,
}


def _types(content: Told) -> set[str]:
    """The types of all steps of a tokenizer.json."""
    steps = [content.get(name) for name in ("normalizer", "pre_tokenizer", "decoder")]
    found = json.dumps(steps)
    return {name for name in ("ByteLevel", "Metaspace", "Digits") if f'"{name}"' in found}


def _splits_digits(content: Told) -> bool:
    return "Digits" in _types(content)


def _joins_digits(content: Told) -> bool:
    """Whether a token of the vocabulary has a digit beside anything else."""
    return any(
        len(token) > 1 and any(letter.isnumeric() for letter in token)
        for token in content["model"]["vocab"]
    )
