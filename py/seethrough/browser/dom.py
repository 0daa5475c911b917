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
CLICKED = ("BUTTON", "A")
# Text that Enter sends; Shift+Enter makes a line in it.
SENT_BY_ENTER = "form textarea"


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
            restore = focus.remember(element)
            ffi.write(element, markup)
            restore()
        self._written[slot] = markup
        return True

    def has(self, slot: str) -> bool:
        """Whether the page has a slot now."""
        return not ffi.is_absent(ffi.document.getElementById(slot))

    def inside(self, slot: str) -> tuple[str, ...]:
        """The slots that stand inside another one: one question for all, not one a panel."""
        return tuple(str(item.id) for item in ffi.document.querySelectorAll(f"#{slot} .slot"))

    def note(self, slot: str, markup: str) -> None:
        """A slot was written with the one that it stands in."""
        self._written[slot] = markup

    def forget(self, slot: str) -> None:
        """The next mount writes, whatever was there."""
        if slot in self._written:
            self._written[slot] = ""


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
    ffi.listen(ffi.document, "keydown", _send_by_enter)


def _send_by_enter(event: ffi.Js) -> None:
    is_enter = event.key == "Enter" and not (event.shiftKey or event.isComposing)
    if is_enter and bool(event.target.matches(SENT_BY_ENTER)):
        event.preventDefault()
        event.target.form.requestSubmit()


def field(form: str, name: str) -> str | None:
    """The value of a named control of a form; None where the page has none."""
    control = _control(form, name)
    return None if control is None else ffi.well_formed(str(control.value))


def write_field(form: str, name: str, value: str) -> None:
    """Put a value into a named control of a form, where the page has it."""
    control = _control(form, name)
    if control is not None and str(control.value) != value:
        control.value = value


def _control(form: str, name: str) -> ffi.Js | None:
    element = ffi.document.getElementById(form)
    control = None if ffi.is_absent(element) else element.elements.namedItem(name)
    return None if ffi.is_absent(control) else control


def enable(form: str, name: str, *, is_enabled: bool) -> None:
    """Allow or refuse a button of a form."""
    button = _control(form, name)
    if button is not None and bool(button.disabled) == is_enabled:
        focus.held(button, is_enabled=is_enabled)


def opened(selector: str) -> frozenset[str]:
    """The ids of those of these details that are open."""
    found = ffi.document.querySelectorAll(selector)
    return frozenset(str(item.id) for item in found if item.open)


def unfold(selector: str) -> None:
    """Open all these details, or close them where all are open."""
    details = list(ffi.document.querySelectorAll(selector))
    is_open = not all(bool(item.open) for item in details)
    for item in details:
        item.open = is_open


def has_dialog() -> bool:
    """Whether a dialog is open over the page: keys are its own."""
    return not ffi.is_absent(ffi.document.querySelector("dialog[open]"))


def fold_menus() -> bool:
    """Close open menus; a focus inside goes to what opened it. Returns: Whether one was open."""
    menus = list(ffi.document.querySelectorAll("details.menu[open]"))
    for menu in menus:
        has_focus = bool(menu.contains(ffi.document.activeElement))
        menu.open = False
        if has_focus:
            menu.querySelector("summary").focus()
    return bool(menus)


def fold_menus_left_behind() -> None:
    """Close the menus that a press or the focus is not in, and the one whose link was pressed.

    A dialog lies over them: who closes it is back where it was opened.
    """

    def pressed(event: ffi.Js) -> None:
        if not ffi.is_absent(event.target.closest("dialog")):
            return
        for menu in ffi.document.querySelectorAll("details.menu[open]"):
            is_inside = bool(menu.contains(event.target))
            if not is_inside or not ffi.is_absent(event.target.closest(".sheet a")):
                menu.open = False

    def focused(event: ffi.Js) -> None:
        if ffi.is_absent(event.target.closest("dialog")):
            for menu in ffi.document.querySelectorAll("details.menu[open]"):
                menu.open = bool(menu.contains(event.target))

    ffi.listen(ffi.document, "click", pressed)
    ffi.listen(ffi.document, "focusin", focused)


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
    ffi.light(sorted(cells), sorted(rows))


def draw(draw_one: Callable[[str], Array | None], slot: str = "") -> None:
    """Fill each `canvas[data-raster]` (of one slot) with the pixels [height, width, 4] it names.

    What stands there already is not put there again.
    """
    drawn = []
    for at, (name, stands) in enumerate(ffi.pictures(slot)):
        pixels = draw_one(name)
        if pixels is not None:
            mark = f"{pixels.shape} {hash(pixels.tobytes())}"
            drawn += [(at, pixels, mark)] if mark != stands else []
    if drawn:
        ffi.put_pictures(slot, drawn)
