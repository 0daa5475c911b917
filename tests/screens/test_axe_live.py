"""Accessibility of what a reader opens, as axe-core judges it: live steps, sums, tables, errors.

The same rules as in test_axe.py, where the places rest as they are opened.
"""

import pytest

from export.package import write_package
from export.sources import read_checkpoint
from seethrough.view.tours import THE_BLOCK
from tests import block_models
from tests.screens.gpt2_site import build_site, site_with
from tests.screens.places import GPT2_PROMPT, NARROW, WIDE
from tests.screens.screen import opened, served, told
from tests.screens.test_axe import CONTRAST, in_place
from tests.screens.test_steps_fit import WINDOWED
from tests.steps import STEPS

pytestmark = [pytest.mark.browser, pytest.mark.long]

PROMPT = "January%2C%20February%2C%20March%2C"
LONGEST = "%20".join(["word%2C"] * 128)
ON_A_PHONE = ["target-size", "scrollable-region-focusable", "aria-hidden-focus"]
# What is the last to come at a step inside a layer: the words that vectors push.
BROUGHT = dict.fromkeys(("mix", "expand", "contract"), ".plate-of .push")
OPEN_ALL = """() => {
  for (const one of document.querySelectorAll("#view details:not(.menu)")) one.open = true;
}"""
# Counts what the engine, which runs already, is asked for from now on.
COUNT_PASSES = """() => {
  const post = Worker.prototype.postMessage;
  window.passes = 0;
  Worker.prototype.postMessage = function (message, ...more) {
    if (message?.type === "run") window.passes += 1;
    return post.call(this, message, ...more);
  };
}"""
CLOSE_ALL = OPEN_ALL.replace("true", "false")
# The first number of a step that opens its sum; a strip's cell where there is no such button.
OPEN_SUM = """() => {
  const number = document.querySelector(".plate-of button[data-action='select-cell']");
  const strip = document.querySelector(".plate-of canvas[data-rows]");
  if (number) number.click();
  else if (strip) {
    const { left, top, width, height } = strip.getBoundingClientRect();
    const at = { clientX: left + width / 3, clientY: top + height / 2, bubbles: true };
    strip.dispatchEvent(new MouseEvent("click", at));
  }
  return Boolean(number || strip);
}"""


def load(screen):
    """Open the model and run the prompt."""
    screen.page.evaluate("window.seethrough.load().then(() => 1)")
    screen.go(f"#/walk/own/input?prompt={PROMPT}")
    screen.page.wait_for_selector(".badge.is-live", state="attached")


@pytest.fixture(scope="module")
def live(browser, site):
    """The page with its model open and the prompt run live, in a profile that keeps the model."""
    with opened(browser, site) as screen:
        load(screen)
        yield screen


@pytest.fixture(scope="module")
def gpt2(browser, dist, tmp_path_factory):
    """The page of a model in GPT-2's shape, its prompt run live."""
    site = build_site(dist, tmp_path_factory.mktemp("gpt2"))
    with served(site) as url, opened(browser, url) as screen:
        load(screen)
        yield screen


@pytest.fixture(scope="module")
def shared_keys(browser, dist, tmp_path_factory):
    """The page of a small Llama whose 32 query heads share 4 keys, its prompt run live."""
    work = tmp_path_factory.mktemp("shared")
    made = work / "llama-32-4"
    checkpoint = read_checkpoint(block_models.write_checkpoint(work / "source"), {})
    write_package(checkpoint, made, model_id=made.name, title="32 on 4")
    with (
        served(site_with(dist, made, work / "site")) as url,
        opened(browser, url) as screen,
    ):
        load(screen)
        yield screen


def judged(screen, axe, *, is_narrow=True):
    """What axe finds on the page as it is: every rule, on a phone those of sizes and scrolling."""
    found = {"1440": in_place(screen, axe)}
    if is_narrow:
        screen.look(NARROW)
        found["390"] = in_place(screen, axe, ON_A_PHONE)
        screen.look(WIDE)
    return told(found)


@pytest.mark.parametrize("step", STEPS)
def test_a_live_step_with_all_that_opens(live, axe, step):
    """A step of a live run with a sum open, and every table and the code unfolded."""
    live.go(f"#/walk/own/{step}?prompt={PROMPT}")
    has_sum = live.page.evaluate(OPEN_SUM)
    if has_sum:
        live.page.wait_for_selector("#sum .sum-value")
    live.page.evaluate(OPEN_ALL)
    live.settle()
    wrong = judged(live, axe, is_narrow=step in {"embed", "sample", "done"})
    live.page.evaluate(CLOSE_ALL)

    assert not wrong, wrong


