"""What the slow motion of a training step shows: the step, and where the reader looks in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.app.message import Message
    from seethrough.core.train.back_sums import BackSum
    from seethrough.core.train.slow import SlowStep


@dataclass(frozen=True)
class Slow:
    """The last step, and what of it is chosen.

    `step`: None before it is here. `is_coming`: it is being fetched. `position`: the place of the
    document. `layer`, `part`: where the way back is looked at. `weight`, `cell`: the number whose
    update is told. `opened`: the number whose sum is open, and `told` why it is not.
    """

    step: SlowStep | None = None
    is_coming: bool = False
    position: int = 0
    layer: int = 0
    part: str = ""
    weight: str = ""
    cell: tuple[int, ...] = ()
    opened: BackSum | None = None
    told: Message | None = None
