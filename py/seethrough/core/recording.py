"""A recorded walk: what the model made of one curated prompt, readable without the model.

A safetensors file of at most 400 KB, every number exact. Its arrays, by name:

    blocks.{l}.hook_resid_pre of every layer, blocks.{last}.hook_resid_post
        [recorded position, d_model]: the rows of the hook at `positions`.
    blocks.{l}.attn.hook_pattern of `layers`
        [head, T * (T + 1) / 2]: the lower triangle, row by row; the rest is masked, and 0.
    resid_norms
        [n_layers + 1, T]: the L2 norm of each residual state, of all positions.
    logits_top_values, logits_top_ids [1, k], logits_logsumexp [1]
        As the graph gives them, of the last position.

Its metadata has one entry, `seethrough`: JSON with everything else (core/recorded.py). What single
steps need beyond that lies in further files (core/parts.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core import film, heads, hooks
from seethrough.core.errors import SourceError
from seethrough.core.hooks import hook_name
from seethrough.core.recorded import check_arrays, is_rising, kind, metadata_of, read_told, row
from seethrough.core.safetensors import read_safetensors
from seethrough.core.tokens import (
    CONTEXT,
    DRAWN,
    END,
    GREEDY,
    LIMIT,
    STOPPED,
    Candidate,
    NewToken,
    TokenView,
    candidate,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.film import Film
    from seethrough.core.heads import Marked, Without
    from seethrough.core.manifest import Manifest

NORMS = "resid_norms"
STEP_VALUES = 6  # of a step in JSON; behind them its entropy, which older ones lack
MOST_LIKELY = 1 + 1e-6  # what rounding leaves of 1


@dataclass(frozen=True, eq=False)
class Recording:
    """One recorded walk. `positions` and `layers` are those whose numbers it holds, in order.

    `positions` is about the residual stream, `layers` about the attention patterns.
    `film` tells how the prompt became the tokens; each token of `continuation` has its step's best
    candidates.
    `marked` are heads worth a look at the last token, `without` what the model says without some of
    them; older recordings have neither.
    `graph_sha256` and `shard_sha256s` name the very files that it was made with.
    `read` are its own tokens from the second on, each as the model foresaw it; of a document
    alone (core/train/documents.py).
    `temperature` and `seed` tell how its continuation was drawn. A card of the gallery
    (core/gallery.py) is text alone: it has no arrays, so no positions and no layers.
    """

    id: str
    model: str
    prompt: str
    chat: bool
    graph_sha256: str
    shard_sha256s: tuple[str, ...]
    tokens: tuple[TokenView, ...]
    positions: tuple[int, ...]
    layers: tuple[int, ...]
    top: tuple[Candidate, ...]
    logsumexp: float
    continuation: tuple[NewToken, ...]
    stop: str
    film: Film
    arrays: Mapping[str, Array]
    marked: Marked | None = None
    without: Without = field(default_factory=dict)
    temperature: float = 0.0
    seed: int = 0
    read: tuple[NewToken, ...] = ()

    @property
    def is_text_alone(self) -> bool:
        """Whether it holds no numbers of the model's inside."""
        return not self.arrays

    @property
    def ids(self) -> tuple[int, ...]:
        """The prompt's token ids."""
        return tuple(token.id for token in self.tokens)

    @property
    def n_layers(self) -> int:
        """Layers of the model that it was made with."""
        return len(self.norms) - 1

    @property
    def norms(self) -> Array:
        """L2 norm of each residual state: [n_layers + 1, T], all positions."""
        return self.arrays[NORMS]

    def resid(self) -> Array:
        """The residual stream at the recorded positions, in order.

        Shapes: [n_layers + 1, len(positions), d_model]: hook_resid_pre of every layer, then the
        last hook_resid_post.
        """
        stream = np.stack([self.arrays[name] for name in stream_names(self.n_layers)])
        stream.flags.writeable = False
        return stream

    def pattern(self, layer: int) -> Array:
        """The attention pattern of one of `layers`: [head, query_pos, key_pos]."""
        return unpacked(self.arrays[hook_name(hooks.PATTERN, layer)], len(self.tokens))

    def check_against(self, manifest: Manifest) -> None:
        """Refuse a recording that was not made with the manifest's own files.

        Raises:
            SourceError: Another model, graph or weights, or sizes that are not the model's.
        """
        config, ids = manifest.config, [step.id for step in self.continuation]
        ids += [item.id for step in self.continuation for item in step.candidates]
        ids += [item.id for new in self.read for item in new.candidates]
        ids += [*self.ids, *(item.id for item in self.top)]
        ids += [item.id for best in self.without.values() for item in best]
        made_with = (self.graph_sha256, *self.shard_sha256s)
        is_same = (
            self.model == manifest.id
            and made_with == (manifest.graph.sha256, *(file.sha256 for file in manifest.shards))
            and (self.is_text_alone or self._has_sizes_of(config))
            and len(self.tokens) <= config.n_ctx
            and all(0 <= token < config.d_vocab for token in ids)
        )
        if not is_same:
            raise SourceError("recording.other_model", id=self.id, model=manifest.title)

    def _has_sizes_of(self, config: ModelConfig) -> bool:
        """Whether its arrays are of a model of these sizes."""
        stream = self.arrays[stream_names(self.n_layers)[0]]
        patterns = (self.arrays[hook_name(hooks.PATTERN, layer)] for layer in self.layers)
        sizes = (self.n_layers, stream.shape[1])
        has_heads = all(pattern.shape[0] == config.n_heads for pattern in patterns)
        return sizes == (config.n_layers, config.d_model) and has_heads


