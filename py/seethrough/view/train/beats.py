"""The film of a text that is read: three moments a token. Pure arithmetic, shared with the keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.tokens import NewToken

# The model guesses; the token comes; each score is pushed.
GUESS, COMES, PUSH = range(3)
N_KINDS = 3


@dataclass(frozen=True)
class Now:
    """What stands on the screen: a token of the text, how far it is, the film's moment if any."""

    new: NewToken
    position: int
    kind: int
    moment: int | None = None

    @property
    def has_come(self) -> bool:
        """Whether the token is seen."""
        return self.kind != GUESS

    @property
    def is_pushed(self) -> bool:
        """Whether the pushes are seen."""
        return self.kind == PUSH


def n_moments(scene: Scene) -> int:
    """How many moments the film has."""
    return N_KINDS * len(scene.run.read)


def now(scene: Scene) -> Now | None:
    """The film's moment, or at rest the whole of the chosen token; None before anything is read."""
    read, moment = scene.run.read, scene.moment
    if not read:
        return None
    if moment is None or moment >= n_moments(scene):
        at = at_rest(scene)
        return Now(read[at], at + 1, PUSH)
    at, kind = divmod(moment, N_KINDS)
    return Now(read[at], at + 1, kind, moment)


def at_rest(scene: Scene) -> int:
    """The guess that is shown at rest: that of the chosen token; the first has none."""
    return min(max(scene.choice.position - 1, 0), len(scene.run.read) - 1)


def moment_beside(scene: Scene, distance: int) -> int:
    """The moment in which the token before (−1) or after (+1) is seen whole, inside the text."""
    shown = at_rest(scene) if scene.moment is None else scene.moment // N_KINDS
    at = min(max(shown + distance, 0), max(len(scene.run.read) - 1, 0))
    return N_KINDS * at + PUSH
