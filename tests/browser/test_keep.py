"""What a panel keeps when it is written anew: pictures that are the same, places, choices."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

PICTURE = "document.querySelector('.layer-cells')"
INK = f"""(() => {{
  const canvas = {PICTURE};
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let sum = 0;
  for (let at = 0; at < data.length; at += 1) sum = (sum * 31 + data[at]) >>> 0;
  return sum;
}})()"""


@pytest.fixture(scope="module")
def layers(visited):
    """A narrow page at a recorded step 4, without a model: its chips and spine scroll."""
    with visited.opened("#/walk/january/layers", width=390, height=844) as tab:
        tab.until(f"{PICTURE} !== null")
        yield tab


def test_a_picture_that_is_the_same_stays(layers):
    """A table is opened: the panel is written anew, its canvas is the very same one."""
    ink = layers.page.evaluate(INK)
    layers.page.evaluate(f"{PICTURE}.mine = true")
    layers.page.evaluate("document.querySelector('#layer-norms-data').open = true")
    layers.until("document.querySelector('#layer-norms-data table') !== null")

    assert layers.page.evaluate(f"{PICTURE}.mine === true")
    assert layers.page.evaluate(INK) == ink
    layers.page.evaluate("document.querySelector('#layer-norms-data').open = false")
    layers.until("document.querySelector('#layer-norms-data table') === null")


def test_another_token_is_another_picture(layers):
    """Pixels follow the chosen token, there and back, also on a canvas that stayed."""
    last = layers.page.evaluate("document.querySelectorAll('#view .plate-of .chip').length") - 1
    ink = {}
    for at in (last, 0, last):
        layers.page.evaluate(f"document.querySelectorAll('#view .plate-of .chip')[{at}].click()")
        layers.until(f"location.hash.includes('pos={at}')")
        layers.page.wait_for_timeout(300)
        ink.setdefault(at, set()).add(layers.page.evaluate(INK))

    assert len(ink[last]) == 1
    assert ink[0] != ink[last]
    assert layers.errors == []


def test_a_place_stays_where_the_reader_put_it(layers):
    """A row that the reader moved stands there after its panel was written anew."""
    layers.page.evaluate("document.querySelector('.layer-norms-plate').scrollLeft = 60")
    layers.page.wait_for_timeout(200)
    at = layers.page.evaluate("document.querySelector('.layer-norms-plate').scrollLeft")
    assert at > 0, "the picture is wider than the page"
    layers.page.evaluate("document.querySelector('#layer-norms-data').open = true")
    layers.until("document.querySelector('#layer-norms-data table') !== null")
    layers.page.wait_for_timeout(200)

    assert layers.page.evaluate("document.querySelector('.layer-norms-plate').scrollLeft") == at


def test_another_step_begins_at_its_beginning(layers):
    """A place in one step's picture is no place in the next one's."""
    layers.page.evaluate("document.querySelector('.layer-norms-plate').scrollLeft = 60")
    layers.page.wait_for_timeout(200)
    layers.page.evaluate("location.hash = '#/walk/january/embed'")
    layers.until("document.querySelector('#step-embed .lead') !== null")
    layers.page.wait_for_timeout(300)

    moved = "[...document.querySelectorAll('#step-embed .scroll:not(.follows)')]"
    assert layers.page.evaluate(f"{moved}.filter((one) => one.scrollLeft > 0).length") == 0


def in_sight(tab):
    """Whether the spine's chosen step stands whole within the spine."""
    return tab.page.evaluate(
        """(() => {
          const row = document.querySelector('#view .spine');
          const one = row.querySelector('[aria-current], [aria-pressed=true]');
          const [out, mine] = [row.getBoundingClientRect(), one.getBoundingClientRect()];
          return mine.left >= out.left - 1 && mine.right <= out.right + 1;
        })()"""
    )


def test_the_spine_follows(layers):
    """On a phone the spine brings the chosen step into sight, also when the phone is turned."""
    for step in ("done", "input", "sample"):
        layers.page.evaluate(f"location.hash = '#/walk/january/{step}'")
        layers.until(f"document.querySelector('#step-{step}') !== null")
        layers.page.wait_for_timeout(300)
        assert in_sight(layers), step
    layers.page.set_viewport_size({"width": 320, "height": 600})
    layers.page.wait_for_timeout(300)
    assert in_sight(layers)


def test_a_bar_that_comes_or_goes_moves_nothing(layers):
    """A window that is only higher or lower leaves a row where the reader has put it."""
    layers.page.evaluate("document.querySelector('#view .spine').scrollLeft = 0")
    layers.page.wait_for_timeout(200)
    assert not in_sight(layers)
    layers.page.set_viewport_size({"width": 320, "height": 520})
    layers.page.wait_for_timeout(300)

    assert layers.page.evaluate("document.querySelector('#view .spine').scrollLeft") == 0
