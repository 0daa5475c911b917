"""Every flow of the walk by keyboard alone: only keys are pressed; the page is otherwise just read.

Wherever a key takes the focus it can be seen: in the window, with a ring, under nothing else.
"""

from __future__ import annotations

import pytest

from seethrough.view.tours import THE_BLOCK
from tests.browser.hands import FOCUSED, Keyboard
from tests.steps import STEPS

pytestmark = pytest.mark.browser

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
SUM_IS_OPEN = "document.querySelector('#sum .sum-value') !== null"
# The recording that home begins with.
FIRST = "cat"


@pytest.fixture(scope="module")
def hands(equipped):
    """One page with the model opened, shared by the flows."""
    equipped.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with equipped.opened("#/", init="", **WIDE) as tab:
        tab.ask("seethrough.load()")
        tab.until("document.querySelector('#status .stage.is-ready') !== null")
        yield Keyboard(tab)
    equipped.context.clear_permissions()


def go(hands, address, size=None):
    """Where a flow begins: an address, as if it was typed; the focus is at the page's beginning."""
    hands.page.set_viewport_size(size or WIDE)
    hands.page.evaluate("(address) => { location.hash = address; }", address)
    hands.until(f"location.hash.startsWith({address.partition('?')[0]!r})")
    step = address.partition("?")[0].rpartition("/")[2]
    if step in STEPS:
        hands.until(f"document.querySelector('#step-{step}')?.innerText.length > 60")


def test_from_home_through_all_nine_steps(hands):
    """A link of home leads into the walk; Next step, pressed again and again, leads to its end."""
    go(hands, "#/")
    hands.use("a.button.is-primary[href*='walk']")
    hands.until_step("input", FIRST)
    for step in STEPS[1:]:
        hands.use("[data-action=step-next]")
        hands.until_step(step, FIRST)
        if step != STEPS[-1]:
            hands.keeps("[data-action=step-next]")
    hands.keeps("[data-action=play]")  # Next step rests at the end: its neighbour has the focus
    hands.use("[data-action=step-back]")
    hands.until_step(STEPS[-2], FIRST)
    hands.press("1")
    hands.until_step("input", FIRST)
    hands.use(".spine a[href$='/embed']")
    hands.until_step("embed", FIRST)
    hands.keeps(".spine a[href$='/embed']")
    assert hands.tab.errors == []


def test_own_text_live_and_in_the_chat_template(hands):
    """A text is typed and run; then as a chat message, chosen with an arrow key."""
    go(hands, "#/walk/own/input")
    hands.to("#prompt")
    hands.press("Control+a", "Delete")
    hands.page.keyboard.type("One, two, three,")
    hands.use("[name=run]")
    hands.until("document.querySelector('#step-input').innerText.includes('One, two')")
    hands.keeps("[name=run]")
    hands.to("[name=mode]")
    hands.press("ArrowRight")
    assert hands.page.evaluate(f"{FOCUSED}.value") == "chat"
    hands.use("[name=run]")
    hands.until("document.querySelector('#step-input').innerText.includes('im_start')")
    hands.keeps("[name=run]")
    assert hands.tab.errors == []


def test_a_token_a_cell_and_its_sum(hands):
    """A token is chosen, arrows open the cells of its strip, Enter its sum, Escape closes it."""
    go(hands, "#/walk/january/embed")
    hands.use("[data-action=select-position][data-position='4']")
    hands.until(f"{FOCUSED}.getAttribute('aria-pressed') === 'true'")
    hands.keeps("[data-position='4']")
    hands.to("#step-embed canvas[data-rows]")
    hands.press("ArrowRight", "ArrowRight", "ArrowRight")
    hands.until("document.querySelector('.opened .is-open') !== null")
    hands.press("Enter")
    hands.until("document.querySelector('#sum .sum-value') !== null")
    hands.keeps("#step-embed canvas[data-rows]")
    hands.use("#sum .sum-close")
    hands.until("document.querySelector('#sum .sum-value') === null")
    hands.keeps("#step-embed canvas[data-rows]")

    go(hands, "#/walk/january/layers")
    hands.use("[data-action=select-position][data-position='5']")
    hands.to("#step-layers canvas[data-rows]")
    hands.press("ArrowDown", "ArrowDown", "ArrowRight", "Enter")
    hands.until("document.querySelector('#sum .sum-value') !== null")
    hands.until("document.querySelector('#sum .sum-words') !== null")
    hands.use("#sum .sum-panel [data-action=select-cell]")
    hands.until("document.querySelector('#sum .sum-trail') !== null")
    hands.sees()
    hands.press("Escape")
    hands.until("document.querySelector('#sum .sum-value') === null")
    hands.keeps("#step-layers canvas[data-rows]")
    assert hands.tab.errors == []


