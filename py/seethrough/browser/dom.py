"""Puts markup into the page's slots and hands the page's events on. It knows no model.

What is drawn comes from view/ as HTML strings and RGBA arrays; an event becomes an action's name
and the values of the element that carries `data-action`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.browser import ffi, focus
from seethrough.core.digest import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.core.cache import Array

    OnAction = Callable[[str, Mapping[str, str]], None]

# Where a click is the action; other controls act when their value changes.
CLICKED = ("BUTTON",)


class Slots:
    """The elements that Python fills, by id; each is written only when its markup changed.

    What the build has rendered into the static page carries a digest: where Python's markup is the
    same, the element stays as it is, and the reader sees no change at all.
    """

    def __init__(self) -> None:
        self._written: dict[str, str] = {}

    def mount(self, slot: str, markup: str) -> bool:
        """Put markup into a slot. Returns: Whether it is there now and was not before.

        Focus, open details and scroll positions are kept.
        """
        element = ffi.document.getElementById(slot)
        if ffi.is_absent(element) or self._written.get(slot) == markup:
            return False
        if slot in self._written or element.getAttribute("data-digest") != digest(markup):
            restore = _remember(element)
            element.innerHTML = markup
            restore()
        self._written[slot] = markup
        return True

    def has(self, slot: str, *, inside: str = "") -> bool:
        """Whether the page has a slot now (inside another one)."""
        element = ffi.document.getElementById(slot)
        if ffi.is_absent(element):
            return False
        return not inside or not ffi.is_absent(element.closest(f"#{inside}"))

    def note(self, slot: str, markup: str) -> None:
        """A slot was written with the one that it stands in."""
        self._written[slot] = markup

    def forget(self, slot: str) -> None:
        """The next mount writes, whatever was there."""
        if slot in self._written:
            self._written[slot] = ""


def _remember(element: ffi.Js) -> Callable[[], None]:
    """What the reader did inside an element, to be done again after it was written anew."""
    give_back = focus.remember(element)
    is_open = {str(item.id): bool(item.open) for item in element.querySelectorAll("details[id]")}
    scrolled = [(item.scrollLeft, item.scrollTop) for item in element.querySelectorAll(".scroll")]

    def restore() -> None:
        for item in element.querySelectorAll("details[id]"):
            item.open = is_open.get(str(item.id), bool(item.open))
        for item, (left, top) in zip(element.querySelectorAll(".scroll"), scrolled, strict=False):
            item.scrollLeft, item.scrollTop = left, top
        give_back()

    return restore


def listen(on_action: OnAction) -> None:
    """Call `on_action(name, values)` for every use of an element with `data-action`.

    What `data-live` names is called while the reader still moves the control.
    """

    def handle(event: ffi.Js) -> None:
        target = event.target.closest("[data-action]")
        if ffi.is_absent(target):
            return
        is_click = event.type == "click"
        if is_click == (str(target.tagName) in CLICKED):
            on_action(str(target.getAttribute("data-action")), focus.attributes(target))

    def submit(event: ffi.Js) -> None:
        event.preventDefault()
        button = event.target.querySelector("button[type=submit]")
        if not ffi.is_absent(button) and not button.disabled:
            on_action(str(button.getAttribute("data-action")), {})
            if event.target.hasAttribute("data-cleared"):
                event.target.reset()

    def follow(event: ffi.Js) -> None:
        target = event.target.closest("[data-live]")
        if not ffi.is_absent(target):
            on_action(str(target.getAttribute("data-live")), focus.attributes(target))

    for kind in ("click", "change"):
        ffi.listen(ffi.document, kind, handle)
    ffi.listen(ffi.document, "input", follow)
    ffi.listen(ffi.document, "submit", submit)


def field(form: str, name: str) -> str | None:
    """The value of a named control of a form; None where the page has none."""
    control = _control(form, name)
    return None if control is None else ffi.well_formed(str(control.value))


def _control(form: str, name: str) -> ffi.Js | None:
    element = ffi.document.getElementById(form)
    control = None if ffi.is_absent(element) else element.elements.namedItem(name)
    return None if ffi.is_absent(control) else control


def enable(form: str, name: str, *, is_enabled: bool) -> None:
    """Allow or refuse a button of a form."""
    button = _control(form, name)
    if button is not None and bool(button.disabled) == is_enabled:
        focus.held(button, is_enabled=is_enabled)


def unfold(selector: str) -> None:
    """Open all these details, or close them where all are open."""
    details = list(ffi.document.querySelectorAll(selector))
    is_open = not all(bool(item.open) for item in details)
    for item in details:
        item.open = is_open


def fold_menus() -> bool:
    """Close open menus; a focus inside goes to what opened it. Returns: Whether one was open."""
    menus = list(ffi.document.querySelectorAll("details.menu[open]"))
    for menu in menus:
        has_focus = bool(menu.contains(ffi.document.activeElement))
        menu.open = False
        if has_focus:
            menu.querySelector("summary").focus()
    return bool(menus)


def reveal(slot: str) -> bool:
    """Bring a panel's beginning into sight. Returns: Whether it was not there already."""
    element = ffi.document.getElementById(slot)
    if ffi.is_absent(element):
        return False
    top, high = element.getBoundingClientRect().top, ffi.document.documentElement.clientHeight
    is_hidden = not 0 <= top <= high / 2
    if is_hidden:
        element.scrollIntoView(ffi.to_javascript({"block": "start"}))
    return is_hidden


