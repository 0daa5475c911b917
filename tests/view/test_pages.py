"""Every page of every route: one heading, its links lead somewhere, its panels are in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seethrough.app.state import Device, Message, RecordingCard, Route, Stage, Storage
from seethrough.core.depth import DEPTHS
from seethrough.core.routes import OWN
from seethrough.view import about, header, message, pages, source, status, tools
from seethrough.view.layout import ACTIONS, PANELS
from tests.steps import STEPS, VIEWS, parse
from tests.view.sample import Reading, state
from tests.view.walk_sample import walk_state

ROUTES = [
    *(Route(view) for view in VIEWS if view != "walk"),
    *(Route("walk", subject, step) for subject in ("january", OWN) for step in STEPS),
    Route("missing", "no/such"),
]
CARDS = (
    RecordingCard("january", "tiny", "January, February, March,", False, 6, 1000),
    RecordingCard("mine", "tiny", "<b>a prompt</b>", True, 40, 1000),
)


def at(route: Route, **changes: object):
    """A state with a run, at a route."""
    return state().but(route=route, recordings=CARDS, source="recorded", **changes)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_page_is_whole(route: Route) -> None:
    """One h1, links inside the site that are known, actions that are known, unique ids."""
    html = pages.render(at(route))
    reading = Reading(html)
    tags = [tag for tag, _ in reading.elements]
    ids = reading.values("id")

    assert tags.count("h1") == 1
    assert len(set(ids)) == len(ids)
    assert set(reading.values("data-action")) <= set(ACTIONS)
    for link in reading.values("href"):
        assert parse(link).route.view != "missing", link
        assert parse(link).ignored == ()


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_page_has_a_title(route: Route) -> None:
    """Each page says in the tab what it is, each in other words."""
    titles = {pages.title(at(other)) for other in ROUTES if other != route}

    assert "Seethrough" in pages.title(at(route))
    assert pages.title(at(route)) not in titles


def test_a_recordings_own_words_are_text() -> None:
    """The prompt of a recording that has no title of ours is shown as text."""
    html = pages.render(at(Route("home")))

    assert "&lt;b&gt;a prompt&lt;/b&gt;" in html
    assert "<b>a prompt</b>" not in html


def test_an_address_is_text() -> None:
    """The address of the missing page is data."""
    html = pages.render(at(Route("missing", "<img src=x>")))

    assert "<img" not in html


def test_home_before_anything_is_known() -> None:
    """Without models and recordings the first page still says what this is."""
    html = pages.render(state().but(route=Route(), models=(), recordings=(), tokens=(), top=()))

    assert "See a real language model think" in html


def test_a_long_prompt_at_home() -> None:
    """Of a long prompt the film cuts the end into tokens and says how much stands before it."""
    home = at(Route("home")).but(tokens=state(("x",) * 20).run.tokens, stage=Stage(0))
    html = pages.render(home)

    assert html.count('class="tile hue-') == 8
    assert "12 before" in html


def test_links_keep_the_subject() -> None:
    """From a walk the other views open with the same recording; elsewhere there is the map."""
    links = Reading(tools.render(at(Route("walk", "mine", "layers")))).values("href")

    assert "#/block/mine" in links
    assert "#/map" in Reading(header.render(at(Route("about")))).values("href")
    assert "#/map" in Reading(pages.render(at(Route()))).values("href")


def test_languages_are_offered_from_two_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one language there is nothing to choose; of more, the reader's own is chosen."""
    monkeypatch.setattr(header, "OFFERED", ("en",))
    assert "set-language" not in tools.render(at(Route()))

    monkeypatch.setattr(header, "OFFERED", ("en", "qps-mirrored"))
    html = tools.render(at(Route(), language="qps-mirrored"))
    assert 'data-action="set-language"' in html
    assert '<option value="qps-mirrored" selected>' in html
    assert '<option value="en">English</option>' in html


def test_transport_rests_at_the_ends() -> None:
    """The first step has no back, the last no next step: it leads to a text of one's own."""
    first = pages.render(at(Route("walk", "january", next(iter(STEPS)))))
    last = pages.render(at(Route("walk", "january", list(STEPS)[-1])))

    assert 'data-action="step-back" disabled' in first
    assert 'data-action="step-next"' not in last
    assert "Next: your own text" in last
    assert 'data-action="step-next" disabled' not in first


def test_source_says_which() -> None:
    """Recorded numbers say so and offer the way to live; live ones say so; nothing says nothing."""
    recorded, live = source.render(at(Route("all"))), source.render(state().but(source="live"))

    assert "Recorded" in recorded
    assert 'data-action="live"' in recorded
    assert "Live" in live
    assert "data-action" not in live
    assert source.render(state()) == ""


def test_a_download_waits_to_be_asked() -> None:
    """A model that is not here has a button with its price; one that is stored names none."""
    idle = state().but(engine=replace(state().site.engine, stage="idle"))
    first = idle.site.models[0]
    here = status.render(idle.but(stored=frozenset({first.id})))

    assert f"Download {first.download_bytes / 1e6:.1f} MB" in status.render(idle)
    assert f"Download {first.download_bytes / 1e6:.1f} MB" not in here


def test_storage_is_told() -> None:
    """Sizes, what the browser does not say, and the button that removes it all."""
    kept = Storage(site_bytes=31_800_000, model_bytes=98_500_000, is_persisted=True)
    told = about.storage(state().but(storage=kept))
    silent = about.storage(state())
    none = about.storage(state().but(device=Device(has_store=False)))

    assert "31.8 MB" in told
    assert "98.5 MB" in told
    assert 'data-action="remove-all"' in told
    assert silent.count("not told") == 7
    assert "data-action" not in none


def test_a_new_version_is_told() -> None:
    """The notice of a new version has the button that takes it, beside other messages."""
    html = message.render(state().but(has_update=True, notice=Message("engine.cancelled")))

    assert 'data-action="use-update"' in html
    assert PANELS["message"].fields.count("has_update") == 1


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_slot_is_a_panel(view: str, depth: str) -> None:
    """What the page takes for its panels by their class are its panels, and all of them."""
    for step in STEPS if view == "walk" else ("",):
        page = Reading(pages.render(walk_state().but(route=Route(view, OWN, step), depth=depth)))
        slots = [told["id"] for _, told in page.elements if "slot" in told.get("class", "").split()]

        assert set(slots) == set(page.values("id")) & set(PANELS)
