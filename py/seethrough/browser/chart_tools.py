"""What moves or is taken along on the map: a layout becoming another, a path, the tour, files."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from seethrough.app.state import Message
from seethrough.browser import ffi, host
from seethrough.browser.passing import let_pass
from seethrough.core.plane import Window, between
from seethrough.view.chart.beside import SEARCH
from seethrough.view.chart.journey import SLIDER, state_name
from seethrough.view.late import late

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState
    from seethrough.view.chart import taken

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

# What is taken along is asked for seldom: its file comes then.
if not TYPE_CHECKING:
    (taken,) = late("seethrough.view.chart", "taken")

GLIDE_S = 0.6
STATE_S = 0.18


class ChartTools:
    """Handlers of what stands around the map, and what moves on it by itself."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._store = actions.store
        self._charting = actions.charting
        self._pathing = actions.pathing
        self._glides = 0
        self._plays = 0

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        charting, pathing = self._charting, self._pathing
        return {
            "chart-layout": lambda values: self._lay_out(values["name"]),
            "chart-colour": lambda values: charting.colour_by(values["name"]),
            "chart-band": lambda values: charting.turn_band(int(values["band"])),
            "chart-stop": lambda values: charting.visit(values["name"]),
            "chart-walk": lambda values: pathing.open_walk(values["walk"]),
            "chart-path": lambda values: self._turn_path(int(values["position"])),
            "chart-path-close": lambda _values: self._close(),
            "chart-state": lambda values: self._show(int(values["value"])),
            "chart-play": lambda _values: self._play(),
            "chart-load": lambda _values: self._load(),
            "chart-save": lambda values: self._save(values["kind"]),
        }

    def follow(self) -> None:
        """Keep the search box at what is searched for, also where a link says it."""
        self._store.subscribe(("chart_sought",), self.fill)
        self._store.subscribe(("chart_state", "chart_path"), lambda _: host.next_frame(self._slide))

    def fill(self, state: AppState) -> None:
        """Put what is searched for into the box, unless the reader types there."""
        box = ffi.document.getElementById(SEARCH)
        is_typed_in = not ffi.is_absent(box) and ffi.document.activeElement.id == SEARCH
        if not ffi.is_absent(box) and not is_typed_in and box.value != state.chart.chart_sought:
            box.value = state.chart.chart_sought

    def _slide(self) -> None:
        """Move the slider to the state that is shown, unless the reader holds it there."""
        chart, slider = self._store.state.chart, ffi.document.getElementById(SLIDER)
        if ffi.is_absent(slider) or chart.chart_path is None:
            return
        last = len(chart.chart_path.units) - 1
        at = last if chart.chart_state is None else chart.chart_state
        if str(slider.value) != str(at):
            slider.value = str(at)
        slider.setAttribute("aria-valuetext", state_name(self._store.state, at))

    def _lay_out(self, layout: str) -> None:
        """Let the dots go from one layout to another; at once where little motion is wanted."""
        chart = self._store.state.chart
        if chart.atlas is None or layout == chart.chart_layout or layout not in chart.atlas.layouts:
            return
        self._glides += 1
        if ffi.is_calm():
            self._charting.lay_out(layout)
            return
        before, window = chart.chart_layout, chart.chart_window
        self._store.replace(chart_glide=(before, 0.0))
        self._charting.lay_out(layout)
        self._glide(before, window, self._glides, time.monotonic())

    def _glide(self, before: str, window: Window, turn: int, began: float) -> None:
        """One frame on the way; the last one tells the picture to rest."""
        if turn != self._glides:
            return
        share = min((time.monotonic() - began) / GLIDE_S, 1.0)
        if share == 1.0:
            self._store.replace(chart_glide=None)
            self._charting.rest(Window())
            return
        eased = share * share * (3 - 2 * share)
        self._store.replace(
            chart_glide=(before, eased), chart_window=between(window, Window(), eased)
        )
        host.next_frame(lambda: self._glide(before, window, turn, began))

    def _turn_path(self, position: int) -> Coroutine[Any, Any, None] | None:
        """Draw a token's path; the same token once more takes it away."""
        self._plays += 1
        path = self._store.state.chart.chart_path
        is_shown = path is not None and path.tokens is self._store.state.run.tokens
        if is_shown and path is not None and path.position == position:
            self._pathing.close()
            return None
        return self._pathing.open(position)

    def _close(self) -> None:
        self._plays += 1
        self._pathing.close()

    def _show(self, state: int) -> None:
        self._plays += 1
        self._pathing.show(state)

    async def _play(self) -> None:
        """The path layer by layer; whole at once where little motion is wanted."""
        self._plays += 1
        turn, path = self._plays, self._store.state.chart.chart_path
        if path is None or ffi.is_calm():
            self._pathing.show(None)
            return
        for state in range(len(path.units)):
            self._pathing.show(state)
            await asyncio.sleep(STATE_S)
            if turn != self._plays:
                return

    async def _load(self) -> None:
        """Open the map's model, so that the states can be named."""
        await self._actions.load(self._store.state.chart.chart_model)
        await self._pathing.name()

    async def _save(self, kind: str) -> None:
        """Hand out the picture as it is seen, or the tokens in sight; tell how it went."""
        state = self._store.state
        if state.chart.atlas is None:
            return
        if kind == "csv":
            end, name = host.hand_text(taken.table(state), "text/csv", kind)
        else:
            end, name = await ffi.save("png", *taken.told_of(state))
        notice = Message(f"tools.{end}", {"name": name})
        self._store.replace(notice=notice)
        await let_pass(self._store, notice)
