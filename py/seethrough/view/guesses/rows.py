"""Every question: a row each. A step names its own in view/tours.py."""

from __future__ import annotations

from seethrough.app.state import Asks
from seethrough.view.guesses import (
    bent,
    hundred,
    island,
    looks,
    misses,
    next_token,
    parts,
    pieces,
    share,
)

NEXT = Asks(next_token.ask, ("tokens", "top", "model"))
FIRST = Asks(next_token.ask_in_room, ("tokens", "top", "model", "written", "recorded"))
PIECES = Asks(pieces.ask, ("tokens", "film", "model"))
LOOKS = Asks(looks.ask, ("tokens", "config", "captured", "marked", "recorded", "model"))
SHARE = Asks(share.ask, ("tokens", "top", "model"))
MISSES = Asks(
    misses.ask,
    ("tokens", "captured", "vocabulary", "top", "model", "sampling", "trying", "written"),
)
# Of the lab: the last step's list is of the walk.
BENT = Asks(bent.ask, ("tokens", "captured", "vocabulary", "top", "model", "sampling", "throws"))
PARTS = Asks(parts.ask, ("contrast", "example"))
# Of the map, not of a run: the last step's list of what came has no place for it.
ISLAND = Asks(island.ask, ("atlas", "chart_model"))
# Of the room of training, whose run is none over a text.
HUNDRED = Asks(hundred.ask, hundred.FIELDS)
ROWS = (NEXT, PIECES, LOOKS, SHARE, MISSES)
