"""The prompt gallery's recordings: small, the model's own, and what each card says is so."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.gallery import CARDS, MODEL, N_NEW, OPENS_AT, SEED
from export.record_gallery import cards_for, sample_of, told_of
from seethrough.core import hooks, sampling
from seethrough.core.gallery import (
    ENDING,
    GALLERY_FOLDER,
    MOST_BYTES,
    TEMPERATURES,
    Sample,
    sample_from_bytes,
    to_bytes,
)
from seethrough.core.messages import catalogue
from seethrough.core.tokens import DRAWN, END, GREEDY, LIMIT
from tests.native import native, recorder_of
from tests.parity import default_manifest, default_model

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.tokens import NewToken
    from tests.export.conftest import Exported

LETTERS_OF_STRAWBERRY = "3"


@cache
def files() -> dict[str, Path]:
    """The cards that the build made, by id, in their order."""
    folder = default_model() / "recordings" / GALLERY_FOLDER
    found = sorted(folder.glob(f"*{ENDING}"), key=lambda file: int(file.name.partition("-")[0]))
    assert found, "The model has no gallery: run `python3 build.py build`, which makes it."
    return {sample_from_bytes(file.read_bytes()).prompt.id: file for file in found}


@cache
def card(name: str) -> Sample:
    """One card."""
    return sample_from_bytes(files()[name].read_bytes())


def steps(name: str, temperature: float = 0.0) -> tuple[NewToken, ...]:
    """The new tokens of a card."""
    return card(name).at(temperature).continuation


def text(name: str, temperature: float = 0.0) -> str:
    """What stands behind a card's prompt."""
    ids = [new.id for new in steps(name, temperature)]
    return recorder_of(default_model()).tokenizer.decode(ids, at_start=False)


def test_a_tiny_model_s_card_is_its_own(tiny: Exported) -> None:
    """The greedy way is the argmax of each step's logits; a drawn way has its darts."""
    recorder = recorder_of(tiny.folder)
    made = sample_of(recorder, CARDS[0])

    made.check_against(tiny.manifest)
    assert sample_from_bytes(to_bytes(made)).told == made.told
    assert made.temperatures == TEMPERATURES
    for one in made.told:
        model = native(tiny.folder)
        ids = [*made.prompt.ids]
        for index, new in enumerate(one.steps):
            model.reset()
            logits = model.run(ids)[hooks.LOGITS][-1]
            assert new.how == (DRAWN if one.temperature else GREEDY)
            assert new.prob == pytest.approx(sampling.standing(logits, new.id)[0], rel=1e-4)
            if one.temperature:
                settings = {"temperature": one.temperature, "seed": SEED, "step": index}
                assert new.id == sampling.draw(logits, text=ids, **settings).id  # type: ignore[arg-type]
            else:
                assert new.id == int(np.argmax(logits))
            ids.append(new.id)


def test_only_the_model_of_the_gallery_has_one() -> None:
    """The prompts were chosen with one model."""
    assert cards_for(MODEL) == CARDS
    assert cards_for("another") == ()
    assert set(OPENS_AT) <= {one.id for one in CARDS}


def test_each_card_is_told() -> None:
    """Its title, what to look for, why it happens."""
    for one in CARDS:
        keys = {f"subject.{one.id}", f"gallery.{one.id}.look", f"gallery.{one.id}.why"}
        assert keys <= catalogue().keys()


@pytest.mark.model
def test_each_card_is_small_and_whole() -> None:
    """At most 60 KB; every temperature to its end, ten best a step, no filter."""
    assert list(files()) == [one.id for one in CARDS]
    for name, file in files().items():
        made, config = card(name), default_manifest().config
        assert file.stat().st_size <= MOST_BYTES == 60_000
        made.check_against(default_manifest())
        assert made.temperatures == TEMPERATURES
        for one in made.told:
            assert (one.stop == LIMIT) == (len(one.steps) == N_NEW)
            assert one.stop in {LIMIT, END}
            assert set(one.kept) == {config.d_vocab if one.temperature else 1}
            assert all(len(new.candidates) in {10, 11} for new in one.steps)
            assert all(new.entropy is not None for new in one.steps)
            assert {new.how for new in one.steps} == {DRAWN if one.temperature else GREEDY}
        assert told_of(made)["temperatures"] == list(TEMPERATURES)


