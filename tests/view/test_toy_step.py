"""A step that only a test describes: it is in the house from its one row, with no source edited."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from seethrough.app.places import address
from seethrough.app.state import WALK, AppState, Stage, Step, Tours
from seethrough.app.tours import steps_of, wanted_by
from seethrough.core import hooks, maths, messages, routes
from seethrough.core.hooks import hook_name
from seethrough.core.messages import catalogue
from seethrough.core.routes import OWN, Place, Route, address_of, address_of_place
from seethrough.core.wants import Wants, want
from seethrough.view import code, hook_places, named, pages
from seethrough.view.layout import Memo, panels_of
from seethrough.view.moments import moments_of
from seethrough.view.node import h, to_html
from seethrough.view.tours import ALL_AT_ONCE, THE_BLOCK, THE_WALK
from seethrough.view.words import rich, say
from tests.english import exact
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, walk_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seethrough.app.state import Scene
    from seethrough.view.node import Child

SENTENCES = {
    "step.toy": "What the MLP looks for",
    "step.toy.short": "Look",
    "step.inside.short": "Inside",
    "toy.lead": "The largest of its [[neuron|neurons]] is {largest}.",
    "toy.first": "A neuron wakes.",
    "toy.second": "The largest neuron is {largest}.",
    "named.neuron": "neuron|neurons",
}


def largest(scene: Scene) -> str:
    """The largest value of the chosen layer's neurons at the chosen token; empty before a run."""
    row = scene.run.captured.row(
        hook_name(hooks.MLP_POST, scene.choice.layer), scene.choice.position
    )
    return "" if row is None else exact(row.max())


def render(scene: Scene) -> str:
    """The toy's panel: one sentence, one bar."""
    if not largest(scene):
        return ""
    bar = h("div", {"class": "is-neuron", "data-at": "0", "data-move": "grow"}, largest(scene))
    return to_html(named.lead(scene, rich(scene, "toy.lead", largest=largest(scene))), bar)


def moments(scene: Scene) -> tuple[Child, ...]:
    """Its film of two moments."""
    if not largest(scene):
        return ()
    return (say(scene, "toy.first"), say(scene, "toy.second", largest=largest(scene)))


def wants(scene: Scene) -> Wants:
    """The neurons of the chosen layer."""
    return want([hook_name(hooks.MLP_POST, scene.choice.layer)], scene.choice.position)


TOY = Step(
    "toy",
    ("language", "tokens", "config", "captured", "layer", "position"),
    render,
    moments,
    wants=wants,
    chosen=frozenset({"layer", "position"}),
    code=lambda _config: (maths.softmax,),
    parts=("model.blocks",),
    terms=("neuron",),
    hooks=frozenset({hooks.MLP_POST}),
)
# The toy comes after "layers", and is the second step inside a block.
AFTER = THE_WALK.number("layers")
STEPS = (*THE_WALK.steps[:AFTER], TOY, *THE_WALK.steps[AFTER:])
TOURS: Tours = (
    replace(THE_WALK, steps=STEPS),
    replace(THE_BLOCK, steps=(*THE_BLOCK.steps, TOY)),
    ALL_AT_ONCE,
)
PANELS = panels_of(TOURS)
parse = partial(routes.parse, tours=steps_of(TOURS))
HERE, IN_BLOCK = Route(WALK, OWN, "toy"), Route("block", OWN, "toy")


