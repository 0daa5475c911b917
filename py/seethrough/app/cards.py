"""What a build has, as told before it is fetched: models, recorded walks, parts of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seethrough.core.modes import MODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seethrough.app.message import Message
    from seethrough.core.recording import Recording


@dataclass(frozen=True)
class Terms:
    """A licence that goes with a model: its name, and the addresses of its text and a notice."""

    title: str
    text: str
    notice: str


@dataclass(frozen=True)
class ModelCard:
    """One model of this build, as told before its download.

    `download_bytes`: all that a first run of it fetches, the engine's own files included.
    `mode_bytes`: about how much memory the page takes with it, by weight mode; a mode that would
    save nothing is not there. `modes` are those in which the engine can hold it (core/modes.py).
    `block_size`: so many numbers share a scale where its floats were rounded to 8-bit blocks by the
    build; 0: they were not. `chat_reason` says why there is no chat. `terms`: what who fetches it
    agrees to, where its licence asks to be told of before.
    """

    id: str
    title: str
    download_bytes: int
    n_params: int
    n_layers: int
    licence: str
    origin: str
    has_chat: bool
    mode_bytes: Mapping[str, int] = field(default_factory=dict)
    modes: tuple[str, ...] = MODES
    block_size: int = 0
    chat_reason: Message | None = None
    terms: Terms | None = None


@dataclass(frozen=True)
class AbsentModel:
    """A known model that this build lacks, and the command that builds a site with it.

    `download_bytes` is None while nobody has measured it.
    """

    id: str
    title: str
    n_params: int
    n_layers: int
    licence: str
    origin: str
    command: str
    download_bytes: int | None = None


@dataclass(frozen=True)
class PartCard:
    """A further file of a recorded walk, as told before it is fetched."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class RecordingCard:
    """One recorded walk of this build, as told before it is fetched; `path` is the file's.

    `parts` are its further files by name (core/parts.py), fetched when a step needs one.
    `is_first`: no model before this one has a walk of this id, so that the id alone names it.
    `model_title` is told beside its name, where another model has a walk of this id.
    A card of the prompt gallery has further ones: the `temperatures` that it was recorded at, the
    one that it `opens_at`, and the `first` new tokens there, each with its probability. Of a
    document it `opens_at` one of its tokens.
    """

    id: str
    model: str
    prompt: str
    chat: bool
    n_tokens: int
    size_bytes: int
    path: str = ""
    sha256: str = ""
    parts: Mapping[str, PartCard] = field(default_factory=dict)
    is_first: bool = True
    model_title: str = ""
    temperatures: tuple[float, ...] = ()
    opens_at: float = 0.0
    first: tuple[tuple[str, float], ...] = ()

    @property
    def subject(self) -> str:
        """Its name in addresses."""
        return self.id if self.is_first else self.full_name

    @property
    def full_name(self) -> str:
        """Its name in any build that has it."""
        return f"{self.model}.{self.id}"

    def is_of(self, recording: Recording | None) -> bool:
        """Whether it tells of this recording."""
        return recording is not None and (self.model, self.id) == (recording.model, recording.id)

    def recorded_at(self, temperature: float) -> float:
        """The temperature of the recording to show; where it has no such, the one it opens at."""
        return temperature if temperature in self.temperatures else self.opens_at


def card_of(cards: Iterable[RecordingCard], subject: str) -> RecordingCard | None:
    """The recorded walk that an address names: by its id, or by its model and id."""
    named = (card for card in cards if subject in {card.subject, card.full_name})
    return next(named, None)
