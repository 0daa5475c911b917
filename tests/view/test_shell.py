"""The bar, the line of the model, the way on, messages: what each of them says."""

from __future__ import annotations

import pytest

from seethrough.app.state import EngineStatus, Message, Stage
from seethrough.core.routes import Route
from seethrough.view import line, message, status, tools, transport
from seethrough.view.film import LEAST_S, reading_s
from seethrough.view.node import h
from seethrough.view.transport import SPEEDS
from tests.steps import STEPS, page_state
from tests.view.sample import Reading
from tests.view.walk_sample import walk_state


def at(step: str) -> Route:
    """A step of the walk through one's own text."""
    return Route("walk", "own", step)


@pytest.mark.parametrize("step", STEPS)
def test_the_line_has_every_step(step: str) -> None:
    """Each step once, in order and numbered, the present one marked, the layers counted."""
    html = line.render(walk_state().but(route=at(step)))
    links = [one for tag, one in Reading(html).elements if tag == "a"]

    assert [one["href"] for one in links] == [f"#/walk/own/{name}" for name in STEPS]
    assert [one["href"] for one in links if "aria-current" in one] == [f"#/walk/own/{step}"]
    assert [text for text in Reading(html).texts if text.isdigit()] == list("123456789")
    assert "".join(Reading(html).texts).count("×") == 1


def test_next_names_where_it_leads() -> None:
    """Next says which step comes; at the end of the walk and of a layer, what follows it."""
    assert "Next: scores" in Reading(transport.render(walk_state().but(route=at("layers")))).texts
    last = transport.render(walk_state().but(route=at(STEPS[-1])))
    assert "Next: another text" in Reading(last).texts
    inside = transport.render(walk_state().but(route=Route("block", "own", "inside")))
    assert "Next: scores" in Reading(inside).texts or not inside


def test_speeds() -> None:
    """From a quarter to four times."""
    assert (min(SPEEDS), max(SPEEDS)) == (0.25, 4.0)


def test_a_long_sentence_stays_longer() -> None:
    """The pause grows with what is to be read, the words inside elements too."""
    sentence = "The cat ran away from the dog."

    assert LEAST_S == reading_s("") < reading_s(sentence) < reading_s(sentence + sentence)
    assert reading_s(["The cat ", h("b", {}, "ran away"), " from the dog."]) == reading_s(sentence)


def test_the_place_is_told_with_its_title() -> None:
    """A live region says which step is shown and what it is about; during a film its sentence."""
    state = walk_state().but(route=at("embed"))
    rests = "".join(Reading(transport.render(state)).texts)
    plays = "".join(Reading(transport.render(state.but(stage=Stage(moment=0)))).texts)

    assert "Step 3 of 9 Each token becomes a list of numbers" in rests
    assert "Step 3 of 9" not in plays


@pytest.mark.parametrize(("key", "passes"), [("tools.copied", True), ("tools.not_copied", False)])
def test_a_message_leaves_or_is_sent_away(key: str, *, passes: bool) -> None:
    """What only tells that it is done has no button, and lies over the page."""
    html = message.render(page_state(notice=Message(key)))

    assert ("is-passing" in html, 'data-action="dismiss"' in html) == (passes, not passes)


def test_the_status_is_one_button() -> None:
    """A word while nothing loads; a share while a model comes; Retry where it failed."""
    assert "Ready" in Reading(status.render(page_state(engine=EngineStatus("ready")))).texts
    loading = EngineStatus("download", done_bytes=43, total_bytes=100)
    html = status.render(page_state(engine=loading))
    assert Reading(html).texts[0].split() == ["43", "%"]
    assert html.index("</details>") < html.index("<progress")
    assert 'data-action="retry"' in status.render(page_state(engine=EngineStatus("failed")))


@pytest.mark.parametrize("view", ["walk", "block", "all"])
def test_what_every_tour_offers(view: str) -> None:
    """Copy link, Save and Present stand on every page that shows a run; on others not."""
    actions = set(Reading(tools.render(page_state(route=Route(view, "own")))).values("data-action"))

    assert {"copy-link", "save", "present"} <= actions
    assert "save" not in tools.render(page_state(route=Route("about")))


def test_an_idea_offers_no_numbers() -> None:
    """An idea has no tables: its picture and the whole walk can be saved there, else all five."""
    for depth, kinds in (("idea", 3), ("numbers", 5), ("code", 5)):
        state = walk_state().but(route=at("embed"), depth=depth)
        assert len(Reading(tools.render(state)).values("data-kind")) == kinds
