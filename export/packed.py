"""One stored array of the weight file, as a graph names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.core.manifest import TensorPart


@dataclass(frozen=True)
class Packed:
    """One stored array: the name of its initializer and its place in the weight file."""

    name: str
    part: TensorPart
