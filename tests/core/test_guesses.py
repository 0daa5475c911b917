"""Guesses: kept, scored against the run's own numbers, never in the way."""

from __future__ import annotations

from seethrough.core.guesses import (
    MOST_KEPT,
    SKIPPED,
    Guess,
    Guessing,
    Option,
    Question,
    from_json,
    place_of,
    score,
    shuffled,
    to_json,
)

OPTIONS = (Option("7", "dog", 0.9), Option("8", "cat", 0.05), Option("9", "man", 0.01))
PLACE = place_of("tiny", (1, 2, 3))
SURELY = Question("next", PLACE, OPTIONS, "7", "dog", asks_sure=True)
PLAINLY = Question("looks", PLACE, OPTIONS, "7", "dog")


def test_an_option_is_the_answer_unless_sureness_is_asked() -> None:
    """One press answers; where the reader is asked how sure, the second one does."""
    assert Guessing().choose(PLAINLY, "8").of(PLAINLY) == Guess("looks", PLACE, "8")

    half = Guessing().choose(SURELY, "8")
    assert (half.of(SURELY), half.half(SURELY), half.half(PLAINLY)) == (None, "8", "")
    whole = half.confirm(SURELY, "very")
    assert whole.of(SURELY) == Guess("next", PLACE, "8", "very")
    assert whole.half(SURELY) == ""


def test_what_is_no_answer_changes_nothing() -> None:
    """An option that is not offered, a sureness without an option or that is none: no guess."""
    begun = Guessing()

    assert begun.choose(PLAINLY, "77") is begun
    assert begun.confirm(SURELY, "very") is begun
    assert begun.choose(SURELY, "7").confirm(SURELY, "quite").of(SURELY) is None


def test_a_score_is_the_model_s() -> None:
    """Right is what the numbers say; both shares are the model's; a skipped one has no score."""
    right = score(SURELY, Guess("next", PLACE, "7", "very"))
    other = score(SURELY, Guess("next", PLACE, "8", "very"))

    assert right is not None
    assert (right.is_right, right.share, right.best) == (True, 0.9, 0.9)
    assert other is not None
    assert (other.is_right, other.share, other.best) == (False, 0.05, 0.9)
    assert score(SURELY, Guess("next", PLACE, SKIPPED)) is None
    assert Guessing().skip(SURELY).of(SURELY) == Guess("next", PLACE, SKIPPED)


def test_a_second_guess_replaces_the_first() -> None:
    """One answer a question; the oldest of very many go."""
    twice = Guessing().choose(PLAINLY, "8").choose(PLAINLY, "7")
    assert [guess.key for guess in twice.guesses] == ["7"]

    many = Guessing()
    for at in range(MOST_KEPT + 5):
        many = many.with_guess(Guess("next", str(at), "7"))
    assert (len(many.guesses), many.guesses[0].place) == (MOST_KEPT, "5")


def test_the_order_tells_nothing_and_stays() -> None:
    """The same run has the same order, runs differ in it, nothing is lost."""
    orders = {shuffled(OPTIONS, place_of("tiny", (at,))) for at in range(20)}

    assert shuffled(OPTIONS, PLACE) == shuffled(OPTIONS[::-1], PLACE)
    assert len(orders) > 3
    assert all(set(order) == set(OPTIONS) for order in orders)
    assert len({order[0] for order in orders}) == len(OPTIONS)


def test_guesses_are_kept() -> None:
    """What was written is read again; anything else is no guess and no error."""
    guesses = (Guess("next", PLACE, "7", "very"), Guess("looks", PLACE, SKIPPED))

    assert from_json(to_json(guesses)) == guesses
    for text in (
        "",
        "None",
        "null",
        "[]",
        "{",
        '{"version": 2, "guesses": []}',
        '{"version": 1}',
        '{"version": 1, "guesses": [["next", 3, "7", ""], ["next"], 7]}',
        '{"version": 1, "guesses": [[1, 2, 3, 4]]}',
    ):
        assert from_json(text) == (), text