def light(cells: frozenset[str], rows: frozenset[str]) -> None:
    """Mark what a sum is made of, wherever it stands on the page.

    Args:
        cells: Numbers by their `data-cell`.
        rows: Beginnings of the names of strips that hold one.
    """
    for element in ffi.document.querySelectorAll("#view [data-cell]"):
        element.classList.toggle("is-source", str(element.getAttribute("data-cell")) in cells)
    for canvas in ffi.document.querySelectorAll("#view canvas[data-raster^='strip:']"):
        name = str(canvas.getAttribute("data-raster")).partition("~")[0]
        canvas.classList.toggle("is-source", name in rows)


def draw(draw_one: Callable[[str], Array | None], slot: str | None = None) -> None:
    """Fill each `canvas[data-raster]` (of one slot) with the pixels [height, width, 4] it names."""
    root = ffi.document.getElementById(slot) if slot else ffi.document
    for canvas in root.querySelectorAll("canvas[data-raster]"):
        pixels = draw_one(str(canvas.getAttribute("data-raster")))
        if pixels is not None:
            ffi.paint(canvas, pixels)


STEPS = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}


class Cells:
    """Tells the cell under the pointer, or the one that the arrow keys reach, beside its picture.

    A picture is a `canvas[data-rows][data-columns]`; `aria-describedby` names where to write.

    Args:
        describe: A cell as markup, empty outside the picture.
        choose: What a click on a cell does, or Enter on the one that the arrows have reached.
    """

    def __init__(
        self, describe: Callable[[str, int, int], str], choose: Callable[[str, int, int], None]
    ) -> None:
        self._describe = describe
        self._choose = choose
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
        if canvas is not None:
            self._tell(canvas, *_under(canvas, event))

    def _clicked(self, event: ffi.Js) -> None:
        canvas = _picture(event)
        if canvas is not None:
            self._choose(str(canvas.getAttribute("data-raster")), *_under(canvas, event))

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
        name = str(canvas.getAttribute("data-raster"))
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

    def _tell(self, canvas: ffi.Js, row: int, column: int) -> None:
        """Tell a cell; what stood there at rest is kept on the very element, and goes with it."""
        said = self._describe(str(canvas.getAttribute("data-raster")), row, column)
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
    canvas = target.closest("canvas[data-rows]") if hasattr(target, "closest") else None
    return None if ffi.is_absent(canvas) else canvas


def _under(canvas: ffi.Js, event: ffi.Js) -> tuple[int, int]:
    """Row and column of the cell under the pointer."""
    box = canvas.getBoundingClientRect()
    rows, columns = _grid(canvas)
    row = int((event.clientY - box.top) / box.height * rows)
    return row, int((event.clientX - box.left) / box.width * columns)


def _grid(canvas: ffi.Js) -> tuple[int, int]:
    """Rows and columns of a picture."""
    return int(canvas.getAttribute("data-rows")), int(canvas.getAttribute("data-columns"))
