"""Addresses: what stands behind the # of the page's address, and what it means.

`#/walk/january/layers?pos=5`: a view, the walk's subject (a recording's id, or "own"), a step; then
what is chosen there (core/fields.py). A step in the subject's place (`#/generate/model`) is the
first walk's. Whatever an address holds is data from a stranger: a field that means nothing falls
back and is named in `Place.ignored`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from seethrough.core.fields import ANYWHERE, OF_A_TEXT, OF_THE_MAP, SETTING, all_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.against import Against
    from seethrough.core.beam_plan import BeamPlan
    from seethrough.core.cell import Cell
    from seethrough.core.ending_plan import EndingPlan
    from seethrough.core.fields import Field
    from seethrough.core.heads import Heads
    from seethrough.core.moved import Moved
    from seethrough.core.second import Second

# Pages of their own; the views that show one input in steps are the tours (app/tours.py).
PAGES = (
    *("home", "map", "gallery", "lesson", "slow", "ready", "about", "fidelity", "glossary"),
    "styleguide",
)
# The places of a training step in slow motion, in their order; each has an address.
STAGES = ("text", "guess", "loss", "error", "back", "update", "after")
FIDELITY = "fidelity"
OWN = "own"
MAP = "map"
GALLERY = "gallery"
TRAIN, LESSON, SLOW = "train", "lesson", "slow"
# Views whose address has two parts; one that this build does not have is none.
PATHS = {LESSON: (TRAIN, "run"), SLOW: (TRAIN, "step")}
DEPTH = "depth"
MAX_SHOWN = 60
MAX_NAMED = 12


@dataclass(frozen=True)
class Route:
    """Where the reader is: a view, its subject, a step of its tour.

    `subject` is the id of a recording, "own" for the reader's own prompt, or empty where the
    address leaves it open. Of the page "fidelity" it is a model's id.
    """

    view: str = "home"
    subject: str = ""
    step: str = ""


@dataclass(frozen=True)
class Place:
    """An address taken apart; None where it says nothing. `ignored` are fields without meaning.

    `said` has the values of those, as they stood there.

    `written` are the tokens behind the prompt, the first `taken` of them part of the input; `stop`
    says why they ended, where they alone do not tell. `chosen_step` is one of them, `word` one of
    the text's words, `compared` a token's id, `off` are heads that are switched off, `neuron` is
    one of the layer's, `second` a place beside the chosen one, `moved` what a rotation is shown
    with; `is_mean` asks for the mean over heads, `hides_special` for a text without special tokens.
    `settings` are those of the draw that it names, by name; `dart` and `is_tallied` are of the step
    "sample", `beam_plan` is how a search with beams goes, `ending_plan` how
    endings are drawn, `against` what the text is set against, `column` the place of both that is
    told.
    `is_recordings_only`: who gave the link wants no model run on the device that opens it.
    Of the map: `layout`, `window` (x, y, zoom), the open `token`, the `hidden` kinds, what is
    `sought` there, or the `group` of words that is marked; the `colour` and those of its `bands`
    that are left out, the stop of the map's tour; the recorded `walk` and which of its tokens has
    its `path` drawn; tokens that are `picked`, the two ends of an axis, the three `terms` of a sum.
    """

    route: Route
    prompt: str | None = None
    chat: bool = False
    model: str | None = None
    written: tuple[int, ...] | None = None
    taken: int = 0
    stop: str = ""
    position: int | None = None
    layer: int | None = None
    head: int | None = None
    second: Second | None = None
    moved: Moved | None = None
    off: Heads | None = None
    neuron: int | None = None
    word: int | None = None
    compared: int | None = None
    chosen_step: int | None = None
    is_mean: bool = False
    hides_special: bool = False
    cell: Cell | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    beam_plan: BeamPlan | None = None
    ending_plan: EndingPlan | None = None
    against: Against | None = None
    column: int | None = None
    dart: int | None = None
    is_tallied: bool = False
    depth: str | None = None
    language: str | None = None
    is_recordings_only: bool = False
    layout: str | None = None
    window: tuple[float, float, float] | None = None
    token: int | None = None
    hidden: tuple[int, ...] | None = None
    sought: str | None = None
    group: str | None = None
    colour: str | None = None
    bands: tuple[int, ...] | None = None
    tour_stop: str | None = None
    walk: str | None = None
    path: int | None = None
    picked: tuple[int, ...] | None = None
    axis_of: tuple[int, ...] | None = None
    terms: tuple[int, ...] | None = None
    ignored: tuple[str, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict, compare=False)


def parse(
    address: str, *, tours: Mapping[str, tuple[str, ...]], languages: tuple[str, ...] = ()
) -> Place:
    """The place of an address ("#/walk/january?pos=5"); one that is unknown is the view "missing".

    Args:
        tours: The views that show one input (a recording, or the reader's own prompt), each with
            the names of its steps.
        languages: The languages that there are; another one is ignored.
    """
    path, _, query = address.removeprefix("#").partition("?")
    names = [unquote(part) for part in path.split("/") if part]
    route, ignored = _route(names, tours)
    given = dict(parse_qsl(query, keep_blank_values=True))
    read: dict[str, Any] = {}
    meant = {
        name: text
        for name, text in given.items()
        if _may_say(route, name, given, is_tour=route.view in tours)
    }
    if meant.get("lang", "") not in languages:
        meant.pop("lang", None)
    known = all_fields()
    for one in known:
        value = one.read(meant[one.name]) if one.name in meant else None
        if value is not None:
            read[one.name] = value
    if read.get("taken", 0) > len(read.get("written", ())):
        del read["taken"]
    ignored += [name for name in given if name not in read]
    values: dict[str, Any] = {}
    for one in known:
        if one.name in read and one.attribute == SETTING:
            values.setdefault(SETTING, {})[one.name] = read[one.name]
        elif one.name in read:
            values[one.attribute] = read[one.name]
    named = ignored[:MAX_NAMED]
    said = {_short(name): given[name] for name in named if given.get(name)}
    return Place(route, **values, ignored=tuple(map(_short, named)), said=said)


def address_of_place(place: Place) -> str:
    """The inverse of `parse`: the address that says a place, its fields always in one order."""
    fields = {}
    for one in all_fields():
        value, otherwise = _said(place, one), _said(_NOWHERE, one)
        if value is not None and value != otherwise:
            fields[one.name] = one.write(value)
    query = urlencode(fields, quote_via=quote, errors="replace", safe=",:")
    return address_of(place.route) + (f"?{query}" if query else "")


def _said(place: Place, one: Field) -> object:
    """What a place says of a field."""
    if one.attribute == SETTING:
        return place.settings.get(one.name)
    return getattr(place, one.attribute)


def _may_say(route: Route, name: str, given: dict[str, str], *, is_tour: bool) -> bool:
    """Whether a field can mean something at a route: a recording's text, say, is its own."""
    if name in ANYWHERE:
        return True
    if name in OF_THE_MAP:
        return route.view == MAP
    if name == DEPTH:
        return is_tour or route.view == SLOW
    if name in OF_A_TEXT:
        return is_tour and route.subject == OWN and "prompt" in given
    return is_tour


def _route(names: list[str], tours: Mapping[str, tuple[str, ...]]) -> tuple[Route, list[str]]:
    """The route of a path's parts, and the parts that mean nothing."""
    if not names:
        return Route(), []
    view, *rest = _with_view(names, tours)
    if view not in PAGES and view not in tours:
        return Route("missing", "/".join(names)[:MAX_SHOWN]), []
    if view == FIDELITY:
        return Route(view, *rest[:1]), rest[1:]
    if view not in tours:
        stage = rest[0] if view == SLOW and rest and rest[0] in STAGES else ""
        return Route(view, "", stage), rest[1:] if stage else rest
    subject, step = (*rest, "", "")[:2]
    if len(rest) == 1 and subject in tours[view]:  # a step of whatever is looked at
        return Route(view, "", subject), []
    is_step = step in tours[view]
    return Route(view, subject, step if is_step else ""), rest[2 if is_step else 1 :]


def _with_view(names: list[str], tours: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The parts of a path, those that name one view as its name."""
    there = (view for view in PATHS if view in PAGES or view in tours)
    view = next((one for one in there if PATHS[one] == tuple(names[:2])), None)
    return names if view is None else [view, *names[2:]]


def _short(name: str) -> str:
    return name if len(name) <= MAX_SHOWN else name[:MAX_SHOWN] + "…"


def stage_of(route: Route) -> str:
    """The place of the slow motion that a route shows."""
    return route.step if route.step in STAGES else STAGES[0]


def stage_beside(route: Route, distance: int) -> Route | None:
    """The place of the slow motion before or after a route's; None beyond its ends."""
    at = STAGES.index(stage_of(route)) + distance
    return Route(SLOW, "", STAGES[at]) if 0 <= at < len(STAGES) else None


_NOWHERE = Place(Route())


@lru_cache(maxsize=64)
def address_of(route: Route) -> str:
    """The address of a route alone: what a link carries."""
    if route.view == "home":
        return "#/"
    if route.view == "missing":
        return "#/" + quote(route.subject, errors="replace")
    view = PATHS.get(route.view, (route.view,))
    parts = [part for part in (*view, route.subject, route.step) if part]
    return "#/" + "/".join(quote(part, safe="", errors="replace") for part in parts)
