"""Numbers worked out on the page: what stands to the left of = makes what stands to its right."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from selectolax.lexbor import LexborHTMLParser

from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.maths import gelu_new, silu
from seethrough.core.routes import Route
from seethrough.view import norm_facts
from seethrough.view.block import expand, gate, qkv, scores, turned, weights
from seethrough.view.block.here import here_of
from seethrough.view.block.neurons import neurons_of
from seethrough.view.block.products import products_of
from seethrough.view.numbers import MINUS, THIN
from seethrough.view.steps import logits, softmax
from tests.view.block_sample import block_state
from tests.view.test_block_steps import at
from tests.view.walk_sample import FAMILIES, walk_state, weights_of

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?")
CLOSE = {"rel": 4e-3, "abs": 4e-3}


def lines(html: str, where: str) -> list[str]:
    """The lines of a calculation, as a program reads them."""
    found = [node.text() for node in LexborHTMLParser(html).css(where)]
    return [line.replace(MINUS, "-").replace(THIN, "") for line in found]


def numbers(line: str) -> list[float]:
    """The numbers of a line, in order."""
    return [float(one) for one in NUMBER.findall(line)]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_norm_s_numbers_make_its_root(family: str) -> None:
    """The mean of squares and ε are under the root, and the root is the model's own scale."""
    state = at("qkv", family=family)
    place = here_of(state)
    assert place is not None
    found = qkv.norm(state, place)
    assert found is not None
    _, told, _ = lines(qkv.render(state), ".norm-card p")
    *_, square, eps, scale = numbers(told)

    assert math.sqrt(square + eps) == pytest.approx(scale, rel=1e-3)
    assert scale == pytest.approx(found.scale, rel=1e-3)
    assert ("LayerNorm" in qkv.render(state)) == (family == "gpt2")


@pytest.mark.parametrize(("family", "step"), [(f, s) for f in FAMILIES for s in ("qkv", "expand")])
def test_a_norm_s_worked_number_is_the_hook_s(family: str, step: str) -> None:
    """x, the root and the learned weight make the very number that comes out."""
    state = block_state(step, family=family)
    html = (qkv if step == "qkv" else expand).render(state)
    worked = lines(html, ".norm-card .worked")[0]
    *_, out = told = numbers(worked)

    if family == "gpt2":
        _, x, mean, scale, weight, bias, _ = told
        assert (x - mean) / scale * weight + bias == pytest.approx(out, **CLOSE)
    else:
        _, x, scale, weight, _ = told
        assert x / scale * weight == pytest.approx(out, **CLOSE)


def test_a_learned_weight_that_is_not_here_has_its_name() -> None:
    """Without the norm's weights the number stands there by its name."""
    state = at("qkv")
    place = here_of(state)
    assert place is not None
    worked = lines(qkv.render(state), ".norm-card .worked")[0]

    assert "w[" in worked
    assert 'title="blocks.1.ln1.w[' in qkv.render(state)


