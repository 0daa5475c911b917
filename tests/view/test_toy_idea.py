"""A step with an idea that only a test describes: what is shown, wanted and told at each depth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seethrough.app.state import WALK, AppState, Idea
from seethrough.app.tours import wanted_by
from seethrough.core.depth import CODE, DEPTHS, IDEA, NUMBERS
from seethrough.core.routes import Route
from seethrough.core.wants import want
from seethrough.view import pages
from seethrough.view.layout import Memo, panels_of
from seethrough.view.moments import moments_of
from seethrough.view.tours import THE_WALK
from tests.view.sample import Reading
from tests.view.walk_sample import walk_state

HOOK = "hook_embed"
TOY_IDEA = Idea(
    ("language", "tokens"),
    lambda scene: f"<p>{len(scene.run.tokens)} tokens, as an idea</p>",
    lambda _scene: ("One sentence.", "Another one."),
    lambda _scene: want([HOOK], 1),
)
AT = THE_WALK.number("layers") - 1
STEPS = list(THE_WALK.steps)
STEPS[AT] = replace(STEPS[AT], idea=TOY_IDEA)
BARE = THE_WALK.number("logits") - 1
STEPS[BARE] = replace(STEPS[BARE], idea=None)
TOURS = (replace(THE_WALK, steps=tuple(STEPS)),)
PANELS = panels_of(TOURS)


def at(depth: str, step: str = "layers") -> AppState:
    """A live run at a step of the walk that has the toy's idea."""
    return walk_state().but(tours=TOURS, route=Route(WALK, "own", step), depth=depth)


def ids(state: AppState) -> set[str]:
    """The ids on the page."""
    return set(Reading(pages.render(state, Memo(PANELS))).values("id"))


@pytest.mark.parametrize(
    ("depth", "shown", "hidden"),
    [
        (IDEA, "idea-layers", "step-layers"),
        (NUMBERS, "step-layers", "idea-layers"),
        (CODE, "step-layers", "idea-layers"),
    ],
)
def test_which_slot_is_shown(depth: str, shown: str, hidden: str) -> None:
    """The idea has a slot of its own, and is there at its depth alone."""
    assert shown in ids(at(depth))
    assert hidden not in ids(at(depth))


def test_a_step_without_an_idea() -> None:
    """It is shown itself at every depth."""
    for depth in DEPTHS:
        assert "step-logits" in ids(at(depth, "logits"))


def test_which_numbers_are_wanted() -> None:
    """At the idea only its own; elsewhere only the step's."""
    own = wanted_by(TOURS, at(NUMBERS)).hooks

    assert wanted_by(TOURS, at(IDEA)).hooks == {(HOOK, 1)}
    assert wanted_by(TOURS, at(CODE)).hooks == own
    assert (HOOK, 1) not in own


def test_which_film_is_told() -> None:
    """At the idea its two sentences; elsewhere the step's film."""
    assert list(moments_of(at(IDEA))) == ["One sentence.", "Another one."]
    assert len(moments_of(at(NUMBERS))) > 2
    assert len(moments_of(at(CODE))) == len(moments_of(at(NUMBERS)))


def test_the_panel_is_the_idea_s() -> None:
    """Its markup stands in the page, drawn from its own fields."""
    state = at(IDEA)

    assert PANELS["idea-layers"].fields == TOY_IDEA.fields
    assert f"{len(state.run.tokens)} tokens, as an idea" in pages.render(state, Memo(PANELS))


def test_code_has_its_depth() -> None:
    """No code at the idea; at "code" it is open; at "numbers" folded."""
    texts = {depth: PANELS["code"].render(at(depth)) for depth in DEPTHS}
    is_open = {
        depth: [one for tag, one in Reading(text).elements if tag == "details" and "open" in one]
        for depth, text in texts.items()
    }

    assert texts[IDEA] == ""
    assert is_open[CODE]
    assert not is_open[NUMBERS]


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_switch(depth: str) -> None:
    """One button a depth, the present one pressed."""
    buttons = [
        one
        for _, one in Reading(PANELS["header"].render(at(depth))).elements
        if one.get("data-action") == "set-depth"
    ]

    assert [one["data-depth"] for one in buttons] == list(DEPTHS)
    assert [one["data-depth"] for one in buttons if one["aria-pressed"] == "true"] == [depth]
