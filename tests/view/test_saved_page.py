"""A walk as one file: complete, still, and nobody's but its own."""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.actions import Actions
from seethrough.app.fetcher import lacking_in
from seethrough.app.navigation import Navigation
from seethrough.app.saving import bring_walk, public_address, wanted_at
from seethrough.core.depth import DEPTHS, IDEA
from seethrough.core.messages import text
from seethrough.core.routes import OWN, Route, address_of
from seethrough.view import saved_page
from seethrough.view.png import png
from seethrough.view.still import style_of
from tests.fake_engine import served, tiny_model
from tests.recorded import parts, recorded, site_of
from tests.steps import STEPS, parse
from tests.view.sample import Reading
from tests.view.walk_sample import WORDS, walk_state

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from tests.fake_engine import FakeSite

INSIDE = saved_page.Inside("p { color: red }", "let a = 1;", "<svg/>")
HOSTILE = "</script><img src=x onerror=alert(1)></style>\"'><base href=//x>"
# What a step says while its numbers are on their way.
WAITING = ("idea.embed.waiting", "idea.layers.waiting", "idea.sample.waiting", "view.folded")
LIVE = "https://example.org/#/walk/own/embed"


def state_of(depth: str, texts: tuple[str, ...] = WORDS) -> AppState:
    """A live run of a tiny model, with everything that its steps draw."""
    shown = walk_state(texts)
    return shown.but(route=Route("walk", OWN, "embed"), depth=depth, given=("".join(texts), False))


def file_of(state: AppState, address: str = "") -> str:
    """The whole file."""
    return saved_page.document(state, saved_page.body_of(state, address), INSIDE)


@pytest.mark.parametrize("depth", DEPTHS)
def test_all_steps_stand_still(depth: str) -> None:
    """Every step is there under its name, and nothing that only the page's code makes work."""
    reading = Reading(saved_page.body_of(state_of(depth)))
    steps = [given["id"] for _, given in reading.elements if "saved-step" in given.get("class", "")]
    tags = {tag for tag, _ in reading.elements}
    ids = reading.values("id")
    buttons = [given["id"] for tag, given in reading.elements if tag == "button"]

    assert steps == [*STEPS, saved_page.WORDS]
    assert not tags & {"canvas", "form", "select", "textarea", "script"}
    assert buttons == ["turn-back", "turn-next"]
    assert len(set(ids)) == len(ids)
    assert not [name for _, given in reading.elements for name in given if name.startswith("on")]
    named = {name for _, given in reading.elements for name in given}
    assert {name for name in named if name.startswith("data-")} <= {"data-pressed"}


@pytest.mark.parametrize("depth", DEPTHS)
def test_nothing_leads_elsewhere(depth: str) -> None:
    """Links lead to what the file has, pictures are inside; one link, told so, to the live page."""
    reading = Reading(saved_page.body_of(state_of(depth), LIVE))
    ids = set(reading.values("id"))
    links = reading.values("href")
    sources = [*reading.values("src"), *reading.values("srcset")]
    told = [name for value in reading.values("aria-labelledby") for name in value.split()]

    assert links.count(LIVE) == 1
    assert {link[1:] for link in links if link != LIVE} <= ids
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert set(told) <= ids
    assert set(re.findall(r"url\(#([^)]+)\)", saved_page.body_of(state_of(depth)))) <= ids
    if depth != IDEA:
        assert sources


def test_only_its_own_style_and_script() -> None:
    """The policy allows the file's style and script by their hashes, its own data, and no more."""
    made = file_of(state_of(IDEA))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', made)
    assert policy is not None
    hashes = [b64decode(one) for one in re.findall(r"sha256-([^&']+)&#39;", policy[1])]

    assert policy[1].startswith("default-src &#39;none&#39;")
    assert "http" not in policy[1]
    for tag, found in zip(("style", "script"), hashes, strict=True):
        text = re.findall(f"<{tag}>(.*?)</{tag}>", made, re.DOTALL)
        assert [sha256(one.encode()).digest() for one in text] == [found]


def test_a_prompt_is_text() -> None:
    """Markup in a prompt stays text, wherever the file shows it."""
    made = file_of(state_of(IDEA, (HOSTILE, *WORDS[1:])))
    reading = Reading(made.partition("<body>")[2])
    tags = [tag for tag, _ in reading.elements]

    assert tags.count("script") == 1
    assert not {"base", "style", "iframe"} & set(tags)
    assert HOSTILE[:9] in "".join(reading.texts)
    assert not [given for tag, given in reading.elements if tag == "img"]


