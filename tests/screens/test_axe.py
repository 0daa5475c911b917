"""Accessibility as axe-core judges it: every rule of WCAG 2.2 A and AA, and its best practices."""

import pytest

from tests.screens.places import PLACES, SCHEMES, SIZES
from tests.screens.screen import told

pytestmark = pytest.mark.browser

RUN = """async () => {
  const { violations } = await axe.run(document, {
    resultTypes: ["violations"],
    rules: { "target-size": { enabled: true } },
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}) at ${target}: ${failureSummary}`));
}"""


def violations(page, axe):
    """What axe finds wrong on the page as it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    return page.evaluate(RUN)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_no_violations(screen, axe, place):
    """Axe finds nothing wrong in any size, light or dark; contrast is AA in both."""
    screen.go(place.address)
    found = {}
    for size in SIZES:
        for scheme in SCHEMES:
            screen.look(size, scheme)
            found[f"{size[0]} {scheme}"] = violations(screen.page, axe)

    assert not told(found), told(found)


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
