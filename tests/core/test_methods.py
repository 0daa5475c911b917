"""core/methods.py: what dataclasses write is compiled once, at build time."""

from __future__ import annotations

import dataclasses

import pytest

from seethrough.core import methods


@pytest.fixture(autouse=True)
def _back():
    """Dataclasses compile for themselves again."""
    yield
    vars(dataclasses).pop(methods.RUN, None)


def pair():
    """A class whose methods dataclasses write."""

    @dataclasses.dataclass(frozen=True)
    class Pair:
        left: int
        right: int = 2

    return Pair


def test_noted_methods_are_not_compiled_again(monkeypatch):
    """A class made from what was noted compiles nothing, and is the class that it was."""
    end = methods.note()
    before = pair()
    methods.lend(end())
    monkeypatch.setattr(methods, "_compiled", lambda text: pytest.fail(f"compiled: {text}"))
    after = pair()

    assert repr(after(1)) == repr(before(1))
    assert after(1) == after(1, 2)
    assert hash(after(1)) == hash(after(1, 2))
    with pytest.raises(dataclasses.FrozenInstanceError):
        after(1).left = 3


def test_what_was_not_noted_is_compiled():
    """An edited class, or another Python's text, works as ever."""
    methods.lend(methods.note()())

    assert pair()(1).right == 2


def test_sources_alone_have_nothing_noted():
    """In the checkout there is nothing to lend, and dataclasses are left alone."""
    methods.lend(methods.kept())

    assert not hasattr(dataclasses, methods.RUN)
