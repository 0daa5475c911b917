"""From a checkpoint to the folder that the page loads: graph, shards, tokeniser, manifest."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from export.chat import segments_from_template
from export.checkpoint import n_params
from export.pack import WeightPack, write_hashed
from export.short_tokens import shortened
from export.start_ids import start_ids
from export.tensors import Blocks
from export.wiring import build_model
from seethrough.core.assets import GRAPH, TOKENIZER
from seethrough.core.errors import SourceError
from seethrough.core.hooks import expected_hooks
from seethrough.core.manifest import Manifest, to_json
from seethrough.core.tokenizer import Tokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from export.checkpoint import Checkpoint

WEIGHT_FILE = "weights.bin"


def pack_weights(checkpoint: Checkpoint) -> WeightPack:
    """Every tensor of the checkpoint in one weight file; a tied head is an alias."""
    pack = WeightPack()
    for name, stored in checkpoint.tensors.items():
        # ONNX's Gather knows no 4-bit numbers, so an embedding is stored as 8-bit ones.
        if name == "W_E" and isinstance(stored, Blocks):
            pack.add(name, replace(stored, bits=8))
        else:
            pack.add(name, stored)
    if checkpoint.config.tie_word_embeddings:
        pack.alias_transposed("W_U", "W_E")
    return pack


def check_tokens(tokenizer: Tokenizer, before: tuple[int, ...], n_rows: int) -> None:
    """Refuse a tokeniser that may give an id without a row in the embedding.

    Args:
        before: The ids that it puts before a text.
        n_rows: The rows of the embedding.

    Raises:
        SourceError: It has more ids than there are rows.
    """
    n_tokens = max(tokenizer.vocab_size, *(token + 1 for token in before), 0)
    if n_tokens > n_rows:
        raise SourceError("source.tokens_beyond", n_tokens=n_tokens, n_rows=n_rows)


def write_package(checkpoint: Checkpoint, folder: Path, *, model_id: str, title: str) -> Manifest:
    """Write the model folder; the manifest goes last, so a folder that has one is whole.

    Raises:
        SourceError: The tokeniser is of a kind that the page cannot read, or has more tokens than
            the model has rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pack = pack_weights(checkpoint)
    model = build_model(checkpoint.config, pack, name=model_id, weight_file=WEIGHT_FILE)
    tokens = shortened(checkpoint.tokenizer)
    tokenizer = json.dumps(tokens, ensure_ascii=False, separators=(",", ":"))
    # The page would refuse it, much later.
    before = start_ids(checkpoint.tokenizer)
    check_tokens(Tokenizer.from_json(tokenizer), before, checkpoint.config.d_vocab)
    chat, reason = segments_from_template(checkpoint.chat_template, **checkpoint.special_tokens)
    manifest = Manifest(
        id=model_id,
        title=title,
        config=checkpoint.config,
        hooks=tuple(spec.name for spec in expected_hooks(checkpoint.config)),
        assets=(
            write_hashed(GRAPH, folder, "graph.onnx", model.SerializeToString()),
            write_hashed(TOKENIZER, folder, "tokenizer.json", tokenizer.encode()),
            *pack.write_shards(folder),
        ),
        weight_file=WEIGHT_FILE,
        weight_bytes=pack.size_bytes,
        tensors=tuple(pack.entries.values()),
        start_ids=before,
        end_ids=checkpoint.end_ids,
        n_params=n_params(checkpoint),
        licence=checkpoint.licence,
        origin=checkpoint.origin,
        chat=chat,
        chat_reason=reason,
    )
    (folder / "manifest.json").write_text(to_json(manifest), encoding="utf-8")
    return manifest
