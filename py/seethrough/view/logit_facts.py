"""What is known of the logits behind the shown input: steps 5 and 6 draw from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core import hooks
from seethrough.core.distribution import Distribution, Terms, distribution
from seethrough.view.kept import kept_with

if TYPE_CHECKING:
    from seethrough.app.state import Scene
    from seethrough.core.cache import Array
    from seethrough.core.captured import Captured
    from seethrough.core.tokens import Candidate

ROWS = "W_U"
PART = "logits"


def last_position(scene: Scene) -> int:
    """The position whose state is unembedded; −1 where there is none."""
    return len(scene.run.tokens) - 1


def query_of(scene: Scene) -> Array | None:
    """What is compared with every row: the final norm's output, [d_model]."""
    return scene.run.captured.row(hooks.FINAL_OUT, last_position(scene))


def terms_of(scene: Scene, token: int) -> Terms | None:
    """The products that a token's logit is the sum of; None where query or row is not here."""
    query, row = query_of(scene), scene.run.captured.row(ROWS, token)
    return None if query is None or row is None else Terms(query, row)


def spread(scene: Scene) -> Distribution | None:
    """Softmax over the whole vocabulary; None where the full logits are not here."""
    return _spread(scene.run.captured, last_position(scene))


@kept_with
def _spread(captured: Captured, last: int) -> Distribution | None:
    logits = captured.row(hooks.LOGITS, last)
    return None if logits is None or not logits.size else distribution(logits)


def compared(scene: Scene, most: int) -> tuple[Candidate, ...]:
    """The best tokens, then those that the reader asked for, with this input's own numbers.

    An asked token without a known logit is left out.
    """
    best, whole = scene.run.top[:most], spread(scene)
    opened = tuple(item for item in scene.run.top[most:] if item.id == scene.choice.compared)
    if whole is None:
        return (*best, *opened)
    shown, logits, probs = {item.id for item in (*best, *opened)}, whole.logits, whole.probs
    asked = (item for item in scene.choice.asked if item.id not in shown and item.id < logits.size)
    now = (
        replace(item, logit=float(logits[item.id]), prob=float(probs[item.id])) for item in asked
    )
    return (*best, *opened, *now)


def is_coming(scene: Scene) -> bool:
    """Whether what is missing is on its way: from the engine, or in a part of the recording."""
    if scene.run.recorded is None:
        return scene.run.source == "live"
    return scene.walk_card is not None and PART in scene.walk_card.parts