def test_a_long_prompt_fits() -> None:
    """A long text's walk is 2.5 MB at most; style and fonts are 0.5 MB more."""
    texts = WORDS * 12
    made = file_of(state_of("numbers", texts))

    assert len(made.encode()) <= 2_500_000


def test_dotted_words_are_explained() -> None:
    """Each term that a step names leads to its sentence at the end of the file."""
    reading = Reading(saved_page.body_of(state_of(IDEA)))
    leads = [given for tag, given in reading.elements if given.get("class") == "term"]

    assert leads
    assert all((given.get("href") or "").startswith("#word-") for given in leads)


def test_no_offer_and_no_question() -> None:
    """No step asks for a guess, and none offers to run anything."""
    html = saved_page.body_of(state_of(IDEA))

    assert "guess-option" not in html
    assert "Run it live" not in html


def test_a_style_follows_what_it_was_for() -> None:
    """Rules for buttons and canvases reach what they became, with the same weight."""
    css = "/* a button */ button.chip, .a canvas { content: 'button'; } .button { x: y }"

    assert style_of(css).strip() == (
        ":is(button, :where(.was-button)).chip, .a :is(canvas, :where(.was-canvas)) "
        "{ content: 'button'; } .button { x: y }"
    )


def test_pixels_as_png() -> None:
    """The file has the PNG signature, whole chunks, and the very pixels."""
    import zlib  # noqa: PLC0415

    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    data = png(pixels)
    length = int.from_bytes(data[33:37], "big")
    rows = np.frombuffer(zlib.decompress(data[41 : 41 + length]), np.uint8).reshape(2, 13)

    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert data[16:24] == bytes((0, 0, 0, 3, 0, 0, 0, 2))
    assert np.array_equal(rows[:, 1:].reshape(2, 3, 4), pixels)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("https://a.org/x/#/walk", True),
        ("http://school.lan/#/", True),
        ("http://127.0.0.1:8000/#/", False),
        ("http://localhost/#/", False),
        ("file:///home/x/index.html", False),
    ],
)
def test_the_live_page_is_named_where_there_is_one(address: str, *, public: bool) -> None:
    """A file that goes to others names no address of this device."""
    assert public_address(address) == (address if public else "")


def opened() -> tuple[Actions, FakeSite]:
    """The first step of a recording with parts, at the numbers."""
    site = site_of(recorded(), parted={"thing": parts()})
    service = served(site)
    asyncio.run(service.open())
    actions = Actions(service)
    actions.store.replace(depth="numbers")
    asyncio.run(Navigation(actions).go(parse(address_of(Route("walk", "thing", "input")))))
    return actions, site


def test_steps_that_nobody_saw_are_brought() -> None:
    """Of a recording opened at its first step, the numbers of all steps come before it is saved."""
    actions, _ = opened()
    routes = saved_page.routes(actions.state)
    before = saved_page.body_of(actions.state).count("<img")

    assert asyncio.run(bring_walk(actions.fetcher, actions.store, routes))
    assert [route.step for route in routes] == list(STEPS)
    assert saved_page.body_of(actions.state).count("<img") > before


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_live_walk_is_whole(depth: str) -> None:
    """Of a text run live no step waits for numbers, nor for those found on the way."""
    service = served(site_of(models=(tiny_model(),)))
    asyncio.run(service.open())
    actions = Actions(service)
    actions.store.replace(depth=depth)
    asyncio.run(Navigation(actions).go(parse("#/walk/own/input?prompt=the%20thing")))
    assert actions.state.run.source == "live"

    routes = saved_page.routes(actions.state)
    assert asyncio.run(bring_walk(actions.fetcher, actions.store, routes))
    assert not lacking_in(actions.state.run, wanted_at(actions.state, routes))
    told = "".join(Reading(saved_page.body_of(actions.state)).texts)
    assert [key for key in WAITING if text(key) in told] == []


def test_a_long_text_leaves_room() -> None:
    """A title has the beginning of a long text, which folds out whole; a short one has no fold."""
    texts = (*WORDS, " and so on" * 30)
    long = Reading(saved_page.body_of(state_of(IDEA, texts)))
    title = long.texts[long.texts.index("Seethrough") + 1]

    assert text("saved.whole") in long.texts
    assert "".join(texts) in long.texts
    assert len(title) < 200
    assert text("saved.whole") not in Reading(saved_page.body_of(state_of(IDEA))).texts


def test_no_file_without_its_numbers() -> None:
    """Where a part of the recording does not come, the page says so and there is no file."""
    actions, site = opened()
    for path in [path for path in site.files if "/parts/" in path]:
        del site.files[path]
    routes = saved_page.routes(actions.state)

    assert not asyncio.run(bring_walk(actions.fetcher, actions.store, routes))
    assert actions.state.chrome.error is not None
