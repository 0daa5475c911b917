"""The film of a growing text: three moments a token, then why it ended. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seethrough.view.steps.written import shown_step

if TYPE_CHECKING:
    from seethrough.app.state import Scene

# What could come next is shown; one of it is chosen; it stands in the text.
SHARES, CHOICE, JOINED = range(3)
N_KINDS = 3
STOP = "stop"


@dataclass(frozen=True)
class Now:
    """What stands on the screen.

    `step` is the new token whose candidates are shown (None: nothing is written yet), `kind` how
    far it is, `n_joined` how many new tokens stand in the text, `moment` the film's (None: rest).
    """

    step: int | None
    kind: int
    n_joined: int
    moment: int | None = None

    @property
    def is_chosen(self) -> bool:
        """Whether it is known which token is taken."""
        return self.step is not None and self.kind != SHARES

    @property
    def joins(self) -> int | None:
        """The token that joins the text at this very moment."""
        return self.step if self.moment is not None and self.kind == JOINED else None


def n_moments(scene: Scene) -> int:
    """How many moments the film has; a text that ended tells why in one more."""
    n_steps = len(scene.run.steps)
    return N_KINDS * n_steps + (1 if n_steps and scene.run.stop else 0)


def now(scene: Scene) -> Now:
    """What is on the screen at the film's moment, or at rest: the whole text, the chosen step."""
    n_steps, moment = len(scene.run.steps), scene.moment
    if moment is None or moment >= N_KINDS * n_steps:
        at = shown_step(scene) if moment is None else n_steps - 1
        kind = SHARES if at is None or at < 0 else JOINED
        return Now(at if n_steps else None, kind, n_steps)
    step, kind = divmod(moment, N_KINDS)
    return Now(step, kind, step + (kind == JOINED), moment)


def joined(step: int) -> int:
    """The moment in which a new token stands in the text."""
    return N_KINDS * step + JOINED


def token_after(moment: int | None, n_steps: int) -> int | None:
    """The moment of the next token's joining; None where all stand in the text already."""
    if moment is None:
        return None
    step = (moment - JOINED) // N_KINDS + 1
    return joined(step) if step < n_steps else None


def token_before(moment: int | None, n_steps: int) -> int:
    """The moment in which the text was one token shorter; 0 where it is the prompt alone."""
    at = joined(n_steps - 1) if moment is None else moment
    step = (at - 1 - JOINED) // N_KINDS
    return joined(step) if step >= 0 else 0
