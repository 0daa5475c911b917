"""The further parts of a recorded walk: what single steps need beyond core/recording.py.

Each is a safetensors file of its own of at most 400 KB, every number exact. Its arrays, by name:

    logits: hook_embed, hook_pos_embed (where positions are learned) [recorded position, d_model]
            ln_final.hook_scale, .hook_normalized, .hook_norm_out [1, ·]: of the last position
            logits [1, d_vocab]: of the last position; missing where the vocabulary is too large
            W_U [k, d_model]: the unembedding of the recording's best tokens, one by one
    layers: blocks.{l}.hook_attn_out, .hook_resid_mid (where there is one), .hook_mlp_out
            [recorded position, d_model]
            logits_top_values, logits_top_ids [n_layers + 1, k], logits_logsumexp [n_layers + 1]:
            of the last position's residual states, the one before each layer and the last one

What is inside the layers lies in parts of its own (core/insides.py), of at most 650 KB each.

Its metadata names the recording, its token ids and the very graph and shards, as the recording's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core import hooks
from seethrough.core.captured import FIRST_OF_UNEMBED
from seethrough.core.errors import SourceError
from seethrough.core.hooks import hook_name
from seethrough.core.insides import (
    READING_PART,
    UNEMBEDDING,
    inside_dims,
    is_whole,
    layer_of_part,
    opened_all,
    reading_dims,
    reading_ids,
)
from seethrough.core.recorded import check_arrays, is_rising, kind, metadata_of, read_told, row
from seethrough.core.safetensors import read_safetensors
from seethrough.core.tokens import Candidate, candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.recording import Recording

LOGITS_PART, LAYERS_PART = "logits", "layers"
PARTS = (LOGITS_PART, LAYERS_PART)
# Where they lie, below the recordings.
PARTS_FOLDER = "parts"
WRITES = (hooks.ATTN_OUT, hooks.RESID_MID, hooks.MLP_OUT)
LENS = (hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP)


@dataclass(frozen=True, eq=False)
class Part:
    """One part. `positions` are those whose hooks it holds, in order.

    `lens`: of each residual state of the last position, the best next tokens; only in "layers".
    `words`: how many more of the best next tokens are shown, by id; only in "logits".
    """

    name: str
    recording: str
    graph_sha256: str
    shard_sha256s: tuple[str, ...]
    ids: tuple[int, ...]
    positions: tuple[int, ...]
    lens: tuple[tuple[Candidate, ...], ...]
    words: Mapping[int, str]
    arrays: Mapping[str, Array]

    def more(self, recording: Recording) -> tuple[dict[str, Array], dict[str, tuple[int, ...]]]:
        """Its arrays by hook name, and which positions each holds: what `Captured.with_more` takes.

        Rows of W_U stand under their token's id. What is not in the positions is whole.
        """
        n_pos = len(self.ids)
        if layer_of_part(self.name) is not None:
            arrays = opened_all(self.arrays, n_pos)
            return arrays, {name: self.positions for name in arrays if not is_whole(name)}
        if self.name == READING_PART:
            ids = reading_ids(recording, self.arrays[UNEMBEDDING].shape[1])
            every = tuple(range(n_pos))
            return {**self.arrays}, {hooks.FINAL_SCALE: every, UNEMBEDDING: ids}
        arrays = {name: array for name, array in self.arrays.items() if name not in LENS}
        positions = dict.fromkeys(arrays, self.positions)
        for name in arrays.keys() & FIRST_OF_UNEMBED:
            positions[name] = (n_pos - 1,)
        if UNEMBEDDING in arrays:
            positions[UNEMBEDDING] = tuple(item.id for item in recording.top)
        return arrays, positions

    def check_against(self, recording: Recording, config: ModelConfig) -> None:
        """Refuse a part that is not of this recording, or whose numbers do not fit it.

        Raises:
            SourceError: Of another recording, model or prompt; dims that do not fit; NaN or
                infinity; best tokens that are not the recording's.
        """
        made_with = (self.recording, self.graph_sha256, self.shard_sha256s, self.ids)
        wanted = (recording.id, recording.graph_sha256, recording.shard_sha256s, recording.ids)
        if made_with != wanted:
            raise SourceError("recording.other_part", part=self.name, id=recording.id)
        if not self.positions or not is_rising(self.positions, len(self.ids)):
            raise SourceError("recording.unreadable", part="positions")
        if any(not 0 <= token < config.d_vocab for token in self.words):
            raise SourceError("recording.unreadable", part="words")
        layer = layer_of_part(self.name)
        if layer is not None and layer >= config.n_layers:
            raise SourceError("recording.unreadable", part="name")
        check_arrays(self.arrays, self._dims(recording, config))
        if self.name == LAYERS_PART:
            self._check_lens(config)
        elif hooks.LOGITS in self.arrays:
            self._check_logits(recording)

    def _dims(self, recording: Recording, config: ModelConfig) -> dict[str, tuple[int, ...]]:
        """What the file has to hold: each array's dims."""
        n_kept, n_states = len(self.positions), config.n_layers + 1
        layer = layer_of_part(self.name)
        if layer is not None:
            return inside_dims(config, layer, len(self.ids), n_kept)
        if self.name == READING_PART:
            return reading_dims(recording, config)
        if self.name == LAYERS_PART:
            n_best = len(self.lens[0]) if self.lens else 0
            return {
                **dict.fromkeys(write_names(config), (n_kept, config.d_model)),
                **dict.fromkeys((hooks.TOP_VALUES, hooks.TOP_IDS), (n_states, n_best)),
                hooks.LOGSUMEXP: (n_states,),
            }
        has_logits = hooks.LOGITS in self.arrays
        return {
            **dict.fromkeys(hooks.embed_leaves(config), (n_kept, config.d_model)),
            **dict.fromkeys(hooks.FINAL_LEAVES, (1, config.d_model)),
            hooks.FINAL_SCALE: (1, 1),
            UNEMBEDDING: (len(recording.top), config.d_model),
            **({hooks.LOGITS: (1, config.d_vocab)} if has_logits else {}),
        }

    def _check_lens(self, config: ModelConfig) -> None:
        """Each state has as many best tokens as the others, all of them in the vocabulary."""
        ids = self.arrays[hooks.TOP_IDS]
        if not ids.size or ids.min() < 0 or ids.max() >= config.d_vocab:
            raise SourceError("recording.unreadable", part=hooks.TOP_IDS)
        if not all(math.isfinite(item.prob) for best in self.lens for item in best):
            raise SourceError("recording.not_finite", name=hooks.TOP_VALUES)

    def _check_logits(self, recording: Recording) -> None:
        """The best tokens have the logits that the recording says."""
        logits = self.arrays[hooks.LOGITS][0]
        if any(float(logits[item.id]) != item.logit for item in recording.top):
            raise SourceError("recording.other_part", part=self.name, id=recording.id)