def from_bytes(data: bytes) -> Recording:
    """Read a recording.

    Raises:
        SourceError: Cut short, not a recording, of another format version, dims that do not fit
            each other, NaN or infinity.
    """
    metadata, arrays = read_safetensors(data)
    recording = read_told(metadata, lambda told: _record(told, arrays))
    _check(recording)
    return recording


def to_metadata(recording: Recording) -> dict[str, str]:
    """The file's metadata, the inverse of what `from_bytes` reads; the arrays go beside it."""
    told = {
        "id": recording.id,
        "model": recording.model,
        "prompt": recording.prompt,
        "chat": recording.chat,
        "graph_sha256": recording.graph_sha256,
        "shard_sha256s": recording.shard_sha256s,
        "tokens": [[t.id, t.text, t.visible, t.is_special] for t in recording.tokens],
        "positions": recording.positions,
        "layers": recording.layers,
        "top": [[c.text, c.visible] for c in recording.top],
        "continuation": [step_row(step) for step in recording.continuation],
        "stop": recording.stop,
        "film": film.to_json(recording.film),
    }
    if recording.marked is not None:
        told["heads"] = heads.to_json(recording.marked, recording.without)
    return metadata_of(told)


def stream_names(n_layers: int) -> tuple[str, ...]:
    """The hooks of the residual stream: what enters each block, then what leaves the last."""
    entering = tuple(hook_name(hooks.RESID_PRE, layer) for layer in range(n_layers))
    return (*entering, hook_name(hooks.RESID_POST, n_layers - 1))


def packed(pattern: Array) -> Array:
    """The lower triangle of each head, row by row.

    Shapes: pattern [head, T, T] → [head, T · (T + 1) / 2].
    """
    query, key = np.tril_indices(pattern.shape[1])
    return np.ascontiguousarray(pattern[:, query, key])


def unpacked(triangle: Array, side: int, masked: float = 0.0) -> Array:
    """The inverse of `packed`; the masked cells are 0, or what they are said to be.

    Shapes: triangle [head, side · (side + 1) / 2] → [head, side, side].
    """
    pattern = np.full((len(triangle), side, side), masked, np.float32)
    pattern[:, _lower(side)] = triangle
    pattern.flags.writeable = False
    return pattern


@cache
def _lower(side: int) -> Array:
    """Which cells of a square lie on the diagonal or below."""
    return np.tri(side, dtype=np.bool_)


def _record(told: Mapping[str, Any], arrays: dict[str, Array]) -> Recording:
    """The record of the metadata, each value of its kind; dims are checked after."""
    values, ids, total = (
        _only(arrays, name) for name in (hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP)
    )
    best = zip(ids.tolist(), told["top"], values.tolist(), strict=True)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused after
        top = tuple(
            candidate(token, logit, float(total), *row(words, str, str))
            for token, words, logit in best
        )
    marked, without = heads.from_json(told.get("heads"))
    return Recording(
        id=kind(told["id"], str),
        model=kind(told["model"], str),
        prompt=kind(told["prompt"], str),
        chat=kind(told["chat"], bool),
        graph_sha256=kind(told["graph_sha256"], str),
        shard_sha256s=tuple(kind(value, str) for value in told["shard_sha256s"]),
        tokens=tuple(TokenView(*row(item, int, str, str, bool)) for item in told["tokens"]),
        positions=tuple(kind(value, int) for value in told["positions"]),
        layers=tuple(kind(value, int) for value in told["layers"]),
        top=top,
        logsumexp=float(total),
        continuation=tuple(read_step(item) for item in told["continuation"]),
        stop=kind(told["stop"], str),
        film=film.from_json(told["film"]),
        arrays=arrays,
        marked=marked,
        without=without,
    )