def test_the_live_steps_of_gpt2(gpt2, axe):
    """The same steps of the other family: contrast in the dark, every rule where they differ."""
    gpt2.look(WIDE, "dark")
    found = {}
    for step in STEPS:
        gpt2.go(f"#/walk/own/{step}?prompt={GPT2_PROMPT}")
        found[step] = in_place(gpt2, axe, None if step == "embed" else CONTRAST)

    assert not told(found), told(found)


@pytest.mark.parametrize(("shape", "prompt"), [("gpt2", GPT2_PROMPT), ("shared_keys", "hello")])
def test_the_layer_of_other_shapes(request, axe, shape, prompt):
    """Every step inside is drawn; another head asks for no pass, another layer for one.

    A layer's final norm is a pass of its own.
    """
    screen = request.getfixturevalue(shape)
    screen.look(WIDE)
    found = {}
    for step in THE_BLOCK.names:
        screen.go(f"#/block/own/{step}?layer=0&head=3&prompt={prompt}&depth=numbers")
        screen.page.wait_for_selector(".plate-of canvas, .plate-of svg, #inside canvas")
        screen.settle()
        found[step] = in_place(screen, axe, CONTRAST)
    screen.go(f"#/block/own/scores?layer=0&head=3&prompt={prompt}&depth=numbers")
    screen.settle()
    screen.page.evaluate(COUNT_PASSES)
    screen.page.locator("#choice .heads button").nth(7).click()
    screen.settle()
    of_head = screen.page.evaluate("window.passes")
    assert "head=7" in screen.page.url
    screen.page.select_option("#choice [data-action=select-layer]", "1")
    screen.settle()

    assert "layer=1" in screen.page.url
    assert of_head == 0
    assert 1 <= screen.page.evaluate("window.passes") <= 2
    assert screen.errors == []
    assert not told(found), told(found)


@pytest.mark.parametrize("step", THE_BLOCK.names)
def test_a_live_step_inside_a_layer(live, axe, step):
    """Each step of a live layer, all that folds open; on a phone, too; then its idea."""
    address = f"#/block/own/{step}?layer=3&head=1&prompt={PROMPT}"
    live.go(f"{address}&depth=numbers")
    live.page.wait_for_selector(BROUGHT.get(step, ".plate-of canvas, .plate-of svg"))
    live.page.evaluate(OPEN_ALL)
    live.settle()
    found = {"numbers": judged(live, axe)}
    live.page.evaluate(CLOSE_ALL)
    if step != THE_BLOCK.names[-1]:
        live.go(f"{address}&depth=idea")
        found["idea"] = judged(live, axe, is_narrow=False)

    assert not any(found.values()), found


def test_the_inside_of_a_block(live, axe):
    """A block's strips live, a sum kept and another one looked at in passing."""
    live.go(f"#/block/own/inside?layer=3&head=0&prompt={PROMPT}")
    strip = live.page.locator("#inside canvas[data-raster*='hook_z@']")
    strip.click()
    live.page.wait_for_selector("#sum .sum-total")
    live.page.locator("#inside canvas[data-raster*='hook_q@']").hover()
    live.page.wait_for_selector("#peek .sum-total")
    wrong = judged(live, axe)
    live.page.mouse.move(1, 1)
    live.page.keyboard.press("Escape")
    live.page.keyboard.press("Escape")

    assert not wrong, wrong


def test_a_look_in_passing(live, axe):
    """A number that is rested on, the words that it lights and those that the code names."""
    live.go(f"#/walk/own/softmax?prompt={PROMPT}")
    live.page.locator("#step-softmax [data-cell^=probs]").nth(1).hover()
    live.page.wait_for_selector("#peek .sum-total")
    wrong = judged(live, axe)
    live.page.mouse.move(1, 1)
    live.page.keyboard.press("Escape")

    assert not wrong, wrong


def test_presenting(live, axe):
    """A step as it is shown to a class."""
    live.go(f"#/walk/own/softmax?prompt={PROMPT}")
    live.page.evaluate(WINDOWED)
    live.page.click("[data-action=present]")
    live.page.wait_for_selector(".is-presenting", state="attached")
    live.settle()
    wrong = judged(live, axe)
    live.page.click("[data-action=present]")
    live.settle()

    assert not wrong, wrong


def test_an_error(live, axe):
    """A message that says what went wrong."""
    live.go("#/walk/own/layers?layer=999&prompt=" + PROMPT)
    live.page.wait_for_selector("#message .message")
    wrong = judged(live, axe)

    assert not wrong, wrong


def test_the_longest_prompt(live, axe):
    """A prompt as long as a view shows."""
    live.go(f"#/walk/own/embed?prompt={LONGEST}")
    live.page.wait_for_selector(".badge.is-live", state="attached")
    live.settle()
    wrong = judged(live, axe)

    assert not wrong, wrong
