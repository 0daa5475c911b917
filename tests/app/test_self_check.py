"""The self-check at each start: what it says, what it costs nobody, when it says nothing."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.calls import Calls
from seethrough.app.self_check import MISMATCH, Checker
from seethrough.core.errors import DownloadError, EngineError, SourceError
from seethrough.core.modes import SMALL
from seethrough.core.self_check import BOUND, MOST, bound_of, distance, self_check_from_bytes
from tests.fake_engine import engine_of, opened, tiny_model
from tests.self_checks import HOOKS, PROMPT, check_bytes, checked_service

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seethrough.app.service import Service

LONGER = "the thing and the other"


async def rest() -> None:
    """The page rests at once."""
    await asyncio.sleep(0)


def after(service: Service, question: Callable[[Actions, Checker], Awaitable[Any]]) -> Actions:
    """A page after something was asked of it and its checker."""
    actions = Actions(service)

    async def scenario() -> None:
        await service.open()
        await question(actions, Checker(service, rest))

    asyncio.run(scenario())
    return actions


async def loaded(actions: Actions, checker: Checker) -> None:
    """The model is opened, and then checked."""
    await actions.load()
    await checker.check()


def test_the_right_numbers_are_told() -> None:
    """The largest difference stands beside its bound, and nothing is said loudly."""
    state = after(checked_service(), loaded).state
    found = state.site.engine.check

    assert found is not None
    assert found.is_ok
    assert 0 < found.largest < found.bound == BOUND
    assert (found.prompt, found.n_numbers) == (PROMPT, 2 * 32 + 3)
    assert state.chrome.error is None


def test_wrong_numbers_are_loud() -> None:
    """Where one vector is off, the page says so, and which."""
    state = after(checked_service(off=0.01), loaded).state
    found = state.site.engine.check

    assert found is not None
    assert not found.is_ok
    assert found.hook == HOOKS[-1]
    assert state.site.engine.is_wrong
    assert state.chrome.error is not None
    assert state.chrome.error.key == MISMATCH


def test_numbers_that_are_none_are_a_mismatch() -> None:
    """NaN from the engine is infinitely far off, not a fault that is passed over."""
    service = checked_service()

    async def broken(actions: Actions, checker: Checker) -> None:
        await actions.load()
        engine = engine_of(service)
        model = next(iter(engine.models.values()))
        bad = {**model.arrays, "ln_final.w": np.full(32, np.nan, np.float32)}
        engine._loaded = type(model)(model.manifest, bad, b"", model.tokenizer_json)
        await checker.check()

    found = after(service, broken).state.site.engine.check

    assert found is not None
    assert found.largest == math.inf
    assert not found.is_ok


def test_nothing_is_claimed_without_stored_numbers() -> None:
    """A model of an older build is not run for it, and has no badge."""
    service = asyncio.run(opened(tiny_model()))
    state = after(service, loaded).state

    assert state.site.engine.check is None
    assert state.chrome.error is None
    assert engine_of(service).requests == []


@pytest.mark.parametrize("key", ["engine.crashed", "engine.memory"])
def test_a_fault_of_the_engine_is_no_mismatch(key: str) -> None:
    """Nothing is claimed then, and the reader's next run is what tells of the engine."""
    service = checked_service()

    async def faulty(actions: Actions, checker: Checker) -> None:
        await actions.load()
        engine_of(service).fail_run = EngineError(key, reason="x")
        await checker.check()

    state = after(service, faulty).state

    assert state.site.engine.check is None
    assert state.chrome.error is None


def test_an_altered_file_claims_nothing() -> None:
    """Stored numbers that are not those of the list are not compared with."""
    service = checked_service(is_altered=True)
    state = after(service, loaded).state

    assert state.site.engine.check is None
    with pytest.raises(DownloadError):
        asyncio.run(service.library.self_check(tiny_model().manifest.id))


def test_a_text_that_goes_on_costs_what_it_did() -> None:
    """After a check the engine still holds what it read: only new tokens are computed."""
    service = checked_service()
    counts: list[int] = []

    async def between(actions: Actions, checker: Checker) -> None:
        await actions.run(PROMPT, chat=False)
        assert service.model is not None
        before = service.model.caches.newest
        await checker.check()
        assert service.model.caches.newest == before != ()
        longer = (*before, 5)
        await service.run_ids(longer, ("logits",))
        counts.append(len(engine_of(service).requests[-1].tokens))

    after(service, between)

    assert counts == [1]


