"""The panels of the slow motion, and what a reader can do there; they come when first shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.view.late import Names, late
from seethrough.view.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.view.train.slow import code, frame, sums
else:
    code, frame, sums = late("seethrough.view.train.slow", "code", "frame", "sums")

ACTIONS = tuple(
    f"slow-{what}" for what in ("train", "document", "place", "part", "weight", "cell", "sum")
)
# An idea has larger type: its panel's name says so.
PANELS: Mapping[str, Panel] = {
    "idea-slow": Panel(Names(frame.FIELDS), frame.render),
    "step-slow": Panel(Names(frame.FIELDS), frame.render),
    "slow-sum": Panel(Names(sums.FIELDS), sums.render),
    "slow-code": Panel(Names(code.FIELDS), code.render),
}
