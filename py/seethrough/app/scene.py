"""What a view of one run is drawn from, and the steps of a tour, which are views of a run.

What a step needs, draws, tells and lets the reader choose stands in its row (view/tours.py) and
nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from seethrough.core.depth import IDEA
from seethrough.core.wants import NOTHING, Wants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from seethrough.app.cards import ModelCard, RecordingCard
    from seethrough.app.choice import Choice
    from seethrough.app.form import Text
    from seethrough.app.run import Run
    from seethrough.core.config import ModelConfig
    from seethrough.core.contrast import Contrast
    from seethrough.core.guesses import Guessing, Question
    from seethrough.core.routes import Route
    from seethrough.core.settings import Sampling
    from seethrough.core.tokenizer import Tokenizer

    Render = Callable[["Scene"], str]


class Spoken(Protocol):
    """Whatever knows the reader's language."""

    @property
    def language(self) -> str:
        """A language of the catalogue."""
        ...


class Scene(Spoken, Protocol):
    """One run as it is to be drawn. Two of them can be held and drawn side by side.

    `vocabulary` names the tokens of the run's model where that is open. `busy` is what the engine
    does. `unfolded`: see app/chrome.py.
    """

    @property
    def run(self) -> Run:
        """What came out."""
        ...

    @property
    def choice(self) -> Choice:
        """Where the reader looks."""
        ...

    @property
    def text(self) -> Text:
        """What stands in the reader's form."""
        ...

    @property
    def sampling(self) -> Sampling:
        """How the next token is chosen."""
        ...

    @property
    def route(self) -> Route:
        """The view and the step."""
        ...

    @property
    def tour(self) -> Tour | None:
        """The tour that is shown; None on any other page."""
        ...

    @property
    def step(self) -> Step | None:
        """The step that is shown."""
        ...

    @property
    def model_card(self) -> ModelCard | None:
        """The run's model, as told before its download."""
        ...

    @property
    def model_state(self) -> str:
        """Where the run's model is (app/model_state.py)."""
        ...

    @property
    def live_bytes(self) -> int:
        """What running this live fetches first; 0 where nothing may be fetched, too."""
        ...

    @property
    def walk_card(self) -> RecordingCard | None:
        """The shown recording's; None where a live run is shown."""
        ...

    @property
    def recordings(self) -> tuple[RecordingCard, ...]:
        """The recorded walks of this build."""
        ...

    @property
    def gallery(self) -> tuple[RecordingCard, ...]:
        """The cards of the prompt gallery."""
        ...

    @property
    def example(self) -> Contrast | None:
        """A recorded text written twice; None where this build has none, or it has not come."""
        ...

    @property
    def models(self) -> tuple[ModelCard, ...]:
        """The models of this build."""
        ...

    @property
    def vocabulary(self) -> Tokenizer | None:
        """The tokeniser of the run's model, where it is open."""
        ...

    @property
    def busy(self) -> str:
        """What is going on, or empty."""
        ...

    @property
    def unfolded(self) -> frozenset[str] | None:
        """The open details; None: all."""
        ...

    @property
    def beside(self) -> Scene | None:
        """The same at the second place, where one stands beside it."""
        ...

    @property
    def depth(self) -> str:
        """How much is told (core/depth.py)."""
        ...

    @property
    def guessing(self) -> Guessing:
        """What the reader expected."""
        ...

    @property
    def is_asking(self) -> bool:
        """Whether the reader may be asked now."""
        ...

    @property
    def moment(self) -> int | None:
        """Where the film of the step is, from 0; None at its end."""
        ...


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
class Asks:
    """A question that a run answers, asked before its picture is shown.

    Args:
        ask: The question; None where this run cannot answer it.
        fields: What it is asked from (app.state.value_of).
    """

    ask: Callable[[Scene], Question | None]
    fields: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Idea:
    """A step at the depth "idea": one picture and at most two sentences and five numbers.

    Args:
        fields: What it looks at (app.state.value_of).
        render: Its markup: the lead, the picture.
        moments: The sentences of its film.
        wants: The numbers that it draws beyond the run itself.
        asks: What the reader is asked before it.
        inner: Panels inside its own, by slot: what they look at, their markup.
    """

    fields: Iterable[str]
    render: Render
    moments: Callable[[Scene], Sequence[Any]] = tell_nothing
    wants: Callable[[Scene], Wants] = want_nothing
    asks: Asks | None = None
    inner: Mapping[str, tuple[Iterable[str], Render]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Pair:
    """How a step stands beside itself at a second place.

    Args:
        by: In what two places of it can differ (fields of `Choice`).
        told: What is said of the two, in a sentence with their numbers.
    """

    by: frozenset[str]
    told: Callable[[Scene, Scene], Sequence[Any]]


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
        pair: How it stands beside itself; none: it stands alone.
        idea: The step at the depth "idea"; none: its panel is shown at every depth.
        needs_numbers: Whether a run that is known by its text alone has nothing to show there.
        rest: Of a panel that has nothing to draw yet: whose title and lead stand there.
    """

    name: str
    fields: Iterable[str]
    render: Render
    moments: Callable[[Scene], Sequence[Any]] = tell_nothing
    wants: Callable[[Scene], Wants] = want_nothing
    chosen: frozenset[str] = frozenset()
    code: Callable[[ModelConfig | None], tuple[Callable[..., object], ...]] = show_no_code
    parts: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    hooks: frozenset[str] = frozenset()
    inner: Mapping[str, tuple[Iterable[str], Render]] = field(default_factory=dict)
    slot: str = ""
    rest: str = ""
    needs_numbers: bool = False
    pair: Pair | None = None
    idea: Idea | None = None

    @property
    def place(self) -> str:
        """The slot of its panel."""
        return self.slot or f"step-{self.name}"

    @property
    def has_depths(self) -> bool:
        """Whether it has an idea, or code to show."""
        return self.idea is not None or self.code is not show_no_code

    @property
    def idea_place(self) -> str:
        """The slot of its idea."""
        return f"idea-{self.name}"

    def at(self, depth: str) -> Step | Idea:
        """What is shown of it at a depth: its idea, or itself."""
        return self.idea if depth == IDEA and self.idea is not None else self

    def is_idea_at(self, depth: str) -> bool:
        """Whether its idea is what is shown at a depth."""
        return self.at(depth) is not self

    def place_at(self, depth: str) -> str:
        """The slot that is shown at a depth."""
        return self.idea_place if self.is_idea_at(depth) else self.place


@dataclass(frozen=True, eq=False)
class Tour:
    """A view of one input in steps: the walk, a block, everything.

    `frame` is its page without the panels; `above` is the slot of what stands over the picture of
    every step; `wants` is what these draw at every step, `chosen` what its address says at every
    step. It may have no steps.
    """

    view: str
    frame: Callable[[Any, Any], Sequence[Any]]
    steps: tuple[Step, ...] = ()
    wants: Callable[[Scene], Wants] = want_nothing
    chosen: frozenset[str] = frozenset()
    above: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Its steps by name."""
        return tuple(step.name for step in self.steps)

    @property
    def first(self) -> str:
        """The first step's name; empty without steps."""
        return self.steps[0].name if self.steps else ""

    @property
    def has_films(self) -> bool:
        """Whether one of its steps can be performed."""
        return any(step.moments is not tell_nothing for step in self.steps)

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
