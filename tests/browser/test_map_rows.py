"""Beneath the map, in a real browser: rings without a model, a line round dots, exact sums."""

from __future__ import annotations

import numpy as np
import pytest

from export.asset_lists import whole_manifest
from export.atlas import rows_of
from tests.built import default_model
from tests.screens.screen import axe_source

pytestmark = pytest.mark.browser

DRAWN = "document.querySelector('#rows-local svg') !== null"
NAMES = "[...document.querySelectorAll('#rows-local svg text')].map((name) => name.textContent)"
BOXES = "[...document.querySelectorAll('.rows-box input')].map((box) => box.value)"
FOUND = """[...document.querySelectorAll('#rows-sum tbody tr')].map((row) =>
  [Number(row.querySelector("button").dataset.token), row.lastElementChild.textContent])"""


def test_the_ring_of_months_needs_no_model(chart):
    """Twelve names on a line that comes back; winter lies at one end; queen is found."""
    page = chart.page
    assert len(page.evaluate(NAMES)) == 12
    assert "43 %" in chart.text("#rows-local")
    assert page.evaluate(BOXES) == ["winter", "summer", "king", "man", "woman"]
    assert "·December" in chart.text("#rows-axis")
    assert "·queen" in chart.text("#rows-sum p[role=status]")
    page.click("[data-action=chart-group][data-name=days]")
    chart.until(f"{NAMES}.length === 7")
    page.click("[data-action=rows-sum][data-at='4']")
    chart.until("document.querySelector('#rows-sum').textContent.includes('Rome')")
    page.evaluate(axe_source())
    found = page.evaluate("axe.run(document).then(({ violations }) => violations.map((v) => v.id))")
    assert found == []
    assert chart.errors == []


def test_a_line_is_drawn_round_dots(chart):
    """With Shift, or with the button; what lies inside is shown, and the map stays where it is."""
    page = chart.page
    box = page.locator("#chart-canvas").bounding_box()
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.keyboard.down("Shift")
    page.mouse.move(left - 40, top - 40)
    page.mouse.down()
    for across, down in ((40, -40), (40, 40), (-40, 40)):
        page.mouse.move(left + across, top + down, steps=3)
    chart.until("document.querySelector('#chart-lasso polygon') !== null")
    page.mouse.up()
    page.keyboard.up("Shift")
    chart.until("location.hash.includes('pick=') && !location.hash.includes('at=')")
    assert page.evaluate("document.querySelector('#chart-lasso polygon')") is None
    # Most of these rows are not part of the map: the page says what it needs, with its size.
    chart.until("document.querySelector('#rows-local [data-action=download]') !== null")
    page.click("[data-action=rows-show]")
    page.click("[data-action=rows-clear]")
    chart.until(DRAWN)


def test_by_keyboard_alone(chart):
    """A token is taken out with its switch, the address says it, another axis is typed."""
    page = chart.page
    page.focus("#rows-picks .chart-list button")
    page.keyboard.press("Enter")
    chart.until(f"{NAMES}.length === 11")
    assert page.evaluate("location.hash.includes('pick=')")
    page.focus("#rows-box-axis-1")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Europe")
    chart.until("document.querySelector('#rows-axis svg').outerHTML.includes('Europe')")
    assert page.evaluate(BOXES)[1] == "Europe"
    chart.reload()
    chart.until(f"{NAMES}.length === 11 && location.hash.includes('axis=')")
    assert page.evaluate(BOXES)[:2] == ["winter", "Europe"]


def test_a_sum_over_all_rows_is_exact(loaded):
    """With the model open any three tokens: the ten that brute force in float64 finds."""
    loaded.page.evaluate("location.hash = '#/map?sum=2767,2644,905'")
    loaded.until("document.querySelectorAll('#rows-sum tbody tr').length >= 10")
    folder = default_model()
    rows = rows_of(folder, whole_manifest(folder)).astype(np.float64)
    vector = rows[2767] - rows[2644] + rows[905]
    cosines = rows @ vector / np.linalg.norm(rows, axis=1) / np.linalg.norm(vector)
    order = np.argsort(-cosines, kind="stable")[:10]

    found = loaded.page.evaluate(FOUND)[:10]
    assert [token for token, _ in found] == order.tolist()
    assert [text for _, text in found] == [f"{cosines[token]:.3f}" for token in order]
    loaded.page.evaluate("location.hash = '#/map?pick=2767,2644,905,300'")
    loaded.until(f"{DRAWN} && {NAMES}.length > 0 && location.hash.includes('pick=')")
    assert loaded.errors == []
