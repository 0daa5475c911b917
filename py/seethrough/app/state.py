"""What the page shows, as one frozen record, and the store that changes it.

One way: event -> action -> `store.replace(...)` -> subscribed panels render. A panel never writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from seethrough.core.captured import NOTHING, Captured
from seethrough.core.messages import FALLBACK
from seethrough.core.modes import EXACT
from seethrough.core.routes import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.core.config import ModelConfig
    from seethrough.core.film import Film
    from seethrough.core.recording import Recording
    from seethrough.core.sums import Sum
    from seethrough.core.tokenizer import Tokenizer
    from seethrough.core.tokens import Candidate, NewToken, TokenView


@dataclass(frozen=True)
class Message:
    """A sentence by its catalogue key and fields; `more` stand behind it."""

    key: str
    fields: Mapping[str, object] = field(default_factory=dict)
    more: tuple[Message, ...] = ()


@dataclass(frozen=True)
class ModelCard:
    """One model of this build, as told before its download.

    `mode_bytes`: about how much memory the page takes with it, by weight mode; a mode that would
    save nothing is not there.
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
class Sampling:
    """How the next token is chosen.

    Temperature 0 is greedy; top_k 0, top_p 1 and min_p 0 cut nothing.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    seed: int = 1
    max_new_tokens: int = 24


# How many darts the step "sample" counts at once.
TALLY = 200


@dataclass(frozen=True)
class Throws:
    """The darts of the step "sample": which one is shown, and how many are counted.

    `at` counts from 0, the dart that a continuation throws for the next token here. `tallied` is 0
    while nothing is counted. `refused` says why a setting was not taken.
    """

    at: int = 0
    tallied: int = 0
    refused: Message | None = None


@dataclass(frozen=True)
class Picture:
    """What the two pictures show.

    `resid` [n_layers + 1, pos, d_model]: hook_resid_pre of every layer, then the last
    hook_resid_post. `pattern` [head, query_pos, key_pos]: hook_pattern of `layer`.
    `position` is the token whose residual stream is drawn. `positions` are those that `resid`
    holds, in order; empty: the first ones, without a gap. `asked` is a layer whose pattern was
    asked for and has not come yet.
    """

    layer: int = 0
    head: int = 0
    position: int = 0
    resid: Array | None = None
    pattern: Array | None = None
    positions: tuple[int, ...] = ()
    asked: int | None = None

    def row_of(self, position: int) -> int | None:
        """Where `resid` has a position along its second axis; None: it has not."""
        n_pos = 0 if self.resid is None else self.resid.shape[1]
        known = self.positions or range(n_pos)
        return known.index(position) if position in known else None


@dataclass(frozen=True)
class Lens:
    """What the model would say of one position if it stopped at each layer.

    `tops[l]` are the best next tokens of the residual state that enters block l, through the final
    norm and the unembedding (`unembed_layer` l); the last is the end. A recording holds some of
    each, a run the best alone.
    """

    position: int
    tops: tuple[tuple[Candidate, ...], ...]


@dataclass(frozen=True)
class Stage:
    """Where the film of a step is: `moment` counts from 0, None is its end, the whole picture.

    `speed` divides every duration.
    """

    moment: int | None = None
    is_playing: bool = False
    speed: float = 1.0


@dataclass(frozen=True)
class Branch:
    """Another way that the text went: its new tokens behind the prompt, and why it ended."""

    steps: tuple[NewToken, ...]
    stop: str = ""

    @property
    def ids(self) -> tuple[int, ...]:
        """Its new tokens' ids."""
        return tuple(step.id for step in self.steps)


