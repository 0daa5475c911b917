"""The rows beneath the map: their buttons, and the boxes that follow what is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.state import BOXES
from seethrough.browser import dom, ffi
from seethrough.core.routes import MAP
from seethrough.view.chart.rows_page import BOX, held_in

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

# What is made of the rows may change with these.
LOOKED_AT = (
    *("route", "atlas", "chart_found", "chart_group", "chart_sought", "engine"),
    *("picked", "axis_ends", "sum_terms", "chart_token", "is_near_asked"),
)

PICKED = "rows-picks"


class ChartRows:
    """Hands on what the reader does, and has what is made of the rows follow."""

    def __init__(self, actions: Actions) -> None:
        self._store = actions.store
        self._picks = actions.row_picks
        self._work = actions.row_work

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        picks = self._picks
        return {
            "rows-lasso": lambda _values: picks.turn_lasso(),
            "rows-sight": lambda _values: picks.take_sight(),
            "rows-show": lambda _values: _show_picked(),
            "rows-clear": lambda _values: picks.clear(),
            "rows-turn": lambda values: picks.turn(int(values["token"])),
            "rows-type": lambda values: picks.type_into(values["box"], values.get("value", "")),
            "rows-take": lambda values: self._take(values["box"], int(values["token"])),
            "rows-swap": lambda values: picks.swap(values["box"], values["other"]),
            "rows-axis": lambda values: picks.show_axis(int(values["at"])),
            "rows-sum": lambda values: picks.show_sum(int(values["at"])),
        }

    def follow(self) -> None:
        """Make what is looked at whenever something of it changes, and write it into the boxes."""
        self._store.subscribe(LOOKED_AT, self._fill)
        self._store.subscribe(("atlas", "axis_ends", "sum_terms"), self.shown)

    def shown(self, state: AppState) -> None:
        """Write into each box the token that it holds, but for the one that is typed in."""
        for name in BOXES:
            box, words = ffi.document.getElementById(BOX + name), held_in(state, name)
            if words and not ffi.is_absent(box) and not _is_typed_in(box):
                box.value = words

    def _fill(self, state: AppState) -> None:
        if state.route.view == MAP:
            ffi.start_task(self._work.fill())

    def _take(self, box: str, token: int) -> None:
        """A token that was meant stands in its box as soon as it is pressed."""
        self._picks.take(box, token)
        self.shown(self._store.state)


def _is_typed_in(box: ffi.Js) -> bool:
    return bool(box.isSameNode(ffi.document.activeElement))


def _show_picked() -> None:
    dom.reveal(PICKED)
