"""Brings what is chosen into sight where a row or a list of choices scrolls inside itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.browser import ffi

if TYPE_CHECKING:
    from collections.abc import Callable

FOLLOWS = ".follows"
CHOSEN = "[aria-current], [aria-pressed=true]"


def remember(element: ffi.Js) -> Callable[[], None]:
    """Where each such row stands; what it returns follows a choice that is another one since.

    A row whose choice is the same stays where the reader has put it.
    """
    before = [(box.scrollLeft, box.scrollTop, _name(box)) for box in _rows(element)]

    def follow() -> None:
        for at, box in enumerate(_rows(element)):
            left, top, name = before[at] if at < len(before) else (0, 0, "")
            if left or top:  # to set them asks for the whole layout
                box.scrollLeft, box.scrollTop = left, top
            if name != _name(box):
                _show(box, box.querySelector(CHOSEN))

    return follow


def _rows(element: ffi.Js) -> list[ffi.Js]:
    return list(element.querySelectorAll(FOLLOWS))


def _name(box: ffi.Js) -> str:
    chosen = box.querySelector(CHOSEN)
    if ffi.is_absent(chosen):
        return ""
    return f"{chosen.getAttribute('href')} {chosen.getAttribute('data-position')}"


def _show(box: ffi.Js, chosen: ffi.Js) -> None:
    """Scroll the row alone, never the page, until what is chosen stands in its middle."""
    is_cut = box.scrollWidth > box.clientWidth or box.scrollHeight > box.clientHeight
    if ffi.is_absent(chosen) or not is_cut:
        return
    row, one = box.getBoundingClientRect(), chosen.getBoundingClientRect()
    box.scrollLeft += (one.left + one.right - row.left - row.right) / 2
    box.scrollTop += (one.top + one.bottom - row.top - row.bottom) / 2
