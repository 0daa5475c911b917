"""What a reader does with the map: bring it, move over it, search it, open a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seethrough.app.state import Message
from seethrough.core.atlas import EMBEDDING, UNEMBEDDING
from seethrough.core.atlas_search import has, search, words_of
from seethrough.core.bands import COLOURS, KIND
from seethrough.core.errors import InputError, SeethroughError, UnknownNameError
from seethrough.core.path_places import path_in
from seethrough.core.plane import MOST_ZOOM, Window, settled, window_on
from seethrough.core.stops import TOLD_OF, stop_of
from seethrough.core.token_kinds import KINDS
from seethrough.core.word_groups import GROUPS

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.routes import Place

# So many of what was found are brought into sight.
FLOWN_TO = 40
ZOOM_OF_ONE = 40.0
NOTHING_FOUND: tuple[int, ...] = ()


class Charting:
    """Changes the map's part of the state; the only writer of it."""

    def __init__(self, service: Service) -> None:
        self._library = service.library
        self._store = service.store

    @property
    def _state(self) -> AppState:
        return self._store.state

    async def open(self, place: Place) -> None:
        """Have the map of the run's model, or of the first that has one; then what a link says."""
        if self._state.chart.chart_stage != "ready":
            await self._bring()
        if self._state.chart.atlas is not None:
            await self.show_matrix(UNEMBEDDING if place.is_unembedding else EMBEDDING)
            await self._choose(place)

    async def _bring(self) -> None:
        model = self._library.mapped(self._state.run.model)
        if model is None:
            self._store.replace(chart_stage="none")
            return
        self._store.replace(chart_stage="loading", chart_error=None, chart_model=model)
        try:
            atlas = await self._library.atlas(model)
        except SeethroughError as error:
            told = Message(error.key, error.fields)
            self._store.replace(chart_stage="failed", chart_error=told)
            return
        matrices = self._library.matrices(model)
        layout = atlas.layouts[0]
        self._store.replace(
            chart_stage="ready", atlas=atlas, chart_layout=layout, chart_matrices=matrices
        )

    async def show_matrix(self, matrix: str) -> None:
        """Show the map of another matrix's rows; the open token and what is found stay so."""
        chart = self._state.chart
        shown = None if chart.atlas is None else chart.atlas.matrix
        if shown in {None, matrix} or matrix not in chart.chart_matrices:
            return
        try:
            atlas = await self._library.atlas(chart.chart_model, matrix)
        except SeethroughError as error:
            self._store.replace(error=Message(error.key, error.fields))
            return
        whole, token = Window(), self._state.chart.chart_token
        self._store.replace(
            atlas=atlas,
            atlas_near=None,
            is_near_asked=False,
            chart_layout=atlas.layouts[0],
            chart_window=whole,
            chart_rest=whole,
            chart_bands=frozenset(),
            chart_path=None,
            chart_state=None,
            chart_waits="",
        )
        if token is not None:
            await self.select(token)

    async def _choose(self, place: Place) -> None:
        """What an address says of the map, as far as there is such."""
        atlas = self._state.chart.atlas
        assert atlas is not None  # asked before
        told = [f"layout={place.layout}"] if place.layout not in {None, *atlas.layouts} else []
        if place.tour_stop is not None:
            self.visit(place.tour_stop)
        if place.layout in atlas.layouts and place.layout != self._state.chart.chart_layout:
            self._store.replace(chart_layout=place.layout)
        if place.hidden is not None:
            self._store.replace(chart_hidden=frozenset(place.hidden))
        if place.colour is not None:
            self.colour_by(place.colour)
        if place.bands is not None:
            self._store.replace(chart_bands=frozenset(place.bands))
        self._find(place)
        if place.token is not None and has(atlas, place.token):
            await self.select(place.token, flies=place.window is None)
        elif place.token is not None:
            told.append(f"token={place.token}")
        if told:
            self._store.replace(notice=Message("route.ignored", {"fields": ", ".join(told)}))

    def _find(self, place: Place) -> None:
        """What an address marks, seen through its window, or from where it is all in sight."""
        if place.group is not None:
            self.show_group(place.group, flies=False)
        elif place.sought is not None:
            self.seek(place.sought, flies=False)
        if place.window is not None:
            self.rest(settled(Window(*place.window)))
        elif place.group is not None or place.sought is not None:
            self._fly(self._state.chart.chart_found)

    async def again(self) -> None:
        """Try once more, where a file did not come."""
        if self._state.chart.atlas is None:
            await self._bring()
        elif self._state.chart.atlas_near is None and not self._state.chart.is_near_asked:
            await self._bring_neighbours()

    def lose(self, *, is_lost: bool) -> None:
        """The browser took the picture away, or gave it back."""
        if is_lost != self._state.chart.is_lost:
            self._store.replace(is_lost=is_lost)

    def look(self, window: Window) -> None:
        """Look through a window that still moves."""
        self._store.replace(chart_window=window)

    def rest(self, window: Window | None = None) -> None:
        """The window has come to rest: the address may say it."""
        window = window or self._state.chart.chart_window
        self._store.replace(chart_window=window, chart_rest=window)

    def resize(self, wide: int, high: int, dots: float) -> None:
        """The picture has another size on the screen."""
        if (wide, high, dots) != self._state.chart.chart_size and wide > 0 and high > 0:
            self._store.replace(chart_size=(wide, high, dots))

    def lay_out(self, layout: str) -> None:
        """Show another layout, whole; what is found stays found."""
        atlas = self._state.chart.atlas
        if atlas is not None and layout in atlas.layouts:
            whole = Window()
            changes = {"chart_layout": layout, "chart_window": whole, "chart_rest": whole}
            self._store.replace(**changes, chart_stop="")

    def turn_kind(self, kind: int) -> None:
        """Leave a kind of tokens out, or take it in again."""
        if 0 <= kind < len(KINDS):
            self._store.replace(chart_hidden=self._state.chart.chart_hidden ^ {kind}, chart_stop="")

    def colour_by(self, colour: str) -> None:
        """Let the colours tell something else; what was left out by them is shown again."""
        if colour in COLOURS and colour != self._state.chart.chart_colour:
            self._store.replace(chart_colour=colour, chart_bands=frozenset())

    def turn_band(self, band: int) -> None:
        """Leave a range of what the colours tell out, or take it in again."""
        atlas, colour = self._state.chart.atlas, self._state.chart.chart_colour
        if atlas is not None and colour != KIND and 0 <= band < atlas.bands(colour).count:
            self._store.replace(chart_bands=self._state.chart.chart_bands ^ {band})

    def visit(self, name: str) -> None:
        """Go to a stop of the tour; an empty name ends it, and all is shown as at first."""
        atlas, stop = self._state.chart.atlas, stop_of(name)
        if atlas is None or self._state.chart.chart_model not in TOLD_OF:
            return
        layout = stop.layout if stop is not None and stop.layout in atlas.layouts else None
        only = stop.only if stop is not None else ()
        group = stop.group if stop is not None else ""
        found = words_of(atlas, GROUPS[group]) if group else NOTHING_FOUND
        if stop is not None and stop.longest:
            found = atlas.extremes(stop.longest)
        changes: dict[str, Any] = {"chart_window": Window(), "chart_rest": Window()}
        hidden = frozenset(range(len(KINDS))).difference(only) if only else frozenset()
        self._store.replace(
            **changes,
            chart_stop=name if stop is not None else "",
            chart_layout=layout or atlas.layouts[0],
            chart_hidden=hidden,
            chart_colour=stop.colour if stop is not None else KIND,
            chart_bands=frozenset(),
            chart_group=group,
            chart_found=found,
            chart_sought="",
            chart_refused=None,
            chart_token=None,
        )
        if group:
            self._fly(found)

    def fly_along(self) -> None:
        """Look at the whole path that is drawn."""
        chart = self._state.chart
        if chart.atlas is not None and chart.chart_path is not None:
            path = chart.chart_path
            points = path_in(chart.atlas, chart.chart_layout, path.units, path.nearest)
            if points is not None:
                self.rest(window_on(points))

    def seek(self, typed: str, *, flies: bool = True) -> None:
        """Find what was typed and fly there; a pattern that is none is told."""
        atlas = self._state.chart.atlas
        if atlas is None:
            return
        refused, found = None, NOTHING_FOUND
        try:
            found = search(atlas, typed)
        except InputError as error:
            refused = Message(error.key, error.fields)
        changes: dict[str, Any] = {
            "chart_sought": typed,
            "chart_refused": refused,
            "chart_group": "",
        }
        changes |= {"chart_stop": ""} if flies else {}
        self._store.replace(**changes, chart_found=found)
        if flies:
            self._fly(found)

    def show_group(self, name: str, *, flies: bool = True) -> None:
        """Mark a group of words and fly there; the same once more takes the marks away."""
        atlas, now = self._state.chart.atlas, self._state.chart.chart_group
        if atlas is None or name not in GROUPS:
            return
        name = "" if now == name and flies else name
        found = words_of(atlas, GROUPS[name]) if name else ()
        changes: dict[str, Any] = {"chart_group": name, "chart_found": found, "chart_sought": ""}
        changes |= {"chart_stop": ""} if flies else {}
        self._store.replace(**changes, chart_refused=None)
        if flies and found:
            self._fly(found)

    def mark_group(self, name: str) -> None:
        """Mark a group of words and look at the whole map, so that the far ones are seen too."""
        self.show_group(name, flies=False)
        self.rest(Window())

    async def select(self, token: int, *, flies: bool = False) -> None:
        """Open a token; its neighbours come with the first one that is opened."""
        atlas = self._state.chart.atlas
        if atlas is None or not has(atlas, token):
            return
        self._store.replace(chart_token=token)
        if self._state.chart.atlas_near is None:
            await self._bring_neighbours()
        if flies and self._state.chart.chart_token == token:
            self._fly((token, *self._close_to(token)))

    def _close_to(self, token: int) -> tuple[int, ...]:
        """Those of a token's neighbours that the picture has nearest to it: not those far off."""
        atlas, near = self._state.chart.atlas, self._state.chart.atlas_near
        if atlas is None or near is None:
            return ()
        square, ids = atlas.square(self._state.chart.chart_layout), near.ids[token]
        distances = ((square[ids] - square[token]) ** 2).sum(axis=1)
        return tuple(ids[distances.argsort(kind="stable")[: len(ids) // 2]].tolist())

    async def _bring_neighbours(self) -> None:
        atlas = self._state.chart.atlas
        matrix = EMBEDDING if atlas is None else atlas.matrix
        try:
            near = await self._library.neighbours(self._state.chart.chart_model, matrix)
        except UnknownNameError:
            self._store.replace(is_near_asked=True)  # made from the rows, by app/row_work.py
            return
        except SeethroughError as error:
            self._store.replace(chart_error=Message(error.key, error.fields))
            return
        self._store.replace(atlas_near=near, chart_error=None)

    def close(self) -> None:
        """Close the open token."""
        self._store.replace(chart_token=None)

    def _fly(self, tokens: tuple[int, ...]) -> None:
        """Look at some tokens; of many at the first ones."""
        atlas = self._state.chart.atlas
        if atlas is not None and tokens:
            square = atlas.square(self._state.chart.chart_layout)
            most = MOST_ZOOM if len(tokens) > 1 else ZOOM_OF_ONE
            self.rest(window_on(square[list(tokens[:FLOWN_TO])], most_zoom=most))
