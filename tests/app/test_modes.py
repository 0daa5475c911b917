"""The weight mode's way through the service: asked for, kept, told, refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seethrough.app import opening
from seethrough.core import modes
from seethrough.core.errors import EngineError, InputError, UnknownNameError
from tests.fake_engine import engine_of, opened, tiny_model

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from tests.fake_engine import FakeEngine

MODEL, OTHER = tiny_model(), tiny_model(8)
PROMPT = "the"
TWO = {"tiny-7": ("small",), "tiny-8": ("exact", "small")}


def service_and_engine(device_mode: str = "exact") -> tuple[Service, FakeEngine]:
    """An open service on a device that wants a mode."""
    service = asyncio.run(opened(MODEL, OTHER))
    device = replace(service.store.state.site.device, mode=device_mode)
    service.store.replace(device=device)
    return service, engine_of(service)


@pytest.mark.parametrize("mode", ["exact", "small"])
def test_the_device_chooses_the_first_mode(mode: str) -> None:
    """A load that names no mode takes the device's, and says so before and after."""
    service, engine = service_and_engine(mode)

    assert asyncio.run(service.ready())["mode"] == mode
    assert asyncio.run(service.load())["mode"] == mode
    assert engine.modes == [mode]
    assert service.store.state.site.engine.mode == mode


def test_what_is_too_large_is_held_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small mode by itself, the exact one refused in a sentence; the next model has its own."""
    monkeypatch.setattr(modes, "ENGINE_BYTES", modes.RUN_BYTES)  # nothing fits
    service, engine = service_and_engine()

    assert asyncio.run(service.load("tiny-7"))["mode"] == "small"
    with pytest.raises(InputError, match="can hold"):
        asyncio.run(service.load("tiny-7", "exact"))
    assert engine.modes == ["small"]
    monkeypatch.undo()
    monkeypatch.setattr(opening, "modes_of", lambda manifest: TWO[manifest.id])
    assert asyncio.run(service.load("tiny-8"))["mode"] == "exact"


def test_another_mode_opens_the_same_model_anew_and_keeps_what_is_shown() -> None:
    """The numbers are the same in both modes, so nothing on the page loses its meaning."""
    service, engine = service_and_engine()
    first = asyncio.run(service.next(PROMPT, 3))
    shown = service.store.state

    assert asyncio.run(service.load("tiny-7", "small"))["mode"] == "small"

    assert (engine.loads, engine.modes) == (["tiny-7", "tiny-7"], ["exact", "small"])
    after = service.store.state
    assert (after.run.top, after.run.tokens, after.run.config) == (
        shown.run.top,
        shown.run.tokens,
        shown.run.config,
    )
    assert asyncio.run(service.next(PROMPT, 3)) == first


def test_the_same_mode_again_opens_nothing() -> None:
    """Asking for what is there costs nothing."""
    service, engine = service_and_engine()
    asyncio.run(service.load("tiny-7", "small"))
    asyncio.run(service.load("tiny-7", "small"))
    asyncio.run(service.load("tiny-7"))

    assert engine.modes == ["small"]


def test_another_model_keeps_the_mode() -> None:
    """Who chose to use less memory does so for the next model too."""
    service, engine = service_and_engine()
    asyncio.run(service.load("tiny-7", "small"))
    asyncio.run(service.load("tiny-8"))

    assert engine.modes == ["small", "small"]


def test_an_unknown_mode_is_refused_before_anything_is_closed() -> None:
    """The sentence names the modes there are, and the loaded model stays."""
    service, engine = service_and_engine()
    asyncio.run(service.load())

    with pytest.raises(UnknownNameError) as caught:
        asyncio.run(service.load("tiny-7", "tiny"))

    assert str(caught.value) == "There is no weight mode 'tiny'. The modes are: exact, small."
    assert service.is_loaded("tiny-7")
    assert engine.modes == ["exact"]


def test_a_mode_that_cannot_be_opened_leaves_the_way_to_the_other() -> None:
    """After a failed change the model is loaded again, in the mode that worked, when needed."""
    service, engine = service_and_engine("small")
    asyncio.run(service.load())
    engine.fail_load = EngineError("engine.memory", reason="bad_alloc")

    with pytest.raises(EngineError):
        asyncio.run(service.load("tiny-7", "exact"))
    asyncio.run(service.next(PROMPT, 1))

    assert engine.modes == ["small", "exact", "small"]
