"""Parts of a recording that cannot be had, or are another's: told once, and the newer wish wins."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seethrough.core import hooks
from seethrough.core.errors import DownloadError, SourceError, UnknownNameError
from seethrough.core.parts import LAYERS_PART, LOGITS_PART
from seethrough.core.routes import Route
from tests.app.walked import PLACE, SECOND, Page, site, until
from tests.fake_engine import served, tiny_model
from tests.recorded import parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from seethrough.core.parts import Part
    from tests.fake_engine import FakeSite


def missing(files: FakeSite, path: str) -> None:
    """The host has lost it."""
    del files.files[path]


def altered(files: FakeSite, path: str) -> None:
    """A byte is another one."""
    whole = files.files[path]
    assert isinstance(whole, bytes)
    files.files[path] = whole[:-1] + b"!"


@pytest.mark.parametrize(
    ("spoil", "key"), [(missing, "engine.missing"), (altered, "engine.altered")]
)
def test_what_cannot_be_had_is_told_once(spoil: Callable[[FakeSite, str], None], key: str) -> None:
    """The sentence, no loop; coming back to the step tries again, and the rest goes on."""

    async def scenario() -> None:
        page = Page(site())
        await page.service.open()
        whole = page.site.files[PLACE]
        spoil(page.site, PLACE)

        await page.go("#/walk/thing/logits")
        assert page.state.chrome.error is not None
        assert page.state.chrome.error.key == key
        page.service.store.replace(error=None)
        for _ in range(3):
            await page.actions.fetcher.fill()
        assert (page.fetched(), page.state.chrome.error) == (["thing-logits"], None)

        await page.go("#/walk/thing/layers")
        assert page.state.run.lens is not None
        page.site.files[PLACE] = whole
        await page.go("#/walk/thing/logits")
        assert page.state.run.captured.has(hooks.LOGITS)
        assert page.state.chrome.error is None

    asyncio.run(scenario())


def test_each_recording_s_failure_is_told() -> None:
    """The second one's too, although the reader stays at the step; and none twice at once."""

    async def scenario() -> None:
        page = Page(site())
        await page.service.open()
        for name in ("thing", "second"):
            missing(page.site, f"models/tiny-7/recordings/parts/{name}-logits")
            page.service.store.replace(error=None)
            await asyncio.gather(page.go(f"#/walk/{name}/logits"), page.actions.fetcher.fill())
            assert page.state.chrome.error is not None

        assert page.fetched() == ["thing-logits", "second-logits"]

    asyncio.run(scenario())


def ask(files: FakeSite, recording: str, name: str) -> object:
    """Open a site and ask for a part."""
    service = served(files)
    asyncio.run(service.open())
    return asyncio.run(service.part(recording, name))


def test_a_part_that_is_not_there_is_a_sentence() -> None:
    """An unknown recording, a part that nobody made."""
    with pytest.raises(UnknownNameError, match="no recorded walk 'nothing'"):
        ask(site(), "nothing", LOGITS_PART)
    with pytest.raises(UnknownNameError, match=r"'thing' has no part 'more'\. It has: logits, lay"):
        ask(site(), "thing", "more")
    with pytest.raises(UnknownNameError, match=r"has no part 'logits'\. It has: -"):
        ask(site(thing={}), "thing", LOGITS_PART)
    files = site()
    missing(files, PLACE)
    with pytest.raises(DownloadError, match="404"):
        ask(files, "thing", LOGITS_PART)


@pytest.mark.parametrize(
    "part",
    [
        parts(made=SECOND)[LOGITS_PART],
        parts()[LAYERS_PART],
        replace(parts()[LOGITS_PART], graph_sha256="1" * 64),
        parts(tiny_model(8))[LOGITS_PART],
    ],
    ids=["another recording's", "the other part", "another export's", "another model's"],
)
def test_a_part_of_something_else_is_refused(part: Part) -> None:
    """Its hash is the list's, and yet its numbers are not this walk's."""
    with pytest.raises(SourceError, match="'logits' does not belong to the recorded walk 'thing'"):
        ask(site(thing={LOGITS_PART: part}), "thing", LOGITS_PART)


def test_a_newer_subject_wins() -> None:
    """What comes after the reader went on to another recording lands nowhere."""

    async def scenario() -> None:
        page = Page(site())
        await page.service.open()
        await page.go("#/walk/thing/input")
        page.service.store.replace(route=Route("walk", "thing", "logits"))
        page.site.wait = wait = asyncio.Event()
        late = asyncio.create_task(page.actions.fetcher.fill())
        again = asyncio.create_task(page.actions.fetcher.fill())
        await until(page.fetched)
        page.site.wait = None
        await page.actions.show_recording("second")
        page.service.store.replace(route=Route("walk", "second", "input"))
        wait.set()
        await asyncio.gather(late, again)

        assert page.state.run.recorded is not None
        assert page.state.run.recorded.id == "second"
        assert not page.state.run.captured.has(hooks.LOGITS)
        assert page.fetched() == ["thing-logits"]

    asyncio.run(scenario())


def test_a_failure_after_the_reader_went_on_says_nothing() -> None:
    """Nobody is told of a file that nobody waits for."""

    async def scenario() -> None:
        page = Page(site())
        await page.service.open()
        await page.go("#/walk/thing/input")
        missing(page.site, PLACE)
        page.service.store.replace(route=Route("walk", "thing", "logits"))
        page.site.wait = wait = asyncio.Event()
        late = asyncio.create_task(page.actions.fetcher.fill())
        await until(page.fetched)
        page.site.wait = None
        await page.actions.show_recording("second")
        wait.set()
        await late

        assert page.state.chrome.error is None

    asyncio.run(scenario())
