from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.edits import ban_repeats, penalise
from seethrough.core.errors import InputError
from seethrough.core.sampling import edited_logits, reshape
from tests.by_definition import FEW, LOGITS

TEXTS = st.lists(st.integers(0, 15), max_size=14)


@FEW
@given(TEXTS, st.sampled_from([0.5, 1.0, 1.3, 10.0]))
def test_what_the_text_holds_is_penalised(text: list[int], penalty: float) -> None:
    """Token by token: above 0 divided, below 0 multiplied, once however often it stands there."""
    edit = penalise(LOGITS, penalty, text)

    for token, logit in enumerate(LOGITS.astype(float)):
        changed = logit / penalty if logit > 0 else logit * penalty
        assert edit.logits[token] == pytest.approx(changed if token in text else logit)
    held = sorted(set(text) & set(range(LOGITS.size)))
    assert edit.changed.tolist() == (held if penalty != 1 else [])


@FEW
@given(TEXTS, st.integers(0, 4))
def test_no_run_comes_twice(text: list[int], size: int) -> None:
    """Brute force: a token is banned where the text with it would end in a run that it holds."""
    small = [token % 5 for token in text]
    runs = {tuple(small[at : at + size]) for at in range(len(small) - size + 1)} if size else set()

    edit = ban_repeats(LOGITS, size, small)

    for token, logit in enumerate(LOGITS):
        is_banned = tuple([*small, token][-size:]) in runs if size else False
        assert edit.logits[token] == (-np.inf if is_banned else logit)
        assert (token in edit.changed) == is_banned


def test_unset_they_change_no_bit() -> None:
    """The very same array comes back, so a draw without edits is what it was."""
    shape = {"temperature": 1.0, "repetition_penalty": 1.0, "no_repeat_ngram_size": 0}

    assert edited_logits(LOGITS, [0, 1, 2], shape) is LOGITS
    assert edited_logits(LOGITS, [], {"repetition_penalty": 3.0}) is LOGITS


def test_ids_that_no_token_has_are_passed_over() -> None:
    """A text may hold an id beyond a toy's scores."""
    assert penalise(LOGITS, 2.0, [400]).logits is LOGITS


def test_where_nothing_is_left_it_is_said() -> None:
    """Runs of one token, when the text holds every token."""
    with pytest.raises(InputError, match="no token"):
        ban_repeats(LOGITS, 1, range(LOGITS.size))


def test_the_order_is_that_of_the_edited_scores() -> None:
    """A penalised best token lies behind, and the dart finds it there."""
    shaped = reshape(LOGITS, temperature=1.0, repetition_penalty=4.0, text=[0])

    assert shaped.order[0] == 1
    assert shaped.landings(np.array([0.0])).tolist() == [1]
