"""A tour of one input: steps in an order, each said by one descriptor.

What a step needs, draws, tells and lets the reader choose stands in its row (view/tours.py) and
nowhere else. `Site.tours` holds those of the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from seethrough.core.wants import NOTHING, Wants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from seethrough.app.scene import Scene
    from seethrough.core.config import ModelConfig
    from seethrough.core.routes import Route

    Render = Callable[[Scene], str]


def want_nothing(_scene: Scene) -> Wants:
    """What is drawn from the run itself."""
    return NOTHING


def tell_nothing(_scene: Scene) -> tuple[()]:
    """No film."""
    return ()


def show_no_code(_config: ModelConfig | None) -> tuple[()]:
    """No lines of the reference."""
    return ()


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a tour.

    Args:
        name: In the address, and of its sentences (`step.<name>`).
        fields: What its panel looks at (app.state.value_of).
        render: Its panel's markup.
        moments: The sentences of its film.
        wants: The numbers that it draws beyond the run itself.
        chosen: Attributes of `core.routes.Place` that its address says.
        code: The functions whose lines are shown beside it, for a model's config.
        parts: Where it happens in the picture of the model (view/stack.py), as "place.part".
        terms: What its sentences may name besides tokens and hooks (view/named.py).
        hooks: Leaves of hooks that its picture has.
        inner: Panels inside its own, by slot: what they look at, their markup.
        slot: Where its panel stands; empty: `step-<name>`.
        rest: Of a panel that has nothing to draw yet: whose title and lead stand there.
    """

    name: str
    fields: tuple[str, ...]
    render: Render
    moments: Callable[[Scene], Sequence[Any]] = tell_nothing
    wants: Callable[[Scene], Wants] = want_nothing
    chosen: frozenset[str] = frozenset()
    code: Callable[[ModelConfig | None], tuple[Callable[..., object], ...]] = show_no_code
    parts: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    hooks: frozenset[str] = frozenset()
    inner: Mapping[str, tuple[tuple[str, ...], Render]] = field(default_factory=dict)
    slot: str = ""
    rest: str = ""

    @property
    def place(self) -> str:
        """The slot of its panel."""
        return self.slot or f"step-{self.name}"


@dataclass(frozen=True, eq=False)
class Tour:
    """A view of one input in steps: the walk, a block, everything.

    `frame` is its page without the panels; `wants` is what that draws at every step, `chosen` what
    its address says at every step. It may have no steps.
    """

    view: str
    frame: Callable[[Any, Any], Sequence[Any]]
    steps: tuple[Step, ...] = ()
    wants: Callable[[Scene], Wants] = want_nothing
    chosen: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """Its steps by name."""
        return tuple(step.name for step in self.steps)

    @property
    def first(self) -> str:
        """The first step's name; empty without steps."""
        return self.steps[0].name if self.steps else ""

    def step(self, name: str) -> Step | None:
        """A step by its name; the first one where the name is empty."""
        wanted = name or self.first
        return next((step for step in self.steps if step.name == wanted), None)

    def number(self, name: str) -> int:
        """A step's number, counted from 1."""
        return self.names.index(name or self.first) + 1

    def beside(self, route: Route, distance: int) -> Route | None:
        """The step before (−1) or after (+1) a route's; None at the ends."""
        at = self.names.index(route.step or self.first) + distance
        return replace(route, step=self.names[at]) if 0 <= at < len(self.steps) else None

    def settled(self, name: str) -> str:
        """A step as an address names it: none where there is no choice."""
        if len(self.steps) < 2:  # noqa: PLR2004 - one step is no choice
            return ""
        return name if name in self.names else self.first


WALK, BLOCK, EVERYTHING = "walk", "block", "all"
Tours = tuple[Tour, ...]


def tour_of(tours: Tours, view: str) -> Tour | None:
    """The tour that a view is; None for any other page."""
    return next((tour for tour in tours if tour.view == view), None)


def step_of(tours: Tours, route: Route) -> Step | None:
    """The step that a route shows; None outside the tours."""
    tour = tour_of(tours, route.view)
    return None if tour is None else tour.step(route.step)


def chosen_of(tours: Tours, route: Route) -> frozenset[str]:
    """What an address of a route says of the reader's choice."""
    tour, step = tour_of(tours, route.view), step_of(tours, route)
    always = frozenset() if tour is None else tour.chosen
    return always if step is None else always | step.chosen


def steps_of(tours: Iterable[Tour]) -> dict[str, tuple[str, ...]]:
    """The names of the steps by view, as an address is read (core.routes.parse)."""
    return {tour.view: tour.names for tour in tours}


def wanted_by(tours: Tours, scene: Scene) -> Wants:
    """What the page of a scene wants to draw: its tour's panels and its step."""
    tour, step = tour_of(tours, scene.route.view), step_of(tours, scene.route)
    wanted = NOTHING if tour is None else tour.wants(scene)
    return wanted if step is None else wanted | step.wants(scene)
