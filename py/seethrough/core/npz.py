"""A capture as a file that `numpy.load` reads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.core.cache import Array

IDS = "ids"


def to_npz(ids: Sequence[int], arrays: Mapping[str, Array]) -> bytes:
    """The bytes of an .npz file: each array under its hook's name, the input's ids under "ids".

    Shapes: ids [pos] int64; the arrays as they are.
    """
    file = io.BytesIO()
    named: dict[str, Any] = {IDS: np.array(ids, np.int64), **arrays}
    np.savez(file, **named)
    return file.getvalue()
