"""The lab's recorded example of two settings: a card of the gallery at two of its temperatures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.app.cards import card_of
from seethrough.core.against import BY_SETTINGS
from seethrough.core.contrast import Contrast, Share, Side, merged
from seethrough.core.settings import Sampling
from seethrough.core.tokens import LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seethrough.app.cards import RecordingCard
    from seethrough.app.library import Library
    from seethrough.app.state import AppState
    from seethrough.core.gallery import Sample, Told
    from seethrough.core.tokens import Candidate

# The card that is shown where the subject is none: its texts part at a fact.
FIRST = "capital"


async def example_of(library: Library, state: AppState) -> Contrast | None:
    """The example of what is shown; None where this build has no card with two temperatures.

    Raises:
        DownloadError, SourceError: It cannot be had, or is not the one that the list names.
    """
    card = card_for(state)
    if card is None:
        return None
    left, right = temperatures(card, state)
    sample = await library.whole_sample(card)
    title = next((one.title for one in state.site.models if one.id == card.model), card.model)
    told = sample.told_at(left), sample.told_at(right)
    return contrast_of(sample, title, told, state.choice.against.n_tokens)


def card_for(state: AppState) -> RecordingCard | None:
    """The card that the address names, else the one that is shown first."""
    cards = [card for card in state.site.gallery if len(card.temperatures) > 1]
    named = card_of(tuple(cards), state.route.subject)
    usual = next((card for card in cards if card.id == FIRST), None)
    return named or usual or next(iter(cards), None)


def temperatures(card: RecordingCard, state: AppState) -> tuple[float, float]:
    """Those that the settings say, where they were recorded; else the two first that differ."""
    known = card.temperatures
    left = state.sampling.temperature
    right = state.choice.against.settings.temperature
    if left not in known:
        left = known[0]
    if right not in known or right == left:
        right = next(one for one in known if one != left)
    return left, right


def contrast_of(sample: Sample, title: str, told: tuple[Told, Told], n_tokens: int) -> Contrast:
    """A card at two of its temperatures, so many tokens of it."""
    one, other = (side_of(sample, title, each, n_tokens) for each in told)
    n_alike = n_shared(one, other)
    return Contrast(
        BY_SETTINGS,
        completed(one, other, told[0], n_alike),
        completed(other, one, told[1], n_alike),
        is_recorded=True,
    )


def side_of(sample: Sample, title: str, told: Told, n_tokens: int) -> Side:
    """What was written at one temperature: so many tokens of it at most."""
    settings = Sampling(temperature=told.temperature, seed=sample.prompt.seed)
    made, steps = sample.prompt, told.steps[:n_tokens]
    shares = tuple(shares_at(told, at, step.candidates) for at, step in enumerate(steps))
    stop = told.stop if len(steps) == len(told.steps) else LIMIT
    return Side(made.model, title, made.prompt, settings, steps, shares, stop)


def shares_at(told: Told, at: int, items: Sequence[Candidate]) -> tuple[Share, ...]:
    """Some candidates of a step with their chances there."""
    return tuple(
        Share(item.id, item.text, item.visible, item.prob, told.share(at, item)) for item in items
    )


def n_shared(one: Side, other: Side) -> int:
    """How many columns stand behind the same text: those up to the first that differs, with it."""
    both = zip(one.steps, other.steps, strict=False)
    first = next((at for at, (left, right) in enumerate(both) if left.id != right.id), None)
    return min(len(one.steps), len(other.steps)) if first is None else first + 1


def completed(side: Side, other: Side, told: Told, n_alike: int) -> Side:
    """Have the other side's candidates, too, while the text is the same: so are the scores."""
    more = [
        merged(side.shares[at], shares_at(told, at, other.steps[at].candidates))
        for at in range(n_alike)
    ]
    shares = (*more, *side.shares[n_alike:])
    return replace(side, shares=shares)
