"""Records what is inside a walk's layers: a part for each, and what the layers' end is read by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from export.record_parts import file_of_part
from seethrough.core import hooks
from seethrough.core.insides import (
    FINAL_WEIGHT,
    MEAN_ROW,
    MOST_INSIDE_BYTES,
    READING_PART,
    UNEMBEDDING,
    closed,
    inside_names,
    inside_part,
    is_whole,
    reading_ids,
)
from seethrough.core.parts import Part
from seethrough.core.recorded import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from export.native import NativeModel
    from export.prompts import Curated
    from export.recorded_walk import Walk
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.recording import Recording

N_LAYERS = 3
# So many rows of the unembedding are read at once.
PIECE = 8192


def layers_of(prompt: Curated, config: ModelConfig) -> tuple[int, ...]:
    """The layers whose inside is recorded: all of them, or a few, evenly spread."""
    if prompt.is_whole:
        return tuple(range(config.n_layers))
    spread = np.linspace(0, config.n_layers - 1, min(N_LAYERS, config.n_layers))
    return tuple(spread.round().astype(int).tolist())


def captured_for_insides(prompt: Curated, config: ModelConfig) -> tuple[str, ...]:
    """The hooks that a walk captures for them."""
    return tuple(
        name for layer in layers_of(prompt, config) for name in inside_names(config, layer)
    )


def scales_of(model: NativeModel, ids: list[int]) -> Array:
    """What the final norm divides each position's vector by, in a run of its own.

    Shapes: → [T, 1].
    """
    model.reset()
    states = [(model.manifest.config.n_layers, position) for position in range(len(ids))]
    return model.run(ids, [hooks.FINAL_SCALE], unembed=states)[hooks.FINAL_SCALE]


def inside_files(
    prompt: Curated, made: Recording, walk: Walk, model: NativeModel, mean: Array
) -> dict[str, bytes]:
    """The parts by name; one of which not even one position fits is left out.

    Args:
        mean: See `mean_row`.
    """
    config = model.manifest.config
    files = {
        inside_part(layer): inside_file(layer, made, walk.captured, config)
        for layer in layers_of(prompt, config)
    }
    reading = file_of_part(reading_of(made, walk.scales, model, mean))
    files[READING_PART] = reading if len(reading) <= MOST_BYTES else None
    return {name: data for name, data in files.items() if data is not None}


def inside_file(
    layer: int, made: Recording, captured: Mapping[str, Array], config: ModelConfig
) -> bytes | None:
    """One layer's part with as many of the last positions as fit; None where not even one does."""
    n_pos, names = len(made.ids), inside_names(config, layer)
    each = sum(captured[name][0].nbytes for name in names if not is_whole(name))
    least = sum(closed(name, captured[name], ()).nbytes for name in names if is_whole(name))
    n_kept = min(n_pos, (MOST_INSIDE_BYTES - least) // each)
    while n_kept > 0:
        data = file_of_part(inside_of(layer, made, captured, config, n_kept))
        if len(data) <= MOST_INSIDE_BYTES:
            return data
        n_kept -= 1
    return None


def inside_of(
    layer: int, made: Recording, captured: Mapping[str, Array], config: ModelConfig, n_kept: int
) -> Part:
    """One layer's part with some of the last positions."""
    positions = tuple(range(len(made.ids)))[-n_kept:]
    names = inside_names(config, layer)
    arrays = {name: closed(name, captured[name], positions) for name in names}
    return part_named(inside_part(layer), made, positions, arrays)


def reading_of(made: Recording, scales: Array, model: NativeModel, mean: Array) -> Part:
    """What scores are read by. Shapes: scales [T, 1], mean [d_model]."""
    width = model.manifest.config.d_model
    arrays = {
        hooks.FINAL_SCALE: scales,
        FINAL_WEIGHT: model.rows(FINAL_WEIGHT, range(width)).reshape(-1),
        UNEMBEDDING: model.columns(UNEMBEDDING, reading_ids(made, width)),
        MEAN_ROW: mean,
    }
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return part_named(READING_PART, made, tuple(range(len(made.ids))), whole)


def mean_row(model: NativeModel) -> Array:
    """The average of all tokens' unembedding. Shapes: → [d_model]."""
    total, n_tokens = np.zeros(model.manifest.config.d_model), model.manifest.config.d_vocab
    for first in range(0, n_tokens, PIECE):
        piece = model.columns(UNEMBEDDING, range(first, min(first + PIECE, n_tokens)))
        total += piece.sum(axis=0, dtype=np.float64)
    return (total / n_tokens).astype(np.float32)


def part_named(
    name: str, made: Recording, positions: tuple[int, ...], arrays: Mapping[str, Array]
) -> Part:
    """A part of a recording that tells of no tokens."""
    return Part(
        name=name,
        recording=made.id,
        graph_sha256=made.graph_sha256,
        shard_sha256s=made.shard_sha256s,
        ids=made.ids,
        positions=positions,
        lens=(),
        words={},
        arrays=arrays,
    )
