"""Accessibility as axe-core judges it: every rule of WCAG 2.2 A and AA, and its best practices."""

import pytest

from tests.screens.conftest import at_first
from tests.screens.places import AT_EACH_PLACE, NARROW, PLACES, SIZES, WIDE
from tests.screens.screen import told

pytestmark = pytest.mark.browser

# A place's sizes begin with the one that the place before has ended in: a change takes time.
BOTH_WAYS = (SIZES, SIZES[::-1])
CONTRAST = ["color-contrast", "link-in-text-block"]
# Where nothing is wrong nobody reads selectors, and they take a sixth of the time.
RUN = """async ([only, selectors]) => {
  const { violations } = await axe.run(document, {
    resultTypes: ["violations"],
    selectors,
    rules: { "target-size": { enabled: true } },
    ...(only ? { runOnly: only } : {}),
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}) at ${target}: ${failureSummary}`));
}"""
# What folds out or covers the page stays open, as readers have it.
OPEN_ALL = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
}"""


def violations(page, axe, only=None):
    """What axe finds wrong on the page as it is; `only` names the rules, else all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found = page.evaluate(RUN, [only, False])
    return found and page.evaluate(RUN, [only, True])


def in_place(screen, axe, only=None):
    """The same with what sticks to the window in its own place.

    Whatever lies half behind it is scrolled out from there; axe would call it too small a target.
    """
    screen.ask("unstick")
    try:
        return violations(screen.page, axe, only)
    finally:
        screen.ask("stick")


@AT_EACH_PLACE
def test_no_violations_in_place(there, axe):
    """Axe finds nothing wrong in any size, in the light."""
    at_first(there)
    found = {}
    for size in SIZES:
        there.look(size)
        found[f"{size[0]} light"] = in_place(there, axe)

    assert not told(found), told(found)


# Apart from the other tests of a place: a change of scheme paints anew what Python painted, and
# takes longer than to go there.
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_contrast_in_the_dark(shared, axe, place):
    """Contrast is AA in the dark, too."""
    shared.go(place.address)
    found = {}
    for size in BOTH_WAYS[PLACES.index(place) % 2]:
        shared.look(size, "dark")
        found[f"{size[0]} dark"] = in_place(shared, axe, CONTRAST)

    assert not told(found), told(found)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_no_violations_in_what_folds_out(screen, axe, size):
    """Settings, the list of models and the tables of numbers are as good when they are open."""
    screen.look(size)
    found = {}
    for address in ("#/", "#/all/january", "#/walk/january/layers"):
        screen.go(address)
        screen.page.evaluate(OPEN_ALL)
        screen.settle()
        found[address] = in_place(screen, axe)
        found[f"{address} wide"] = screen.ask("wide")

    assert not told(found), told(found)


def test_no_violations_in_the_help_on_keys(screen, axe):
    """The dialog of shortcuts takes the focus, has no fault, and gives the focus back on Escape."""
    screen.go("#/walk/january/layers")
    screen.look(WIDE)
    screen.page.evaluate("document.querySelector('#settings').open = true")
    screen.page.click("[data-action=shortcuts]")
    screen.settle()
    is_inside = "document.querySelector('dialog[open]')?.contains(document.activeElement) ?? false"

    assert screen.page.evaluate(is_inside)
    assert violations(screen.page, axe) == []
    screen.look(NARROW)
    assert screen.ask("wide") + screen.ask("clipped") == []
    screen.look(WIDE)
    screen.page.keyboard.press("Escape")
    screen.settle()
    assert screen.page.evaluate("document.activeElement.dataset.action") == "shortcuts"
    screen.page.evaluate("document.querySelector('#settings').open = false")


@pytest.mark.parametrize(
    ("html", "rule"),
    [
        ("<p style='color:#999'>pale</p>", "color-contrast"),
        ("<button></button>", "button-name"),
        ("<h1>One</h1><h3>Three</h3>", "heading-order"),
        (
            "<button style='width:9px;height:9px;padding:0'>a</button><button>b</button>",
            "target-size",
        ),
    ],
)
def test_a_violation_is_found(browser, axe, html, rule):
    """The rule above can fail: axe runs here and names each of these."""
    page = browser.new_page()
    page.set_content(f"<!doctype html><html lang=en><title>t</title><main>{html}</main></html>")
    found = violations(page, axe)
    page.close()

    assert [one for one in found if one.startswith(rule)]
