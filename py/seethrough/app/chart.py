"""The map as it is looked at: the vocabulary's atlas, the window onto it, what is chosen there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seethrough.core.atlas import NEAR
from seethrough.core.plane import Window

if TYPE_CHECKING:
    from seethrough.app.message import Message
    from seethrough.core.atlas import Atlas, Neighbours

# Where the map's file is: not asked for, on its way, here, not to be had, not in this build.
CHART_STAGES = ("", "loading", "ready", "failed", "none")


@dataclass(frozen=True)
class Chart:
    """What is shown of the map.

    `chart_window` is looked at now, `chart_rest` is where it last rested. `chart_size` is the
    picture's size in pixels of the screen, and how many of those one of the style's has.
    `chart_token` is the open token, `chart_hidden` the kinds that are left out, `chart_found` what
    was searched for or the words of `chart_group`, best first.
    """

    atlas: Atlas | None = None
    atlas_near: Neighbours | None = None
    chart_stage: str = ""
    chart_error: Message | None = None
    chart_model: str = ""
    chart_layout: str = NEAR
    chart_window: Window = field(default_factory=Window)
    chart_rest: Window = field(default_factory=Window)
    chart_size: tuple[int, int, float] = (960, 600, 1.0)
    chart_token: int | None = None
    chart_hidden: frozenset[int] = frozenset()
    chart_sought: str = ""
    chart_refused: Message | None = None
    chart_found: tuple[int, ...] = ()
    chart_group: str = ""
