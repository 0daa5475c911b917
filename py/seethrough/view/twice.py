"""A panel's markup a second time on one page: names of its own, choices that are the second's.

A picture whose name says all that it shows stays as it is; one that shows what is chosen gets a
name of its own (view/pictures.py).
"""

from __future__ import annotations

import re

from seethrough.app.state import SECOND

# What chooses in the second place, by what chooses in the first.
ACTS = {
    "select-head": "second-head",
    "select-position": "second-position",
    "select-place": "second-place",
}
OPENING = re.compile(r"<[a-zA-Z][^<>]*>")
NAMED = re.compile(r' (id|for|headers|aria-(?:labelledby|describedby|controls))="([^"]*)"')
LINKED = re.compile(r' href="#(?!/)([^"]*)"')
INSIDE = re.compile(r"url\(#([^)]+)\)")
DRAWN = re.compile(r' data-raster="(made:[^"]+|[^":]+)"')
ACTING = re.compile(r' data-action="([^"]*)"')


def as_second(markup: str) -> str:
    """The markup with ids, references, pictures and actions of the second place."""
    return OPENING.sub(lambda found: renamed(found[0]), markup)


def renamed(opening: str) -> str:
    """An element's opening; `<` and `>` in its values are written as names (view/node.py)."""
    opening = NAMED.sub(lambda found: f' {found[1]}="{names(found[2])}"', opening)
    opening = LINKED.sub(lambda found: f' href="#{SECOND}{found[1]}"', opening)
    opening = INSIDE.sub(lambda found: f"url(#{SECOND}{found[1]})", opening)
    opening = DRAWN.sub(lambda found: f' data-raster="{SECOND}{found[1]}"', opening)
    return ACTING.sub(lambda found: f' data-action="{ACTS.get(found[1], found[1])}"', opening)


def names(value: str) -> str:
    """One id or several."""
    return " ".join(SECOND + name for name in value.split())
