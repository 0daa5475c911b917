"""Keeps the focus where the page is written anew under it.

An element that is written anew gets the focus again. Where it is gone, its panel's heir takes it
(`data-heir`, the first that can be used), else the panel itself; for a word of the text the page's
heading. Where it is only switched off for a while, it gets the focus back as soon as it can be used
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.browser import ffi

if TYPE_CHECKING:
    from collections.abc import Callable

HEIRS = "[data-heir]"
# A word of a text that is gone: who reads goes on at the heading, and no frame wanders.
WORD, HEADING = ".term", "h1"
# On the one that holds the focus for another: how to find that one.
HELD_FOR = "data-held-for"
# What an element's successor may have another of.
OF_THE_MOMENT = frozenset({"value", "checked", "held-for"})


def remember(element: ffi.Js) -> Callable[[], None]:
    """Who has the focus inside an element; what it returns gives it back after a writing."""
    active = ffi.document.activeElement
    if ffi.is_absent(active) or not bool(element.contains(active)):
        return _nothing
    held = active.getAttribute(HELD_FOR)
    wanted = selector(active) if ffi.is_absent(held) else str(held)
    same = list(element.querySelectorAll(wanted)) if wanted else []
    place = next((at for at, one in enumerate(same) if bool(one.isSameNode(active))), 0)
    is_word = bool(active.matches(WORD))

    def restore() -> None:
        if wanted and _is_usable(active) and bool(active.matches(wanted)) and _has_focus(active):
            return
        again = list(element.querySelectorAll(wanted)) if wanted else []
        usable = [one for one in again if _is_usable(one)]
        if usable:
            _focus(usable[min(place, len(usable) - 1)])
            return
        if is_word:
            _focus(ffi.document.querySelector(HEADING))
            return
        heirs = [one for one in element.querySelectorAll(HEIRS) if _is_usable(one)]
        holder = heirs[0] if heirs else _focusable(element)
        if again:
            holder.setAttribute(HELD_FOR, wanted)
        _focus(holder)

    return restore


def held(button: ffi.Js, *, is_enabled: bool) -> None:
    """Switch a button on or off; one that had the focus has it again when it is switched on."""
    active, body = ffi.document.activeElement, ffi.document.body
    if not is_enabled and bool(button.isSameNode(active)):
        button.setAttribute(HELD_FOR, "")
    button.disabled = not is_enabled
    if is_enabled and bool(button.hasAttribute(HELD_FOR)):
        button.removeAttribute(HELD_FOR)
        if ffi.is_absent(active) or bool(body.isSameNode(active)):
            _focus(button)


def who(*, outside: str) -> str:
    """A selector of the one that has the focus; empty where none has, or one inside that panel."""
    active = ffi.document.activeElement
    if ffi.is_absent(active) or bool(active.matches(f"body, #{outside}, #{outside} *")):
        return ""
    return selector(active)


def give_to(wanted: str) -> None:
    """Give the focus to the first that a selector finds, and bring it into sight."""
    found = ffi.document.querySelector(wanted)
    if not ffi.is_absent(found):
        _focus(found)
        found.scrollIntoView(ffi.to_javascript({"block": "nearest"}))


def selector(element: ffi.Js) -> str:
    """A selector that finds an element's successor: by its id, or by all its data attributes."""
    if element.id:
        return f"#{ffi.css_escape(str(element.id))}"
    link = element.getAttribute("href")
    if not ffi.is_absent(link):
        term = element.getAttribute("data-term")  # all terms lead to the same list
        told = "" if ffi.is_absent(term) else f'[data-term="{ffi.css_escape(str(term))}"]'
        return f'{_region(element)}a[href="{ffi.css_escape(str(link))}"]{told}'
    parts = [
        f'[data-{name}="{ffi.css_escape(value)}"]'
        for name, value in attributes(element).items()
        if value and name not in OF_THE_MOMENT
    ]
    return str(element.tagName).lower() + "".join(parts) if parts else _path(element)


def attributes(element: ffi.Js) -> dict[str, str]:
    """The `data-*` values of an element, without the prefix, and its current value."""
    values = {
        str(name)[len("data-") :]: str(element.getAttribute(name))
        for name in element.getAttributeNames()
        if str(name).startswith("data-")
    }
    value = getattr(element, "value", None)
    if getattr(element, "type", "") == "checkbox":
        values["checked"] = "true" if element.checked else "false"
    return values | ({"value": ffi.well_formed(value)} if isinstance(value, str) else {})


def _region(element: ffi.Js) -> str:
    """The navigation that a link is of: two of them may lead to one place."""
    region = element.closest("nav[class]")
    return "" if ffi.is_absent(region) else f"nav.{ffi.css_escape(str(region.classList.item(0)))} "


def _path(element: ffi.Js) -> str:
    """The way to a nameless element (a summary, a table that scrolls) from the nearest id."""
    steps: list[str] = []
    while not ffi.is_absent(element.parentElement):
        if element.id:
            return " > ".join([f"#{ffi.css_escape(str(element.id))}", *reversed(steps)])
        before, tag = element.previousElementSibling, str(element.tagName)
        place = 1
        while not ffi.is_absent(before):
            place += str(before.tagName) == tag
            before = before.previousElementSibling
        steps.append(f"{tag.lower()}:nth-of-type({place})")
        element = element.parentElement
    return ""


def _has_focus(element: ffi.Js) -> bool:
    return bool(element.isSameNode(ffi.document.activeElement))


def _nothing() -> None:
    """Nobody had the focus."""


def _is_usable(element: ffi.Js) -> bool:
    return not bool(getattr(element, "disabled", False)) and bool(element.checkVisibility())


def _focusable(element: ffi.Js) -> ffi.Js:
    element.tabIndex = -1
    return element


def _focus(element: ffi.Js) -> None:
    element.focus(ffi.to_javascript({"preventScroll": True}))
