from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from selectolax.lexbor import LexborHTMLParser

from seethrough.app.actions import Actions
from seethrough.app.state import AppState, Message, Tracing
from seethrough.app.tracing import Tracer
from seethrough.core.captured import BY_HEAD, Captured
from seethrough.core.cell import PROBS, Cell
from seethrough.core.families import FAMILIES
from seethrough.core.hooks import LEAF_DIMS, leaf_of
from seethrough.core.messages import text
from seethrough.core.reference import forward, from_arrays
from seethrough.core.sum_rules import rules_of_family
from seethrough.core.sums import dims_of, needs, sum_of, weight_dims
from seethrough.core.tokens import TokenView
from seethrough.view import sums
from seethrough.view.layout import ACTIONS, PANELS
from tests import own_loop
from tests.english import exact
from tests.fake_engine import CONFIG, opened, tiny_model
from tests.kinds import name_of_kind
from tests.steps import page_state
from tests.view.sample import Reading, state
from tests.view.test_addends import plain

if TYPE_CHECKING:
    from seethrough.core.config import ModelConfig
    from seethrough.core.sum_parts import Slice
    from seethrough.core.sums import Sum

MODEL = tiny_model()
IDS = (257, 290, 70, 5)
GPT2 = replace(
    CONFIG,
    family="gpt2",
    n_key_value_heads=CONFIG.n_heads,
    rotary_base=None,
    positional_embedding_type="standard",
)
KINDS = [(family, leaf) for family, row in FAMILIES.items() for leaf in rules_of_family(row)]
HOSTILE = "<img src=x onerror=alert(1)>\"'"


@cache
def run(family: str) -> tuple[ModelConfig, dict[str, np.ndarray], Captured]:
    """A pass of a small model of a family, its weights and all that it computed."""
    config = GPT2 if family == "gpt2" else replace(CONFIG, family=family)
    weights: dict[str, np.ndarray] = dict(MODEL.arrays)
    if family != "llama":
        weights = {
            name: formula(dims) for name, dims in weight_dims(config).items() if name != "W_U"
        }
    cache_, _ = forward(config, from_arrays(weights), IDS)
    return config, weights, Captured(dict(cache_))


def formula(dims: tuple[int, ...]) -> np.ndarray:
    """Weights made by a formula."""
    count = int(np.prod(dims))
    return (np.sin(np.arange(count) * 1.7 + count) * 0.4 + 0.1).reshape(dims).astype(np.float32)


def traced(family: str, cell: Cell, **changes: object) -> AppState:
    """A state whose panel shows the sum of a cell."""
    config, weights, captured = run(family)
    asked = needs(cell, config, IDS)
    given = from_arrays(weights)
    slices = {part: cut(given(part.name), part) for part in asked.weights}
    made = sum_of(cell, config, IDS, captured, slices)
    tokens = tuple(TokenView(token, f"t{token}", f"·t{token}", False) for token in IDS)
    tracing = Tracing(cell, made.value, made, tokens=tokens)
    shown = page_state(config=config, model="tiny", tokens=tokens, captured=captured, sum=tracing)
    return shown.but(**changes)  # type: ignore[arg-type]


def cut(matrix: np.ndarray, part: Slice) -> np.ndarray:
    """A row, a column, or the whole."""
    if part.row is not None:
        return matrix[part.row]
    return matrix if part.column is None else matrix[:, part.column]


