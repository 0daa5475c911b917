"""The self-check in a browser: its badge, and how loud wrong numbers are; with the small model."""

from __future__ import annotations

import pytest

from tests.browser.conftest import opened_site
from tests.screens.places import NARROW, WIDE
from tests.screens.screen import axe_source
from tests.screens.test_axe import CONTRAST, violations

pytestmark = pytest.mark.browser

HOOK = "blocks.1.hook_resid_post"
OPEN_STATUS = "document.querySelector('#status-models').open = true"


def shown(kind):
    """The badge of a kind is on the page."""
    return f"document.querySelector('#view .checked.is-{kind}') !== null"


def look_everywhere(tab, axe):
    """What axe finds wrong with the badge in sight: home, the model's menu, About; both schemes."""
    found = []
    for size, scheme in ((WIDE, "light"), (NARROW, "light"), (NARROW, "dark")):
        tab.page.set_viewport_size({"width": size[0], "height": size[1]})
        tab.page.emulate_media(color_scheme=scheme)
        only = CONTRAST if scheme == "dark" else None
        for address in ("#/about", "#/"):
            tab.page.evaluate("(to) => { location.hash = to; }", address)
            tab.until("document.querySelector('#view .checked') !== null")
            found += violations(tab.page, axe, only)
        tab.page.evaluate(OPEN_STATUS)
        found += violations(tab.page, axe, only)
    return found


def test_the_badge_shows(browser, light):
    """After a load the page says that its numbers were checked, and how far off they are."""
    with opened_site(browser, light.root) as tab:
        tab.page.evaluate("location.hash = '#/about'")
        tab.until("document.querySelector('#view .checked, #checked p') !== null")
        assert not tab.page.evaluate(shown("ok"))
        tab.ask("seethrough.load()")
        tab.until(shown("ok"))
        badge = tab.text("#view .checked")
        told = tab.ask("seethrough.check()")

        assert told["ok"] is True
        assert 0 < told["max"] <= told["bound"]
        assert "%" in badge
        assert tab.text(".message.is-error") == ""
        assert look_everywhere(tab, axe_source()) == []
        assert tab.errors == []


# An engine that computes wrongly: the last layer's feed-forward writes a fifth too much.
COMPUTES_WRONGLY = """
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...more) {
  if (message?.type === "run")
    message.knobs = { mlp_scale: { dims: [2], data: Float32Array.of(1, 1.2) } };
  return post.call(this, message, ...more);
};
"""


def test_wrong_numbers_are_loud(new_page):
    """Where what is computed is not what is stored, the page says so and hands out a report."""
    tab = new_page(COMPUTES_WRONGLY)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.open("#/about")
    tab.ask("seethrough.load()")
    tab.until(shown("wrong"))
    told = tab.ask("seethrough.check()")

    assert told["ok"] is False
    assert told["hook"] in {HOOK, "logits"}
    assert told["max"] > 100 * told["bound"]
    assert "Numbers wrong here" in tab.text("#view .checked")
    assert "not the model’s" in tab.text(".message.is-error")
    assert tab.text("#status-models summary") == "Numbers wrong"
    assert look_everywhere(tab, axe_source()) == []
    tab.page.click("[data-action=copy-report]")
    tab.until("document.querySelector('.message.is-notice') !== null")
    report = tab.page.evaluate("navigator.clipboard.readText()")
    assert told["hook"] in report
    assert "Mozilla" in report
    assert "prompt" not in report
