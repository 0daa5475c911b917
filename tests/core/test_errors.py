from __future__ import annotations

import pytest

from seethrough.core import errors
from seethrough.core.errors import InputError, SeethroughError, UnknownNameError, near_misses

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type)]


def test_an_error_is_its_sentence() -> None:
    """`str` gives the English sentence; key and fields are kept for another language."""
    error = InputError("input.too_long", got=20_001, limit=20_000)

    assert str(error) == "The prompt has 20001 characters, at most 20000 are taken. Shorten it."
    assert (error.key, error.fields) == ("input.too_long", {"got": 20_001, "limit": 20_000})


@pytest.mark.parametrize("kind", KINDS)
def test_one_family(kind: type[SeethroughError]) -> None:
    """Whoever catches SeethroughError catches all; each class says what its remedy is."""
    assert issubclass(kind, SeethroughError)
    assert kind.__doc__
    assert str(kind("input.empty"))


def test_a_field_may_have_any_name() -> None:
    """`key` and `self` are names like others, because the key is given by position."""
    assert InputError("input.empty", key=1, self=2).fields == {"key": 1, "self": 2}


def test_fields_are_text_never_a_template() -> None:
    """What a reader typed is put in as it is: braces and markup mean nothing."""
    error = UnknownNameError("models.unknown", name="{near} <b>{0.key}", near="'a'")

    assert "'{near} <b>{0.key}'. It has: 'a'." in str(error)


def test_near_misses_are_quoted() -> None:
    """The closest first, at most three, none when nothing is close."""
    known = ["hook_z", "hook_q", "hook_k", "hook_v", "logits"]

    assert near_misses("hook_zz", known).startswith("'hook_z', ")
    assert near_misses("hook_", known).count("'") == 6
    assert near_misses("logit", iter(known)) == "'logits'"
    assert near_misses("HOOK_K", known).startswith("'hook_k'")
    assert near_misses("abc", known) == ""
    assert near_misses("", known) == ""