def cell_of(family: str, leaf: str) -> Cell:
    """One cell of a kind."""
    name = name_of_kind(leaf, 1)
    dims = dims_of(name, run(family)[0], len(IDS))
    assert dims is not None
    index = tuple(size // 2 for size in dims)
    return Cell(name, (index[0], 3, 2) if leaf_of(name) in BY_HEAD else index)


def test_every_number_has_a_colour() -> None:
    """Each leaf has a row of its own: none is the stream's because somebody forgot it."""
    assert {*LEAF_DIMS, PROBS} == set(sums.ROLES)


@pytest.mark.parametrize(("family", "leaf"), KINDS)
def test_a_bias_stands_in_the_formula(family: str, leaf: str) -> None:
    """The formula adds a b exactly where one of the terms is a learned bias."""
    shown = traced(family, cell_of(family, leaf))
    tracing = shown.choice.sum
    assert tracing is not None
    assert tracing.sum is not None
    config, asked = run(family)[0], needs(tracing.cell, run(family)[0], IDS)
    biases = [part for part in asked.weights if part.name.rpartition(".")[2].startswith("b")]

    assert tracing.sum.has_bias == bool(biases), config.family
    formula = "".join(Reading(sums.render(shown)).texts)
    assert ("+ b" in formula) == bool(biases)


@pytest.mark.parametrize(("family", "leaf"), KINDS)
def test_every_kind_is_told(family: str, leaf: str) -> None:
    """Name, exact value, each term's factors and product, the rest, the total: all as computed."""
    shown = traced(family, cell_of(family, leaf))
    html = sums.render(shown)
    tracing, told = shown.choice.sum, "".join(Reading(html).texts)

    assert tracing is not None
    assert tracing.sum is not None
    assert str(tracing.cell) in told
    assert exact(tracing.sum.value) in told
    assert_adds_up(html, tracing.sum)
    for term in tracing.sum.terms:
        assert exact(term.value) in told
        for factor in term.factors:
            assert exact(factor.value) in told
            assert factor.cell is None or str(factor.cell) in Reading(html).values("data-cell")
    assert ("more" in told) == bool(tracing.sum.n_rest)
    assert "{" not in told
    assert set(Reading(html).values("data-action")) <= set(ACTIONS)


def assert_adds_up(html: str, found: Sum) -> None:
    """The terms as they stand there and the rest are the whole, and each is the computed one."""
    page = LexborHTMLParser(html)
    shown = [plain(node.text()) for node in page.css(".sum-term > b")]
    rest = [plain(node.text()) for node in page.css(".sum-rest dd")]
    whole = [plain(node.text()) for node in page.css(".sum-subtotal dd")]
    total = [plain(node.text()) for node in page.css(".sum-total dd")]
    if not found.terms:
        return
    assert abs(sum(shown) + sum(rest) - (whole or total)[0]) <= Decimal("1e-12"), html
    assert len(rest) == bool(found.n_rest)
    for number, term in zip(shown, found.terms, strict=True):
        assert float(number) == pytest.approx(term.value, rel=6e-3, abs=1e-12)
    assert float(total[0]) == pytest.approx(found.total, rel=6e-4)


@pytest.mark.parametrize(("family", "leaf"), KINDS)
def test_every_source_can_be_traced_on(family: str, leaf: str) -> None:
    """All numbers that a sum names are cells of the model, the ways back through it."""
    shown = traced(family, cell_of(family, leaf))
    for cell in sums.sources(shown):
        onward = traced(family, cell)
        assert onward.choice.sum is not None
        assert onward.choice.sum.sum is not None
        assert sums.render(onward)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_future_and_what_was_learned_have_no_terms(family: str) -> None:
    """A masked cell and a weight have a value and a sentence, no listing."""
    masked = Cell("blocks.1.attn.hook_attn_scores", (1, 1, 3))
    for cell in (masked, Cell("blocks.1.mlp.W_out", (4, 5))):
        html = sums.render(traced(family, cell))
        assert "<ol" not in html
        assert "sum-words" in html
    html = sums.render(traced(family, masked))
    assert "\u2212\u221e" in html
    assert "·t5" in html  # the key, and the query
    assert "·t290" in html


def test_tokens_are_named() -> None:
    """A share names its query and key, a probability the token that it is of."""
    html = sums.render(traced("llama", Cell("blocks.1.attn.hook_pattern", (1, 3, 0))))
    for token in IDS:
        assert f"·t{token}" in html
    assert "is-own" in html
    html = sums.render(traced("llama", Cell(PROBS, (3, 70))))
    assert "·t70" in html
    assert "300" in html
    assert "2" in html


def test_a_trail_leads_back() -> None:
    """The cells that led here are buttons, in order."""
    shown = traced("llama", Cell("blocks.1.hook_attn_out", (1, 5)))
    trail = (Cell("blocks.1.hook_resid_mid", (1, 5)), Cell("hook_embed", (0, 1)))
    assert shown.choice.sum is not None
    html = sums.render(shown.but(sum=replace(shown.choice.sum, trail=trail)))

    cells = Reading(html).values("data-cell")
    assert cells[:2] == [str(cell) for cell in trail]


def test_rounding_is_told_where_there_is_any() -> None:
    """Only where the float32 of the model is another than that of the exact sum."""
    said = text("sums.rounding", value="", difference="").split("{")[0][:20]
    shown = traced("llama", Cell("hook_embed", (1, 3)))
    assert said not in sums.render(shown)

    assert shown.choice.sum is not None
    assert shown.choice.sum.sum is not None
    off = replace(shown.choice.sum.sum, total=shown.choice.sum.sum.total + 1e-3)
    html = sums.render(shown.but(sum=replace(shown.choice.sum, sum=off)))
    assert said in html
    assert "0.001000" in html


@pytest.mark.parametrize("key", ["sums.waits", "sums.needs_model", "sums.nothing_shown"])
def test_why_there_is_no_sum(key: str) -> None:
    """A message stands in its place, and is spoken."""
    tracing = Tracing(Cell("hook_embed", (0, 0)), message=Message(key), needs_model=True)
    html = sums.render(state(sum=tracing))

    assert text(key) in "".join(Reading(html).texts)
    assert text(key) in "".join(Reading(sums.spoken(state(sum=tracing))).texts)


def test_nothing_is_shown_while_nothing_is_traced() -> None:
    """No panel, no word."""
    assert PANELS["sum"].render(state()) == ""
    assert PANELS["sum-spoken"].render(state()) == ""


@pytest.mark.parametrize(("family", "leaf"), KINDS)
def test_a_look_in_passing(family: str, leaf: str) -> None:
    """A number that is rested on tells name, value and terms, and no id stands twice."""
    shown = traced(family, cell_of(family, leaf))
    passing = shown.but(sum=None, peek=shown.choice.sum)
    html = sums.peek(passing)
    told = "".join(Reading(html).texts)

    assert shown.choice.sum is not None
    assert shown.choice.sum.sum is not None
    assert str(shown.choice.sum.cell) in told
    assert exact(shown.choice.sum.sum.value) in told
    assert_adds_up(html, shown.choice.sum.sum)
    assert Reading(html).values("id") == []
    assert sums.sources(passing) == sums.sources(shown)


def test_a_look_goes_before_what_is_kept() -> None:
    """Its sources are lit; why there is no sum is said without a button of its own."""
    kept = traced("llama", Cell("blocks.1.hook_resid_mid", (1, 5)))
    waiting = Tracing(Cell("hook_embed", (0, 0)), message=Message("sums.needs_model"))
    both = kept.but(peek=waiting)

    assert sums.sources(both) == frozenset()
    assert text("sums.needs_model") in "".join(Reading(sums.peek(both)).texts)
    assert Reading(sums.peek(both)).values("data-action") == []
    assert PANELS["peek"].render(state()) == ""


def test_what_is_spoken() -> None:
    """Name, value and the number of terms; no terms, no number of them."""
    cell = Cell("blocks.1.hook_resid_mid", (1, 5))
    shown = traced("llama", cell)
    assert shown.choice.sum is not None
    said = sums.spoken(shown)
    assert str(cell) in said
    assert "2 terms" in said
    assert "term" not in sums.spoken(shown.but(sum=replace(shown.choice.sum, sum=None)))
    assert sums.spoken(shown.but(sum=Tracing(cell))) == ""
    assert "1 term" in sums.spoken(traced("llama", Cell("hook_embed", (1, 5))))


def test_hostile_tokens_stay_text() -> None:
    """A token that looks like markup makes no element."""
    tokens = tuple(TokenView(token, HOSTILE, HOSTILE, False) for token in IDS)
    for cell in (Cell("blocks.1.attn.hook_pattern", (1, 3, 0)), Cell(PROBS, (3, 70))):
        html = sums.render(traced("llama", cell, tokens=tokens))
        assert "<img" not in html
        assert "&lt;img" in html


def test_one_token_alone() -> None:
    """The first token looks at itself alone: one exponential, the share is 1."""
    html = sums.render(traced("llama", Cell("blocks.1.attn.hook_pattern", (1, 0, 0))))
    assert len(re.findall("<li ", html)) == 1
    assert "100.0" in html


def test_the_page_s_own_way() -> None:
    """From a run to the panel by the tracer, as the page does it."""
    actions = Actions(own_loop.run(opened(MODEL)))
    own_loop.run(actions.run("the thing", chat=False))
    tracer = Tracer(actions.service, actions.fetcher)
    own_loop.run(tracer.select("blocks.1.attn.hook_q[1,2,3]"))

    html = sums.render(actions.state)
    assert "+ 26 more" in html
    assert 'data-cell="blocks.1.attn.W_Q[' in html
