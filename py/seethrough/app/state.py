"""What the page shows, as a few frozen records, and the store that changes them.

One way: event -> action -> `store.replace(...)` -> subscribed panels render. A panel never writes.
Views import from here alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from seethrough.app.by_rows import (
    BOXES,
    NEEDS_MODEL,
    ByRows,
    chosen_group,
    chosen_tokens,
    offered_tokens,
)
from seethrough.app.cards import AbsentModel, ModelCard, PartCard, RecordingCard, Terms, card_of
from seethrough.app.chart import Chart, Path
from seethrough.app.choice import TALLY, Choice, Throws, Tracing
from seethrough.app.chrome import Chrome, Stage
from seethrough.app.form import Text
from seethrough.app.lesson import Lesson
from seethrough.app.message import Message
from seethrough.app.model_state import (
    ALL,
    FAILED,
    LOADING,
    NOTHING,
    OPEN,
    OPENED,
    REMOTE,
    STORED,
    WALKS,
    costs_a_download,
    first_model,
    lacks_memory,
    model_state,
    offline_level,
    price_bytes,
    ready_bytes,
)
from seethrough.app.run import PICTURE_TOKENS, Branch, Endings, Lens, Run, Searched
from seethrough.app.scene import Asks, Idea, Pair, Scene, Spoken, Step, Tour
from seethrough.app.site import (
    STAGES,
    Device,
    EngineStatus,
    Offline,
    Preparing,
    Proof,
    Site,
    Storage,
)
from seethrough.app.tours import (
    BLOCK,
    DECODE,
    EVERYTHING,
    GENERATE,
    WALK,
    Tours,
    is_offered,
    step_of,
    tour_of,
)
from seethrough.core.guesses import ALONE, ALWAYS
from seethrough.core.moved import Moved
from seethrough.core.routes import Route
from seethrough.core.settings import Sampling

if TYPE_CHECKING:
    from seethrough.core.contrast import Contrast
    from seethrough.core.guesses import Guessing
    from seethrough.core.tokenizer import Tokenizer

__all__ = [
    "ALL",
    "BLOCK",
    "BOXES",
    "DECODE",
    "EVERYTHING",
    "FAILED",
    "GENERATE",
    "LOADING",
    "NEEDS_MODEL",
    "NOTHING",
    "OPEN",
    "OPENED",
    "PICTURE_TOKENS",
    "REMOTE",
    "SECOND",
    "STAGES",
    "STORED",
    "TALLY",
    "WALK",
    "WALKS",
    "AbsentModel",
    "AppState",
    "Asks",
    "Branch",
    "ByRows",
    "Chart",
    "Choice",
    "Chrome",
    "Device",
    "Endings",
    "EngineStatus",
    "Idea",
    "Lens",
    "Message",
    "ModelCard",
    "Moved",
    "Offline",
    "Pair",
    "PartCard",
    "Path",
    "Preparing",
    "Proof",
    "RecordingCard",
    "Run",
    "Sampling",
    "Scene",
    "Searched",
    "Site",
    "Spoken",
    "Stage",
    "Step",
    "Storage",
    "Store",
    "Terms",
    "Text",
    "Throws",
    "Tour",
    "Tours",
    "Tracing",
    "card_of",
    "chosen_group",
    "chosen_tokens",
    "costs_a_download",
    "first_model",
    "is_offered",
    "lacks_memory",
    "model_state",
    "offered_tokens",
    "offline_level",
    "price_bytes",
    "ready_bytes",
    "step_of",
    "tour_of",
    "value_of",
]


@dataclass(frozen=True)
class AppState:
    """Everything the page shows: a few records, whose fields have names of their own.

    It is a Scene of its own run; `replace(state, run=…, choice=…)` is one of another run.
    """

    run: Run = field(default_factory=Run)
    choice: Choice = field(default_factory=Choice)
    text: Text = field(default_factory=Text)
    sampling: Sampling = field(default_factory=Sampling)
    site: Site = field(default_factory=Site)
    chrome: Chrome = field(default_factory=Chrome)
    chart: Chart = field(default_factory=Chart)
    by_rows: ByRows = field(default_factory=ByRows)
    lesson: Lesson = field(default_factory=Lesson)
    route: Route = field(default_factory=Route)

    def but(self, **changes: Any) -> AppState:  # noqa: ANN401 - dataclasses.replace checks kinds
        """The same with some records or some of their fields changed; fields are named alone.

        A record whose fields get what they have stays the very one.

        Raises:
            ValueError: No record has such a field.
        """
        whole = {name: value for name, value in changes.items() if name in RECORDS}
        state = replace(self, **whole) if whole else self
        parts: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            if name not in whole and getattr(getattr(state, record_of(name)), name) is not value:
                parts.setdefault(record_of(name), {})[name] = value
        made = {name: replace(getattr(state, name), **part) for name, part in parts.items()}
        return replace(state, **made) if made else state

    @property
    def tour(self) -> Tour | None:
        """The tour that is shown; None on any other page."""
        return tour_of(self.site.tours, self.route.view)

    @property
    def step(self) -> Step | None:
        """The step that is shown."""
        return step_of(self.site.tours, self.route)

    @property
    def beside(self) -> AppState | None:
        """The same at the second place, where one is chosen and the step shows what differs.

        Each of the two has the other beside it, so that they can share a scale.
        """
        choice, pair = self.choice.beside, self.step.pair if self.step is not None else None
        if choice is None or pair is None or not self.run.tokens:
            return None
        if all(getattr(choice, name) == getattr(self.choice, name) for name in pair.by):
            return None
        unfolded = of_second(self.chrome.unfolded)
        return replace(self, choice=choice, chrome=replace(self.chrome, unfolded=unfolded))

    @property
    def language(self) -> str:
        """The reader's language."""
        return self.chrome.language

    @property
    def unfolded(self) -> frozenset[str] | None:
        """The open details; None: all."""
        return self.chrome.unfolded

    @property
    def depth(self) -> str:
        """How much is told (core/depth.py)."""
        return self.chrome.depth

    @property
    def guessing(self) -> Guessing:
        """What the reader expected."""
        return self.chrome.guessing

    @property
    def is_asking(self) -> bool:
        """Whether the reader may be asked now: not in a film, and of a class only if wanted."""
        when, is_alone = self.guessing.when, not self.chrome.is_presenting
        return self.chrome.stage.moment is None and (when == ALWAYS or (when == ALONE and is_alone))

    @property
    def moment(self) -> int | None:
        """Where the film of the step is, from 0; None at its end."""
        return self.chrome.stage.moment

    @property
    def busy(self) -> str:
        """What is going on, or empty."""
        return self.site.busy

    @property
    def model_card(self) -> ModelCard | None:
        """The run's model, as told before its download."""
        return next((card for card in self.site.models if card.id == self.run.model), None)

    @property
    def model_state(self) -> str:
        """Where the run's model is (app/model_state.py)."""
        return model_state(self.site, self.run.model)

    @property
    def live_bytes(self) -> int:
        """What running this live fetches first; 0 where nothing may be fetched, too."""
        return 0 if self.site.is_recordings_only else price_bytes(self.site, self.run.model)

    @property
    def walk_card(self) -> RecordingCard | None:
        """The shown recording's; None where a live run is shown."""
        shown, known = self.run.recorded, self.site.recordings
        return next((card for card in known if card.is_of(shown)), None)

    @property
    def recordings(self) -> tuple[RecordingCard, ...]:
        """The recorded walks of this build."""
        return self.site.recordings

    @property
    def gallery(self) -> tuple[RecordingCard, ...]:
        """The cards of the prompt gallery."""
        return self.site.gallery

    @property
    def example(self) -> Contrast | None:
        """The recorded example of a text written twice."""
        return self.site.example

    @property
    def models(self) -> tuple[ModelCard, ...]:
        """The models of this build."""
        return self.site.models

    @property
    def vocabulary(self) -> Tokenizer | None:
        """The tokeniser of the run's model, where it is open."""
        site = self.site
        return site.vocabulary if site.engine.model == self.run.model else None