def test_the_numbers_after_a_check_are_the_same() -> None:
    """A continuation has the same bits, checked between or not."""

    def written(*, is_checked: bool) -> list[float]:
        service = checked_service()

        async def scenario(actions: Actions, checker: Checker) -> None:
            await actions.run(LONGER, chat=False)
            if is_checked:
                await checker.check()
            await actions.generate(LONGER, chat=False, settings=actions.state.sampling)

        return [step.prob for step in after(service, scenario).state.run.continuation]

    assert written(is_checked=True) == written(is_checked=False) != []


def test_a_run_of_the_reader_comes_first() -> None:
    """A check under way gives way to it, and is made once it is answered."""
    service = checked_service()
    order: list[tuple[int, ...]] = []

    async def pressed(actions: Actions, checker: Checker) -> None:
        await actions.load()
        engine = engine_of(service)
        engine.started.clear()
        engine.wait = asyncio.Event()
        checking = asyncio.create_task(checker.check())
        await engine.started.wait()
        await actions.run(LONGER, chat=False)
        order.append(actions.state.run.ids)
        await checking
        assert [request.write is None for request in engine.requests] == [True, False, True]

    state = after(service, pressed).state

    assert order == [tuple(tiny_model().tokenizer.encode(LONGER))]
    assert state.site.engine.check is not None
    assert state.site.engine.check.is_ok
    assert state.chrome.notice is None
    assert state.chrome.error is None


def test_it_waits_while_something_goes_on() -> None:
    """Nothing is asked of the engine while the page is busy."""
    service = checked_service()

    async def busy(actions: Actions, checker: Checker) -> None:
        await actions.load()
        actions.store.replace(busy="run")
        checking = asyncio.create_task(checker.check())
        for _ in range(20):
            await asyncio.sleep(0)
        assert engine_of(service).requests == []
        actions.store.replace(busy="")
        await checking

    assert after(service, busy).state.site.engine.check is not None


def test_each_start_is_checked_once() -> None:
    """Not again while the model stays open; anew when it is opened in another mode."""
    service = checked_service()

    async def twice(actions: Actions, checker: Checker) -> None:
        await actions.load()
        assert checker.is_due
        await checker.check()
        assert not checker.is_due
        await actions.use_mode(SMALL)
        assert actions.state.site.engine.check is None
        assert checker.is_due
        await checker.check()

    state = after(service, twice).state

    assert state.site.engine.check is not None
    assert sum(request.write is None for request in engine_of(service).requests) == 2


def test_a_script_can_ask() -> None:
    """`seethrough.check()` opens the model and tells the same."""

    async def asked() -> dict[str, Any]:
        service = checked_service()
        await service.open()
        return (await Calls(service).reply("check", []))["value"]

    told = asyncio.run(asked())

    assert told.keys() == {"prompt", "max", "bound", "hook", "n_numbers", "ok"}
    assert told["ok"] is True
    assert told["max"] < told["bound"]


def test_a_script_hears_that_there_is_nothing_to_check_with() -> None:
    """In a sentence, with what to do."""

    async def asked() -> dict[str, Any]:
        return (await Calls(await opened(tiny_model())).reply("check", []))["error"]

    assert asyncio.run(asked())["key"] == "check.none"


def test_a_file_of_another_model_is_refused() -> None:
    """Widths and ids are held to the manifest."""
    model = tiny_model()
    data = check_bytes(model)
    config = model.config

    for changes in ({"d_model": 16, "d_head": 4}, {"d_vocab": 100}):
        other = type(config)(**{**config.__dict__, **changes})
        with pytest.raises(SourceError):
            self_check_from_bytes(data, model.changed(config=other).manifest)
    with pytest.raises(SourceError):
        self_check_from_bytes(data[:-4], model.manifest)


def test_the_bound_follows_from_float32_itself() -> None:
    """1e-5, four times numpy's own scatter where that is more, and never above 1e-4."""
    assert bound_of(0) == BOUND
    assert bound_of(5e-6) == pytest.approx(2e-5)
    assert bound_of(1) == MOST
    assert distance(np.zeros(3), np.zeros(3)) == math.inf
