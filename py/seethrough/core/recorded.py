"""What every file of a recorded walk shares: its one metadata entry, and how it is checked.

The metadata has one entry, because the library writes several in any order, and the same input is
to give the same bytes.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from seethrough.core import hooks
from seethrough.core.errors import SourceError
from seethrough.core.safetensors import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeVar

    from seethrough.core.cache import Array

    T = TypeVar("T")

FORMAT = 2
METADATA_KEY = "seethrough"
MOST_BYTES = 400_000
OF_WHOLE_NUMBERS = frozenset({hooks.TOP_IDS})


def metadata_of(told: Mapping[str, Any]) -> dict[str, str]:
    """A file's metadata, its format named; the inverse of what `read_told` reads."""
    text = json.dumps({"format": FORMAT, **told}, ensure_ascii=False, separators=(",", ":"))
    return {METADATA_KEY: text}


def read_told(metadata: Mapping[str, str], read: Callable[[Mapping[str, Any]], T]) -> T:
    """What `read` makes of the metadata's JSON.

    Raises:
        SourceError: Not this JSON, of another format version, or a value of another kind.
    """
    try:
        told = json.loads(metadata[METADATA_KEY])
        if told["format"] != FORMAT:
            raise SourceError("recording.format", got=told["format"], expected=FORMAT)
        return read(told)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise SourceError("recording.unreadable", part=METADATA) from error


def row(values: Any, *kinds: type) -> list[Any]:  # noqa: ANN401 - JSON
    """A list of values, each of its kind, and no other."""
    return [kind(value, one) for value, one in zip(values, kinds, strict=True)]


def kind(value: Any, one: type) -> Any:  # noqa: ANN401 - JSON
    """The value, if it is exactly of that kind.

    Raises:
        SourceError: It is not, or it is NaN or infinity.
    """
    if type(value) is not one:
        raise SourceError("recording.unreadable", part=METADATA)
    if isinstance(value, float) and not math.isfinite(value):
        raise SourceError("recording.not_finite", name=METADATA_KEY)
    return value


def check_arrays(arrays: Mapping[str, Array], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Hold the arrays to their names and dims: float32 (ids: int32) and finite, each of them.

    A score may be −∞: a window hides cells below the diagonal too.

    Raises:
        SourceError: One is missing or too many, has other dims or another type, or is not finite.
    """
    if arrays.keys() != expected.keys():
        raise SourceError("recording.unreadable", part=min(arrays.keys() ^ expected.keys()))
    for name, dims in expected.items():
        dtype = np.int32 if name in OF_WHOLE_NUMBERS else np.float32
        if arrays[name].shape != dims or arrays[name].dtype != dtype:
            raise SourceError("recording.dims", name=name, got=arrays[name].shape, expected=dims)
        is_right = np.isfinite(arrays[name])
        if hooks.leaf_of(name) == hooks.SCORES:
            is_right |= np.isneginf(arrays[name])
        if not is_right.all():
            raise SourceError("recording.not_finite", name=name)


def is_rising(values: Iterable[int], limit: int) -> bool:
    """Whether each value is above the one before it, from 0 to below the limit."""
    values = list(values)
    return values == sorted(set(values)) and all(0 <= value < limit for value in values)
