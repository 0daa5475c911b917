"""The tours of the page: which one a route shows, and what its step wants.

`Site.tours` holds them; their steps are described in app/scene.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.app.scene import Step, Tour
from seethrough.core.routes import SLOW, Route, stage_beside
from seethrough.core.wants import NOTHING, Wants

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.app.run import Run
    from seethrough.app.scene import Scene


WALK, BLOCK, EVERYTHING = "walk", "block", "all"
GENERATE, DECODE = "generate", "decode"
# The step of the lab that shows a recorded example.
COMPARE = "compare"
Tours = tuple[Tour, ...]


def tour_of(tours: Tours, view: str) -> Tour | None:
    """The tour that a view is; None for any other page."""
    return next((tour for tour in tours if tour.view == view), None)


def step_of(tours: Tours, route: Route) -> Step | None:
    """The step that a route shows; None outside the tours."""
    tour = tour_of(tours, route.view)
    return None if tour is None else tour.step(route.step)


def beside(tours: Tours, route: Route, distance: int) -> Route | None:
    """The step before or after, of a tour or of a training step in slow motion."""
    if route.view == SLOW:
        return stage_beside(route, distance)
    tour = tour_of(tours, route.view)
    return tour.beside(route, distance) if tour is not None and tour.steps else None


def numbered(tours: Tours, route: Route, number: int) -> Route | None:
    """The step of a number, from 1; None where there is none."""
    if route.view == SLOW:
        return stage_beside(Route(SLOW), number - 1)
    tour = tour_of(tours, route.view)
    if tour is None or not 1 <= number <= len(tour.steps):
        return None
    return Route(route.view, route.subject, tour.settled(tour.names[number - 1]))


def is_offered(step: Step, run: Run) -> bool:
    """Whether a step can show a run: a card of the gallery has its text alone."""
    return not (step.needs_numbers and run.recorded is not None and run.recorded.is_text_alone)


def chosen_of(tours: Tours, route: Route) -> frozenset[str]:
    """What an address of a route says of the reader's choice."""
    tour, step = tour_of(tours, route.view), step_of(tours, route)
    always = frozenset() if tour is None else tour.chosen
    return always if step is None else always | step.chosen


def steps_of(tours: Iterable[Tour]) -> dict[str, tuple[str, ...]]:
    """The names of the steps by view, as an address is read (core.routes.parse)."""
    return {tour.view: tour.names for tour in tours}


def wanted_by(tours: Tours, scene: Scene) -> Wants:
    """What the page of a scene wants to draw: its tour and its step, at both places."""
    tour, step = tour_of(tours, scene.route.view), step_of(tours, scene.route)
    wanted = NOTHING
    for one in (scene, scene.beside):
        if one is not None:
            wanted |= NOTHING if tour is None else tour.wants(one)
            wanted |= NOTHING if step is None else step.at(one.depth).wants(one)
    return wanted
