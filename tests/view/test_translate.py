"""A browser that translates the page: what is in no language is marked, sentences are not."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from seethrough.core.routes import Route
from seethrough.view import pages
from tests.steps import STEPS
from tests.view.walk_sample import FAMILIES, walk_state

QUOTED = "bdi, code, pre, kbd"
PROSE = "h1, h2, h3, summary, label, .note, p.lead"
# A number in bold is part of a sentence; U+202F stands between thousands.
CELLS = "td, th, dd, .chip-note, .cell-button, .byte, text"


def is_kept(node) -> bool:
    """Whether an element, or one around it, is marked."""
    return node is not None and (node.attributes.get("translate") == "no" or is_kept(node.parent))


def is_leaf(node) -> bool:
    """Whether an element holds text alone."""
    return all(child.tag == "-text" for child in node.iter(include_text=True))


def is_number(told: str) -> bool:
    """Whether a text has digits, and no letter but an exponent's."""
    letters = [sign for sign in told if sign.isalpha()]
    return any(sign.isdigit() for sign in told) and letters in ([], ["e"])


def page(step: str, family: str) -> LexborHTMLParser:
    """A step of the walk with all that a live run gives."""
    state = walk_state(family=family).but(route=Route("walk", "own", step))
    return LexborHTMLParser(pages.render(state))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("step", STEPS)
def test_what_is_in_no_language_is_left_alone(step, family) -> None:
    """Tokens, code, hook names and numbers are marked on every step; prose never is."""
    tree = page(step, family)
    numbers = [node for node in tree.css(CELLS) if is_leaf(node) and is_number(node.text())]
    prose = [node for node in tree.css(PROSE) if node.text().strip()]

    assert [node.html for node in (*tree.css(QUOTED), *numbers) if not is_kept(node)] == []
    assert [node.html for node in prose if is_kept(node)] == []
    assert prose
