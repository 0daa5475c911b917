"""The map as it is looked at: the vocabulary's atlas, the window onto it, what is chosen there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seethrough.core.atlas import NEAR
from seethrough.core.bands import KIND
from seethrough.core.plane import Window

if TYPE_CHECKING:
    from seethrough.app.message import Message
    from seethrough.core.atlas import Atlas, Neighbours
    from seethrough.core.cache import Array
    from seethrough.core.path import Nearest
    from seethrough.core.tokens import TokenView

# Where the map's file is: not asked for, on its way, here, not to be had, not in this build.
CHART_STAGES = ("", "loading", "ready", "failed", "none")


@dataclass(frozen=True, eq=False)
class Path:
    """A token's states as directions among the rows (core/path.py).

    `tokens` are those of the run that it is of. `nearest` comes where the model is open.
    Shapes: units [n_layers + 1, d_model], the embedding first, then after each layer.
    """

    tokens: tuple[TokenView, ...]
    position: int
    units: Array
    nearest: Nearest | None = None


@dataclass(frozen=True)
class Chart:
    """What is shown of the map.

    `chart_window` is looked at now, `chart_rest` is where it last rested. `chart_size` is the
    picture's size in pixels of the screen, and how many of those one of the style's has.
    `chart_token` is the open token, `chart_hidden` the kinds that are left out, `chart_found` what
    was searched for or the words of `chart_group`, best first. `chart_colour` is what the colours
    tell, `chart_bands` those of its bands that are left out, `chart_stop` a stop of the tour.
    `chart_path` is the drawn path, up to the state `chart_state` (None: whole), `chart_waits` says
    what of it is on its way. `chart_matrices` are those whose rows the model has maps of;
    `is_near_asked`: the neighbours of this map are not stored; `is_lost`: the browser has taken the
    picture away. `chart_glide` is the layout that
    dots come from, and how far they are.
    """

    atlas: Atlas | None = None
    atlas_near: Neighbours | None = None
    chart_stage: str = ""
    chart_error: Message | None = None
    chart_model: str = ""
    chart_matrices: tuple[str, ...] = ()
    is_near_asked: bool = False
    is_lost: bool = False
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
    chart_colour: str = KIND
    chart_bands: frozenset[int] = frozenset()
    chart_stop: str = ""
    chart_path: Path | None = None
    chart_state: int | None = None
    chart_waits: str = ""
    chart_glide: tuple[str, float] | None = None
