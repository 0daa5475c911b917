"""The walk in the page: films that play, pause and scrub, keys, the sum behind a cell."""

from __future__ import annotations

import pytest

from tests.browser.profiles import SAVES_DATA
from tests.steps import STEPS

pytestmark = pytest.mark.browser

SLIDER = "Number(document.querySelector('[data-action=seek]').value)"
AHEAD = "document.querySelectorAll('.plate-of .is-ahead').length"
PLAYING = "document.querySelector('[data-action=pause]') !== null"
# What web/stage.js moves; a style's own transition (of 1 ms where motion is reduced) is none.
MOVING = (
    "document.getAnimations().filter((one) => one.effect?.target?.dataset?.at !== undefined"
    " && !(one instanceof CSSTransition) && !(one instanceof CSSAnimation)).length"
)
# The longest pause between two frames while a film plays, the step's change itself left out.
FRAMES = """
  window.longest = 0;
  window.watchFrames = () => {
    let before = performance.now();
    let place = location.hash;
    const look = (now) => {
      if (location.hash !== place) { place = location.hash; window.settling = 3; }
      else if (window.settling > 0) window.settling -= 1;
      else window.longest = Math.max(window.longest, now - before);
      before = now;
      if (window.watching) requestAnimationFrame(look);
    };
    window.watching = true;
    requestAnimationFrame(look);
  };
"""


@pytest.fixture(scope="module")
def walking(visited):
    """One page without a model, shared by the tests that only watch recorded walks."""
    with visited.opened("#/walk/january/embed", SAVES_DATA + FRAMES) as tab:
        yield tab


def go(tab, step, subject="january"):
    """Go to a step and wait until it is drawn, with no film in play."""
    tab.page.evaluate("hash => { location.hash = hash; }", f"#/walk/{subject}/{step}")
    tab.until(f"document.querySelector('#step-{step}')?.innerText.length > 100")
    if tab.page.evaluate(PLAYING):
        tab.page.click("[data-action=pause]")


@pytest.mark.parametrize("step", STEPS)
def test_a_film_plays_to_the_whole_picture(walking, step):
    """From its first moment, where parts are still to come, each film ends with all of them."""
    go(walking, step)
    walking.page.select_option("[data-action=speed]", "4")
    last = int(walking.page.get_attribute("[data-action=seek]", "max"))

    walking.page.evaluate("""() => {
      const slider = document.querySelector('[data-action=seek]');
      slider.value = 0;
      slider.dispatchEvent(new Event('change', { bubbles: true }));
    }""")
    walking.until(f"{SLIDER} === 0")
    assert walking.page.evaluate(AHEAD) > 0
    for moment in range(1, last):
        walking.page.evaluate(
            """(moment) => {
              const slider = document.querySelector('[data-action=seek]');
              slider.value = moment;
              slider.dispatchEvent(new Event('change', { bubbles: true }));
            }""",
            moment,
        )
        walking.until(f"{SLIDER} === {moment}")
    assert walking.page.evaluate(AHEAD) == 0
    assert walking.errors == []


def test_play_pause_and_the_end(walking):
    """Play moves things from the beginning on, pauses where it is, ends where the step does."""
    go(walking, "embed")
    walking.page.select_option("[data-action=speed]", "4")
    walking.page.click("[data-action=play]")
    walking.until(PLAYING)
    walking.until(f"{MOVING} > 0")
    walking.page.click("[data-action=pause]")
    walking.until(f"!({PLAYING})")
    at = walking.page.evaluate(SLIDER)
    walking.page.wait_for_timeout(700)
    assert walking.page.evaluate(SLIDER) == at
    walking.page.click("[data-action=play]")
    walking.until("document.querySelector('[data-action=step-next].is-lit') !== null")
    assert "/embed" in walking.page.evaluate("location.hash")
    assert not walking.page.evaluate(PLAYING)
    assert walking.page.evaluate(AHEAD) == 0
    assert "Next leads on" in walking.page.inner_text("#transport .caption")
    walking.page.click("[data-action=step-next]")
    walking.until("location.hash.startsWith('#/walk/january/layers')")
    walking.until("document.querySelector('[data-action=step-next].is-lit') === null")


def test_keys_of_the_film(walking):
    """Space plays and pauses, R begins anew; a focused button keeps its Space."""
    go(walking, "embed")
    walking.page.evaluate("document.activeElement.blur()")
    walking.page.keyboard.press("Space")
    walking.until(PLAYING)
    walking.page.keyboard.press("Space")
    walking.until(f"!({PLAYING})")
    walking.page.keyboard.press("r")
    walking.until(PLAYING)
    walking.page.keyboard.press("Space")
    walking.page.focus("[data-action=step-next]")
    walking.page.keyboard.press("Space")
    walking.until("location.hash.startsWith('#/walk/january/layers')")
    assert not walking.page.evaluate(PLAYING)


def test_the_next_step_is_whole(walking):
    """Turning to a step without playing shows its whole picture."""
    go(walking, "embed")
    walking.page.click("[data-action=step-next]")
    walking.until("location.hash.startsWith('#/walk/january/layers')")
    walking.until("document.querySelector('#step-layers canvas') !== null")

    assert walking.page.evaluate(AHEAD) == 0


def test_reduced_motion_has_the_same_pictures(walking):
    """Where motion is reduced nothing flies; each moment still shows what it adds."""
    walking.page.emulate_media(reduced_motion="reduce")
    go(walking, "embed")
    walking.page.click("[data-action=play]")
    walking.until(PLAYING)

    assert walking.page.evaluate(MOVING) == 0
    assert walking.page.evaluate(AHEAD) > 0
    walking.page.click("[data-action=pause]")
    walking.page.emulate_media(reduced_motion="no-preference")


def test_a_swipe_turns_to_the_next_step(walking):
    """A finger that wipes over the step turns to the one beside it; up and down it only scrolls."""
    wipe = """([dx, dy]) => {
      const plate = document.querySelector('.plate-of .lead');
      const at = (x, y) => new Touch({ identifier: 1, target: plate, clientX: x, clientY: y });
      const send = (kind, touch, rest) => plate.dispatchEvent(new TouchEvent(kind, {
        bubbles: true, touches: rest, changedTouches: [touch] }));
      send('touchstart', at(200, 300), [at(200, 300)]);
      send('touchend', at(200 + dx, 300 + dy), []);
    }"""
    go(walking, "embed")
    walking.page.evaluate(wipe, [-20, -200])
    walking.page.evaluate(wipe, [-90, -10])
    walking.until("location.hash.startsWith('#/walk/january/layers')")
    walking.until("document.querySelector('#step-layers .lead') !== null")
    walking.page.evaluate(wipe, [90, 10])
    walking.until("location.hash.startsWith('#/walk/january/embed')")
