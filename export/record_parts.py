"""Cuts a recorded walk's further parts to size: as much of each as fits into 400 KB.

The scores of a large vocabulary are beyond that by themselves and stand beside that room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save

from seethrough.core import hooks
from seethrough.core.insides import UNEMBEDDING
from seethrough.core.parts import LAYERS_PART, LENS, Part, part_metadata, write_names
from seethrough.core.recorded import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from export.recorded_walk import Walk
    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.recording import Recording

LARGE = 65_536  # tokens


def captured_for_parts(config: ModelConfig) -> tuple[str, ...]:
    """The hooks that a walk captures for its parts, beside those of the recording itself."""
    return (*hooks.embed_leaves(config), *write_names(config), *hooks.FINAL_LEAVES)


def part_file(name: str, made: Recording, walk: Walk, config: ModelConfig) -> bytes | None:
    """A part with as many of the last positions as fit; None where not even one does.

    Where a vocabulary's logits do not fit, the part is made without them.
    """
    whole = part_of(name, made, walk, config)
    data = fitting(whole)
    if data is None and hooks.LOGITS in whole.arrays:
        kept = {key: array for key, array in whole.arrays.items() if key != hooks.LOGITS}
        data = fitting(replace(whole, arrays=kept))
    return data


def part_of(name: str, made: Recording, walk: Walk, config: ModelConfig) -> Part:
    """A part with all that the walk has for it, of the positions that can be used.

    What the layers wrote is of use only beside the residual states, which the recording has.
    """
    is_layers = name == LAYERS_PART
    positions = made.positions if is_layers else tuple(range(len(walk.tokens)))
    return Part(
        name=name,
        recording=made.id,
        graph_sha256=made.graph_sha256,
        shard_sha256s=made.shard_sha256s,
        ids=made.ids,
        positions=positions,
        lens=walk.lens_tops if is_layers else (),
        words={} if is_layers else walk.words,
        arrays=_layers(walk, config, positions) if is_layers else _logits(walk, config),
    )


def fitting(whole: Part) -> bytes | None:
    """The file of a part, cut to the last positions that fit; None where not even one does."""
    scores = whole.arrays.get(hooks.LOGITS)
    beside = scores.nbytes if scores is not None and scores.shape[-1] > LARGE else 0
    for first in range(len(whole.positions)):
        data = file_of_part(cut(whole, first))
        if len(data) <= MOST_BYTES + beside:
            return data
    return None


def cut(whole: Part, first: int) -> Part:
    """The part without its first positions."""
    of_positions = {name for name in whole.arrays if name not in {*LENS, UNEMBEDDING}}
    of_positions -= {*hooks.FINAL_LEAVES, hooks.LOGITS}
    arrays = {
        name: np.ascontiguousarray(array[first:]) if name in of_positions else array
        for name, array in whole.arrays.items()
    }
    return replace(whole, positions=whole.positions[first:], arrays=arrays)


def file_of_part(part: Part) -> bytes:
    """The bytes of a part; the same part gives the same bytes."""
    data: bytes = save(dict(part.arrays), metadata=part_metadata(part))
    return data


def _logits(walk: Walk, config: ModelConfig) -> dict[str, Array]:
    names = (*hooks.embed_leaves(config), *hooks.FINAL_LEAVES, hooks.LOGITS)
    return {**{name: walk.captured[name] for name in names}, UNEMBEDDING: walk.unembedding}


def _layers(walk: Walk, config: ModelConfig, positions: tuple[int, ...]) -> dict[str, Array]:
    writes = {name: walk.captured[name][list(positions)] for name in write_names(config)}
    return {**writes, **lens_arrays(walk.lens)}


def lens_arrays(lens: Mapping[str, Array]) -> dict[str, Array]:
    """The lens as a file holds it."""
    ids = {hooks.TOP_IDS: lens[hooks.TOP_IDS].astype(np.int32)}
    return {**{name: lens[name] for name in LENS}, **ids}
