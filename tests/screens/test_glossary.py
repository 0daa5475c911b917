"""The glossary in place: a marked word opens its entry, and gives the focus back."""

import re

import pytest

from tests.screens.places import NARROW, WIDE
from tests.screens.test_axe import in_place, violations

pytestmark = pytest.mark.browser

STEP = "#/walk/january/logits?depth=numbers"
WORD = ".term[data-term=logit]"
HAS_FOCUS = f"document.activeElement === document.querySelector('{WORD}')"
IS_OPEN = "document.querySelector('#term-card').open"
# The words that a screen reader says on opening: the dialog's name and its description.
SPOKEN = """() => {
  const card = document.querySelector("#term-card");
  const said = (name) => document.getElementById(card.getAttribute(name)).textContent;
  return [said("aria-labelledby"), said("aria-describedby")];
}"""
BOXES = """() => {
  const [card, word] = ["#term-card", ".term[data-term=logit]"].map((one) =>
    document.querySelector(one).getBoundingClientRect());
  const isInside = card.left >= 0 && card.top >= 0 && card.right <= innerWidth
    && card.bottom <= innerHeight;
  const sentence = document.querySelector(".term[data-term=logit]").closest("p, th, li, td")
    .getBoundingClientRect();
  const isApart = card.top >= sentence.bottom || card.bottom <= sentence.top;
  const left = Math.round(card.left);
  const isCentred = innerWidth > 640 || Math.abs(left - (innerWidth - card.right)) <= 1;
  return [isInside, isApart && card.left < word.right + card.width, isCentred];
}"""


@pytest.fixture
def step(screen):
    """The step of the logits, with all its numbers."""
    screen.go(STEP)
    return screen


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda size: str(size[0]))
@pytest.mark.parametrize("how", ["pointer", "keyboard"])
def test_a_word_opens_in_place(step, axe, size, how):
    """By click, tap or Enter; it is told; Escape closes it, and the word has the focus again."""
    step.look(size)
    page = step.page
    if how == "pointer":
        page.click(WORD)
    else:
        page.focus(WORD)
        page.keyboard.press("Enter")
    page.wait_for_function(IS_OPEN)
    name, told = page.evaluate(SPOKEN)
    assert name == "logit"
    assert "The score of a token" in told
    assert re.search(r"49\D152", told)
    assert page.evaluate("document.querySelector('#term-card').contains(document.activeElement)")
    assert page.evaluate(BOXES) == [True, True, True]
    assert violations(page, axe) == []
    small = step.ask("small", 24 if size == WIDE else 44)
    assert [one for one in small if "term" in one or "a.button" in one] == []
    page.keyboard.press("Escape")

    assert not page.evaluate(IS_OPEN)
    assert page.evaluate(HAS_FOCUS)


def test_a_click_beside_closes_it(step):
    """So does the button; a link in it goes where the word is seen, and the card is gone."""
    page = step.page
    step.look(WIDE)
    for close in (
        lambda: page.mouse.click(3, 3),
        lambda: page.click("[data-action=close-term]"),
        lambda: page.click("#term a[href='#/glossary']"),
    ):
        page.click(WORD)
        page.wait_for_function(IS_OPEN)
        close()
        page.wait_for_function(f"!({IS_OPEN})")
    step.settle()

    assert page.evaluate("location.hash") == "#/glossary"


def test_the_page_is_searched(screen, axe):
    """Typing filters; the number of words found is said; nothing is wrong for axe."""
    screen.go("#/glossary")
    screen.look(WIDE)
    page = screen.page
    everything = page.locator("dt").count()
    page.fill("#terms-search", "perplex")
    page.wait_for_function("document.querySelectorAll('#terms dt').length === 1")

    assert everything >= 80
    assert page.locator("#terms dt").all_text_contents() == ["perplexity"]
    assert page.locator("#terms [role=status]").inner_text() == "1 word"
    assert in_place(screen, axe) == []
    assert page.evaluate("document.activeElement.id") == "terms-search"