def test_a_film(hands):
    """Play, pause, the slider and the speed; the focus stays on what was pressed."""
    go(hands, "#/walk/january/embed")
    hands.use("[data-action=speed]", "ArrowDown")
    hands.until("document.querySelector('[data-action=speed]').value === '2'")
    hands.keeps("[data-action=speed]")
    hands.to("[data-action=play]")
    at = hands.page.evaluate("scrollY")
    hands.press("Enter")
    hands.keeps("[data-action=pause]")
    assert hands.page.evaluate("scrollY") == at
    hands.press("Enter")
    hands.keeps("[data-action=play]")
    hands.use("[data-action=seek]", "Home")
    hands.until(f"{FOCUSED}.value === '0'")
    hands.press("ArrowRight")
    hands.until(f"{FOCUSED}.value === '1'")
    hands.keeps("[data-action=seek]")
    assert "/embed" in hands.page.evaluate("location.hash")  # the arrow was the slider's
    hands.press("End")
    hands.use("[data-action=speed]", "ArrowUp")
    assert hands.tab.errors == []


def test_a_token_of_the_readers_own_in_the_logits(hands):
    """A token is typed and compared; the place to type has the focus still, or its button."""
    go(hands, "#/walk/january/logits")
    hands.to("#ask-text")
    hands.page.keyboard.type(" December")
    hands.press("Enter")
    hands.until("document.querySelector('.rival.is-asked') !== null")
    hands.keeps("#ask-text")
    hands.use("[data-action=compare-token]")
    hands.keeps("[data-action=compare-token]")
    assert hands.tab.errors == []


def test_the_dials_the_dart_and_the_token(hands):
    """Each dial is set by keys, the dart is thrown again, the drawn token appended."""
    go(hands, "#/walk/january/sample")
    for name in ("temperature", "min_p"):
        hands.use(f"[data-name={name}]", "ArrowRight")
        hands.keeps(f"[data-name={name}]")
    hands.use("[data-name=top_p]", "ArrowLeft")
    hands.keeps("[data-name=top_p]")
    for name in ("top_k", "seed"):
        hands.use(f"[data-name={name}]", "ArrowUp")
        hands.press("Enter")
        hands.keeps(f"[data-name={name}]")
    hands.use("[data-preset=own]" if preset(hands, "own") else "[data-preset]:last-of-type")
    hands.keeps("[data-preset]")
    hands.use("#throw-dart")
    hands.keeps("#throw-dart")
    hands.use("[data-action=tally]")
    hands.keeps("[data-action=tally]")
    hands.use(".plate-of [data-action=append-token]")
    hands.until("location.hash.includes('/walk/own/')")
    hands.until("!document.querySelector('.plate-of [data-action=append-token]')?.disabled")
    hands.sees()
    assert hands.tab.errors == []


def preset(hands, name):
    """Whether there is a preset of this name."""
    return hands.page.evaluate(f"document.querySelector('[data-preset={name}]') !== null")


N_NEW = "document.querySelectorAll('#step-loop [data-action=step-to]').length"
IS_IDLE = "document.querySelector('#step-loop [data-action=stop]').disabled"
# The link's own text stands there, and not a test's before it; a key is heard from then on.
OF_ONE_TWO = f"""(() => {{
  const next = document.querySelector("#step-loop [data-action=generate]");
  return document.querySelector("#prompt")?.value === "One, two," && next?.disabled === false &&
    document.querySelector("#step-loop").innerText.includes("·three") && {N_NEW} === 0 && {IS_IDLE};
}})()"""


