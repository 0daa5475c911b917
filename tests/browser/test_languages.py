"""What the page says before Python is there, in the language of its address."""

from __future__ import annotations

import pytest

from seethrough.core.messages import catalogue, text
from tests.browser.profiles import SAVES_DATA

pytestmark = pytest.mark.browser

FAILED = "document.documentElement.dataset.boot === 'failed'"


@pytest.mark.parametrize(
    ("path", "file", "fault", "key"),
    [
        ("#/?lang=qps", "pyodide/pyodide.js", "html", "boot.not_this_file"),
        ("#/walk/january/layers?pos=3&lang=qps", "boot.js", "missing", "boot.missing"),
    ],
)
def test_a_fault_is_told_in_the_language_of_the_address(new_tab, path, file, fault, key):
    """boot.js and guard.js name a bad file in that language, and so does their button."""
    tab = new_tab(SAVES_DATA)
    tab.server.faults[file.rsplit("/", 1)[-1]] = fault
    tab.open(path)
    tab.until(FAILED)

    assert tab.text("#message p") == text(key, "qps", path=file, status=404)
    assert tab.text("#message [data-action=reload]") == catalogue("qps")["boot.retry"]
    assert tab.page.evaluate("document.querySelector('#message p').lang") == "qps"


@pytest.mark.parametrize(
    ("language", "name", "fault"),
    [
        ("qps", "qps.json", "missing"),
        ("qps", "qps.json", "html"),
        ("xx", "pyodide.js", "missing"),
    ],
)
def test_english_is_there_where_a_language_is_not(new_tab, language, name, fault):
    """A language whose file is not whole, or that is none, leaves the English sentences."""
    tab = new_tab(SAVES_DATA)
    tab.server.faults[name] = fault
    tab.open(f"#/?lang={language}")
    tab.until(FAILED)

    assert name in tab.text("#message p")
    assert tab.text("#message [data-action=reload]") == catalogue("en")["boot.retry"]
    assert tab.page.evaluate("document.querySelector('#message p').lang") == "en"