def write_names(config: ModelConfig) -> tuple[str, ...]:
    """What stands between two residual states, layer by layer."""
    known = hooks.block_leaves(config)
    leaves = [leaf for leaf in WRITES if leaf in known]
    return tuple(hook_name(leaf, layer) for layer in range(config.n_layers) for leaf in leaves)


def part_from_bytes(data: bytes) -> Part:
    """Read a part; whether it fits its recording is for `check_against` to say.

    Raises:
        SourceError: Cut short, not a part, of another format version, values of another kind.
    """
    metadata, arrays = read_safetensors(data)
    part = read_told(metadata, lambda told: _part(told, arrays))
    if part.name not in (*PARTS, READING_PART) and layer_of_part(part.name) is None:
        raise SourceError("recording.unreadable", part="name")
    return part


def part_metadata(part: Part) -> dict[str, str]:
    """The file's metadata, the inverse of what `part_from_bytes` reads; arrays go beside it."""
    return metadata_of(
        {
            "part": part.name,
            "recording": part.recording,
            "graph_sha256": part.graph_sha256,
            "shard_sha256s": part.shard_sha256s,
            "ids": part.ids,
            "positions": part.positions,
            "lens": [[[item.text, item.visible] for item in best] for best in part.lens],
            "words": list(part.words.items()),
        }
    )


def _part(told: Mapping[str, Any], arrays: dict[str, Array]) -> Part:
    """The record of the metadata, each value of its kind."""
    return Part(
        name=kind(told["part"], str),
        recording=kind(told["recording"], str),
        graph_sha256=kind(told["graph_sha256"], str),
        shard_sha256s=tuple(kind(value, str) for value in told["shard_sha256s"]),
        ids=tuple(kind(value, int) for value in told["ids"]),
        positions=tuple(kind(value, int) for value in told["positions"]),
        lens=_lens(told["lens"], arrays),
        words=dict(row(item, int, str) for item in told["words"]),
        arrays=arrays,
    )


def _lens(words: Any, arrays: Mapping[str, Array]) -> tuple[tuple[Candidate, ...], ...]:  # noqa: ANN401 - JSON
    """The best tokens of each state: the arrays' numbers with the metadata's words."""
    if not words:
        return ()
    values, ids, totals = (arrays[name].tolist() for name in LENS)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused after
        return tuple(
            tuple(
                candidate(token, logit, total, *row(told, str, str))
                for token, logit, told in zip(*best, strict=True)
            )
            for total, *best in zip(totals, ids, values, words, strict=True)
        )