def test_the_loop(hands):
    """One more token, on to the end, stopped, forked at an earlier token, and back again."""
    go(hands, "#/walk/own/loop?prompt=One%2C%20two%2C")
    hands.until(OF_ONE_TWO)
    hands.use("[data-action=next]:not([name])")
    hands.until(f"{N_NEW} === 1")
    hands.keeps("[data-action=next]")
    hands.use("[data-action=set-length]", "Home")
    hands.keeps("[data-action=set-length]")
    hands.use("#step-loop [data-action=go-on]")
    hands.until(f"{N_NEW} > 2")
    hands.until(IS_IDLE)
    hands.sees()
    hands.use("[data-action=step-to][data-step='1']")
    hands.keeps("[data-action=step-to][data-step='1']")
    hands.use("[data-action=fork]")
    hands.until("document.querySelector('[data-action=return-to]') !== null")
    hands.until(IS_IDLE)
    hands.sees()
    hands.use("[data-action=return-to]")
    hands.until(IS_IDLE)
    hands.sees()
    hands.use("[data-action=set-length]", "End")
    hands.use("#step-loop [data-action=generate]")
    hands.keeps("#step-loop [data-action=stop]")  # it takes over while the model writes
    hands.press("Enter")
    hands.until(IS_IDLE)
    hands.keeps("#step-loop [data-action=generate]")
    assert hands.tab.errors == []


@pytest.mark.parametrize("step", STEPS)
def test_tables_and_code_open_and_close(hands, step):
    """Each table of numbers, the code and the place in the stack unfold by Enter, fold again."""
    go(hands, f"#/walk/january/{step}")
    names = hands.page.evaluate(
        "[...document.querySelectorAll('.page details[id]:not(.menu)')]"
        ".filter((one) => one.checkVisibility()).map((one) => one.id)"
    )
    assert names
    for name in names:
        before = hands.page.evaluate(f"document.getElementById({name!r}).open")
        hands.use(f"#{name} > summary")
        hands.until(f"document.getElementById({name!r}).open === {str(not before).lower()}")
        hands.keeps(f"#{name} > summary")
        hands.press("Enter")
        hands.until(f"document.getElementById({name!r}).open === {str(before).lower()}")
    assert hands.tab.errors == []


def test_link_picture_and_numbers(hands):
    """The menu opens; the link is copied, files are saved; it folds on Escape."""
    go(hands, "#/walk/january/embed")
    hands.use("#settings > summary")
    hands.use("[data-action=copy-link]")
    hands.until("document.querySelector('#message').innerText.includes('copied')")
    hands.keeps("[data-action=copy-link]")
    for kind in ("png", "csv"):
        hands.to(f"[data-kind={kind}]")
        with hands.page.expect_download() as waiting:
            hands.press("Enter")
        assert waiting.value.suggested_filename.endswith(kind)
    hands.press("Escape")
    hands.keeps("#settings > summary")
    assert hands.page.evaluate("document.querySelector('#settings').open") is False


def test_presenting_model_theme_and_language(hands):
    """Presenting, in and out; the list of models and the settings, chosen in and folded."""
    presenting = "document.documentElement.classList.contains('is-presenting')"
    go(hands, "#/walk/january/softmax")
    hands.use("[data-action=present]")
    hands.until(presenting)
    hands.keeps("[data-action=present]")
    hands.press("ArrowRight")
    hands.until_step("sample")
    hands.use("[data-action=present]")
    hands.until(f"!{presenting}")
    hands.keeps("[data-action=present]")
    hands.use("#settings > summary")
    hands.to("[data-action=set-theme]")
    hands.press("End")
    hands.until("document.documentElement.dataset.theme === 'dark'")
    hands.keeps("[data-action=set-theme]")
    hands.press("Home", "Escape")
    hands.keeps("#settings > summary")
    hands.use("#status-models > summary")
    hands.press("Tab")
    hands.sees()
    hands.press("Escape")
    hands.keeps("#status-models > summary")
    hands.press("l")
    hands.press("t")
    hands.until("document.documentElement.dataset.theme !== undefined")
    hands.press("t")
    assert hands.tab.errors == []


def test_the_help_on_keys_and_the_switch(hands):
    """The dialog holds the focus and gives it back; with the switch off a letter does nothing."""
    inside = f"document.querySelector('#shortcuts[open]')?.contains({FOCUSED}) === true"
    go(hands, "#/walk/january/embed")
    hands.use("#settings > summary")
    hands.use("[data-action=shortcuts]")
    hands.until(inside)
    assert hands.page.evaluate(f"{FOCUSED}.id") == "keys-title"
    assert hands.page.evaluate("document.querySelector('#shortcuts').scrollTop") == 0
    for _ in range(6):
        hands.press("Tab")
        at_page = hands.page.evaluate(f"{FOCUSED} === document.body")
        assert at_page or hands.page.evaluate(inside)  # the body: the browser's own bar is next
    hands.use("#shortcuts [data-action=set-keys]", "Space")
    hands.keeps("#shortcuts [data-action=set-keys]")
    hands.press("Escape")
    hands.keeps("[data-action=shortcuts]")
    hands.press("5")
    hands.page.wait_for_timeout(300)
    assert "/embed" in hands.page.evaluate("location.hash")
    hands.press("Enter")
    hands.use("#shortcuts [data-action=set-keys]", "Space")
    hands.use("#shortcuts [data-action=close-shortcuts]")
    hands.keeps("[data-action=shortcuts]")
    hands.press("5")
    hands.until_step("logits")
    hands.press("?")
    hands.until(inside)
    hands.press("Escape")
    assert hands.tab.errors == []


