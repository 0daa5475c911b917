"""A recorded walk's parts on the page: fetched when a step needs one, once, and no other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.navigation import Navigation
from seethrough.core import hooks
from seethrough.core.errors import DownloadError, SourceError, UnknownNameError
from seethrough.core.parts import LAYERS_PART, LOGITS_PART, PARTS, write_names
from seethrough.core.reference import forward, from_arrays
from seethrough.core.routes import Route
from tests.fake_engine import engine_of, served, tiny_model
from tests.recorded import PROMPT, parts, recorded, site_of
from tests.steps import STEPS, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seethrough.app.service import Service
    from seethrough.app.state import AppState
    from seethrough.core.cache import Array
    from seethrough.core.parts import Part
    from tests.fake_engine import FakeSite

MODEL = tiny_model()
IDS = tuple(MODEL.tokenizer.encode(PROMPT))
LAST = len(IDS) - 1
MADE, SECOND = recorded(), recorded(name="second", prompt="an other", positions=(0, 1))
NAMES = write_names(MODEL.config)
# What each step shows of a walk beyond the recording itself.
PART_OF_STEP = {
    "embed": LOGITS_PART,
    "layers": LAYERS_PART,
    "logits": LOGITS_PART,
    "softmax": LOGITS_PART,
    "sample": LOGITS_PART,
}
PLACE = "models/tiny-7/recordings/parts/thing-logits"


def site(**parted: Mapping[str, Part]) -> FakeSite:
    """A site whose first recording has its parts; the second has them too if not told otherwise."""
    whole = {"thing": parts(), "second": parts(made=SECOND)}
    return site_of(MADE, SECOND, parted={**whole, **parted})


class Page:
    """What the page wires together, over a site."""

    def __init__(self, files: FakeSite) -> None:
        self.site = files
        self.service: Service = served(files)
        self.actions = Actions(self.service)
        self.navigation = Navigation(self.actions)

    @property
    def state(self) -> AppState:
        """What is shown."""
        return self.actions.state

    async def go(self, address: str) -> None:
        """Turn to an address as the page does: the place, then what its step lacks."""
        await self.navigation.go(parse(address))
        await self.actions.fetcher.fill()

    def fetched(self) -> list[str]:
        """The parts that were fetched, by the end of their names."""
        return [path.rpartition("/")[2] for path in self.site.fetched if "/parts/" in path]


def walked(*addresses: str, files: FakeSite | None = None) -> Page:
    """A page after the reader went to some addresses, one after the other."""

    async def scenario() -> Page:
        page = Page(files or site())
        await page.service.open()
        for address in addresses:
            await page.go(address)
        return page

    return asyncio.run(scenario())


async def until(is_so: Callable[[], object]) -> None:
    """Let the others go on until something is so."""
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0)
    pytest.fail("waited too long")


@cache
def run() -> Mapping[str, Array]:
    """The same prompt's own run."""
    return forward(MODEL.config, from_arrays(MODEL.arrays), IDS)[0]


def test_the_list_tells_of_the_parts() -> None:
    """Path, size and hash of each, before any is fetched."""
    page = walked()

    card = page.state.site.recordings[0]
    assert sorted(card.parts) == sorted(PARTS)
    for name, part in card.parts.items():
        assert part.path == f"models/tiny-7/recordings/parts/thing-{name}"
        assert part.size_bytes == len(page.site.files[part.path])
    assert page.fetched() == []


@pytest.mark.parametrize("step", STEPS)
def test_a_step_fetches_the_part_that_it_needs(step: str) -> None:
    """And only that one, with no call to the engine."""
    page = walked(f"#/walk/thing/{step}")

    assert page.fetched() == ([f"thing-{PART_OF_STEP[step]}"] if step in PART_OF_STEP else [])
    assert (page.state.chrome.error, page.state.run.source) == (None, "recorded")
    assert engine_of(page.service).requests == []


@pytest.mark.parametrize("step", ["embed", "logits", "softmax", "sample"])
def test_the_logits_part_stands_in_the_state(step: str) -> None:
    """Every embedding, the final norm, all logits, the best tokens' vectors: the run's own."""
    captured = walked(f"#/walk/thing/{step}").state.run.captured

    for position in range(len(IDS)):
        np.testing.assert_array_equal(
            captured.row(hooks.EMBED, position), run()[hooks.EMBED][position]
        )
    np.testing.assert_array_equal(captured.row(hooks.LOGITS, LAST), run()[hooks.LOGITS][LAST])
    np.testing.assert_array_equal(captured.row(hooks.FINAL_OUT, LAST), run()[hooks.FINAL_OUT][LAST])
    for item in MADE.top:
        np.testing.assert_array_equal(captured.row("W_U", item.id), MODEL.arrays["W_U"][:, item.id])
    assert captured.row("blocks.0.hook_resid_pre", LAST) is not None


