"""What the reader chose of a run: where the pictures look, what is compared, traced, thrown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from seethrough.core.against import Against
from seethrough.core.beam_plan import BeamPlan
from seethrough.core.ending_plan import EndingPlan
from seethrough.core.moved import Moved
from seethrough.core.second import Second

if TYPE_CHECKING:
    from seethrough.app.message import Message
    from seethrough.app.run import Run
    from seethrough.core.cell import Cell
    from seethrough.core.heads import Heads
    from seethrough.core.settings import Sampling
    from seethrough.core.sums import Sum
    from seethrough.core.tokens import Candidate, TokenView

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
class Choice:
    """Where the reader looks.

    `asked_layer` is a layer that was chosen and whose numbers have not come yet. `word` is one of
    the text's words, `chosen_step` a new token (counted through those written and those that
    follow), None the last. `asked` are tokens that the reader compares with the best ones,
    `compared` is the one whose terms are told (None: the best), `asked_note` what is to be said of
    the last question. `trying` are the settings under a slider that is still held. `sum` is the
    number that the reader traces, `peek` the one that a pointer or the focus rests on, `hook` the
    leaf that was asked for in the code of the step. `off` are heads that the reader switched off.
    `neuron` is one of the layer's feed-forward half; None: the strongest. `is_searching`: each head
    is switched off in turn (app/searching.py).
    `moved` are positions that the reader moved to see what a rotation does. `second` is a place
    that stands beside this one. `beam_plan` is how the next search with beams goes,
    `ending_plan` how the ways are that are drawn at once, `against` what the text is set against,
     `column` the place of both whose odds are told (None: the first that differs).
    In the room of generation `is_mean` shows the mean over all heads in place of one, and
    `hides_special` leaves the special tokens out of the text.
    """

    layer: int = 0
    head: int = 0
    position: int = 0
    asked_layer: int | None = None
    word: int | None = None
    chosen_step: int | None = None
    asked: tuple[Candidate, ...] = ()
    compared: int | None = None
    asked_note: Message | None = None
    throws: Throws = field(default_factory=Throws)
    trying: Sampling | None = None
    sum: Tracing | None = None
    peek: Tracing | None = None
    hook: str = ""
    off: Heads = frozenset()
    neuron: int | None = None
    is_searching: bool = False
    moved: Moved = field(default_factory=Moved)
    second: Second | None = None
    beam_plan: BeamPlan = field(default_factory=BeamPlan)
    ending_plan: EndingPlan = field(default_factory=EndingPlan)
    against: Against = field(default_factory=Against)
    column: int | None = None
    is_mean: bool = False
    hides_special: bool = False

    @property
    def followed(self) -> Choice:
        """Only what follows the tokens by itself (app/tracing.py): the sum, the peek, the hook."""
        return Choice(sum=self.sum, peek=self.peek, hook=self.hook)

    @property
    def place(self) -> Choice:
        """The same with layer, head and position."""
        return replace(self.followed, layer=self.layer, head=self.head, position=self.position)

    @property
    def beside(self) -> Choice | None:
        """The second place as a choice of its own, this one beside it; None without one."""
        if self.second is None:
            return None
        own = {name: value for name, value in vars(self.second).items() if value is not None}
        this = Second(self.layer, self.head, self.position)
        return replace(self, asked_layer=None, second=this, **own)

    def at_layer(self, layer: int, asked: int | None) -> Choice:
        """The same at another layer, while one more is asked for."""
        return replace(self, layer=layer, asked_layer=asked)

    def carried(self, before: Run, now: Run, *, keeps_position: bool = False) -> Choice:
        """What stays chosen when another run is shown; all else begins anew.

        Layer and head stay, inside the model; the position where it is asked for, else it is the
        last one, and nothing stands beside it; the word with the same film; tokens asked for with
        the same live model; how a search and how endings go, what the text is set against; what
        the room of generation shows; and what is `followed`.
        """
        config = now.config
        n_layers, n_heads = (config.n_layers, config.n_heads) if config else (1, 1)
        is_same_model = before.model == now.model and now.recorded is None
        last = max(now.last_kept, 0)
        return replace(
            self.followed,
            layer=within(self.layer, n_layers - 1),
            head=within(self.head, n_heads - 1),
            position=within(self.position, last) if keeps_position else last,
            asked_layer=None
            if self.asked_layer is None
            else within(self.asked_layer, n_layers - 1),
            word=self.word if before.film == now.film and now.recorded is None else None,
            asked=self.asked if is_same_model else (),
            is_mean=self.is_mean,
            hides_special=self.hides_special,
            second=self.second.inside(n_layers, n_heads, last + 1)
            if self.second is not None and keeps_position
            else None,
            beam_plan=self.beam_plan,
            ending_plan=self.ending_plan,
            against=self.against,
        )


def within(value: int, last: int) -> int:
    """The value, or the nearest of 0 … last."""
    return min(max(value, 0), last)