# In each step inside a layer: what a reader comes to by Tab, the key for it, and what then is so.
INSIDE = {
    "qkv": ("[data-action=move-apart]", "ArrowRight", f"{FOCUSED}.value !== '0'"),
    "scores": (".score-row .cell-button", "Enter", SUM_IS_OPEN),
    "weights": (".stages .cell-button", "Enter", SUM_IS_OPEN),
    "mix": (".head-row [data-head='4']", "Enter", "location.hash.includes('head=4')"),
    "expand": (".neuron-row:nth-child(3) .chip", "Enter", "location.hash.includes('neuron=')"),
    "contract": (".vector .cell-button", "Enter", SUM_IS_OPEN),
    "inside": (
        "canvas[data-raster*='hook_q@']",
        "ArrowRight",
        "!!document.querySelector('.is-open')",
    ),
}


@pytest.mark.long
def test_through_the_inside_of_a_layer_live(hands):
    """In all seven steps: another head, token and layer, what the step has, and Next on."""
    prompt = "One%2C%20two%2C%20three%2C%20four%2C"
    go(hands, f"#/block/own/qkv?prompt={prompt}&layer=3&head=1&pos=5")
    assert tuple(INSIDE) == THE_BLOCK.names
    for step in THE_BLOCK.steps:
        hands.until(f"location.hash.startsWith('#/block/own/{step.name}')")
        hands.until(f"document.querySelector({picture(step, 3)!r}) !== null", timeout_s=60)
        if hands.page.locator("#choice [data-head='2']").count():
            press_and_keep(hands, "#choice [data-head='2']", "location.hash.includes('head=2')")
        press_and_keep(hands, "#choice [data-position='4']", "location.hash.includes('pos=4')")
        hands.use("#choice [data-action=layer-next]")
        hands.until(f"document.querySelector({picture(step, 4)!r}) !== null", timeout_s=60)
        hands.keeps("#choice [data-action=layer-next]")
        wanted, key, then = INSIDE[step.name]
        hands.use(f"#{step.place} {wanted}", key)
        hands.until(then)
        if then == SUM_IS_OPEN:
            hands.press("Escape")
            hands.keeps(f"#{step.place} .cell-button")
        press_and_keep(
            hands, "#choice [data-action=layer-back]", "location.hash.includes('layer=3')"
        )
        if step is not THE_BLOCK.steps[-1]:
            hands.use("[data-action=step-next]")
    assert hands.tab.errors == []


def picture(step, layer):
    """What a step has of a layer once its numbers are here: a picture, or a number with a sum."""
    named = (f"canvas[data-raster*='blocks.{layer}.']", f"canvas[data-raster^='neurons:{layer}@']")
    parts = (*named, f"[data-cell^='blocks.{layer}.attn']")
    return ", ".join(f"#{step.place} {part}" for part in parts)


def press_and_keep(hands, wanted, then):
    """Something is pressed, its end comes, and it has the focus still."""
    hands.use(wanted)
    hands.until(then, timeout_s=60)
    hands.keeps(wanted)


@pytest.mark.parametrize("step", ["embed", "softmax", "loop"])
def test_on_a_phone(hands, step):
    """Nothing with the focus hides behind the transport; a number's sum comes into sight."""
    go(hands, f"#/walk/january/{step}", NARROW)
    hands.to(".spine a[aria-current]")
    for _ in range(24):
        hands.press("Tab")
        hands.sees()
    if step == "embed":
        hands.to("#step-embed canvas[data-rows]")
        hands.press("ArrowRight", "Enter")
        hands.keeps("#sum-title")
        hands.press("Escape")
        hands.keeps("#step-embed canvas[data-rows]")
    assert hands.tab.errors == []
