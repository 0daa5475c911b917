from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from seethrough.app.state import AppState, Sampling, Store


def test_a_batch_is_told_once() -> None:
    """Several fields change together, and a subscriber of all of them is called one time."""
    store, seen = Store(), []
    store.subscribe(("prompt", "chat"), seen.append)

    store.replace(prompt="Hello", chat=True)

    assert [(state.text.prompt, state.text.chat) for state in seen] == [("Hello", True)]


def test_only_changed_fields_are_told() -> None:
    """A subscriber hears of its own fields alone, and not of a field that got its old value."""
    store, seen = Store(), []
    store.subscribe(("prompt",), lambda _: seen.append("prompt"))
    store.subscribe(("busy", "stop"), lambda _: seen.append("busy"))

    store.replace(busy="run")
    store.replace(busy="run", stop="")
    store.replace(prompt=store.state.text.prompt)

    assert seen == ["busy"]


def test_subscribers_see_the_new_state_in_order() -> None:
    """Who subscribed first is told first, and the store already holds what it tells."""
    store, seen = Store(), []
    for name in ("first", "second"):
        store.subscribe(("stop",), lambda state, name=name: seen.append((name, state)))

    store.replace(stop="n_ctx")

    assert seen == [("first", store.state), ("second", store.state)]
    assert store.state.run.stop == "n_ctx"


def test_a_change_inside_a_change_is_told_too() -> None:
    """A subscriber may change the state itself; the last value is the one that stands."""
    store, seen = Store(), []
    store.subscribe(("prompt",), lambda _: store.replace(stop="stopped"))
    store.subscribe(("stop",), lambda state: seen.append(state.run.stop))

    store.replace(prompt="Hello")

    assert seen == ["stopped"]
    assert store.state.text.prompt == "Hello"


def test_an_unknown_field_is_refused() -> None:
    """A misspelt field fails where it is written, in a subscription as in a change."""
    store = Store()
    before = store.state

    with pytest.raises(ValueError, match="promt"):
        store.subscribe(("prompt", "promt"), lambda _: None)
    with pytest.raises(ValueError, match="promt"):
        store.replace(promt="Hello")
    assert store.state is before


def test_the_state_is_frozen() -> None:
    """Nothing changes but through the store."""
    with pytest.raises(FrozenInstanceError):
        AppState().text.prompt = "Hello"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Sampling().seed = 2  # type: ignore[misc]
