"""The cells of pictures: the one under the pointer, or that the arrow keys reach, is told."""

from __future__ import annotations

from collections.abc import Callable

from seethrough.browser import ffi

Describe = Callable[[str, int, int], str]
Choose = Callable[[str, int, int], None]
Rest = Callable[[str, int, int, ffi.Box], None]

PICTURE = "canvas[data-rows], svg[data-rows]"
LOW = 64  # pixels
STEPS = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}


class Cells:
    """Tells the cell under the pointer, or the one that the arrow keys reach, beside its picture.

    A picture is a canvas or an SVG with `data-rows` and `data-columns`, named by `data-raster`;
    `aria-describedby` names where to write.

    Args:
        describe: A cell as markup, empty outside the picture.
        choose: What a click on a cell does, or Enter on the one that the arrows have reached.
        rest: Hears of each cell that a mouse comes to or the arrows reach, and of its box.
    """

    def __init__(self, describe: Describe, choose: Choose, rest: Rest) -> None:
        self._describe = describe
        self._choose = choose
        self._rest = rest
        self._reached: dict[str, tuple[int, int]] = {}
        for kind, function in (
            ("pointermove", self._moved),
            ("pointerdown", self._moved),
            ("click", self._clicked),
            ("pointerout", self._left),
            ("keydown", self._pressed),
        ):
            ffi.listen(ffi.document, kind, function)

    def _moved(self, event: ffi.Js) -> None:
        canvas = _picture(event)
        if canvas is None:
            return
        row, column = _under(canvas, event)
        self._tell(canvas, row, column)
        if event.pointerType != "touch":
            self._rest(_name(canvas), row, column, _box(canvas, row, column))

    def _clicked(self, event: ffi.Js) -> None:
        canvas = _picture(event)
        if canvas is not None:
            self._choose(_name(canvas), *_under(canvas, event))

    def _left(self, event: ffi.Js) -> None:
        canvas = _picture(event)
        # A finger leaves as soon as it has tapped: the tapped cell stays told.
        if canvas is not None and event.pointerType != "touch":
            place = _place_beside(canvas)
            if place is not None and place.hasAttribute("data-at-rest"):
                place.innerHTML = place.getAttribute("data-at-rest")
                place.removeAttribute("data-at-rest")

    def _pressed(self, event: ffi.Js) -> None:
        canvas = _picture(event)
        if canvas is None:
            return
        name = _name(canvas)
        if event.key == "Enter" and name in self._reached:
            self._choose(name, *self._reached[name])
        if event.key not in STEPS:
            return
        event.preventDefault()
        rows, columns = _grid(canvas)
        row, column = self._reached.get(name, (0, 0))
        down, across = STEPS[event.key] if name in self._reached else (0, 0)
        row, column = min(max(row + down, 0), rows - 1), min(max(column + across, 0), columns - 1)
        self._reached[name] = (row, column)
        self._tell(canvas, row, column)
        self._rest(name, row, column, _box(canvas, row, column))

    def _tell(self, canvas: ffi.Js, row: int, column: int) -> None:
        """Tell a cell; what stood there at rest is kept on the very element, and goes with it."""
        said = self._describe(_name(canvas), row, column)
        place = _place_beside(canvas)
        if not said or place is None:
            return
        if not place.hasAttribute("data-at-rest"):
            place.setAttribute("data-at-rest", place.innerHTML)
        place.innerHTML = said


def _place_beside(canvas: ffi.Js) -> ffi.Js | None:
    """Where a picture's cells are told."""
    place = ffi.document.getElementById(canvas.getAttribute("aria-describedby"))
    return None if ffi.is_absent(place) else place


def _picture(event: ffi.Js) -> ffi.Js | None:
    target = event.target
    canvas = target.closest(PICTURE) if hasattr(target, "closest") else None
    return None if ffi.is_absent(canvas) else canvas


def _under(canvas: ffi.Js, event: ffi.Js) -> tuple[int, int]:
    """Row and column of the cell under the pointer."""
    box = canvas.getBoundingClientRect()
    rows, columns = _grid(canvas)
    row = int((event.clientY - box.top) / box.height * rows)
    return row, int((event.clientX - box.left) / box.width * columns)


def _name(canvas: ffi.Js) -> str:
    return str(canvas.getAttribute("data-raster"))


def _box(canvas: ffi.Js, row: int, column: int) -> ffi.Box:
    """What not to hide of a picture: a cell's row, or where the picture is low its column."""
    left, top, right, bottom = ffi.box_of(canvas)
    rows, columns = _grid(canvas)
    wide, high = (right - left) / columns, (bottom - top) / rows
    if bottom - top > LOW:
        return left, top + row * high, right, top + (row + 1) * high
    return left + column * wide, top, left + (column + 1) * wide, bottom


def _grid(canvas: ffi.Js) -> tuple[int, int]:
    """Rows and columns of a picture."""
    return int(canvas.getAttribute("data-rows")), int(canvas.getAttribute("data-columns"))
