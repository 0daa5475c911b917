"""Markup: everything escaped, nothing that the page's policy forbids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.view.node import h, to_html
from tests.view.sample import QUICK, Reading


def test_token_text_is_data() -> None:
    """A token that looks like an element stays text, between tags and inside an attribute."""
    html = to_html(h("p", {"title": '"><img onerror=x>'}, "<img onerror=alert(1)>"))

    assert html == ('<p title="&quot;&gt;&lt;img onerror=x&gt;">&lt;img onerror=alert(1)&gt;</p>')


@QUICK
@given(st.text(), st.text())
def test_no_text_makes_an_element(inner: str, title: str) -> None:
    """Whatever the text, a reader of the markup finds the one element that was made."""
    read = Reading(to_html(h("p", {"title": title}, inner)))

    assert [tag for tag, _ in read.elements] == ["p"]
    assert list(read.elements[0][1]) == ["title"]


@QUICK
@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))))
def test_printable_text_comes_back(inner: str) -> None:
    """Text without controls arrives in the page as it was."""
    assert "".join(Reading(to_html(h("p", {}, inner))).texts) == inner


@pytest.mark.parametrize(
    ("hidden", "shown"), [("\0", "␀"), ("\x1b", "␛"), ("\r", "␍"), ("\x7f", "␡"), ("\ud800", "�")]
)
def test_what_html_drops_is_drawn(hidden: str, shown: str) -> None:
    """A character that HTML would drop or change has a picture instead."""
    assert to_html(f"a{hidden}b") == f"a{shown}b"


@pytest.mark.parametrize("name", ["style", "STYLE", "onclick", "OnLoad"])
def test_forbidden_attributes_are_refused(name: str) -> None:
    """Neither inline style nor an inline handler can be written."""
    with pytest.raises(ValueError, match="forbidden by the page's policy"):
        h("p", {name: "x"})


@pytest.mark.parametrize("name", ["", "a b", "a>", "1a", "a="])
def test_names_are_plain(name: str) -> None:
    """A tag or attribute name cannot end its tag early."""
    with pytest.raises(ValueError, match="no element or attribute name"):
        h(name)
    with pytest.raises(ValueError, match="no element or attribute name"):
        h("p", {name: "x"})


def test_absent_and_bare_attributes() -> None:
    """None and False leave an attribute out, True writes its name alone; numbers are short."""
    node = h("input", {"disabled": True, "checked": False, "title": None, "max": 2.50, "min": 0})

    assert to_html(node) == '<input disabled max="2.5" min="0">'


def test_children_are_flattened() -> None:
    """Lists open, None vanishes, numbers become text."""
    node = h("p", {}, ["a", None, [h("b", {}, 1), "c"]], 2.0)

    assert to_html(node) == "<p>a<b>1</b>c2</p>"
