"""What a view of one run is drawn from: the run, what is chosen of it, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from seethrough.app.choice import Choice
    from seethrough.app.form import Text
    from seethrough.app.run import Run
    from seethrough.app.site import ModelCard, RecordingCard
    from seethrough.app.tours import Step, Tour
    from seethrough.core.routes import Route
    from seethrough.core.settings import Sampling
    from seethrough.core.tokenizer import Tokenizer


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
    def walk_card(self) -> RecordingCard | None:
        """The shown recording's; None where a live run is shown."""
        ...

    @property
    def recordings(self) -> tuple[RecordingCard, ...]:
        """The recorded walks of this build."""
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
