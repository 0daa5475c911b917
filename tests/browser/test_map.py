"""The map in a real browser: what is drawn, found by the pointer, moved by hand and by key."""

from __future__ import annotations

import pytest

from tests.screens.screen import axe_source

pytestmark = pytest.mark.browser

# How many of some tokens are named by hover at the pixel where the page itself says that they are.
HOVER = """(places) => places.filter(([text, across, down]) => {
  const canvas = document.querySelector("#chart-canvas");
  const box = canvas.getBoundingClientRect();
  canvas.dispatchEvent(new PointerEvent("pointermove", {
    bubbles: true, pointerId: 1, pointerType: "mouse",
    clientX: box.left + across, clientY: box.top + down,
  }));
  return document.querySelector("#chart-hover").textContent.startsWith(text);
}).length"""
NAMES = """[...document.querySelectorAll(".chart-marks circle")].map((ring) =>
  [Number(ring.getAttribute("cx")), Number(ring.getAttribute("cy"))])"""
PAINTED = """(() => {
  const canvas = document.querySelector("#chart-canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Uint32Array(data.buffer);
  return pixels.filter((one) => one !== pixels[0]).length;
})()"""


def test_the_map_without_a_model(chart):
    """All tokens are drawn, none of a model is fetched; a token opens with twenty neighbours."""
    page = chart.page
    assert page.evaluate(PAINTED) > 20_000
    assert "24 %" in chart.text("#chart-lost")
    page.fill("#chart-search", "dog")
    chart.until("document.querySelector('#chart-found .chart-token') !== null")
    page.click("#chart-found [data-token='2767']")
    chart.until("document.querySelectorAll('#chart-token .chart-near tbody tr').length === 20")
    assert chart.text("#chart-token .chart-near tbody tr").split() == ["·Dog", "0.80"]
    chart.until("location.hash.includes('token=2767') && location.hash.includes('q=dog')")
    page.evaluate(axe_source())
    found = page.evaluate("axe.run(document).then(({ violations }) => violations.map((v) => v.id))")
    assert found == []
    assert chart.errors == []


def test_what_is_marked_lies_under_the_pointer(chart):
    """A word's ring stands where hover names the word; a press there opens it."""
    page = chart.page
    page.evaluate("location.hash = '#/map?token=2767'")
    chart.until("document.querySelector('.chart-marks circle.is-open') !== null")
    chart.until("location.hash.includes('at=')")  # its neighbours are here, and it is in sight
    across, down = page.evaluate(NAMES)[0]
    assert page.evaluate(HOVER, [["·dog", across, down]]) == 1
    page.click("[data-action=chart-close]")
    chart.until("document.querySelector('#chart-token').childElementCount === 0")
    page.click("#chart-canvas", position={"x": across, "y": down})
    chart.until("document.querySelector('#chart-token').textContent.includes('·dog')")


def test_hands_and_keys_move_the_map(chart):
    """The wheel enlarges, a pull moves, keys do the same; the address follows and comes back."""
    page = chart.page
    page.hover("#chart-canvas")
    page.mouse.wheel(0, -400)
    chart.until("/at=[\\d.]+,[\\d.]+,1\\.9/.test(location.hash)")
    box = page.locator("#chart-canvas").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    before = page.evaluate("location.hash")
    page.mouse.move(box["x"] + 260, box["y"] + 220, steps=4)
    page.mouse.up()
    chart.until(f"location.hash !== '{before}'")
    page.focus("#chart-canvas")
    page.keyboard.press("0")
    chart.until("!location.hash.includes('at=')")
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    chart.until("location.hash.includes('token=') && location.hash.includes('at=')")
    chart.reload()
    chart.until("document.querySelectorAll('#chart-token .chart-near tbody tr').length === 20")
