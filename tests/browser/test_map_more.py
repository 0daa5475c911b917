"""The map in a real browser: where dots must be, the path, the tour, colours, files, mishaps."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64encode
from itertools import islice

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.browser.test_map import HOVER, PAINTED
from tests.browser.test_tools import DIFFERENCE, HEAD, MARGIN, MOST_DIFFERENCE
from tests.screens.screen import axe_source

pytestmark = pytest.mark.browser
PICTURED = "document.querySelector('#chart-canvas').hasAttribute('width')"
BOX = """(() => {
  const canvas = document.querySelector("#chart-canvas");
  return [canvas.clientWidth, canvas.clientHeight];
})()"""


def stored(dist) -> tuple[np.ndarray, list[bytes]]:
    """The places of the first layout as the file has them, and each token's bytes."""
    listing = json.loads((dist / "models.json").read_text(encoding="utf-8"))
    folder = dist / next(model for model in listing["models"] if model["default"])["path"]
    file = next((folder / "atlas").glob("places-*.safetensors"))
    arrays = load_file(file)
    ends = np.cumsum(arrays["lengths"].astype(int))
    whole = arrays["text"].tobytes()
    texts = [whole[end - size : end] for end, size in zip(ends, arrays["lengths"], strict=True)]
    return arrays["places.near"].astype(float), texts


def landing(places: np.ndarray, wide: float, high: float) -> np.ndarray:
    """Where each dot must be: the picture's middle in the middle, 94 % of the shorter side."""
    low, high_end = places.min(axis=0), places.max(axis=0)
    about = (places - (low + high_end) / 2) / (high_end - low).max()
    scale = 0.94 * min(wide, high)
    return np.stack([about[:, 0] * scale + wide / 2, high / 2 - about[:, 1] * scale], axis=1)


def test_fifty_tokens_lie_where_they_must(chart, dist):
    """At pixels that this test computes from the file, hover names the very token."""
    places, texts = stored(dist)
    wide, high = chart.page.evaluate(BOX)
    landed = landing(places, wide, high)
    plain = [at for at, text in enumerate(texts) if text[1:].isalpha() and text[:1] == b" "]
    order = np.random.default_rng(9).permutation(plain)
    chosen = list(islice((at for at in order.tolist() if is_alone(landed, at)), 50))
    wanted = [[f"·{texts[at][1:].decode()}  {at}", *landed[at].tolist()] for at in chosen]

    assert len(wanted) == 50
    assert chart.page.evaluate(HOVER, wanted) == 50
    assert np.ptp(landed[chosen], axis=0).min() > 0.5 * min(wide, high)


def is_alone(landed: np.ndarray, token: int) -> bool:
    """Whether no other dot lies within a pixel of a token's."""
    distances = np.abs(landed - landed[token]).max(axis=1)
    return int((distances < 1).sum()) == 1


def test_a_link_shows_a_path(chart):
    """A recorded walk's path, its slider, what is told of it; the box has the link's search."""
    page = chart.page
    page.evaluate("location.hash = '#/map?layout=pca&walk=cat&path=11&q=dog'")
    chart.until("document.querySelectorAll('circle.path-state').length === 31")
    chart.until("document.querySelector('#chart-search').value === 'dog'")
    assert page.evaluate("document.querySelectorAll('circle.is-of-text').length") > 0
    page.focus("#chart-slider")
    page.keyboard.press("Home")
    chart.until("document.querySelectorAll('circle.path-state').length === 1")
    chart.until("document.querySelector('#chart-now').textContent.includes('before the first')")
    page.keyboard.press("ArrowRight")
    chart.until("document.querySelectorAll('circle.path-state').length === 2")
    chart.until("location.hash.includes('walk=cat&path=11')")
    page.evaluate(axe_source())
    found = page.evaluate("axe.run(document).then(({ violations }) => violations.map((v) => v.id))")
    assert found == []
    page.click("[data-action=chart-path-close]")
    chart.until("document.querySelector('.path-line') === null")
    assert chart.errors == []


def test_the_tour_goes_on_by_keyboard(chart):
    """Each stop by Enter on Next; its address shows the same; its end shows all again."""
    page = chart.page
    page.focus("[data-action=chart-stop]")
    page.keyboard.press("Enter")
    chart.until("location.hash.includes('tour=months')")
    for name in ("days", "animals", "numbers", "languages", "bytes", "longest", "shortest"):
        page.focus(f"[data-action=chart-stop][data-name={name}]")
        page.keyboard.press("Enter")
        chart.until(f"location.hash.includes('tour={name}')")
    assert "John" in chart.text("#chart-stop")
    page.evaluate(axe_source())
    found = page.evaluate("axe.run(document).then(({ violations }) => violations.map((v) => v.id))")
    assert found == []
    page.click("[data-action=chart-stop][data-name='']")
    chart.until("!location.hash.includes('tour=') && !location.hash.includes('colour=')")


def test_colours_and_layouts_change(chart):
    """By length, a range of it hidden; the dots glide to another layout and rest there."""
    page, all_of_them = chart.page, chart.page.evaluate(PAINTED)
    page.click("[data-action=chart-colour][data-name=length]")
    page.click("[data-action=chart-band][data-band='2']")
    chart.until("location.hash.includes('colour=length&without=2')")
    chart.until(f"{PAINTED} < {all_of_them} * 0.8")
    page.click("[data-action=chart-band][data-band='2']")
    page.click("[data-action=chart-layout][data-name=pca]")
    chart.until("location.hash.includes('layout=pca')")
    chart.until("document.querySelectorAll('.chart-marks text').length > 0")
    assert chart.errors == []


