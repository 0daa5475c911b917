"""What was brought of the numbers that were asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.run import Lens
    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.core.heads import Marked, Without
    from seethrough.core.pushes import Pushes
    from seethrough.core.tokens import NewToken


@dataclass(frozen=True)
class Found:
    """What was brought: whole arrays, single rows of others, the lens, more words of tokens.

    `positions` are those of whole arrays where they are not simply 0, 1, 2 …; `rows` are
    [position or token, ...] by name. `marked` are heads worth a look, `without` the best next
    tokens without some, `pushes` the tokens that vectors push, `read` how the text's tokens were
    foreseen.
    """

    arrays: Mapping[str, Array] = field(default_factory=dict)
    positions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    rows: Mapping[str, Mapping[int, Array]] = field(default_factory=dict)
    lens: Lens | None = None
    words: Mapping[int, str] = field(default_factory=dict)
    marked: Marked | None = None
    without: Without = field(default_factory=dict)
    pushes: Mapping[Cell, Pushes] = field(default_factory=dict)
    read: tuple[NewToken, ...] = ()
