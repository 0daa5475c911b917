"""What a reader takes along from a step: link, picture, numbers; presenting; keys switched off."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
from urllib.parse import unquote

import pytest

pytestmark = pytest.mark.browser

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def step(visited):
    """A page at a recorded step, without a model."""
    with visited.opened("#/walk/january/embed") as tab:
        tab.until("document.querySelector('#embed-data') !== null")
        yield tab


def saved(tab, kind):
    """The bytes of what the Save menu hands out, and its file name."""
    tab.page.evaluate("document.querySelector('#settings').open = true")
    with tab.page.expect_download() as waiting:
        tab.page.click(f"[data-action=save][data-kind={kind}]")
    return waiting.value.path().read_bytes(), waiting.value.suggested_filename


def shown_numbers(tab):
    """The numbers of the step's tables as they stand on the page once they are opened."""
    tab.page.click("#embed-data > summary")
    tab.until("document.querySelectorAll('#embed-data td.number').length > 500")
    return tab.page.evaluate(
        "[...document.querySelectorAll('.plate-of td')].map((cell) => cell.textContent.trim())"
    )


def written(shown):
    """A shown number as programs write it."""
    return shown.replace("\u202f", "").replace("\u2212", "-")


def test_numbers_as_csv(step):
    """The CSV has every number of the step's tables, folded ones too, and none rounded."""
    assert step.page.locator("#embed-data table").count() == 0
    data, name = saved(step, "csv")
    assert step.page.locator("#embed-data table").count() == 0, "what is folded is empty again"
    rows = list(csv.reader(io.StringIO(data.decode())))
    values = {value for row in rows for value in row}

    assert name == "seethrough-walk-january-embed.csv"
    numbers = [written(text) for text in shown_numbers(step)]
    assert numbers
    missing = [text for text in numbers if text not in values]
    parsed = {float(value) for value in values if is_number(value)}
    assert not [text for text in missing if is_number(text) and float(text) not in parsed]


def is_number(text):
    """Whether a program reads it as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_numbers_as_json(step):
    """The JSON names the page and has the tables with their captions."""
    data, _ = saved(step, "json")
    told = json.loads(data)

    assert told["address"].startswith(step.page.evaluate("location.origin"))
    assert any("hook_embed" in table["caption"] for table in told["tables"])
    assert any(
        isinstance(cell, float) for table in told["tables"] for row in table["rows"] for cell in row
    )


def test_picture_as_png(step):
    """The PNG is the plate with 24 px around it, at twice its size, and not blank."""
    data, _ = saved(step, "png")
    box = step.page.locator(".plate-of").bounding_box()

    assert data.startswith(PNG)
    width, height = struct.unpack(">II", data[16:24])
    assert width == pytest.approx(2 * (box["width"] + 48), abs=4)
    assert height == pytest.approx(2 * (box["height"] + 48), abs=4)
    assert len(data) > 20_000


def test_picture_as_svg(step):
    """The SVG stands alone: it asks for nothing from anywhere."""
    data, _ = saved(step, "svg")
    text = data.decode()

    assert text.startswith("<svg")
    assert "http" not in text.replace("http://www.w3.org", "")
    assert not re.search(r"<button[^>]* class=.(button|tool)", unquote(text))  # nothing that steers


def test_a_picture_keeps_its_paint(step):
    """Lines and shapes of a drawing keep the page's own colours in the saved file."""
    look = """() => [...document.querySelectorAll(".plate-of svg :is(path, rect, line)")]
        .map((mark) => [getComputedStyle(mark).fill, getComputedStyle(mark).stroke])"""
    shown = step.page.evaluate(look)
    data, _ = saved(step, "svg")
    marks = re.findall(r"<(?:path|rect|line)[ /][^>]*>", unquote(data.decode()))
    found = {tuple(re.findall(r'(?:fill|stroke)="([^"]*)"', mark))[:2] for mark in marks}

    assert len(marks) >= len(shown) > 3
    assert {tuple(pair) for pair in shown} <= found
    assert step.page.evaluate(look) == shown
    assert step.page.locator(".plate-of svg [stroke-linejoin]").count() == 0


def test_copy_link(step):
    """The copied link is the address of what is shown; where copying is refused it is said."""
    step.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    step.page.evaluate("document.querySelector('#settings').open = true")
    step.page.click("[data-action=copy-link]")
    step.until("document.querySelector('#message').innerText.includes('copied')")

    assert step.page.evaluate("navigator.clipboard.readText()") == step.page.evaluate(
        "location.href"
    )
    step.page.context.clear_permissions()


def test_presenting(step):
    """Presenting leaves the step and its film alone on the page, larger; and back."""
    size = "parseFloat(getComputedStyle(document.querySelector('main h1')).fontSize)"
    before = step.page.evaluate(size)
    step.page.click("[data-action=present]")
    step.until("document.documentElement.classList.contains('is-presenting')")

    assert step.page.evaluate(size) == pytest.approx(1.5 * before, abs=0.5)
    assert not step.page.is_visible(".site-header")
    assert step.page.is_visible("[data-action=play]")
    step.page.click("[data-action=present]")
    step.until("!document.documentElement.classList.contains('is-presenting')")
    assert step.page.is_visible(".site-header")


def test_keys_can_be_switched_off(step):
    """Switched off, a letter does nothing, also after a reload; switched on it works again."""
    step.page.evaluate("document.querySelector('#shortcuts').showModal()")
    step.page.uncheck("[data-action=set-keys]")
    step.page.keyboard.press("Escape")
    step.reload()
    step.page.keyboard.press("5")
    step.page.wait_for_timeout(500)
    assert "embed" in step.page.evaluate("location.hash")
    step.page.evaluate("document.querySelector('#shortcuts').showModal()")
    step.page.check("[data-action=set-keys]")
    step.page.keyboard.press("Escape")
    step.page.keyboard.press("5")
    step.until("location.hash.startsWith('#/walk/january/logits')")
    assert step.errors == []


def test_key_right_after_a_dialog(step):
    """A key pressed before the browser took the focus out of a closed dialog is the page's."""
    step.page.evaluate("location.hash = '#/walk/january/embed'")
    step.until("document.querySelector('#embed-data') !== null")
    step.page.evaluate(
        """() => {
          const dialog = document.querySelector("#shortcuts");
          dialog.showModal();
          const box = dialog.querySelector("[data-action=set-keys]");
          box.focus();
          dialog.close();
          box.dispatchEvent(new KeyboardEvent("keydown", { key: "5", bubbles: true }));
        }"""
    )
    step.until("location.hash.startsWith('#/walk/january/logits')")