def test_the_tokens_that_a_dart_may_land_on_are_named() -> None:
    """Some hundred of the best ones, without a tokeniser; another recording has its own."""
    page = walked("#/walk/thing/sample", "#/walk/thing/layers")
    words = parts()[LOGITS_PART].words

    assert page.state.run.words == words
    assert words.items() >= {item.id: item.visible for item in MADE.top}.items()
    asyncio.run(page.go("#/walk/second/layers"))
    assert page.state.run.words == {}


def test_the_layers_part_stands_in_the_state() -> None:
    """What each layer wrote at the recorded positions, and the lens of the last token."""
    state = walked("#/walk/thing/layers").state

    for name in NAMES:
        np.testing.assert_array_equal(state.run.captured.row(name, LAST), run()[name][LAST])
        assert state.run.captured.row(name, 0) is None
    assert state.run.lens is not None
    assert (state.run.lens.position, state.run.lens.tops) == (LAST, parts()[LAYERS_PART].lens)


def test_both_parts_stand_together() -> None:
    """The second one takes nothing away, and neither is fetched twice."""
    page = walked(*(f"#/walk/thing/{step}" for step in (*STEPS, *reversed(STEPS))))

    assert page.fetched() == [f"thing-{LOGITS_PART}", f"thing-{LAYERS_PART}"]
    assert page.state.run.captured.has(hooks.LOGITS, hooks.EMBED, "W_U", *NAMES)


def test_a_part_comes_back_with_its_recording() -> None:
    """Another recording has its own numbers; the first one's are kept, and shown at once again."""
    page = walked("#/walk/thing/logits", "#/walk/second/logits")
    second = page.state.run.captured.row(hooks.LOGITS, len(SECOND.ids) - 1)
    assert second is not None
    assert page.state.run.captured.row(hooks.LOGITS, LAST) is None or len(SECOND.ids) == len(IDS)
    assert not np.array_equal(second, run()[hooks.LOGITS][LAST])

    asyncio.run(page.go("#/walk/thing/logits"))

    np.testing.assert_array_equal(
        page.state.run.captured.row(hooks.LOGITS, LAST), run()[hooks.LOGITS][LAST]
    )
    assert page.fetched() == [f"thing-{LOGITS_PART}", f"second-{LOGITS_PART}"]


def test_the_numbers_are_there_when_the_page_turns() -> None:
    """No moment in which the step is shown without what it needs."""

    async def scenario() -> list[bool]:
        page, seen = Page(site()), []
        await page.service.open()
        await page.go("#/walk/thing/input")
        page.service.store.subscribe(
            ("route",), lambda state: seen.append(state.run.captured.has(hooks.LOGITS))
        )
        await page.go("#/walk/thing/softmax")
        return seen

    assert asyncio.run(scenario()) == [True]


def test_a_recording_without_parts_is_shown_all_the_same() -> None:
    """What it lacks is for the step to say; nothing is fetched, and no error told."""
    page = walked("#/walk/thing/logits", "#/walk/thing/layers", files=site(thing={}))

    assert (page.state.chrome.error, page.state.run.source, page.fetched()) == (
        None,
        "recorded",
        [],
    )
    assert (page.state.run.lens, page.state.run.captured.has(hooks.LOGITS)) == (None, False)


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


def test_going_live_asks_the_engine_alone() -> None:
    """A live run's numbers are the engine's: no part is fetched for them."""
    page = walked("#/walk/thing/input")

    asyncio.run(page.actions.go_live())
    asyncio.run(page.go("#/walk/own/softmax?prompt=the%20thing%20and"))

    assert page.state.run.source == "live"
    assert page.fetched() == []


def test_another_recording_takes_what_belonged_to_the_first() -> None:
    """Lens, chosen word and all that was fetched for one prompt go with it."""
    page = walked("#/walk/thing/layers")
    page.service.store.replace(word=1)

    asyncio.run(page.go("#/walk/second/input"))

    assert (page.state.run.lens, page.state.choice.word) == (None, None)
    assert page.state.run.film == SECOND.film


def test_a_part_without_logits_is_asked_for_once() -> None:
    """A vocabulary too large for the file: what the part has is shown, and nobody asks again."""
    whole = parts()
    held = {
        name: array for name, array in whole[LOGITS_PART].arrays.items() if name != hooks.LOGITS
    }
    small = {**whole, LOGITS_PART: replace(whole[LOGITS_PART], arrays=held)}
    asked: list[str] = []

    async def scenario() -> Page:
        page = Page(site(thing=small))
        await page.service.open()
        give = page.service.part

        async def counted(walk: str, name: str, model: str = "") -> Part:
            asked.append(name)
            assert len(asked) < 10, "it is asked for again and again"
            return await give(walk, name, model)

        page.service.part = counted  # type: ignore[method-assign]
        for step in ("logits", "softmax", "sample", "logits"):
            await page.go(f"#/walk/thing/{step}")
        return page

    page = asyncio.run(scenario())

    assert asked == [LOGITS_PART]
    assert page.state.run.captured.row(hooks.FINAL_OUT, LAST) is not None
    assert not page.state.run.captured.has(hooks.LOGITS)
