"""The self-check in a browser: its badge, and how loud wrong numbers are; with the small model."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from safetensors.numpy import save

from seethrough.core.assets import CHECK
from seethrough.core.safetensors import read_safetensors
from tests.browser.conftest import opened_site
from tests.browser.light.conftest import MODEL_ID
from tests.browser.server import FOLDER
from tests.screens.places import NARROW, WIDE
from tests.screens.screen import axe_source
from tests.screens.test_axe import CONTRAST, violations

pytestmark = pytest.mark.browser

PLAIN_HTTP = "plain-http.test"
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


def altered(light):
    """The files of a site whose stored numbers are not the model's, by name: list and check."""
    folder = light.root / FOLDER / "models" / MODEL_ID
    listed = json.loads((folder / "manifest.json").read_text("utf-8"))
    row = next(asset for asset in listed["assets"] if asset["kind"] == CHECK)
    metadata, arrays = read_safetensors((folder / row["path"]).read_bytes())
    off = save({**arrays, HOOK: arrays[HOOK] * np.float32(1.01)}, metadata)
    row |= {"size_bytes": len(off), "sha256": hashlib.sha256(off).hexdigest()}
    return {"manifest.json": json.dumps(listed).encode(), row["path"].rpartition("/")[2]: off}


def sender(data):
    """Sends these bytes, whatever the file holds."""
    return lambda handler: handler._send(data)


def test_wrong_numbers_are_loud(new_tab, light):
    """Where what is computed is not what is stored, the page says so and hands out a report."""
    tab = new_tab()
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.server.faults |= {name: sender(data) for name, data in altered(light).items()}
    tab.open("#/about", host=PLAIN_HTTP)
    tab.ask("seethrough.load()")
    tab.until(shown("wrong"))
    told = tab.ask("seethrough.check()")

    assert told["ok"] is False
    assert told["hook"] == HOOK
    assert told["max"] == pytest.approx(0.0099, rel=0.01)
    assert "0.99 %" in tab.text("#view .checked")
    assert "not the model’s" in tab.text(".message.is-error")
    assert tab.text("#status-models summary") == "Numbers wrong"
    assert look_everywhere(tab, axe_source()) == []
    tab.page.click("[data-action=copy-report]")
    tab.until("document.querySelector('.message.is-notice') !== null")
