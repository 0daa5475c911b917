"""The screen belongs to the picture: where title, picture and the way on stand, at every step."""

import pytest

from tests.screens.conftest import at_first
from tests.screens.screen import told
from tests.steps import STEPS

pytestmark = pytest.mark.browser

SCHOOL, TABLET, PHONE = (1366, 768), (1024, 768), (390, 844)
SHOWN = ((1280, 720), (1440, 900), (1920, 1080))
# A window of 1366 × 768 at 200 % zoom.
ZOOMED = (683, 384)
# A window in full screen cannot be resized, and a browser without one cannot leave it: here the
# browser refuses to be in it.
WINDOWED = "() => { document.documentElement.requestFullscreen = () => Promise.reject(); }"
HIDDEN = "() => document.documentElement.scrollHeight - window.innerHeight"
WHERE = """() => {
  const box = (selector) => {
    const { left, top, right, bottom } = document.querySelector(selector).getBoundingClientRect();
    return { left, top, right, bottom };
  };
  const usable = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const stops = [...document.querySelectorAll(usable)].filter(
    (one) => one.checkVisibility() && !one.disabled,
  );
  const next = document.querySelector(".transport .is-primary");
  return {
    title: box("h1").top,
    plate: box(".plate-of").top,
    foot: box(".transport").top,
    next: box(".transport .is-primary"),
    before: stops.filter(
      (one) => one.compareDocumentPosition(next) & Node.DOCUMENT_POSITION_FOLLOWING,
    ).length,
  };
}"""


@pytest.fixture
def screen(of_file):
    """This file's page: what is presented and what is unfolded stays its own."""
    return at_first(of_file)


def complaints(screen, size):
    """What is out of its place at a size: each in words."""
    at = screen.page.evaluate(WHERE)
    is_seen = at["next"]["left"] >= 0 and at["next"]["right"] <= size[0]
    is_seen &= at["next"]["top"] >= 0 and at["next"]["bottom"] <= size[1]
    found = screen.ask("wide")
    found += [] if is_seen else [f"Next is at {at['next']}"]
    found += [] if at["before"] <= 12 else [f"{at['before']} stops before Next"]
    if size == SCHOOL and at["title"] > 110:
        found.append(f"the title is at y = {at['title']}")
    if size != ZOOMED and at["plate"] > at["foot"] - 300:
        found.append(f"of the picture {at['foot'] - at['plate']} px are in view")
    return found


@pytest.mark.parametrize("step", STEPS)
def test_title_picture_and_next(screen, step):
    """At three sizes and at 200 % zoom title, picture and Next are in view, few stops before it."""
    screen.go(f"#/walk/january/{step}")
    found = {}
    for size in (SCHOOL, TABLET, PHONE, ZOOMED):
        screen.look(size)
        screen.page.evaluate("window.scrollTo(0, 0)")
        found[size] = complaints(screen, size)

    assert not told(found), told(found)


@pytest.mark.parametrize(("walk", "depth"), [("january", "numbers"), ("cat", "idea")])
def test_presenting(screen, walk, depth):
    """Presented at three sizes each step is all in view; no text is cut or lies on another."""
    screen.go(f"#/walk/{walk}/{STEPS[0]}?depth={depth}")
    screen.page.evaluate(WINDOWED)
    screen.page.keyboard.press("p")
    screen.page.wait_for_selector(".is-presenting", state="attached")
    found = {}
    for step in STEPS:
        screen.page.wait_for_selector(f".plate-of.is-{step}")
        for size in SHOWN:
            screen.look(size)
            checks = ("wide", "clipped", "overlapping")
            hidden = screen.page.evaluate(HIDDEN)
            found[f"{step} {size[0]}"] = [
                *(one for check in checks for one in screen.ask(check)),
                *([f"{hidden} px are below the window"] if hidden > 0 else []),
            ]
        screen.page.keyboard.press("PageDown")
    screen.page.keyboard.press("Escape")
    screen.settle()
    assert screen.page.locator(".is-presenting").count() == 0
    assert screen.page.is_visible(".site-header")
    assert not told(found), told(found)


@pytest.mark.parametrize("step", STEPS)
def test_a_phone_cuts_no_name_of_a_step(screen, step):
    """On a phone the present step's name is whole; of the others only the numbers stand there."""
    screen.go(f"#/walk/january/{step}?depth=idea")
    screen.look(PHONE)
    here, others = screen.page.evaluate("""() => {
      const present = document.querySelector(".spine [aria-current]");
      const { left, right } = present.getBoundingClientRect();
      const rest = [...document.querySelectorAll(".spine a:not([aria-current])")];
      return [[left, right], rest.map((one) => Math.round(one.getBoundingClientRect().width))];
    }""")

    assert here[0] >= 15  # inside the edges that fade
    assert here[1] <= PHONE[0] - 14
    assert max(others) <= 46
