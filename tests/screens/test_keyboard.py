"""Without a mouse: all that can be used is reached by Tab, seen when it is, and large enough."""

import pytest

from tests.screens.conftest import at_rest
from tests.screens.places import AT_EACH_PLACE, NARROW, SIZES, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.long]

LEAST = {WIDE: 24, NARROW: 44}
START = """() => {
  window.scrollTo(0, 0);
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  window.usable = window.screens.usable();
  return window.usable.length;
}"""
# What slides in when it gets the focus, or out of its way, may take some frames to be painted.
LOOK = """async () => {
  let at = null;
  for (let frame = 0; frame < 30 && !at?.isVisible; frame += 1) {
    await new Promise(requestAnimationFrame);
    at = window.screens.focus(window.usable);
  }
  return at;
}"""


def tab_through(screen):
    """Press Tab until the focus leaves the page or comes round; what the focus said at each."""
    seen = []
    for _ in range(2 * screen.page.evaluate(START) + 8):  # numbers that come late are stops, too
        screen.page.keyboard.press("Tab")
        at = screen.page.evaluate(LOOK)
        if at is None or at["index"] in {before["index"] for before in seen} - {-1}:
            break
        seen.append(at)
    return seen


@pytest.fixture(scope="session")
def found(there):
    """What the page says at a place: of motion, and in each size of targets and of the focus."""
    sizes = {size: in_size(there, size) for size in SIZES[::-1]}  # begins where axe has ended
    return {"moving": there.ask("moving"), **sizes}


def in_size(screen, size):
    """What is too small in a size, all that can be used there, and what the focus said at each."""
    at_rest(screen)
    screen.look(size)
    small, seen = screen.ask("small", LEAST[size]), tab_through(screen)
    names = screen.page.evaluate("window.usable.map((one) => one.outerHTML.slice(0, 80))")
    return {"small": small, "seen": seen, "names": names}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
@AT_EACH_PLACE
def test_all_is_reached_by_tab(found, size):
    """Tab reaches each thing in the order of the page, with a ring, not hidden under another."""
    seen, names = found[size]["seen"], found[size]["names"]
    reached = [at["index"] for at in seen if at["index"] >= 0]

    assert [name for index, name in enumerate(names) if index not in reached] == []
    assert reached == sorted(reached)
    assert [at["name"] for at in seen if not at["hasRing"]] == []
    assert [at["name"] for at in seen if not at["isVisible"]] == []


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
@AT_EACH_PLACE
def test_targets_are_large_enough(found, size):
    """What is pressed is 24 px wide and high at least, on a phone 44 px."""
    assert found[size]["small"] == []


@AT_EACH_PLACE
def test_no_motion_for_who_wants_none(found):
    """With reduced motion nothing moves for longer than a frame, not even when it is used."""
    assert found["moving"] == []


def test_there_is_motion_for_others(screen):
    """The rule above can fail: who has not asked for calm gets transitions."""
    screen.look(WIDE, calm=False)

    assert screen.ask("moving") != []