@dataclass(frozen=True, eq=False)
class Tracing:
    """The number that the reader traces. `sum` is what made it; `message` says why there is none.

    `tokens` are those that were shown when it was asked for, `trail` the cells that led to it.
    `needs_model`: only the model itself can tell, and it is not open.
    """

    cell: Cell
    value: float | None = None
    sum: Sum | None = None
    message: Message | None = None
    needs_model: bool = False
    tokens: tuple[TokenView, ...] = ()
    trail: tuple[Cell, ...] = ()


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
class AppState:
    """Everything the page shows. Collections are tuples; arrays are read-only by agreement.

    `written` are those of `tokens` that are no prompt: the last ones, put there by the model or by
    the reader. `continuation` follows them. `chosen_step` counts through both, None is the last.

    `source` tells where the numbers come from: "recorded" (then `recorded` is the recording),
    "live" (the engine), or "" while there are none. `asked` are tokens that the reader compares
    with the best ones, `compared` is the one whose terms are told (None: the best), `asked_note`
    what is to be said of the last question.
    `film` tells how the prompt became the first of `tokens`; the reader chose those behind it.
    `unfolded` names the details whose tables are open and so are written; None writes all.
    `word` is the one of its words that the reader chose. `trying` are the settings under a slider
    that is still held. `vocabulary` names the tokens of the model that is open, `words` some
    of those of the recorded walk's model. `sum` is the number that the reader traces, `peek` the
    one that a pointer or the focus rests on. `hook` is the leaf that was asked for in the code of
    the step.
    """

    language: str = FALLBACK
    route: Route = field(default_factory=Route)
    theme: str = "system"
    device: Device = field(default_factory=Device)
    storage: Storage | None = None
    has_update: bool = False
    models: tuple[ModelCard, ...] = ()
    absent: tuple[AbsentModel, ...] = ()
    recordings: tuple[RecordingCard, ...] = ()
    recorded: Recording | None = None
    source: str = ""
    model: str = ""
    config: ModelConfig | None = None
    engine: EngineStatus = field(default_factory=EngineStatus)
    prompt: str = "January, February, March,"
    chat: bool = False
    tokens: tuple[TokenView, ...] = ()
    film: Film | None = None
    word: int | None = None
    top: tuple[Candidate, ...] = ()
    elapsed_ms: float = 0.0
    picture: Picture = field(default_factory=Picture)
    captured: Captured = NOTHING
    lens: Lens | None = None
    asked: tuple[Candidate, ...] = ()
    compared: int | None = None
    asked_note: Message | None = None
    stage: Stage = field(default_factory=Stage)
    unfolded: frozenset[str] | None = None
    is_presenting: bool = False
    has_keys: bool = True
    sampling: Sampling = field(default_factory=Sampling)
    trying: Sampling | None = None
    throws: Throws = field(default_factory=Throws)
    vocabulary: Tokenizer | None = None
    words: Mapping[int, str] = field(default_factory=dict)
    written: tuple[NewToken, ...] = ()
    continuation: tuple[NewToken, ...] = ()
    stop: str = ""
    chosen_step: int | None = None
    branches: tuple[Branch, ...] = ()
    sum: Tracing | None = None
    peek: Tracing | None = None
    hook: str = ""
    busy: str = ""
    notice: Message | None = None
    error: Message | None = None

    @property
    def steps(self) -> tuple[NewToken, ...]:
        """Every new token behind the prompt, those that are part of the shown input first."""
        return (*self.written, *self.continuation)

    @property
    def n_prompt(self) -> int:
        """How many of `tokens` were given: the rest was written."""
        return len(self.tokens) - len(self.written)


Subscriber = Callable[[AppState], None]


class Store:
    """Holds the state; tells subscribers which of their fields changed, once per change."""

    def __init__(self, state: AppState | None = None) -> None:
        self.state = state or AppState()
        self._subscribers: list[tuple[frozenset[str], Subscriber]] = []

    def subscribe(self, names: tuple[str, ...], callback: Subscriber) -> None:
        """Call `callback(state)` after any of the named fields changed.

        Raises:
            ValueError: AppState has no such field.
        """
        known = {item.name for item in fields(AppState)}
        unknown = set(names) - known
        if unknown:
            msg = f"AppState has no field {sorted(unknown)}"
            raise ValueError(msg)
        self._subscribers.append((frozenset(names), callback))

    def replace(self, **changes: Any) -> None:  # noqa: ANN401 - dataclasses.replace checks names
        """Change fields in one batch and tell the subscribers of those that differ."""
        before = self.state
        self.state = replace(before, **changes)
        changed = {name for name in changes if getattr(before, name) is not changes[name]}
        for names, callback in self._subscribers:
            if names & changed:
                callback(self.state)
