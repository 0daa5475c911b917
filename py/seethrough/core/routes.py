"""Addresses: what stands behind the # of the page's address, and what it means.

`#/walk/january/layers?pos=5`: a view, the walk's subject (a recording's id, or "own"), a step; then
what is chosen there. Whatever an address holds is data from a stranger: a field that means nothing
falls back and is named in `Place.ignored`.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

VIEWS = ("home", "walk", "block", "map", "all", "about", "styleguide")
# Views that show one input: a recording, or the reader's own prompt.
SUBJECTS = ("walk", "block", "all")
OWN = "own"
# The steps of the walk in their order; each has a panel of its own, `step-{name}`.
STEPS = (
    "input",
    "tokenize",
    "embed",
    "layers",
    "logits",
    "softmax",
    "sample",
    "loop",
    "done",
)
FIRST_STEP = STEPS[0]
# Those whose picture is of one chosen token.
OF_A_TOKEN = frozenset({"tokenize", "embed", "layers"})
NUMBERS = ("layer", "head", "pos")
MAX_SHOWN = 60
MAX_DIGITS = 6


@dataclass(frozen=True)
class Route:
    """Where the reader is: a view, its subject, a step of the walk.

    `subject` is the id of a recording, "own" for the reader's own prompt, or empty where the
    address leaves it open.
    """

    view: str = "home"
    subject: str = ""
    step: str = ""


@dataclass(frozen=True)
class Place:
    """An address taken apart; None where it says nothing. `ignored` are fields without meaning."""

    route: Route
    prompt: str | None = None
    chat: bool = False
    layer: int | None = None
    head: int | None = None
    position: int | None = None
    language: str | None = None
    model: str | None = None
    ignored: tuple[str, ...] = ()


def parse(address: str, *, languages: tuple[str, ...] = ()) -> Place:
    """The place of an address ("#/walk/january?pos=5"); one that is unknown is the view "missing".

    Args:
        languages: The languages that there are; another one is ignored.
    """
    path, _, query = address.removeprefix("#").partition("?")
    names = [unquote(part) for part in path.split("/") if part]
    route, ignored = _route(names)
    fields = dict(parse_qsl(query, keep_blank_values=True))
    numbers = {name: _number(fields.get(name)) for name in NUMBERS}
    known = {*NUMBERS, "prompt", "chat", "lang", "model"}
    ignored += [name for name in fields if name not in known]
    ignored += [name for name in NUMBERS if name in fields and numbers[name] is None]
    language = fields.get("lang")
    if language is not None and language not in languages:
        ignored.append("lang")
        language = None
    return Place(
        route,
        prompt=fields.get("prompt"),
        chat=fields.get("chat") == "1",
        layer=numbers["layer"],
        head=numbers["head"],
        position=numbers["pos"],
        language=language,
        model=fields.get("model"),
        ignored=tuple(_short(name) for name in ignored),
    )


def _route(names: list[str]) -> tuple[Route, list[str]]:
    """The route of a path's parts, and the parts that mean nothing."""
    if not names:
        return Route(), []
    view, *rest = names
    if view not in VIEWS:
        return Route("missing", "/".join(names)[:MAX_SHOWN]), []
    if view not in SUBJECTS:
        return Route(view), rest
    subject = rest[0] if rest else ""
    if view != "walk":
        return Route(view, subject), rest[1:]
    step = rest[1] if len(rest) > 1 else ""
    return Route(view, subject, step if step in STEPS else ""), [
        *([step] if step and step not in STEPS else []),
        *rest[2:],
    ]


def _number(text: str | None) -> int | None:
    """A whole number from 0 of an address; None for anything else."""
    is_number = text is not None and text.isascii() and text.isdecimal()
    return int(text) if text is not None and is_number and len(text) <= MAX_DIGITS else None


def _short(name: str) -> str:
    return name if len(name) <= MAX_SHOWN else name[:MAX_SHOWN] + "…"


def address_of(route: Route) -> str:
    """The address of a route alone: what a link carries."""
    if route.view == "home":
        return "#/"
    if route.view == "missing":
        return "#/" + quote(route.subject, errors="replace")
    parts = [part for part in (route.view, route.subject, route.step) if part]
    return "#/" + "/".join(quote(part, safe="", errors="replace") for part in parts)


def shows(route: Route, field: str) -> bool:
    """Whether a view's picture depends on the chosen layer and head, or position."""
    if field == "layer":
        return route.view in {"block", "all"}
    return route.view in {"block", "all"} or route.step in OF_A_TOKEN


def step_beside(route: Route, distance: int) -> Route | None:
    """The walk's step before (−1) or after (+1) this one; None at the ends."""
    index = STEPS.index(route.step or FIRST_STEP) + distance
    return Route(route.view, route.subject, STEPS[index]) if 0 <= index < len(STEPS) else None
