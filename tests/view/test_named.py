from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from seethrough.app.state import AppState, Stage
from seethrough.core import hooks
from seethrough.core.cell import Cell
from seethrough.core.hooks import FINAL_LEAVES, block_leaves, embed_leaves
from seethrough.core.messages import text
from seethrough.core.routes import Route
from seethrough.core.sums import check_cell
from seethrough.view import code, hook_places, named
from seethrough.view.layout import PANELS
from seethrough.view.moments import moments_of
from seethrough.view.node import h, to_html
from seethrough.view.tours import THE_WALK
from seethrough.view.words import hook_mark, term_mark, token_mark
from tests.steps import STEPS
from tests.view.sample import Reading
from tests.view.walk_sample import FAMILIES, walk_state

if TYPE_CHECKING:
    from collections.abc import Sequence

HOSTILE = "<img src=x onerror=alert(1)>\"'"


def at(step: str, family: str = "llama", **more: object) -> AppState:
    """A live run at a step."""
    state = walk_state(family=family)
    return state.but(route=Route("walk", "own", step), **more)  # type: ignore[arg-type]


def names_in(html: str) -> Sequence[str]:
    """What the words of some markup name, in order."""
    return Reading(html).values("data-names")


def test_a_word_is_marked_once() -> None:
    """The marked "row" of a sentence can be pointed at, the second is a word as any other."""
    told = (term_mark("final_vector", "A vector"), " meets a ", term_mark("row", "row"), ": row …")
    html = to_html(named.lead(at("logits"), told))

    assert names_in(html) == ["query", "row"]
    assert "".join(Reading(html).texts) == "A vector meets a row: row …"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", ["embed", "layers", "logits", "softmax"])
def test_the_words_of_a_film_name_their_part(step: str, family: str) -> None:
    """A film's sentences name parts of the picture that are there, and are no stops of Tab."""
    state = at(step, family)
    n_moments = len(moments_of(state))
    html = "".join(
        PANELS["transport"].render(state.but(stage=Stage(moment=moment)))
        for moment in range(n_moments)
    )
    plain = "".join(to_html(h("p", {}, moment)) for moment in moments_of(state))
    told = [one for one in Reading(html).elements if "data-names" in one[1]]

    assert told
    assert not [one for one in told if "tabindex" in one[1]]
    assert "".join(Reading(plain).texts) in "".join(captions(html))


def captions(html: str) -> list[str]:
    """The texts of all captions."""
    parts = re.findall(r'<p class="caption"[^>]*>(.*?)</p>', html, re.DOTALL)
    return ["".join(Reading(part).texts) for part in parts]


def test_only_what_the_step_has_is_named() -> None:
    """A word whose part stands in another step's picture names nothing here."""
    assert names_in(to_html(named.lead(at("done"), "A query and a row."))) == []
    assert names_in(to_html(named.lead(at("logits"), "Queryable rowing."))) == []


def test_tokens_and_hooks_are_named() -> None:
    """A token's mark names its token, a hook's its leaf; other marks stay as they are."""
    words = (token_mark(HOSTILE), " ", hook_mark("blocks.3.attn.hook_q[1,2,3]"), h("b", {}, "7"))
    html = to_html(named.lead(at("done"), words))

    assert names_in(html) == ["token", "attn.hook_q"]
    assert "<img" not in html
    assert Reading(html).values("tabindex") == ["0", "0"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", [step.name for step in THE_WALK.steps if step.terms])
def test_the_words_of_a_step_have_parts(step: str, family: str) -> None:
    """What the first sentence of a step names stands in its picture."""
    html = PANELS[f"step-{step}"].render(at(step, family))
    reading = Reading(html)
    parts = {one for value in reading.values("data-part") for one in value.split()}
    classes = {one for value in reading.values("class") for one in value.split()}

    wanted = set(names_in(html)) - {named.TOKEN}
    assert all(name in parts or f"is-{name}" in classes for name in wanted)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_hooks_in_the_code_are_buttons(step: str, family: str) -> None:
    """Each hook constant of the shown lines opens its hook; the text stays the very lines."""
    html = code.render(at(step, family))
    leaves = code.leaves_of(code.functions_of(at(step, family)))

    assert set(Reading(html).values("data-hook")) == leaves
    told = "".join(Reading(html).texts)
    assert told.count("hooks.") == html.count('data-action="show-hook"')


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_hook_holds_is_told(family: str) -> None:
    """Name and dims, and the way to where it is seen: here, another step, the block."""
    here = code.render(at("layers", family, hook=hooks.RESID_MID))
    assert "blocks.0.hook_resid_mid" in here
    assert "pos 6 × d_model 32" in here
    assert text("code.hook_here") in here
    inside = code.render(at("layers", family, hook=hooks.PATTERN))
    assert 'href="#/block/own' in inside
    other = to_html(*[h("p", {}, hook_places.describe_hook(at("layers", family), hooks.EMBED))])
    assert 'href="#/walk/own/embed' in other
    assert 'aria-pressed="true"' in here
    assert "d_model" not in code.render(at("embed", family, hook=hooks.RESID_MID))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hook_has_a_number_to_open(family: str) -> None:
    """Of every hook of a model one cell of the chosen token stands for it, and exists."""
    state = at("layers", family)
    assert state.run.config is not None
    for leaf in (
        *embed_leaves(state.run.config),
        *block_leaves(state.run.config),
        *FINAL_LEAVES,
        hooks.LOGITS,
    ):
        cell = hook_places.cell_here(state, leaf)
        assert isinstance(cell, Cell)
        check_cell(cell, state.run.config, len(state.run.tokens))


def test_nothing_is_told_before_a_run() -> None:
    """Without a model's dims there is no number and no word."""
    assert hook_places.cell_here(AppState(), hooks.EMBED) is None
    assert hook_places.describe_hook(AppState(), hooks.EMBED) == []
    assert hook_places.describe_hook(at("layers"), "nonsense") == []
