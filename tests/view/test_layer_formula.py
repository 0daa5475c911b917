"""A layer as a formula: what each family does, each sign with the shape that its numbers have."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser

from seethrough.core import hooks
from seethrough.core.config import LayerConfig
from seethrough.core.depth import CODE, NUMBERS
from seethrough.core.families import FAMILIES, family_of
from seethrough.core.hooks import LEAF_DIMS, axis_sizes, hook_name
from seethrough.core.routes import Route
from seethrough.core.tokens import TokenView
from seethrough.core.weight_names import expected_dims
from seethrough.view.layer_formula import OF_HOOKS, OF_WEIGHTS, box, lines_of
from seethrough.view.layout import ACTIONS
from seethrough.view.node import to_html
from seethrough.view.tours import THE_BLOCK
from tests.fake_engine import CONFIG
from tests.steps import page_state
from tests.view.test_sums import run

if TYPE_CHECKING:
    from seethrough.app.state import AppState
    from seethrough.core.config import ModelConfig

IDS = (5, 6, 7)


def at(config: ModelConfig, step: str = "layers", **changes: object) -> AppState:
    """A run of a model at a step."""
    tokens = tuple(TokenView(token, f"t{token}", f"·t{token}", False) for token in IDS)
    view = "walk" if step == "layers" else "block"
    state = page_state(config=config, model="tiny", tokens=tokens, depth=NUMBERS)
    return state.but(route=Route(view, "own", step), layer=1, **changes)


def drawn(config: ModelConfig, step: str = "") -> LexborHTMLParser:
    """The box, all lines or those of a step inside a layer."""
    return LexborHTMLParser(to_html(box(at(config, step or "layers"), step)))


def formulas(config: ModelConfig, step: str = "") -> str:
    """All lines as they are read, without the shapes."""
    page = drawn(config, step)
    for shape in page.css(".shape, .visually-hidden"):
        shape.decompose()
    return "\n".join(line.text() for line in page.css(".formula"))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_step_of_the_pass_has_a_line(family: str) -> None:
    """What the model computes between one stream and the next is made in a line, once."""
    config = run(family)[0]
    made = [OF_HOOKS[name] for line in lines_of(config, 1) for name in line.made]
    inner = {"hook_scale", "hook_normalized"}
    told = {
        leaf
        for leaf in hooks.block_leaves(config)
        if leaf.rpartition(".")[2] not in inner and not leaf.startswith(("ln1_post", "ln2_post"))
    }

    assert len(set(made)) == len(made)
    assert {*made, hooks.RESID_PRE} == told - {hooks.ATTN_MADE, hooks.MLP_MADE}


@pytest.mark.parametrize("family", FAMILIES)
def test_shapes_are_those_of_the_numbers(family: str) -> None:
    """Below a sign stand the sizes of its hook for one token, and of its matrix."""
    config = run(family)[0]
    page, sizes = drawn(config), axis_sizes(config, n_pos=len(IDS))
    shown = {
        node.css_first("[data-hook]").attributes["data-hook"]: node.css_first(".shape").text()
        for node in page.css(".signed:has([data-hook])")
    }
    for name in {name for line in lines_of(config, 1) for name in line.made}:
        axes = [one for one in LEAF_DIMS[OF_HOOKS[name]] if one not in {"pos", "query_pos"}]
        assert shown[OF_HOOKS[name]] == " × ".join(str(sizes[axis]) for axis in axes)
    dims = expected_dims(config)
    for weight in OF_WEIGHTS.values():
        whole = hook_name(weight, 1)
        told = [
            node.parent.parent.css_first(".shape").text()
            for node in page.css(".sign-weight")
            if (node.attributes["title"] or "").startswith(f"{whole} [")
        ]
        assert told == ([" × ".join(map(str, dims[whole]))] if whole in dims else []), weight


@pytest.mark.parametrize("family", FAMILIES)
def test_the_formula_is_the_family_s_own(family: str) -> None:
    """Norm, turning, biases, gate, norms after a half stand there where the model has them."""
    config = run(family)[0]
    told, row = formulas(config), family_of(config)

    assert ("mean((x − mean(x))²)" in told) == row.norm.is_centred
    assert ("turns pair p" in told) == row.is_rotary
    assert ("+ b_Q" in told) == row.has_bias("attn.W_Q")
    assert ("+ b_O" in told) == row.has_bias("attn.W_O")
    assert ("+ b_out" in told) == row.has_bias("mlp.W_out")
    assert ("W_gate" in told) == row.is_gated
    assert ("SiLU" in told) == (row.activation == "silu")
    assert ("norm(attention(norm(x)))" in told) == row.has_norms_after
    assert ("each head by itself" in told) == row.has_head_norms
    assert "−∞" in told
    assert not re.search(r"[{}]", told)


def test_what_meets_in_a_score_is_said() -> None:
    """Turned queries and keys where the layer turns them; elsewhere the bare ones."""
    still = replace(CONFIG, layers=(LayerConfig(), LayerConfig(is_turned=False, window=3)))

    assert "q′i · k′j" in formulas(CONFIG, "scores")
    assert "qi · kj" in formulas(still, "scores")
    assert "R" not in formulas(still, "scores")
    assert "within the last 3" in formulas(still, "scores")
    assert "within" not in formulas(CONFIG, "scores")


@pytest.mark.parametrize("step", [step.name for step in THE_BLOCK.steps if step.idea])
def test_a_step_s_own_lines_are_marked(step: str) -> None:
    """Inside a layer the whole stands above the lines of the step; the others are a link away."""
    page = drawn(CONFIG, step)
    here = page.css(".formula-lines:not(.is-whole) .is-here")

    assert here
    assert len(here) == len(page.css(".formula-lines:not(.is-whole) .formula-line"))
    ways = [node.attributes["href"] or "" for node in drawn(CONFIG).css(".formula-way")]
    assert any(f"/{step}?" in way for way in ways)


def test_a_pressed_sign_tells_where_it_is() -> None:
    """Its hook, how many numbers it holds, the step that draws it; the code tells it itself."""
    shown = at(CONFIG, "scores", hook=hooks.ROT_Q)
    told = LexborHTMLParser(to_html(box(shown, "scores")))
    buttons = told.css("[data-action='show-hook']")

    assert "attn.hook_rot_q" in told.css_first(".formula-told").text()
    assert {one.attributes["data-action"] for one in buttons} <= set(ACTIONS)
    pressed = [one for one in buttons if one.attributes["aria-pressed"] == "true"]
    assert {one.attributes["data-hook"] for one in pressed} == {hooks.ROT_Q}
    code = LexborHTMLParser(to_html(box(shown.but(depth=CODE), "scores")))
    assert code.css_first(".formula-told").text() == ""


def test_before_a_run_there_is_none() -> None:
    """Without a model there is no formula."""
    assert box(page_state(route=Route("walk", "own", "layers"))) == ""
