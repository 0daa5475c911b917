"""A trained model as any other: its manifest and its tokeniser, from what it learned."""

from __future__ import annotations

import hashlib
import json
from math import prod
from typing import TYPE_CHECKING, Any

from seethrough.core.assets import TOKENIZER, Asset
from seethrough.core.hooks import expected_hooks
from seethrough.core.manifest import Manifest, TensorEntry, TensorPart
from seethrough.core.train.corpus import END
from seethrough.core.train.flat import flat_of

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig
    from seethrough.core.train.corpus import Corpus

WEIGHT_FILE = "weights"
NUMBER_BYTES = 4


def tokenizer_of(corpus: Corpus) -> str:
    """A tokenizer.json in which every sign of a text is a token; other signs vanish."""
    vocab = {sign: index for index, sign in enumerate(corpus.alphabet)}
    told: dict[str, Any] = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "unk_token": None, "vocab": vocab, "merges": []},
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def manifest_of(
    config: ModelConfig, corpus: Corpus, graph: Asset, *, name: str, title: str
) -> Manifest:
    """The manifest of a trained model, whose weights are one vector in memory.

    A text begins and ends with END where documents do, so that stands before a prompt.
    """
    tokenizer = tokenizer_of(corpus).encode()
    digest = hashlib.sha256(tokenizer).hexdigest()
    ends = (corpus.alphabet.index(END),) if corpus.has_documents else ()
    flat = flat_of(config)
    return Manifest(
        id=name,
        title=title,
        config=config,
        hooks=tuple(spec.name for spec in expected_hooks(config)),
        assets=(graph, Asset(TOKENIZER, f"{name}.json", len(tokenizer), digest)),
        weight_file=WEIGHT_FILE,
        weight_bytes=NUMBER_BYTES * flat.size,
        tensors=_entries(config),
        end_ids=ends,
        n_params=flat.size,
        licence="",
        origin={},
        chat_reason={"key": "chat.no_template"},
        start_ids=ends,
    )


def _entries(config: ModelConfig) -> tuple[TensorEntry, ...]:
    flat = flat_of(config)
    entries = []
    for name, dims in flat.dims.items():
        place = NUMBER_BYTES * flat.places[name].start, NUMBER_BYTES * prod(dims)
        part = TensorPart("float32", dims, *place)
        entries.append(TensorEntry(name, dims, "plain", {"values": part}))
    if config.tie_word_embeddings:
        entries.append(TensorEntry("W_U", flat.dims["W_E"][::-1], "transposed", {}, source="W_E"))
    return tuple(entries)
