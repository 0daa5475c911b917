"""One run of a model over one input, as a value: what came out, and what was written behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from seethrough.core.captured import NOTHING, Captured
from seethrough.core.hooks import PATTERN, RESID_PRE, hook_name
from seethrough.core.recording import stream_names
from seethrough.core.tree import PRESENT, Way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.beam import Search
    from seethrough.core.beam_plan import BeamPlan
    from seethrough.core.cache import Array
    from seethrough.core.cell import Cell
    from seethrough.core.config import ModelConfig
    from seethrough.core.contrast import Contrast
    from seethrough.core.film import Film
    from seethrough.core.heads import Marked, Without
    from seethrough.core.pushes import Pushes
    from seethrough.core.recording import Recording
    from seethrough.core.settings import Sampling
    from seethrough.core.tokens import Candidate, NewToken, TokenView

# Positions whose numbers a live run keeps; longer inputs are captured in part (the first
# positions), because 512 tokens of SmolLM2's residual stream are 37 MB.
PICTURE_TOKENS = 512


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
class Branch:
    """Another way that the text went: its new tokens behind the prompt, and why it ended."""

    steps: tuple[NewToken, ...]
    stop: str = ""

    @property
    def ids(self) -> tuple[int, ...]:
        """Its new tokens' ids."""
        return tuple(step.id for step in self.steps)


@dataclass(frozen=True, eq=False)
class Searched:
    """A search with beams behind the tokens of a run, as far as it went.

    `words` are its tokens as shown, by id.
    """

    plan: BeamPlan
    search: Search
    words: Mapping[int, str]


@dataclass(frozen=True, eq=False)
class Endings:
    """Ways behind the tokens of a run, each drawn with a seed of its own, as far as they are known.

    `seeds` are those of each way, by its ids; `n_draws` how many there shall be in all, `words`
    the tokens as shown, by id.
    """

    settings: Sampling
    n_tokens: int
    n_draws: int
    seeds: Mapping[tuple[int, ...], tuple[int, ...]]
    words: Mapping[int, str]

    @property
    def n_done(self) -> int:
        """How many are known."""
        return sum(map(len, self.seeds.values()))

    @property
    def falling(self) -> list[tuple[int, ...]]:
        """The ways, the commonest first; of equals that with the lowest seed."""
        return sorted(self.seeds, key=lambda way: (-len(self.seeds[way]), min(self.seeds[way])))


@dataclass(frozen=True, eq=False)
class Run:
    """A model, an input and all that is known of it. Arrays are read-only by agreement.

    What is shown next is another value: whatever a new run does not name begins empty.

    `source` tells where the numbers come from: "recorded" (then `recorded` is the recording),
    "live" (the engine), or "" while there are none. `given` is the prompt, and whether it was a
    chat message. `knobs` are those it was run with.
    `written` are those of `tokens` that are no prompt: the last ones, put there by the model or by
    the reader. `continuation` follows them, `branches` are other ways that the text went,
    `place_names` what the reader calls places of that tree (by the ids that lead there from the
    prompt).
    `film` tells how the prompt became the first of `tokens`; the reader chose those behind it.
    `words` are the texts of tokens that a recording knows.
    `marked` are heads worth a look at the last token, `without` the best next tokens with some
    heads switched off. `pushes` are the tokens that some vectors push, by the vector's name.
    `read` are the tokens from the second on, each as the model foresaw it (core/train/mistakes.py).
    `missing` are parts of the recording that were asked for and could not be had.
    `searched` is the last search with beams behind `tokens`, `endings`
    are ways drawn behind them, `contrast` is the text written twice, by what the reader set it
    against.
    """

    model: str = ""
    config: ModelConfig | None = None
    source: str = ""
    recorded: Recording | None = None
    given: tuple[str, bool] | None = None
    knobs: Mapping[str, Array] = field(default_factory=dict)
    tokens: tuple[TokenView, ...] = ()
    film: Film | None = None
    top: tuple[Candidate, ...] = ()
    elapsed_ms: float = 0.0
    captured: Captured = NOTHING
    lens: Lens | None = None
    words: Mapping[int, str] = field(default_factory=dict)
    marked: Marked | None = None
    without: Without = field(default_factory=dict)
    pushes: Mapping[Cell, Pushes] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    read: tuple[NewToken, ...] = ()
    written: tuple[NewToken, ...] = ()
    continuation: tuple[NewToken, ...] = ()
    stop: str = ""
    branches: tuple[Branch, ...] = ()
    place_names: Mapping[tuple[int, ...], str] = field(default_factory=dict)
    searched: Searched | None = None
    endings: Endings | None = None
    contrast: Contrast | None = None

    @property
    def numbered(self) -> Recording | None:
        """The shown recording, where it has numbers of the inside: a card of the gallery has none.

        A card is shown a moment before the page turns to a view that has cards.
        """
        recorded = self.recorded
        return None if recorded is None or recorded.is_text_alone else recorded

    @property
    def ids(self) -> tuple[int, ...]:
        """The input's token ids."""
        return tuple(token.id for token in self.tokens)

    @property
    def steps(self) -> tuple[NewToken, ...]:
        """Every new token behind the prompt, those that are part of the shown input first."""
        return (*self.written, *self.continuation)

    @property
    def ways(self) -> tuple[Way, ...]:
        """Every way that the text went, the present one first."""
        others = (Way(at, way.steps, way.stop) for at, way in enumerate(self.branches))
        return (Way(PRESENT, self.steps, self.stop), *others)

    @property
    def n_prompt(self) -> int:
        """How many of `tokens` were given: the rest was written."""
        return len(self.tokens) - len(self.written)

    @property
    def last_kept(self) -> int:
        """The last position whose numbers are kept; −1 without tokens."""
        limit = len(self.tokens) if self.recorded else min(len(self.tokens), PICTURE_TOKENS)
        return limit - 1

    def lacks(self, position: int) -> bool:
        """Whether the residual stream is here, but not of this position."""
        first = hook_name(RESID_PRE, 0)
        return self.captured.has(first) and self.captured.row(first, position) is None

    def stream_at(self, position: int) -> Array | None:
        """The residual stream of a token; None where a part of it is not here.

        Shapes: [n_layers + 1, d_model]: hook_resid_pre of every layer, then the last
        hook_resid_post.
        """
        if self.config is None:
            return None
        rows = [self.captured.row(name, position) for name in stream_names(self.config.n_layers)]
        known = [row for row in rows if row is not None]
        return np.stack(known) if len(known) == len(rows) else None

    def pattern(self, layer: int) -> Array | None:
        """A layer's attention pattern, [head, query_pos, key_pos]; None where it is not here."""
        return self.captured.arrays.get(hook_name(PATTERN, layer))

    def is_of(self, other: Run) -> bool:
        """Whether it is the same model over the very same input: what is known of one holds."""
        return self.tokens is other.tokens and self.model == other.model

    def on(
        self,
        continuation: tuple[NewToken, ...],
        stop: str,
        *,
        written: tuple[NewToken, ...] | None = None,
        branches: tuple[Branch, ...] | None = None,
    ) -> Run:
        """The same input, another text behind it."""
        return replace(
            self,
            continuation=continuation,
            stop=stop,
            written=self.written if written is None else written,
            branches=self.branches if branches is None else branches,
        )
