"""The whole model as one line, from the text to the next token: its stops are a tour's steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.state import is_offered
from seethrough.core.messages import catalogue
from seethrough.core.routes import SLOW, address_of
from seethrough.view.late import late
from seethrough.view.node import Node, h, to_html
from seethrough.view.numbers import count
from seethrough.view.words import say

if TYPE_CHECKING:
    from seethrough.app.state import AppState, Step, Tour
    from seethrough.view.node import Slot
    from seethrough.view.train.slow import stops
else:
    (stops,) = late("seethrough.view.train.slow", "stops")

FIELDS = ("language", "route", "config", "model", "models", "recorded")
# Parts of the model (view/stack.py) that the line draws in a way of their own.
REPEATED, AGAIN = "model.blocks", "runtime.loop"


def place(state: AppState, slot: Slot) -> Node:
    """Where the line stands."""
    label = say(state, "walk.steps")
    return h("nav", {"class": "spine follows", "aria-label": label}, slot("line"))


def render(state: AppState) -> str:
    """All steps in their order, any can be chosen; nothing where there is one alone."""
    if state.route.view == SLOW:
        return stops.render(state)
    tour, here = state.tour, state.step
    if tour is None or here is None or len(tour.steps) < 2:  # noqa: PLR2004 - one is no line
        return ""
    items = [h("li", {}, stop(state, tour, step, is_here=step is here)) for step in tour.steps]
    return to_html(h("ol", {}, items))


def stop(state: AppState, tour: Tour, step: Step, *, is_here: bool) -> Node:
    """One step: its number and name; the layers tell how many they are."""
    number = h("span", {"class": "joint", "aria-hidden": "true"}, str(tour.number(step.name)))
    is_repeated = repeated(tour) == (step,)
    target = address_of(replace(state.route, step=step.name))
    is_there = is_offered(step, state.run)
    return h(
        "a",
        {
            "href": target if is_there else None,
            "role": None if is_there else "link",
            "aria-disabled": None if is_there else "true",
            "class": "is-repeated" if is_repeated else None,
            "aria-current": "step" if is_here else None,
        },
        number,
        h("span", {}, name(state, step.name), *parts_of(state, step.name)),
        times(state) if is_repeated else "",
        h("span", {"class": "again", "aria-hidden": "true"}) if AGAIN in step.parts else "",
    )


def repeated(tour: Tour) -> tuple[Step, ...]:
    """The steps in which the layers work: a loop of the line, where one step alone is."""
    return tuple(step for step in tour.steps if REPEATED in step.parts)


def name(state: AppState, step: str) -> str:
    """What a stop is called on the line."""
    key = f"line.{step}"
    return say(state, key if key in catalogue(state.language) else f"step.{step}.short")


def parts_of(state: AppState, step: str) -> list[Node | str]:
    """What the parts of a stop are called, where the line has room; nothing where it has none."""
    key = f"line.{step}.parts"
    if key not in catalogue(state.language):
        return []
    return [h("span", {"class": "line-parts"}, say(state, key))]


def times(state: AppState) -> Node | str:
    """How many layers there are, where that is known."""
    card = state.model_card
    n_layers = state.run.config.n_layers if state.run.config else card.n_layers if card else 0
    if not n_layers:
        return ""
    told = say(state, "walk.times.told", n_layers=n_layers)
    return h(
        "span",
        {"class": "times", "title": told},
        say(state, "walk.times", n_layers=count(state, n_layers)),
    )
