"""The inside of a recorded walk's layers: a part of its own for each, and what its end is read by.

Each is a safetensors file of at most 650 KB, every number exact. Its arrays, by name:

    inside-{l}: every hook of layer l. Vectors [recorded position, ...]; keys and values of all
                positions [T, kv_head, d_head]; scores and weights [head, T * (T + 1) / 2]: the
                lower triangle, row by row.
    reading:    ln_final.hook_scale [T, 1], of every position; ln_final.w [d_model];
                W_U [k, d_model]: the unembedding of the best tokens and of the text's own;
                W_U.mean [d_model]: the average of all tokens' (in float64, rounded once).

What stands above the diagonal is masked: its score is −∞, its weight 0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core import hooks
from seethrough.core.captured import BY_HEAD
from seethrough.core.hooks import LEAF_DIMS, axis_sizes, block_leaves, hook_name, leaf_of
from seethrough.core.recording import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.config import ModelConfig
    from seethrough.core.recording import Recording

READING_PART = "reading"
FINAL_WEIGHT, UNEMBEDDING, MEAN_ROW = "ln_final.w", "W_U", "W_U.mean"
MOST_INSIDE_BYTES = 650_000
# Where they lie, below the recordings.
INSIDES_FOLDER = "insides"
# So many bytes of unembedding rows a reading has at the most.
MOST_ROWS_BYTES = 300_000
NAMED = re.compile(r"inside-(0|[1-9]\d*)")
MASKED = {hooks.SCORES: -np.inf, hooks.PATTERN: 0.0}


def inside_part(layer: int) -> str:
    """The name of the part that has a layer's inside."""
    return f"inside-{layer}"


def layer_of_part(name: str) -> int | None:
    """The layer whose inside a part has; None of any other part."""
    found = NAMED.fullmatch(name)
    return None if found is None else int(found[1])


def inside_names(config: ModelConfig, layer: int) -> tuple[str, ...]:
    """Every hook of a layer, in the order in which it is computed."""
    return tuple(hook_name(leaf, layer) for leaf in block_leaves(config))


def is_whole(name: str) -> bool:
    """Whether a part has a hook at all positions: what any later token may look at."""
    leaf = leaf_of(name)
    return leaf in BY_HEAD or "kv_head" in LEAF_DIMS[leaf]


def closed(name: str, array: Array, positions: tuple[int, ...]) -> Array:
    """A hook of all positions as the file has it."""
    if leaf_of(name) in BY_HEAD:
        return packed(array)
    return np.ascontiguousarray(array if is_whole(name) else array[list(positions)])


def opened(name: str, array: Array, n_pos: int) -> Array:
    """The inverse of `closed`, as far as the positions are there."""
    leaf = leaf_of(name)
    return unpacked(array, n_pos, MASKED[leaf]) if leaf in BY_HEAD else array


def inside_dims(
    config: ModelConfig, layer: int, n_pos: int, n_kept: int
) -> dict[str, tuple[int, ...]]:
    """What the file of a layer has to hold: each array's dims."""
    sizes, triangle = axis_sizes(config, n_pos=n_pos), n_pos * (n_pos + 1) // 2
    dims: dict[str, tuple[int, ...]] = {}
    for name in inside_names(config, layer):
        first, *others = (sizes[axis] for axis in LEAF_DIMS[leaf_of(name)])
        if leaf_of(name) in BY_HEAD:
            dims[name] = (first, triangle)
        else:
            dims[name] = (first if is_whole(name) else n_kept, *others)
    return dims


def reading_ids(recording: Recording, d_model: int) -> tuple[int, ...]:
    """The tokens whose unembedding a reading has: the best ones, then the text's, last first."""
    most = MOST_ROWS_BYTES // (4 * d_model)
    best = (item.id for item in recording.top)
    return tuple(dict.fromkeys([*best, *reversed(recording.ids[1:])]))[:most]


def reading_dims(recording: Recording, config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """What a reading has to hold: each array's dims."""
    return {
        hooks.FINAL_SCALE: (len(recording.ids), 1),
        FINAL_WEIGHT: (config.d_model,),
        MEAN_ROW: (config.d_model,),
        UNEMBEDDING: (len(reading_ids(recording, config.d_model)), config.d_model),
    }


def opened_all(arrays: Mapping[str, Array], n_pos: int) -> dict[str, Array]:
    """A layer's arrays as hooks."""
    return {name: opened(name, array, n_pos) for name, array in arrays.items()}