def test_a_lost_picture_is_painted_anew(chart):
    """When the browser gives the canvas back it is empty, and filled again."""
    page, before = chart.page, chart.page.evaluate(PAINTED)
    page.evaluate("""(() => {
      const canvas = document.querySelector("#chart-canvas");
      canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
      canvas.dispatchEvent(new Event("contextlost"));
      canvas.dispatchEvent(new Event("contextrestored"));
    })()""")
    chart.until(f"{PAINTED} === {before}")


LOST = "({ isContextLost: () => true, putImageData() {}, getImageData: () => ({ data: [] }) })"


def test_a_picture_that_does_not_come_back_is_drawn_on_another_canvas(chart):
    """The browser took it away for good: the same picture stands there again."""
    page, before = chart.page, chart.page.evaluate(PAINTED)
    page.evaluate(f"""(() => {{
      const canvas = document.querySelector("#chart-canvas");
      canvas.getContext = () => {LOST};
      canvas.dispatchEvent(new Event("contextlost"));
    }})()""")
    chart.until("!Object.hasOwn(document.querySelector('#chart-canvas'), 'getContext')")
    chart.until(f"{PAINTED} === {before}")
    assert chart.text("#chart-status") == ""
    assert chart.errors == []


def test_where_no_picture_can_be_had_the_page_says_so(chart):
    """Every canvas is lost: a sentence and a button, which draws once there is one again."""
    page, before = chart.page, chart.page.evaluate(PAINTED)
    page.evaluate(f"""(() => {{
      const own = HTMLCanvasElement.prototype.getContext;
      window.given = () => {{ HTMLCanvasElement.prototype.getContext = own; }};
      HTMLCanvasElement.prototype.getContext = () => {LOST};
      document.querySelector("#chart-canvas").dispatchEvent(new Event("contextlost"));
    }})()""")
    chart.until("document.querySelector('#chart-status [role=alert]') !== null")
    page.evaluate("window.given()")
    page.click("#chart-status [data-action=chart-again]")
    chart.until(f"{PAINTED} === {before}")
    chart.until("document.querySelector('#chart-status').childElementCount === 0")


def test_picture_and_table_are_handed_out(chart):
    """The tokens in sight as a CSV; the picture as it is seen."""
    page = chart.page
    page.evaluate("location.hash = '#/map?at=0.5,0.5,20'")
    chart.until("document.querySelectorAll('.chart-marks text').length > 0")
    with page.expect_download() as waiting:
        page.click("[data-action=chart-save][data-kind=csv]")
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert 10 < len(lines) < 20_000
    assert list(lines[0]) == ["id", "token", "x", "y", "kind", "length"]
    with page.expect_download() as waiting:
        page.click("[data-action=chart-save][data-kind=png]")
    data = waiting.value.path().read_bytes()
    page.mouse.move(0, 0)
    page.evaluate("document.documentElement.classList.add('is-pictured')")
    shown = page.locator(".chart-plate").screenshot(animations="disabled")
    page.evaluate("document.documentElement.classList.remove('is-pictured')")
    files = [b64encode(data).decode(), b64encode(shown).decode(), MARGIN, MARGIN + HEAD]

    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert page.evaluate(DIFFERENCE, files) <= MOST_DIFFERENCE


def test_on_a_phone_the_search_stands_above_the_picture(chart):
    """And nothing is wider than the screen."""
    chart.page.set_viewport_size({"width": 390, "height": 844})
    tops = """["#chart-search", "#chart-canvas", "#chart-tools"].map((one) =>
      document.querySelector(one).getBoundingClientRect().top)"""
    search, canvas, tools = chart.page.evaluate(tops)

    assert search < canvas < tools
    assert chart.page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    "address", ["#/map?tour=nowhere&colour=9&without=99&path=x", "#/map?walk=none&path=3"]
)
def test_nonsense_in_a_link_leaves_the_map(chart, address):
    """It is named, or nothing; the map is shown all the same."""
    chart.page.evaluate(f"location.hash = '{address}'")
    chart.until("document.querySelector('#message').textContent.length > 0")
    assert chart.page.evaluate(PAINTED) > 20_000
    assert chart.errors == []


def test_a_first_visit_guesses_first(new_tab):
    """No name stands before its dot; a guess is told, and the animals are seen on the whole map."""
    tab = new_tab(is_first=True)
    tab.page.goto(tab.server.url + "#/map")
    # Behind its one reload the page stays.
    tab.until("navigator.serviceWorker.controller && document.querySelector('#chart-over svg')")
    hidden = "getComputedStyle(document.querySelector('#chart-over')).visibility"
    assert tab.page.evaluate(f"{PICTURED} || {hidden} === 'hidden'")
    tab.until(PICTURED)
    assert tab.page.evaluate(hidden) == "visible"
    tab.page.click("#chart-stop .guess-option >> nth=0")
    tab.until("document.querySelector('#chart-stop .guess-told') !== null")
    tab.until("document.querySelector('[data-name=animals]').ariaPressed === 'true'")
    tab.until("!location.hash.includes('at=')")
    assert tab.errors == []
