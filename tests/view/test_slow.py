"""The slow motion of a training step: what each place draws is the step's own."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seethrough.app.lesson import Lesson
from seethrough.app.message import Message
from seethrough.app.slow import Slow
from seethrough.core import hooks
from seethrough.core.depth import DEPTHS
from seethrough.core.routes import STAGES, Route
from seethrough.core.train.course import Course
from seethrough.core.train.one_weight import one_weight
from seethrough.core.train.slow import GRAD, lengths, splits
from seethrough.view import pages
from seethrough.view.ideas.plain import whole
from seethrough.view.layout import ACTIONS, PANELS, raster_for
from seethrough.view.numbers import exact, probability, readout
from seethrough.view.pictures import describe_cell, order_of
from seethrough.view.train.slow import frame
from seethrough.view.train.slow.guess import reach_of
from seethrough.view.words import Reader
from tests import own_loop
from tests.app.test_training import room
from tests.steps import page_state
from tests.view.sample import Reading

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.train.slow import SlowStep

ENGLISH = Reader("en")


@cache
def lesson() -> Lesson:
    """A run of twelve steps with its last one taken apart, and an open sum."""

    async def work() -> Lesson:
        actions, _ = await room()
        await actions.training.go(12)
        await actions.slowing.open()
        await actions.slowing.choose_part(1, "attn")
        await actions.slowing.open_sum("blocks.1.attn.W_Q.grad", (3, 4))
        return actions.state.lesson

    return own_loop.run(work())


def step() -> SlowStep:
    """The step of that run."""
    found = lesson().slow.step
    assert found is not None
    return found


def at(stage: str, depth: str = "numbers", **changes: object) -> AppState:
    """The page at a place of the step."""
    shown = replace(lesson(), slow=replace(lesson().slow, **changes))
    return page_state(route=Route("slow", "", stage), lesson=shown, depth=depth)


def drawn(stage: str, depth: str = "numbers", **changes: object) -> str:
    """The picture of a place."""
    return frame.render(at(stage, depth, **changes))


def letter(position: int) -> str:
    """The letter that came at a place, as it is shown."""
    sign = step().alphabet[step().aims[position]]
    return {" ": "␣", "\n": "↵"}.get(sign, sign)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("stage", STAGES)
def test_each_place_has_its_page(stage: str, depth: str) -> None:
    """Title, line, picture and foot; only agreed actions; the code only where it is told."""
    html = pages.render(at(stage, depth))
    read = Reading(html)

    assert set(read.values("data-action")) <= set(ACTIONS)
    assert html.count("<h1") == 1
    assert html.count('aria-current="step"') == 1
    assert [name for name in read.values("href") if name.startswith("#/train/step/")] == [
        f"#/train/step/{name}" for name in STAGES
    ]
    assert ('class="code"' in html) == (depth != "idea")
    assert ("code-of-slow-open" in html) == (depth == "code")
    assert html.count("slow-tile") in {0, 64}


def test_the_bars_are_the_shares() -> None:
    """The bar above a letter is as high as p of that letter, and its words tell it."""
    html = drawn("guess")
    heights = [float(one) for one in re.findall(r'is-share"[^>]* height="([\d.]+)"/?>', html)]
    shares = step().p_of_aim(step().shares)

    assert heights[:64] == pytest.approx(100 * shares / reach_of(step()), abs=0.01)
    assert f"A bar of full height is {whole(ENGLISH, reach_of(step()))}" in html
    assert f"{letter(5)}: {probability(ENGLISH, shares[5])}" in html


def test_the_losses_are_the_graphs() -> None:
    """The table has each letter's own −log p; the lead has the mean of all."""
    state = at("loss")
    html = pages.render(replace(state, chrome=replace(state.chrome, unfolded=None)))

    assert exact(ENGLISH, step().losses[0, 9]) in html
    assert exact(ENGLISH, np.float32(step().loss)) in html


def test_arrows_point_where_scores_should_go() -> None:
    """One arrow goes up, that of the letter that came; all others go down."""
    html = drawn("error", "idea", position=3)
    ups = re.findall(r'slow-arrow is-up"><text[^>]*>([^<]+)<', html)

    assert ups == [letter(3)]
    assert html.count("slow-arrow is-down") == len(step().alphabet) - 1


def test_each_gradient_of_a_score_opens() -> None:
    """At the numbers each letter's gradient is a button that opens its sum."""
    html = drawn("error", position=3)
    gradient = step().arrays[f"{hooks.LOGITS}{GRAD}"][3]
    found = re.findall(r'data-name="logits.grad" data-index="3,(\d+)"[^>]*>([^<]+)<', html)

    assert len(found) == len(step().alphabet)
    for index, words in found:
        assert words == readout(ENGLISH, gradient[int(index)])


def test_the_band_is_as_wide_as_the_gradient_is_long() -> None:
    """The tower goes from the last part to the first, its widths in proportion to the lengths."""
    html = drawn("back", "idea", position=8)
    parts = re.findall(r'data-layer="(\d)" data-part="(\w+)"', html)
    ribbons = re.findall(r'slow-ribbon" d="M([\d.]+) 0H([\d.]+)L([\d.]+) \d+H([\d.]+)Z', html)
    found = splits(step())

    assert parts == [(str(one.layer), one.part) for one in found]
    upper = [float(right) - float(left) for left, right, _, _ in ribbons[1:-1]]
    expected = [float(lengths(one.past)[8]) for one in found]
    through = [float(lengths(one.through)[8]) for one in found]
    size = max(*expected, *through, float(lengths(found[-1].total)[8]))
    assert upper == pytest.approx([max(3, 56 * one / size) for one in expected], abs=0.11)