# What the ids of a page's second place begin with.
SECOND = "second-"


@lru_cache(maxsize=4)
def of_second(unfolded: frozenset[str] | None) -> frozenset[str] | None:
    """The open details of the second place, by their names in the first."""
    if unfolded is None:
        return None
    return frozenset(name.removeprefix(SECOND) for name in unfolded if name.startswith(SECOND))


RECORDS = tuple(item.name for item in fields(AppState))
# Records whose fields a panel may name alone; the others are small and looked at whole.
_OPENED_RECORDS: dict[str, type] = {
    "run": Run,
    "choice": Choice,
    "text": Text,
    "site": Site,
    "chrome": Chrome,
    "chart": Chart,
    "lesson": Lesson,
    "by_rows": ByRows,
}
RECORD_OF = {item.name: record for record, kind in _OPENED_RECORDS.items() for item in fields(kind)}
FIELDS_OF = {one: tuple(item.name for item in fields(of)) for one, of in _OPENED_RECORDS.items()}
# A look at a scene needs no record of the page: these a scene has itself.
OF_A_SCENE = (
    *("language", "unfolded", "busy", "model_card", "model_state", "live_bytes", "walk_card"),
    *("recordings", "vocabulary", "is_asking", "moment"),
)
_LOOKS: dict[str, Callable[[Any], object]] = {
    **{name: attrgetter(f"{record}.{name}") for name, record in RECORD_OF.items()},
    **{name: attrgetter(name) for name in (*RECORDS, *OF_A_SCENE)},
}


