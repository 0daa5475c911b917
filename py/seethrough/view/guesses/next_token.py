"""Home: which token comes next, and how sure the reader is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.guesses import Option, Question, place_of, shuffled
from seethrough.view.ideas.plain import names, plain

if TYPE_CHECKING:
    from seethrough.app.state import Scene

KIND = "next"
N_OPTIONS = 4


def ask_in_room(scene: Scene) -> Question | None:
    """Where a text grows: of the prompt alone; a card of the gallery says by itself what comes."""
    recorded = scene.run.recorded
    is_card = recorded is not None and recorded.is_text_alone
    return None if is_card or scene.run.written else ask(scene)


def ask(scene: Scene) -> Question | None:
    """The best few tokens, in an order that tells nothing; None where there are no two of them."""
    best = scene.run.top[:N_OPTIONS]
    if not scene.run.tokens or len({plain(item.visible) for item in best}) < N_OPTIONS:
        return None
    shown = names(item.visible for item in best)
    options = tuple(
        Option(str(item.id), name, item.prob) for item, name in zip(best, shown, strict=True)
    )
    place = place_of(scene.run.model, scene.run.ids)
    return Question(
        KIND,
        place,
        shuffled(options, place),
        right=str(best[0].id),
        answer=shown[0],
        are_tokens=True,
        asks_sure=True,
    )