@pytest.mark.model
def test_the_capital_is_paris_and_then_a_date() -> None:
    """Paris is the first new token; digits follow."""
    assert steps("capital")[0].text == " Paris"
    assert any(sign.isdigit() for sign in text("capital"))


@pytest.mark.model
def test_who_speaks() -> None:
    """A helper in the chat; plain text ends at once."""
    assert text("who").startswith("I'm here to help")
    assert card("who").at(0.0).chat
    assert not card("who-plain").at(0.0).chat
    assert [new.id in default_manifest().end_ids for new in steps("who-plain")] == [True]


@pytest.mark.model
def test_the_joke_is_the_same_at_0_alone() -> None:
    """Each token is the best one at 0; at 1 the text is another."""
    assert all(new.rank == 0 for new in steps("joke"))
    assert text("joke", 1.0) != text("joke")


@pytest.mark.model
def test_the_loop_repeats_and_gets_surer() -> None:
    """The same ids come round at least four times; each time with larger shares; not at 1."""
    ids = [new.id for new in steps("loop")]
    tail = ids[-18:]
    periods = [size for size in range(2, 7) if tail[size:] == tail[:-size]]
    assert periods, ids
    size = periods[0]
    shares = [new.prob for new in steps("loop")]
    rounds = [
        float(np.prod(shares[at : at + size])) for at in (len(ids) - 3 * size, len(ids) - size)
    ]
    assert rounds[1] > rounds[0]
    drawn = [new.id for new in steps("loop", 1.0)][-18:]
    assert not any(drawn[n:] == drawn[:-n] for n in range(2, 7))


@pytest.mark.model
def test_at_5_almost_any_token_can_come() -> None:
    """Most tokens of the drawn text are none of the model's ten best."""
    ranks = [new.rank for new in steps("nonsense", 5.0)]
    assert sum(rank >= 10 for rank in ranks) > 0.9 * len(ranks)


@pytest.mark.model
def test_letters_and_sums_are_wrong() -> None:
    """Three r; 45."""
    assert "strawberry".count("r") == int(LETTERS_OF_STRAWBERRY)
    assert "times" in text("letters")
    assert f"{LETTERS_OF_STRAWBERRY} times" not in text("letters")
    assert text("sum").startswith(" 107")
    assert 17 + 28 == 45


@pytest.mark.model
def test_the_translation_has_no_fox_and_no_dog() -> None:
    """French words, none of which is one of the sentence's animals."""
    assert "Je suis" in text("pangram")
    assert not any(word in text("pangram") for word in ("renard", "chien"))


@pytest.mark.model
def test_a_person_and_a_year_on_mars() -> None:
    """A name, and four digits."""
    assert "named John Taylor" in text("mars")
    assert "1997" in text("mars")


@pytest.mark.model
def test_one_word_flips_the_answer() -> None:
    """The two prompts differ in one word; blue is denied, green is granted."""
    blue, green = card("sky-blue").prompt.prompt, card("sky-green").prompt.prompt
    assert blue.replace("blue", "green") == green
    assert "no, the sky is not blue" in text("sky-blue")
    assert text("sky-green").startswith("The sky is indeed a shade of green")


@pytest.mark.model
def test_signs_come_as_bytes() -> None:
    """A pizza takes several tokens that are no text alone; three letters are nine tokens."""
    assert text("pizza").startswith("🍕🍕")
    assert "\ufffd" in steps("pizza")[0].text
    made = card("amharic").prompt
    assert (len(made.prompt), len(made.tokens)) == (3, 9)
    assert sum("\ufffd" in new.text for new in steps("amharic")) > len(steps("amharic")) / 2