def record_of(name: str) -> str:
    """The record that has a field.

    Raises:
        ValueError: None has.
    """
    if name not in RECORD_OF:
        msg = f"AppState has no field {name!r}"
        raise ValueError(msg)
    return RECORD_OF[name]


def value_of(scene: Scene, name: str) -> object:
    """What a panel looks at: a record, a field of one by its own name, or what a scene tells.

    Raises:
        KeyError: There is no such thing.
    """
    return _LOOKS[name](scene)


Subscriber = Callable[[AppState], None]


class Store:
    """Holds the state; tells subscribers which of what they look at changed, once per change."""

    def __init__(self, state: AppState | None = None) -> None:
        self.state = state or AppState()
        self._subscribers: list[tuple[frozenset[str], Subscriber]] = []

    def subscribe(self, names: Iterable[str], callback: Subscriber) -> None:
        """Call `callback(state)` after anything named (see `value_of`) became another object.

        Raises:
            ValueError: AppState has no such field.
        """
        unknown = set(names) - _LOOKS.keys()
        if unknown:
            msg = f"AppState has no field {sorted(unknown)}"
            raise ValueError(msg)
        self._subscribers.append((frozenset(names), callback))

    def replace(self, **changes: Any) -> None:  # noqa: ANN401 - see AppState.but
        """Change records or fields of them in one batch; tell the subscribers of what differs."""
        before = self.state
        self.state = before.but(**changes)
        changed = differing(before, self.state)
        for names, callback in self._subscribers:
            if not names.isdisjoint(changed):
                callback(self.state)


def differing(before: AppState, after: AppState) -> set[str]:
    """The names of whatever is another object: records, their fields, what a scene tells."""
    changed = {name for name in RECORDS if getattr(before, name) is not getattr(after, name)}
    for record in changed & _OPENED_RECORDS.keys():
        old, new = getattr(before, record), getattr(after, record)
        fields_of = FIELDS_OF[record]
        changed |= {name for name in fields_of if getattr(old, name) is not getattr(new, name)}
    told = (name for name in OF_A_SCENE if _LOOKS[name](before) is not _LOOKS[name](after))
    return changed.union(told) if changed else changed
