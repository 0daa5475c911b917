"""What a model is told of a text: −log p of what came, p − y for each score, the running mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seethrough.core.errors import SourceError
from seethrough.core.train.backward import error_and_back
from seethrough.core.train.documents import document_from_bytes
from seethrough.core.train.mistakes import (
    SHOWN,
    error_of,
    gradient_of,
    mean_errors,
    others_of,
)
from tests.read_texts import IDS, document, read, rows, stored


def test_shown_numbers_are_those_of_the_reverse_rule() -> None:
    """Error and pushes of every guess are what the backward pass sends back, score by score."""
    logits = np.stack(rows()).astype(np.float64)
    total = np.log(np.exp(logits).sum(axis=1))
    losses, gradient = error_and_back(logits, total, np.array(IDS[1:]))

    for at, new in enumerate(read()):
        assert error_of(new.prob) == pytest.approx(losses[at], abs=1e-9)
        assert len(new.candidates) in {SHOWN, SHOWN + 1}
        for item in new.candidates:
            assert gradient_of(item, new.id) == pytest.approx(gradient[at, item.id], abs=1e-12)
        known = [item.id for item in new.candidates]
        rest = np.delete(gradient[at], known).sum()
        assert others_of(new) == pytest.approx(rest, abs=1e-9)
        pushes = [gradient_of(item, new.id) for item in new.candidates]
        assert sum(pushes) + others_of(new) == pytest.approx(0, abs=1e-9)


def test_the_rule_is_the_slope_of_the_error() -> None:
    """A score moved by a little changes the error by its gradient, to the second order."""
    rng = np.random.default_rng(3)
    logits, targets, step = rng.normal(size=(2, 7)), np.array([3, 0]), 1e-6

    def errors(scores: np.ndarray) -> np.ndarray:
        return error_and_back(scores, np.log(np.exp(scores).sum(axis=1)), targets)[0]

    _, gradient = error_and_back(logits, np.log(np.exp(logits).sum(axis=1)), targets)
    for at in np.ndindex(*logits.shape):
        nudge = np.zeros_like(logits)
        nudge[at] = step
        slope = (errors(logits + nudge) - errors(logits - nudge))[at[0]] / (2 * step)
        assert gradient[at] == pytest.approx(slope, abs=1e-8)


def test_the_mean_so_far() -> None:
    """Behind each token the mean of all errors up to it."""
    errors = [error_of(new.prob) for new in read()]
    expected = [np.mean(errors[: at + 1]) for at in range(len(errors))]
    assert mean_errors(read()) == pytest.approx(expected)
    assert mean_errors(()) == ()


def test_what_had_no_chance_is_wrong_without_end() -> None:
    """A share of 0, which float32 can leave, is no crash."""
    assert error_of(0.0) == float("inf")
    assert error_of(1.0) == 0.0


def test_a_document_comes_back_as_it_was() -> None:
    """Every number of the file is the very one; the tokens are its own."""
    made = document()
    back = document_from_bytes(stored(made))

    assert back.read == made.read
    assert back.ids == made.ids
    assert back.is_text_alone


def test_another_text_s_guesses_are_refused() -> None:
    """A file whose guesses are of other tokens is none."""
    made = document()
    data = stored(made)
    other = replace(made, tokens=made.tokens[::-1])
    with pytest.raises(SourceError):
        document_from_bytes(stored(other))
    with pytest.raises(SourceError):
        document_from_bytes(data[:-9])