def test_the_final_norm_is_told_before_the_unembedding() -> None:
    """Step 5 says which norm it is and what W_U is, with its shape."""
    state = walk_state().but(route=Route("walk", "own", "logits"))
    html = logits.render(state)

    assert "RMSNorm" in html
    assert "[32 × 300]" in lines(html, ".logits-formula .note")[0]
    *_, square, eps, scale = numbers(lines(html, ".norm-card p")[1])
    assert math.sqrt(square + eps) == pytest.approx(scale, rel=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_neuron_is_worked_out(family: str) -> None:
    """Its gate through the activation, times its offer, is its activation."""
    state = block_state("expand", family=family)
    known = neurons_of(state)
    assert known is not None
    neuron = known.told[0]
    told = lines(expand.render(state), ".gate-card li")
    post = numbers(told[-1])[-1]

    assert post == pytest.approx(float(known.post[neuron]), rel=1e-3)
    if family == "gpt2":
        assert gelu_new(np.float64(numbers(told[0])[-1])) == pytest.approx(post, **CLOSE)
        return
    pre, squashed, offer = numbers(told[0])[-1], numbers(told[1])[-1], numbers(told[2])[-1]
    assert silu(np.float64(pre)) == pytest.approx(squashed, **CLOSE)
    *_, left, right, _ = numbers(told[3])
    assert (left, right) == (squashed, offer)
    assert left * right == pytest.approx(post, **CLOSE)
    bare, is_open, made = numbers(told[1])[-3:]
    assert bare * is_open == pytest.approx(made, **CLOSE)


@pytest.mark.parametrize("x", [-800.0, -3.0, 0.0, 2.5, 800.0])
def test_a_gate_far_out_is_open_or_shut(x: float) -> None:
    """The sigmoid overflows nowhere."""
    assert gate.sigmoid(x) == pytest.approx(1 / (1 + np.exp(-np.longdouble(x))), rel=1e-12)


def test_the_score_uses_the_turned_ones() -> None:
    """Four vectors by their hooks; the turned number is what cos and sin make of the pair."""
    state = at("scores")
    place = here_of(state)
    assert place is not None
    made = products_of(state, place, 0)
    assert made is not None
    html = scores.render(state)
    names = [node.text() for node in LexborHTMLParser(html).css(".turned .hook")]

    assert [name.partition("[")[0] for name in names] == [
        hook_name(leaf, 1) for leaf in (hooks.Q, hooks.ROT_Q, hooks.K, hooks.ROT_K)
    ]
    told = numbers(lines(html, ".turned .worked")[0])
    own, cos, other, sin, after = told[-5:]
    assert own * cos + other * sin == pytest.approx(after, **CLOSE)
    *_, bare, score = numbers(lines(html, ".turned > .note")[-1])
    best = int(state.run.captured.arrays[place.name(hooks.SCORES)][1, 3, :4].argmax())
    sides = turned.sides_of(state, products_of(state, place, best))  # type: ignore[arg-type]
    query, key = sides
    width = math.sqrt(len(query.before))
    assert bare == pytest.approx(float(query.before @ key.before) / width, rel=1e-3, abs=1e-4)
    assert score == pytest.approx(float(query.after @ key.after) / width, rel=1e-3, abs=1e-4)
    assert np.linalg.norm(query.before) == pytest.approx(np.linalg.norm(query.after), rel=1e-5)


def test_where_nothing_is_turned_nothing_is_said_of_it() -> None:
    """GPT-2's queries and keys meet as they were made."""
    html = scores.render(at("scores", family="gpt2"))

    assert 'class="turned"' not in html
    assert "turned" not in " ".join(lines(html, "p, li")).lower()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_of_softmax_is_worked_out(family: str) -> None:
    """exp(score − max) / sum with the row's numbers is the shown weight."""
    state = at("weights", family=family)
    told = lines(weights.render(state), ".worked")[0]
    score, most, power, total, share = numbers(told)[-5:]

    assert score - most == 0  # the best key is told
    assert power / total == pytest.approx(share / 100, abs=2e-3)
    assert math.exp(score - most) == pytest.approx(power, abs=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_step_six_is_worked_out(family: str) -> None:
    """The two best tokens: exp(logit − max) ÷ the sum is the share in the table."""
    state = walk_state(family=family).but(route=Route("walk", "own", "softmax"))
    made = softmax.softened(state)
    for row, told in zip(made.rows, lines(softmax.render(state), ".worked li"), strict=False):
        below, total, power, again, share = numbers(told)[-5:]
        assert total == again
        assert math.exp(below) == pytest.approx(power, rel=2e-2)
        assert power / total == pytest.approx(share / 100, abs=1e-3)
        assert share / 100 == pytest.approx(row.prob, abs=1e-3)


def test_learned_weights_are_asked_of_the_model_alone() -> None:
    """A recording is not asked for what no recording holds."""
    state = at("qkv")
    assert norm_facts.wants(state, norm_facts.FIRST, 1).weights == {"blocks.1.ln1.w"}
    assert set(weights_of("llama")) >= {"blocks.1.ln1.w"}
