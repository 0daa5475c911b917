"""Two texts side by side: where they first differ, and what each knows of a candidate."""

from __future__ import annotations

import pytest

from seethrough.core.against import Against, read_against, written_against
from seethrough.core.contrast import Contrast, Share, Side
from seethrough.core.errors import InputError
from seethrough.core.settings import Sampling
from seethrough.core.tokens import NewToken


def side(*ids: int, model: str = "m", word: str = "t") -> Side:
    """A side whose tokens have these ids, each of two candidates."""
    steps = tuple(NewToken(one, f"{word}{one}", f"·{word}{one}", 0.5, 0) for one in ids)
    shares = tuple(
        tuple(Share(at, f"{word}{at}", f"·{word}{at}", 0.5, 0.25) for at in (one, one + 1))
        for one in ids
    )
    return Side(model, "M", "x", Sampling(), steps, shares, "max_new_tokens")


@pytest.mark.parametrize(
    ("left", "right", "first"),
    [
        ((1, 2, 3), (1, 2, 3), None),
        ((1, 2, 3), (1, 5, 3), 1),
        ((4,), (5,), 0),
        ((1, 2), (1, 2, 3), 2),
        ((), (), None),
    ],
)
def test_the_first_that_differs(left: tuple[int, ...], right: tuple[int, ...], first: int) -> None:
    """By ids in one model; a text that ends earlier differs there."""
    made = Contrast("settings", side(*left), side(*right))

    assert made.first == first
    assert made.n_columns == max(len(left), len(right))


def test_what_is_being_written_differs_nowhere_yet() -> None:
    """A side that is shorter because it is not done is no difference."""
    made = Contrast("settings", side(1, 2, 3), side(1), is_whole=False)

    assert made.first is None


def test_two_models_are_compared_by_text() -> None:
    """Ids of two vocabularies mean nothing to each other; equal texts are equal tokens."""
    same = Contrast("model", side(1, 2), side(1, 2, model="other"))
    other = Contrast("model", side(1, 2), side(1, 2, model="other", word="u"))

    assert same.first is None
    assert other.first == 0


def test_the_odds_of_a_column() -> None:
    """Each candidate once, as either side has it, and who took it."""
    made = Contrast("settings", side(1, 2), side(1, 3))
    rows = {row.visible: row for row in made.odds(1)}

    assert set(rows) == {"·t2", "·t3", "·t4"}
    assert (rows["·t2"].is_left, rows["·t2"].is_right, rows["·t2"].right) == (True, False, None)
    assert (rows["·t3"].is_left, rows["·t3"].is_right) == (False, True)
    assert made.odds(9) == ()


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("settings,12", Against()),
        (
            "settings,6,temperature:0.5,seed:9",
            Against("settings", 6, Sampling(temperature=0.5, seed=9)),
        ),
        ("prompt,3,Paris, and: more", Against("prompt", 3, prompt="Paris, and: more")),
        ("model,24,distilgpt2", Against("model", 24, model="distilgpt2")),
    ],
)
def test_an_address_says_it(text: str, plan: Against) -> None:
    """Read and written again it is the same."""
    assert read_against(text) == plan
    assert read_against(written_against(plan)) == plan


@pytest.mark.parametrize(
    "text",
    [
        *("", "settings", "settings,0", "settings,25", "settings,x", "other,3,x", "settings,٣"),
        *("settings,3,temperature:-1", "settings,3,temperature:nan", "settings,3,top_k:1.5"),
        *("settings,3,max_new_tokens:4", "settings,3,top_p:0", "settings,3,x", "settings,3,seed:"),
        "prompt,3," + "x" * 2001,
    ],
)
def test_nonsense_means_nothing(text: str) -> None:
    """No kind, no count, no setting, out of its range."""
    assert read_against(text) is None


def test_what_cannot_be_set_is_refused() -> None:
    """In a sentence; what is not named stays."""
    plan = Against()

    for name, value in (("kind", "x"), ("n_tokens", "99"), ("top_p", "2"), ("other", "1")):
        with pytest.raises(InputError):
            plan.but(name, value)
    assert plan.but("kind", "model").settings == plan.settings
    assert plan.but("temperature", "0.5").settings.temperature == 0.5