def test_where_it_adds_up_the_lengths_are_told() -> None:
    """At the numbers each part tells what came along, what came out of it, and both."""
    html = drawn("back", position=8)
    one = splits(step())[1]
    for array in (one.past, one.through, one.total):
        assert readout(ENGLISH, float(lengths(array)[8])) in html


def test_a_strip_is_the_gradient_and_opens() -> None:
    """A cell of a strip tells its own number, and a click asks for its sum."""
    state = at("back", position=8)
    picture = "slow-strip:blocks.1.attn.hook_q"
    gradient = step().arrays["blocks.1.attn.hook_q.grad"][8]

    assert exact(ENGLISH, gradient[2, 5]) in describe_cell(state, picture, 2, 5)
    assert describe_cell(state, picture, 9, 0) == ""
    order = order_of(state, picture, 2, 5)
    assert order == ("slow-sum", {"name": "blocks.1.attn.hook_q.grad", "index": "8,2,5"})
    pattern = order_of(state, "slow-strip:blocks.1.attn.hook_pattern", 2, 5)
    assert pattern == ("slow-sum", {"name": "blocks.1.attn.hook_pattern.grad", "index": "2,8,5"})
    assert order_of(state, "slow-strip:blocks.1.ln1.hook_scale", 0, 0) is None


def test_pictures_have_their_pixels() -> None:
    """Every canvas that a place has is drawn in its own size, in both themes."""
    for stage in STAGES:
        state = at(stage)
        canvases = [a for tag, a in Reading(pages.render(state)).elements if tag == "canvas"]
        assert bool(canvases) == (stage in {"back", "update"})
        for told in canvases:
            for dark in (False, True):
                pixels = raster_for(state, told["data-raster"] or "", dark)
                assert pixels is not None
                size = str(pixels.shape[1]), str(pixels.shape[0])
                assert size == (told["width"], told["height"])


def test_a_click_on_the_map_chooses_that_number() -> None:
    """A cell of a weight's picture is that number of the weight."""
    state = at("update", weight="blocks.0.mlp.W_in", cell=(1, 2))
    weight = step().weights["blocks.0.mlp.W_in"]

    assert order_of(state, "slow-map", 4, 7) == ("slow-cell", {"index": "4,7"})
    assert exact(ENGLISH, weight[4, 7]) in describe_cell(state, "slow-map", 4, 7)
    assert describe_cell(state, "slow-map", 4000, 7) == ""
    bias = at("update", weight="blocks.0.mlp.b_in", cell=(2,))
    assert order_of(bias, "slow-map", 0, 7) == ("slow-cell", {"index": "7"})


def test_the_formula_has_the_graphs_numbers() -> None:
    """Every line of the update is there with this number's own values, the last is the graph's."""
    html = drawn("update", weight="blocks.0.mlp.W_in", cell=(1, 2))
    told = one_weight(step(), "blocks.0.mlp.W_in", (1, 2))

    for value in (told.w, told.clipped, told.m, told.v, told.m_hat, told.v_root, told.move):
        assert exact(ENGLISH, value) in html
    assert html.count(exact(ENGLISH, told.is_new)) >= 2
    assert 'data-index="1,2"' in html


def test_before_and_after_stand_side_by_side() -> None:
    """Each letter has a bar of before and one of after; the sentence has both losses."""
    html = drawn("after", "idea")
    befores = re.findall(r'is-before"[^>]* height="([\d.]+)"/?>', html)
    afters = re.findall(r'is-share"[^>]* height="([\d.]+)"/?>', html)

    assert [float(one) for one in befores[:64]] == pytest.approx(
        100 * step().p_of_aim(step().shares) / reach_of(step()), abs=0.01
    )
    assert [float(one) for one in afters[:64]] == pytest.approx(
        100 * step().p_of_aim(step().after_shares) / reach_of(step()), abs=0.01
    )
    assert f"{step().loss:.3f}" in html
    assert f"{step().after_loss:.3f}" in html


def test_the_open_sum_adds_up_on_the_page() -> None:
    """Its terms, the rest and the graph's own number stand beside the picture."""
    html = PANELS["slow-sum"].render(at("update"))
    found = lesson().slow.opened
    assert found is not None

    assert exact(ENGLISH, found.value) in html
    for term in found.terms:
        assert readout(ENGLISH, term.value) in html
    assert f"{found.n_rest} smaller terms" in html


def test_without_a_run_there_is_one_button() -> None:
    """One sentence and one button; while it learns, how far it is, and no button."""
    empty = page_state(route=Route("slow"))
    going = Lesson(lesson_stage="going", lesson_goal=10, course=Course((3.0,) * 4))

    assert Reading(frame.render(empty)).values("data-action") == ["slow-train"]
    html = frame.render(page_state(route=Route("slow"), lesson=going))
    assert "step 4 of 10" in html
    assert "data-action" not in html
    failed = Lesson(course=Course((3.0,)), slow=Slow(told=Message("engine.not_loaded")))
    assert 'role="alert"' in frame.render(page_state(route=Route("slow"), lesson=failed))


def test_a_text_that_ends_early() -> None:
    """Where no letter comes next, that is said, and nothing is drawn of it."""
    whole = step()
    targets = whole.targets.copy()
    targets[0, 60:] = -1
    losses = whole.losses.copy()
    losses[0, 60:] = 0
    cut = replace(whole, targets=targets, losses=losses)
    for stage in STAGES:
        for depth in ("idea", "numbers"):
            html = drawn(stage, depth, step=cut, position=62)
            assert html.count('data-action="slow-place"') in {0, 60}
    assert "no letter was to be guessed" in drawn("error", step=cut, position=62)
