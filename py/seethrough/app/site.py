"""What this build and this browser have: models, recordings, the engine, the device."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seethrough.core.modes import EXACT

if TYPE_CHECKING:
    from seethrough.app.cards import AbsentModel, ModelCard, RecordingCard
    from seethrough.app.tours import Tours
    from seethrough.core.tokenizer import Tokenizer


@dataclass(frozen=True)
class EngineStatus:
    """Where the engine is: stage is one of STAGES; bytes are 0 when unknown.

    `mode` is how the loaded model's weights are held (core.modes), or empty. `model` is the one
    that is loading, open or failed: not the one of a recording that is shown meanwhile.
    """

    stage: str = "starting"
    done_bytes: int = 0
    total_bytes: int = 0
    backend: str = ""
    threads: int = 0
    session_ms: float = 0.0
    mode: str = ""
    model: str = ""


STAGES = ("starting", "idle", "download", "session", "ready", "running", "failed")


@dataclass(frozen=True)
class Storage:
    """What this browser keeps of the site; None where the browser does not say.

    Sizes in bytes: the site itself, the models, what the browser allows.
    """

    site_bytes: int | None = None
    model_bytes: int | None = None
    quota_bytes: int | None = None
    is_persisted: bool | None = None


@dataclass(frozen=True)
class Device:
    """What the browser says of the device (web/device.js has the rules).

    `may_download` is False where a model is fetched only when the reader asks for it; `model` is
    the one to open first, `mode` how its weights are to be held (core.modes).
    """

    may_download: bool = True
    has_store: bool = True
    model: str = ""
    mode: str = EXACT


@dataclass(frozen=True)
class Site:
    """This build, and where it runs.

    `stored` are the models that this browser keeps. `tours` are the views of one input, step by
    step. `vocabulary` names the tokens of the model that is open. `busy` is what is going on
    ("load", "run", "generate"), or empty.
    """

    tours: Tours = ()
    models: tuple[ModelCard, ...] = ()
    absent: tuple[AbsentModel, ...] = ()
    stored: frozenset[str] = frozenset()
    recordings: tuple[RecordingCard, ...] = ()
    engine: EngineStatus = field(default_factory=EngineStatus)
    vocabulary: Tokenizer | None = None
    busy: str = ""
    device: Device = field(default_factory=Device)
    storage: Storage | None = None
    has_update: bool = False
