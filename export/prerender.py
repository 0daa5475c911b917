"""Renders the first slides into the static page, with the page's own code and state.

The reader sees them before Python has started; Python then finds its own markup there, by digest,
and leaves it as it is.
"""

from __future__ import annotations

import asyncio
import html
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from seethrough.app.actions import Actions
from seethrough.app.engine import EngineInfo
from seethrough.app.navigation import Navigation
from seethrough.app.service import Service
from seethrough.app.state import AppState, Store
from seethrough.app.tours import steps_of
from seethrough.core.depth import FIRST
from seethrough.core.digest import digest
from seethrough.core.guesses import FIRST as FIRST_ASKED
from seethrough.core.guesses import Guessing
from seethrough.core.routes import Route, address_of, parse
from seethrough.view import pages
from seethrough.view.guess import open_question
from seethrough.view.layout import PANELS, Memo, markup_of
from seethrough.view.node import Markup, h, to_html
from seethrough.view.tours import TOURS
from seethrough.view.words import page_title, say

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.app.engine import Engine

# Around the view: slots of index.html that Python takes over too.
AROUND = ("skip", "strip-name", "header", "tools", "footer", "keys")
# A view that needs Python stands under this address until it is there.
OTHERWISE = "*"
# Who comes for the first time is asked before the answer is shown.
ASKED = Guessing(when=FIRST_ASKED)
# The slots of home that hold the answer to its question.
ANSWER = ("hero", "living")
PLAIN = ("map", "ready", "about", "glossary")


@dataclass(frozen=True)
class Slide:
    """A rendered page: its address, its tab's title, its markup, and that as the file has it."""

    address: str
    title: str
    markup: str
    shown: str


class _NoEngine:
    """Stands where the page has its engine: nothing is run while the site is built."""

    def planned(self) -> EngineInfo:
        """What a page without threads would say."""
        return EngineInfo("wasm", 1)


def fields(site: Path) -> dict[str, str]:
    """What the slots of index.html hold, ready as markup.

    Args:
        site: The folder of the site, its models and recordings in place.
    """
    home, *others = asyncio.run(_slides(site))
    state = AppState().but(tours=TOURS, guessing=ASKED)
    around = {
        name: f'data-digest="{digest(text)}">{text}'
        for name in AROUND
        if (text := markup_of(state, PANELS[name]))
    }
    slides = "\n    ".join(template(slide) for slide in [*others, waiting(state)])
    view = f'data-digest="{digest(home.markup)}">{home.shown}'
    return {**around, "view": view, "slides": slides}


def template(slide: Slide) -> str:
    """A slide that waits in the page until its address is asked for (web/slide.js)."""
    names = (("route", slide.address), ("title", slide.title), ("digest", digest(slide.markup)))
    data = " ".join(f'data-{name}="{html.escape(value)}"' for name, value in names)
    return f"<template {data}>{slide.shown}</template>"


def waiting(state: AppState) -> Slide:
    """What stands in place of a view that Python has to draw."""
    words = h("p", {"class": "page-lead"}, say(state, "page.waiting"))
    markup = to_html(h("div", {"class": "page"}, page_title(state, "page.title"), words))
    return Slide(OTHERWISE, "", markup, markup)


async def _slides(site: Path) -> list[Slide]:
    """Home, each recorded walk at its first step, the pages of words."""
    first = await state_at(site, address_of(Route()))
    walks = [Route("walk", card.subject) for card in first.recordings]
    slides = [_slide(first, address_of(Route()))]
    for route in [*walks, *map(Route, PLAIN)]:
        state = await state_at(site, address_of(route))
        slides.append(_slide(state, address_of(state.route)))
        if state.route != route:
            slides.append(_slide(state, address_of(route)))
    return slides


def _slide(state: AppState, address: str) -> Slide:
    return Slide(address, pages.title(state), pages.render(state), _shown(state))


def _shown(state: AppState) -> str:
    """A page as it stands in the file: where no script asks, the answer is beside the question."""
    if open_question(state) is None:
        return pages.render(state)
    told = state.but(guessing=Guessing())
    answer = h("noscript", {}, *(Markup(markup_of(told, PANELS[slot])) for slot in ANSWER))
    hero = PANELS[ANSWER[0]]
    both = replace(hero, render=lambda asked: hero.render(asked) + to_html(answer))
    return pages.render(state, Memo({**PANELS, ANSWER[0]: both}))


async def state_at(site: Path, address: str) -> AppState:
    """The state that the page has at an address before any model is loaded."""

    async def text(path: str) -> str:
        return (site / path).read_text(encoding="utf-8")

    async def data(path: str) -> bytes:
        return (site / path).read_bytes()

    # As the page of a first visit begins.
    store = Store(AppState().but(unfolded=frozenset(), tours=TOURS, depth=FIRST, guessing=ASKED))
    service = Service(store, cast("Engine", _NoEngine()), text, data)
    await service.open()
    # Nothing is stored then; the page asks its service worker, and draws the same.
    lacks = replace(store.state.site.offline, maps_bytes=service.library.maps_bytes)
    store.replace(offline=lacks)
    await Navigation(Actions(service)).go(parse(address, tours=steps_of(TOURS)))
    return store.state
