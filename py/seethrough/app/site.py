"""What this build and this browser have: models, recordings, the engine, the device."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seethrough.core.modes import EXACT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.app.cards import AbsentModel, ModelCard, RecordingCard
    from seethrough.app.message import Message
    from seethrough.app.tours import Tours
    from seethrough.core.contrast import Contrast
    from seethrough.core.fidelity import Fidelity
    from seethrough.core.self_check import Outcome
    from seethrough.core.tokenizer import Tokenizer


@dataclass(frozen=True)
class EngineStatus:
    """Where the engine is: stage is one of STAGES; bytes are 0 when unknown.

    `mode` is how the loaded model's weights are held (core.modes), or empty. `model` is the one
    that is loading, open or failed: not the one of a recording that is shown meanwhile. `check` is
    what the open model's self-check found; None before it, or where the build has none.
    """

    stage: str = "starting"
    done_bytes: int = 0
    total_bytes: int = 0
    backend: str = ""
    threads: int = 0
    session_ms: float = 0.0
    mode: str = ""
    model: str = ""
    check: Outcome | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether this device is known to compute other numbers than the model's."""
        return self.check is not None and not self.check.is_ok


PREPARINGS = ("", "going", "done", "failed")
STAGES = ("starting", "idle", "download", "session", "ready", "running", "failed")


@dataclass(frozen=True)
class Storage:
    """What this browser keeps of the site; None where the browser does not say.

    Sizes in bytes: the page with Python, the engine, the recorded walks, the models, what the
    browser allows. `n_wishes`: how many settings it remembers.
    """

    site_bytes: int | None = None
    engine_bytes: int | None = None
    walks_bytes: int | None = None
    model_bytes: int | None = None
    n_wishes: int | None = None
    quota_bytes: int | None = None
    is_persisted: bool | None = None


@dataclass(frozen=True)
class Offline:
    """What this browser lacks of the site; the defaults are those of a first visit.

    `is_served`: the page opens without a connection. `to_fetch`: bytes that each model lacks until
    it runs, the engine's among them; a model that is not named lacks all. `walks_bytes` are what
    the recorded walks lack, None while nobody has looked; `maps_bytes` what the maps lack.
    """

    is_served: bool = True
    to_fetch: Mapping[str, int] = field(default_factory=dict)
    walks_bytes: int | None = None
    maps_bytes: int = 0


@dataclass(frozen=True)
class Preparing:
    """How far this device is on its way to being ready for offline use.

    `stage` is one of PREPARINGS; "failed" has the `error`.
    """

    stage: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    error: Message | None = None

    @property
    def is_going(self) -> bool:
        """Whether files are on their way."""
        return self.stage == "going"


@dataclass(frozen=True)
class Device:
    """What the browser says of the device (web/device.js has the rules).

    `model` is the one to open first, `mode` how its weights are to be held (core.modes).
    `saves_data`: the reader asked for little data. `memory_bytes`: about what the device has, None
    where the browser does not say.
    """

    has_store: bool = True
    model: str = ""
    mode: str = EXACT
    saves_data: bool = False
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Proof:
    """The report on how true a model's numbers are (core/fidelity.py), as the page has it.

    `stage` is "" before anybody asks, "loading", "none" where the build has none, "failed" with the
    `error`, or "ready".
    """

    model: str = ""
    stage: str = ""
    report: Fidelity | None = None
    error: Message | None = None


@dataclass(frozen=True)
class Site:
    """This build, and where it runs.

    `stored` are the models that this browser keeps, with the engine. `is_recordings_only`: the
    reader wants nothing but recorded walks. `tours` are the views of one input, step by
    step. `gallery` are the cards of prompts, text alone, `example` one of them
    at two temperatures, for the lab. `documents` are the texts that a model read, for training.
    `vocabulary` names the tokens of the model that is open. `busy` is what is going on ("load",
    "run", "generate"), or empty.
    """

    tours: Tours = ()
    models: tuple[ModelCard, ...] = ()
    absent: tuple[AbsentModel, ...] = ()
    stored: frozenset[str] = frozenset()
    offline: Offline = field(default_factory=Offline)
    preparing: Preparing = field(default_factory=Preparing)
    is_recordings_only: bool = False
    recordings: tuple[RecordingCard, ...] = ()
    gallery: tuple[RecordingCard, ...] = ()
    documents: tuple[RecordingCard, ...] = ()
    example: Contrast | None = None
    engine: EngineStatus = field(default_factory=EngineStatus)
    vocabulary: Tokenizer | None = None
    busy: str = ""
    device: Device = field(default_factory=Device)
    storage: Storage | None = None
    has_update: bool = False
    proof: Proof = field(default_factory=Proof)