@pytest.fixture(autouse=True)
def sentences(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy's sentences, in the catalogue for as long as a test runs."""
    whole = {**catalogue(), **SENTENCES}
    monkeypatch.setattr(messages, "catalogue", lambda _language="en": whole)
    return


def at(route: Route = HERE, family: str = "llama") -> AppState:
    """A live run in a page that has the toy."""
    return walk_state(family=family).but(tours=TOURS, route=route, layer=1, position=2)


def links(html: str) -> list[str]:
    """Where the links of some markup lead."""
    return Reading(html).values("href")


def spine(html: str) -> list[str]:
    """Where the joints of a page's spine lead."""
    return links(html.partition('class="spine')[2].partition("</nav>")[0])


def test_it_has_an_address() -> None:
    """Its address is read and written; the same address means no step where there is no toy."""
    assert parse("#/walk/january/toy") == Place(Route(WALK, "january", "toy"))
    assert address_of_place(parse("#/walk/january/toy?pos=2")) == "#/walk/january/toy?pos=2"
    assert routes.parse("#/walk/january/toy", tours=steps_of((THE_WALK,))).ignored == ("toy",)


def test_it_is_in_the_spine() -> None:
    """The walk's page has its joint between its neighbours', marked as the present one."""
    reading = Reading(pages.render(at(), Memo(PANELS)))
    joints = [one for _, one in reading.elements if one.get("aria-current") == "step"]

    assert [joint["href"] for joint in joints] == ["#/walk/own/toy"]
    assert spine(pages.render(at(), Memo(PANELS))) == [f"#/walk/own/{step.name}" for step in STEPS]
    assert SENTENCES["step.toy.short"] in reading.texts
    assert SENTENCES["step.toy"] in pages.title(at())


def test_next_and_back_lead_over_it() -> None:
    """On from "layers" comes the toy, then "logits"; back the same way."""
    tour = at().tour
    assert tour is not None
    before, after = Route(WALK, OWN, "layers"), Route(WALK, OWN, "logits")

    assert (tour.beside(before, 1), tour.beside(HERE, 1)) == (HERE, after)
    assert (tour.beside(after, -1), tour.beside(HERE, -1)) == (HERE, before)


@pytest.mark.parametrize("family", FAMILIES)
def test_its_panel_is_drawn(family: str) -> None:
    """The page has its number, its words name its part, and another layer draws it anew."""
    state, memo = at(family=family), Memo(PANELS)
    html = pages.render(state, memo)
    reading = Reading(memo.markup(state, "step-toy"))

    assert memo.markup(state, "step-toy") in html
    assert largest(state) in reading.texts
    assert "neuron" in reading.values("data-names")
    assert "is-neuron" in reading.values("class")
    other = memo.markup(state.but(layer=0), "step-toy")
    assert largest(state.but(layer=0)) in other
    assert largest(state) not in other


def test_its_film_is_told() -> None:
    """The transport has its two moments and their sentences, and counts ten steps."""
    state = at()
    html = PANELS["transport"].render(state)

    assert len(moments_of(state)) == 2
    assert 'max="2"' in html
    assert f"{AFTER + 1} of {len(STEPS)}" in "".join(Reading(html).texts)
    for moment, key in enumerate(("toy.first", "toy.second")):
        told = PANELS["transport"].render(state.but(stage=Stage(moment=moment)))
        words = SENTENCES[key].format(largest=largest(state))
        assert words in "".join(Reading(told).texts)
        assert "neuron" in Reading(told).values("data-names")


def test_its_numbers_are_wanted() -> None:
    """What it draws is asked for at its step, and at no other."""
    wanted = wanted_by(TOURS, at())

    assert wanted.hooks == {("blocks.1.mlp.hook_post", 2)}
    assert not wanted_by(TOURS, at(Route(WALK, OWN, "loop"))).hooks & wanted.hooks


def test_its_part_of_the_model_is_lit() -> None:
    """In the stack the blocks are at work."""
    html = PANELS["stack"].render(at())
    lit = [one for one in html.split("<li ")[1:] if "is-now" in one.partition(">")[0]]
    without = PANELS["stack"].render(at().but(tours=(THE_WALK,), route=Route(WALK, OWN, "layers")))

    assert len(lit) == 1
    assert html.index("is-now") > 0
    assert lit[0].partition("<span")[0].split(">")[1] in without


def test_its_hook_leads_to_it() -> None:
    """From the code of another step the hook's place is the toy; without it, the block."""
    elsewhere = at(Route(WALK, OWN, "layers"))
    told = to_html(*[h("p", {}, hook_places.describe_hook(elsewhere, hooks.MLP_POST))])
    here = to_html(*[h("p", {}, hook_places.describe_hook(at(), hooks.MLP_POST))])
    without = hook_places.describe_hook(elsewhere.but(tours=(THE_WALK,)), hooks.MLP_POST)

    assert links(told) == ["#/walk/own/toy"]
    assert links(here) == []
    assert links(to_html(h("p", {}, without))) == ["#/block/own/inside"]


def test_its_code_is_shown() -> None:
    """The functions that its row names stand beside it."""
    assert code.functions_of(at()) == (maths.softmax,)
    assert "def softmax" in "".join(Reading(PANELS["code"].render(at())).texts)


def test_its_address_says_what_is_chosen() -> None:
    """Layer and position, because the row says so; and they are read again."""
    told = address(at())
    place = parse(told)

    assert told.startswith("#/walk/own/toy?")
    assert (place.route, place.layer, place.position) == (HERE, 1, 2)
    assert parse(address(at(Route(WALK, OWN, "layers")))).layer is None


@pytest.mark.parametrize("family", FAMILIES)
def test_a_block_has_steps(family: str) -> None:
    """`#/block/<subject>/<step>`: the page of a layer with the toy's panel, and the way between."""
    assert parse("#/block/january/toy") == Place(Route("block", "january", "toy"))
    state = at(IN_BLOCK, family)
    html = pages.render(state, Memo(PANELS))

    assert PANELS["step-toy"].render(state) in html
    assert spine(html) == [f"#/block/own/{step.name}" for step in TOURS[1].steps]
    first = pages.render(state.but(route=Route("block", OWN, "inside")), Memo(PANELS))
    assert ('id="inside"' in first, 'id="step-toy"' in first) == (True, False)
    assert ('id="inside"' in html, 'id="step-toy"' in html) == (False, True)
    assert address_of(IN_BLOCK) == "#/block/own/toy"
    assert parse(address(state)).route == IN_BLOCK


def test_a_block_s_film_is_played() -> None:
    """The block's page has the transport with the toy's film, and the way back to its start."""
    html = pages.render(at(IN_BLOCK), Memo(PANELS))
    reading = Reading(html.partition('class="transport"')[2])

    assert html.count('id="transport"') == 1
    assert 'max="2"' in html
    assert {"play", "seek", "speed", "step-back"} <= set(reading.values("data-action"))
    n_steps = len(TOURS[1].steps)
    assert f"{n_steps} of {n_steps}" in "".join(reading.texts)
    told = pages.render(at(IN_BLOCK).but(stage=Stage(moment=0)), Memo(PANELS))
    assert SENTENCES["toy.first"] in "".join(Reading(told).texts)


def test_a_tour_of_one_step_has_no_way() -> None:
    """With one step there is no spine, no film, no step in the address; it has the tour's name."""
    alone = replace(THE_BLOCK, steps=THE_BLOCK.steps[-1:])
    state = walk_state().but(tours=(THE_WALK, alone), route=Route("block", OWN))
    html = pages.render(state)

    assert PANELS["transport"].render(state) == ""
    assert spine(html) == []
    assert not [way for way in links(html) if way.startswith("#/block/own/")]
    assert address_of(state.route) == "#/block/own"
    assert catalogue()["title.block"] in Reading(html).texts
