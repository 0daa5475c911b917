"""The map under the reader's hands: pulled, enlarged by wheel, fingers or keys, pointed at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seethrough.browser import ffi, host
from seethrough.browser.chart_rows import ChartRows
from seethrough.browser.chart_tools import ChartTools
from seethrough.core.plane import Window
from seethrough.core.routes import MAP
from seethrough.view.chart import beside, over
from seethrough.view.pictures import raster_for

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from seethrough.app.actions import Actions
    from seethrough.app.state import AppState

    Handler = Callable[[Mapping[str, str]], Coroutine[Any, Any, None] | None]

CANVAS, HOVER = "chart-canvas", "chart-hover"
PAINTED = (
    *("atlas", "chart_layout", "chart_window", "chart_hidden", "chart_size", "theme"),
    *("chart_glide", "chart_colour", "chart_bands"),
)
# A press that moved less than this opens what lies under it.
LEAST_PX = 5.0
PULL, STEP = 60.0, 1.5
WHEEL = 0.0016
REST_MS = 250
LOST_MS = 1500
KEYS = {
    "ArrowLeft": (PULL, 0.0),
    "ArrowRight": (-PULL, 0.0),
    "ArrowUp": (0.0, PULL),
    "ArrowDown": (0.0, -PULL),
}
ENLARGED = {"+": STEP, "=": STEP, "-": 1 / STEP}


class Chart:
    """Follows the canvas of the map, wherever the page has it."""

    def __init__(self, actions: Actions) -> None:
        self._store = actions.store
        self._charting = actions.charting
        self._tools = ChartTools(actions)
        self._picks = actions.row_picks
        self._rows = ChartRows(actions)
        self._draws = False
        self._fingers: dict[int, tuple[float, float]] = {}
        self._pressed: tuple[float, float] | None = None
        self._wanted: Window | None = None
        self._rests = host.Later(actions.charting.rest, REST_MS)
        self._losses = host.Later(self._look_again, LOST_MS)
        self._sizes = host.Sizes(self._measure)

    def handlers(self) -> dict[str, Handler]:
        """Action -> what it does."""
        charting = self._charting
        return {
            **self._rows.handlers(),
            "chart-seek": lambda values: charting.seek(values.get("value", "")),
            "chart-group": lambda values: charting.show_group(values["name"]),
            "chart-kind": lambda values: charting.turn_kind(int(values["kind"])),
            "chart-token": lambda values: charting.select(int(values["token"]), flies=True),
            "chart-matrix": lambda values: charting.show_matrix(values["name"]),
            "chart-close": lambda _values: charting.close(),
            "chart-again": lambda _values: self._again(),
            "chart-in": lambda _values: self._enlarge(STEP),
            "chart-out": lambda _values: self._enlarge(1 / STEP),
            "chart-whole": lambda _values: charting.rest(Window()),
            **self._tools.handlers(),
        }

    def _again(self) -> Coroutine[Any, Any, None] | None:
        """Try once more: to draw, or to have a file that did not come."""
        if self._store.state.chart.is_lost:
            self._look_again()
            return None
        return self._charting.again()

    def follow(self) -> None:
        """Listen to the reader, and paint what the state says."""
        self._store.subscribe(PAINTED, self._paint)
        for kind, function in (
            ("pointerdown", self._down),
            ("pointermove", self._moved),
            ("pointerup", self._up),
            ("pointercancel", self._up),
            ("pointerout", self._left),
            ("keydown", self._key),
        ):
            ffi.listen(ffi.document, kind, function)
        host.listen_actively("wheel", self._wheel)
        host.listen_inside("contextlost", self._lost)
        host.listen_inside("contextrestored", self._restored)
        self._tools.follow()
        self._rows.follow()

    def shown(self, state: AppState) -> None:
        """The page was written: the canvas may be a new one."""
        canvas = _canvas()
        if state.route.view == MAP and canvas is not None:
            self._sizes.watch(canvas)
            self._measure()
            self._paint(state)
            self._tools.fill(state)
            self._rows.shown(state)

    def _lost(self, event: ffi.Js) -> None:
        """The browser took the picture away; mostly it gives an empty one back."""
        if _on_canvas(event) is not None:
            self._losses.start()

    def _restored(self, event: ffi.Js) -> None:
        """It did: the picture is painted anew."""
        canvas = _on_canvas(event)
        if canvas is not None:
            canvas.painted = None
            self._charting.lose(is_lost=False)
            self._paint(self._store.state)

    def _look_again(self) -> None:
        """It did not: another canvas takes the place; where that is lost too, the page says so."""
        canvas = _canvas()
        if canvas is None:
            return
        if _is_lost(canvas):
            other = canvas.cloneNode(False)
            canvas.replaceWith(other)
            self._sizes.watch(other)
            canvas = other
        self._charting.lose(is_lost=_is_lost(canvas))
        self._paint(self._store.state)

    def _paint(self, state: AppState) -> None:
        canvas = _canvas()
        if canvas is None:
            return
        pixels = raster_for(state, "chart", ffi.is_dark())
        if pixels is not None:
            host.put_picture(canvas, pixels)

    def _measure(self) -> None:
        canvas = _canvas()
        if canvas is not None:
            left, top, right, bottom = ffi.box_of(canvas)
            self._charting.resize(int(right - left), int(bottom - top), host.dots())

    def _down(self, event: ffi.Js) -> None:
        canvas = _on_canvas(event)
        if canvas is None:
            return
        canvas.setPointerCapture(event.pointerId)
        self._fingers[int(event.pointerId)] = _at(event)
        self._pressed = _at(event) if len(self._fingers) == 1 else None
        self._begin_line(event)

    def _moved(self, event: ffi.Js) -> None:
        before = self._fingers.get(int(event.pointerId))
        if before is None:
            if _on_canvas(event) is not None:
                self._point(event)
            return
        if self._draws:
            self._picks.draw(_inside(_at(event)))
            return
        now, (wide, high, _) = _at(event), self._store.state.chart.chart_size
        others = [at for key, at in self._fingers.items() if key != int(event.pointerId)]
        if others:
            self._pinch(before, now, others[0])
        else:
            window = self._window().moved(now[0] - before[0], now[1] - before[1], wide, high)
            self._look(window)
        self._fingers[int(event.pointerId)] = now
        if self._pressed is not None and math.dist(self._pressed, now) > LEAST_PX:
            self._pressed = None
            _hide()

    def _pinch(
        self, before: tuple[float, float], now: tuple[float, float], other: tuple[float, float]
    ) -> None:
        """Two fingers: what lies between them stays between them."""
        wide, high, _ = self._store.state.chart.chart_size
        factor = math.dist(now, other) / max(math.dist(before, other), 1.0)
        middle = _inside(((before[0] + other[0]) / 2, (before[1] + other[1]) / 2))
        window = self._window().zoomed(factor, *middle, wide, high)
        pulled = (now[0] - before[0]) / 2, (now[1] - before[1]) / 2
        self._look(window.moved(*pulled, wide, high))

    def _up(self, event: ffi.Js) -> None:
        if self._fingers.pop(int(event.pointerId), None) is None:
            return
        if self._draws:
            self._draws, self._pressed = False, None
            self._picks.close(is_done=event.type == "pointerup")
            return
        is_press = self._pressed is not None and event.type == "pointerup"
        self._pressed = None
        self._rests.start()
        if is_press:
            self._open(*_inside(_at(event)))

    def _begin_line(self, event: ffi.Js) -> None:
        """With Shift, or where the reader chose so, the pointer draws; a second one ends that."""
        wants = bool(event.shiftKey) or self._store.state.by_rows.has_lasso
        if self._draws:
            self._picks.close(is_done=False)
        self._draws = wants and len(self._fingers) == 1
        if self._draws:
            self._picks.draw(_inside(_at(event)))
            _hide()

    def _left(self, event: ffi.Js) -> None:
        if _on_canvas(event) is not None and not self._fingers:
            _hide()

    def _wheel(self, event: ffi.Js) -> None:
        if _on_canvas(event) is None:
            return
        event.preventDefault()
        wide, high, _ = self._store.state.chart.chart_size
        lines = 16.0 if int(event.deltaMode) else 1.0
        factor = math.exp(-float(event.deltaY) * lines * WHEEL)
        self._look(self._window().zoomed(factor, *_inside(_at(event)), wide, high))
        self._rests.start()

    def _key(self, event: ffi.Js) -> None:
        is_other = event.ctrlKey or event.metaKey or event.altKey
        if is_other or str(getattr(event.target, "id", "")) != CANVAS:
            return
        key, (wide, high, _) = str(event.key), self._store.state.chart.chart_size
        if key in KEYS:
            self._charting.rest(self._window().moved(*KEYS[key], wide, high))
        elif key in ENLARGED:
            self._enlarge(ENLARGED[key])
        elif key == "0":
            self._charting.rest(Window())
        elif key == "Enter":
            self._open(wide / 2, high / 2)
        else:
            return
        event.preventDefault()

    def _enlarge(self, factor: float) -> None:
        wide, high, _ = self._store.state.chart.chart_size
        self._charting.rest(self._window().zoomed(factor, wide / 2, high / 2, wide, high))

    def _open(self, across: float, down: float) -> None:
        token = over.token_at(self._store.state, across, down)
        if token is not None:
            ffi.start_task(self._charting.select(token))

    def _point(self, event: ffi.Js) -> None:
        """The name of what lies under the pointer, beside it."""
        if event.pointerType == "touch":
            return
        state = self._store.state
        across, down = _inside(_at(event))
        token = over.token_at(state, across, down)
        words = "" if token is None else beside.hover(state, token)
        host.place_beside(HOVER, words, across, down)

    def _window(self) -> Window:
        return self._wanted or self._store.state.chart.chart_window

    def _look(self, window: Window) -> None:
        """Show a window with the next frame; of several in one frame the last."""
        is_waiting, self._wanted = self._wanted is not None, window
        if not is_waiting:
            host.next_frame(self._show)

    def _show(self) -> None:
        window, self._wanted = self._wanted, None
        if window is not None:
            self._charting.look(window)


def _canvas() -> ffi.Js | None:
    canvas = ffi.document.getElementById(CANVAS)
    return None if ffi.is_absent(canvas) else canvas


def _is_lost(canvas: ffi.Js) -> bool:
    """Whether the browser has taken a picture away, and not given it back."""
    context = canvas.getContext("2d")
    asks = None if ffi.is_absent(context) else getattr(context, "isContextLost", None)
    return ffi.is_absent(context) or (asks is not None and bool(asks()))


def _on_canvas(event: ffi.Js) -> ffi.Js | None:
    """The map's canvas, if an event is its own."""
    is_own = str(getattr(event.target, "id", "")) == CANVAS
    return event.target if is_own else None


def _at(event: ffi.Js) -> tuple[float, float]:
    return float(event.clientX), float(event.clientY)


def _inside(at: tuple[float, float]) -> tuple[float, float]:
    """A place of the window as one of the picture."""
    canvas = _canvas()
    left, top, _, _ = (0.0,) * 4 if canvas is None else ffi.box_of(canvas)
    return at[0] - left, at[1] - top


def _hide() -> None:
    host.place_beside(HOVER, "", 0, 0)
