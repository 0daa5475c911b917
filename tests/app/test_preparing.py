"""Ready for offline use, recordings only, and the one price: in CPython, with a fake keeper."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seethrough.app.actions import Actions
from seethrough.app.model_state import (
    ALL,
    NOTHING,
    OPENED,
    WALKS,
    lacks_memory,
    offline_level,
    opens_unasked,
    price_bytes,
    ready_bytes,
)
from seethrough.app.preparing import Preparer
from seethrough.app.site import Device, Offline, Preparing
from seethrough.core.errors import CancelledRunError, DownloadError
from tests.app.going import state_after
from tests.fake_engine import engine_of, opened, tiny_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.app.state import AppState
    from seethrough.core.errors import SeethroughError

MODEL = tiny_model()
ID = MODEL.manifest.id
ENGINE, WALK = 1_000, 300


class FakeKeeper:
    """Keeps bytes by count: pieces of 100, until something goes wrong after so many of them."""

    def __init__(self, fails: SeethroughError | None = None, after: int = 3) -> None:
        self.left = ENGINE + MODEL.manifest.download_bytes
        self.walks = WALK
        self.fails, self.after = fails, after
        self.wishes: list[bool] = []

    async def lacking(self) -> Offline:
        """What is left."""
        return Offline(to_fetch={ID: self.left}, walks_bytes=self.walks)

    async def prepare(self, model_id: str, on_bytes: Callable[[int], None]) -> None:
        """Walks, then the model, or the failure in the middle."""
        assert model_id == ID
        on_bytes(self.walks)
        self.walks = 0
        if self.fails is not None:
            self.left -= 100 * self.after
            on_bytes(100 * self.after)
            failure, self.fails = self.fails, None
            raise failure
        on_bytes(self.left)
        self.left = 0

    def stop(self) -> None:
        """It ends by itself here."""

    def remember_recordings_only(self, *, is_on: bool) -> None:
        """Note the wish."""
        self.wishes.append(is_on)


def page(keeper: FakeKeeper) -> tuple[Actions, Preparer]:
    """A first visit of a reader who saves data: the list is read, nothing is stored."""
    actions = Actions(asyncio.run(opened(MODEL)))
    actions.store.replace(device=Device(saves_data=True))
    preparer = Preparer(actions.store, keeper)
    asyncio.run(preparer.look())
    return actions, preparer


def test_all_is_fetched_and_told_in_one_number() -> None:
    """The price before, the total while it goes and the bytes that came are one number."""
    actions, preparer = page(FakeKeeper())
    price, told = ready_bytes(actions.state.site), []
    actions.store.subscribe(("preparing",), lambda state: told.append(state.site.preparing))
    asyncio.run(preparer.prepare())

    assert price == ENGINE + MODEL.manifest.download_bytes + WALK
    assert {one.total_bytes for one in told if one.is_going} == {price}
    assert max(one.done_bytes for one in told) == price
    assert actions.state.site.preparing == Preparing("done")
    assert (offline_level(actions.state.site), ready_bytes(actions.state.site)) == (ALL, 0)


@pytest.mark.parametrize("key", ["engine.network", "ready.full"])
def test_what_goes_wrong_is_told_and_taken_up(key: str) -> None:
    """A failure is a sentence; what came is not asked for again: the price is what is left."""
    fields = {"path": "a"} if key == "engine.network" else {"needed": 2, "free": 1}
    actions, preparer = page(FakeKeeper(DownloadError(key, **fields)))
    before = ready_bytes(actions.state.site)
    asyncio.run(preparer.prepare())
    failed = actions.state.site.preparing
    left = ready_bytes(actions.state.site)
    asyncio.run(preparer.prepare())

    assert failed.stage == "failed"
    assert failed.error is not None
    assert failed.error.key == key
    assert left == before - WALK - 300
    assert actions.state.site.preparing.stage == "done"


def test_a_stop_is_no_failure() -> None:
    """What the reader stopped asks again, without a word of an error."""
    actions, preparer = page(FakeKeeper(CancelledRunError("engine.cancelled")))
    asyncio.run(preparer.prepare())

    assert actions.state.site.preparing == Preparing()


def test_recordings_only_runs_nothing_and_says_so() -> None:
    """In that mode Run fetches nothing and says how to leave it; left, it runs."""
    keeper = FakeKeeper()
    actions, preparer = page(keeper)
    preparer.want_recordings_only(is_on=True)
    asyncio.run(actions.run("the thing", chat=False))
    state = actions.state

    assert state.run.source == ""
    assert state.chrome.notice is not None
    assert state.chrome.notice.key == "ready.recordings_only"
    assert engine_of(actions.service).loads == []
    preparer.want_recordings_only(is_on=False)
    asyncio.run(actions.run("the thing", chat=False))
    assert actions.state.run.source == "live"
    assert keeper.wishes == [True, False]


def test_a_link_with_that_wish_is_remembered() -> None:
    """Also where the wish comes with an address, it holds for the next visit, until undone."""
    keeper = FakeKeeper()
    actions, preparer = page(keeper)
    state_after(actions, "#/ready?only=recordings")
    preparer.want_recordings_only(is_on=False)

    assert keeper.wishes == [True, False]


def test_a_stored_model_is_opened_unasked_but_not_against_a_wish() -> None:
    """A model that is here opens by itself, on any device, unless only recordings are wanted."""
    actions, _ = page(FakeKeeper())
    site = actions.state.site
    here = replace(site, stored=frozenset({ID}))

    assert not opens_unasked(site, ID)
    assert opens_unasked(here, ID)
    assert not opens_unasked(replace(here, is_recordings_only=True), ID)


def test_what_works_offline_is_true() -> None:
    """Nothing without a service worker or a store; then the walks opened, all walks, everything."""
    site = page(FakeKeeper())[0].state.site
    walks = replace(site, offline=replace(site.offline, walks_bytes=0))

    assert offline_level(replace(site, offline=Offline(is_served=False))) == NOTHING
    assert offline_level(replace(site, device=Device(has_store=False))) == NOTHING
    assert offline_level(site) == OPENED
    assert offline_level(walks) == WALKS
    assert offline_level(replace(walks, stored=frozenset({ID}))) == ALL


def test_the_price_has_the_engine_in_it() -> None:
    """Before anything is known, and with a part of it here; a model that is here costs nothing."""
    actions, _ = page(FakeKeeper())
    state: AppState = actions.state
    card = replace(state.site.models[0], download_bytes=5_000)
    unknown = replace(state.site, models=(card,), offline=Offline())

    assert price_bytes(unknown, ID) == 5_000
    assert price_bytes(state.site, ID) == ENGINE + MODEL.manifest.download_bytes
    assert price_bytes(replace(unknown, stored=frozenset({ID})), ID) == 0


def test_walks_that_come_by_themselves_are_no_price() -> None:
    """What makes ready costs what a run costs; the walks count where the reader saves data."""
    site = page(FakeKeeper())[0].state.site

    assert ready_bytes(replace(site, device=Device())) == price_bytes(site, ID)
    assert ready_bytes(site) == price_bytes(site, ID) + WALK


def test_a_device_with_too_little_memory() -> None:
    """Only where the browser says so, and only below what the smallest mode needs."""
    site = page(FakeKeeper())[0].state.site
    card = replace(site.models[0], mode_bytes={"exact": 900, "small": 500})

    assert not lacks_memory(site, card)
    assert not lacks_memory(replace(site, device=Device(memory_bytes=512)), card)
    assert lacks_memory(replace(site, device=Device(memory_bytes=256)), card)