def step_row(step: NewToken) -> list[Any]:
    """One token of the continuation as JSON: what it was, and what the step could have said.

    How it was chosen is told where it is not what its rank says: the best one, without chance.
    """
    could = [[item.id, item.text, item.visible, item.logit, item.prob] for item in step.candidates]
    told = [step.id, step.text, step.visible, step.prob, step.rank, could]
    if step.how != how_of(step.rank):
        return [*told, step.entropy, step.how]
    return told if step.entropy is None else [*told, step.entropy]


def how_of(rank: int) -> str:
    """How a token was chosen whose row does not tell: walks are written without chance."""
    return GREEDY if rank == 0 else ""


def read_step(item: Any) -> NewToken:  # noqa: ANN401 - JSON
    """The inverse of `step_row`.

    Raises:
        SourceError, TypeError, ValueError: It is no such row.
    """
    values = kind(item, list)
    first, more = values[:STEP_VALUES], values[STEP_VALUES:]
    token, text, visible, prob, rank, could = row(first, int, str, str, float, int, list)
    entropy = None if not more or more[0] is None else kind(more[0], float)
    how = kind(more[1], str) if more[1:] else how_of(rank)
    if more[2:] or how not in {GREEDY, DRAWN, ""}:
        raise SourceError("recording.unreadable", part="continuation")
    best = tuple(Candidate(*row(one, int, str, str, float, float)) for one in could)
    return NewToken(token, text, visible, prob, rank, best, entropy=entropy, how=how)


def _only(arrays: Mapping[str, Array], name: str) -> Array:
    """What an array holds of the last position, the one that it is about."""
    if name not in arrays or arrays[name].shape[:1] != (1,):
        raise SourceError("recording.unreadable", part=name)
    return arrays[name][0]


def _check(recording: Recording) -> None:
    """Refuse arrays that do not fit each other, or hold anything but finite numbers."""
    n_pos, arrays = len(recording.tokens), recording.arrays
    n_states = _dims(arrays, NORMS, 2)[0]
    if n_states < 2:  # noqa: PLR2004 - what enters a block, and what leaves it
        raise SourceError("recording.unreadable", part=NORMS)
    if not recording.positions or not is_rising(recording.positions, n_pos):
        raise SourceError("recording.unreadable", part="positions")
    if not recording.layers or not is_rising(recording.layers, n_states - 1):
        raise SourceError("recording.unreadable", part="layers")
    if not _tells_of(recording.film, recording.ids):
        raise SourceError("recording.unreadable", part=film.PART)
    check_text(recording)
    stream = stream_names(n_states - 1)
    patterns = [hook_name(hooks.PATTERN, layer) for layer in recording.layers]
    d_model, n_heads = _dims(arrays, stream[0], 2)[1], _dims(arrays, patterns[0], 2)[0]
    expected: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(stream, (len(recording.positions), d_model)),
        **dict.fromkeys(patterns, (n_heads, n_pos * (n_pos + 1) // 2)),
        NORMS: (n_states, n_pos),
        **dict.fromkeys((hooks.TOP_VALUES, hooks.TOP_IDS), (1, len(recording.top))),
        hooks.LOGSUMEXP: (1,),
    }
    check_arrays(arrays, expected)
    if not heads.fits(recording.marked, recording.without, n_states - 1, n_heads):
        raise SourceError("recording.unreadable", part="heads")
    if not all(math.isfinite(item.prob) for item in recording.top):
        raise SourceError("recording.not_finite", name=hooks.TOP_VALUES)


def check_text(recording: Recording) -> None:
    """Refuse a continuation that cannot be.

    Raises:
        SourceError: No such end, probabilities that are none.
    """
    if recording.stop not in {"", END, LIMIT, CONTEXT, STOPPED}:
        raise SourceError("recording.unreadable", part="stop")
    if not all(map(_is_likely, recording.continuation)):
        raise SourceError("recording.unreadable", part="continuation")


def _is_likely(step: NewToken) -> bool:
    """Whether a step has a rank, probabilities between 0 and 1, an entropy where it is told."""
    probs = (step.prob, *(item.prob for item in step.candidates))
    is_entropy = step.entropy is None or 0 <= step.entropy < math.inf
    return step.rank >= 0 and is_entropy and all(0 <= prob <= MOST_LIKELY for prob in probs)


def _tells_of(told: Film, ids: tuple[int, ...]) -> bool:
    """Whether a film ends in these ids, as far as it goes."""
    known = (*told.start_ids, *(token for word in told.words for token in word.ids))
    return told.n_ids == len(ids) and known == ids[: len(known)]


def _dims(arrays: Mapping[str, Array], name: str, n_dims: int) -> tuple[int, ...]:
    if name not in arrays or arrays[name].ndim != n_dims:
        raise SourceError("recording.unreadable", part=name)
    return arrays[name].shape
