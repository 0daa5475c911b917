"""The file of a gallery's card: read back it is the very same, and nothing else is read."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.core import gallery
from seethrough.core.errors import SourceError
from seethrough.core.gallery import Sample, Told, packed, sample_from_bytes, to_bytes
from seethrough.core.recording import read_step, step_row
from seethrough.core.tokens import DRAWN, END, GREEDY, READER, NewToken, candidate
from tests.recorded import recorded

if TYPE_CHECKING:
    from seethrough.core.recording import Recording

TOTAL = 7.123456789012345


def step(token: int, rank: int, how: str) -> NewToken:
    """A new token with three candidates of float32 logits."""
    logits = [float(np.float32(value)) for value in (5.1, 4.2, -0.3)]
    could = tuple(
        candidate(at, logit, TOTAL, f"t{at}", f"·t{at}") for at, logit in enumerate(logits)
    )
    chosen = could[token]
    told = (chosen.text, chosen.visible, chosen.prob, rank)
    return NewToken(token, *told, could, entropy=2.5, how=how)


def made() -> Sample:
    """A card of two temperatures."""
    prompt = replace(
        recorded(),
        positions=(),
        layers=(),
        arrays={},
        continuation=(),
        stop="",
        logsumexp=TOTAL,
        seed=1,
        top=step(0, 0, GREEDY).candidates,
        marked=None,
        without={},
    )
    greedy = Told(0.0, (step(0, 0, GREEDY),), END, (1,), (TOTAL,))
    drawn = (step(0, 0, DRAWN), step(2, 2, DRAWN))
    return Sample(
        prompt, (greedy, Told(5.0, drawn, "max_new_tokens", (3, 3), (TOTAL, TOTAL), (8.5, 8.25)))
    )


def same_prompt(one: Recording, other: Recording) -> bool:
    """Whether two prompts agree in every field."""
    return all(getattr(one, name) == getattr(other, name) for name in type(one).__annotations__)


def test_a_card_comes_back_whole() -> None:
    """Every number to the last bit, and how each token was chosen: a drawn best one is drawn."""
    card = made()
    again = sample_from_bytes(to_bytes(card))

    assert again.told == card.told
    assert same_prompt(again.prompt, card.prompt)
    assert to_bytes(again) == to_bytes(card)
    assert [new.how for new in again.at(5.0).continuation] == [DRAWN, DRAWN]
    assert again.at(0.0).continuation[0].how == GREEDY
    assert again.temperatures == (0.0, 5.0)
    assert again.at(0.7).temperature == 0.0
    assert again.at(5.0).is_text_alone


def test_the_chance_of_a_token_at_its_temperature() -> None:
    """One has it all at 0; else the logit over the temperature, against all of them."""
    card = sample_from_bytes(to_bytes(made()))
    greedy, drawn = card.told
    best, *_, last = drawn.steps[1].candidates

    assert [greedy.share(0, item) for item in greedy.steps[0].candidates] == [1.0, 0.0, 0.0]
    assert drawn.share(1, best) == np.exp(best.logit / 5 - 8.25)
    assert drawn.share(1, last) == np.exp(last.logit / 5 - 8.25)


@pytest.mark.parametrize("how", [GREEDY, DRAWN, ""])
@pytest.mark.parametrize("rank", [0, 2])
def test_how_a_token_was_chosen_is_kept(how: str, rank: int) -> None:
    """Also with an unknown entropy; a reader's own choice is in no recording."""
    for entropy in (2.5, None):
        new = replace(step(rank, rank, how), entropy=entropy)
        assert read_step(step_row(new)) == new
    with pytest.raises(SourceError):
        read_step(step_row(replace(step(rank, rank, how), how=READER)))


def altered(**changes: Any) -> bytes:  # noqa: ANN401 - JSON
    """A card's file with some of its values changed."""
    told = json.loads(zlib.decompress(to_bytes(made())))
    return packed(json.dumps({**told, **changes}).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        packed(b"[]"),
        packed(b"no JSON"),
        to_bytes(made())[:-5],
        altered(format=1),
        altered(chat=1),
        altered(told=[]),
        altered(told=[[0.0, END, [], []]]),
        altered(told=[[0.0, "because", [[0, 0.5, 0, 1, TOTAL, [[0, 5.0]]]], []]]),
        altered(told=[[0.0, END, [[0, 1.5, 0, 1, TOTAL, [[0, 5.0]]]], []]]),
        altered(told=[[0.0, END, [[9, 0.5, 0, 1, TOTAL, [[0, 5.0]]]], []]]),
        altered(told=[[0.0, END, [[0, 0.5, 0, 1, float("nan"), [[0, 5.0]]]], []]]),
        altered(told=[[5.0, END, [[0, 0.5, 0, 1, TOTAL, [[0, 5.0]]]], []]]),
        altered(names=[[0, "a"]]),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    """Cut, of another format, a value of another kind, a probability that is none."""
    with pytest.raises(SourceError):
        sample_from_bytes(data)


def test_a_card_is_small_by_itself() -> None:
    """The limit is what the build holds each card to."""
    assert gallery.MOST_BYTES == 60_000
