"""Numbers in the page: a look in passing, what is kept, and what lights up what."""

from __future__ import annotations

import pytest

from tests.steps import STEPS

pytestmark = pytest.mark.browser

PROMPT = "January%2C%20February%2C%20March%2C"
LOGIT = "#step-logits [data-cell^='logits[']"
PEEK = "document.querySelector('#peek').innerText"
SUM = "document.querySelector('#sum').innerText"
NAMED = "[...document.querySelectorAll('.is-named')]"
AWAY = (5, 450)
# What comes late (rows of weights) makes the step higher: it has been as high for a second.
STILL = """() => new Promise((resolve) => {
  let [seen, since] = [0, 0];
  const look = () => {
    const high = document.querySelector("#step-logits").offsetHeight;
    if (high !== seen) [seen, since] = [high, performance.now()];
    if (performance.now() - since > 1000) resolve(true);
    else setTimeout(look, 50);
  };
  look();
})"""


@pytest.fixture(scope="module")
def walking(loaded):
    """The walk of a live run, at step 5."""
    loaded.page.set_viewport_size({"width": 1440, "height": 900})
    turn(loaded, f"#/walk/own/logits?prompt={PROMPT}", "#step-logits [data-cell^='logits[5,']")
    assert loaded.page.evaluate(STILL)
    return loaded


@pytest.fixture
def logits(walking):
    """Step 5 at rest: nothing is pointed at, nothing kept."""
    walking.page.mouse.move(*AWAY)
    turn(walking, "#/walk/own/logits", "#step-logits .row-number [data-cell]")
    rest(walking)
    return walking


def turn(tab, address, selector):
    """Go to a page and wait for what it shows."""
    tab.page.evaluate("hash => { location.hash = hash; }", address)
    tab.until(f'document.querySelector("{selector}") !== null')


def rest(tab):
    """Leave everything, close everything."""
    tab.page.evaluate("document.activeElement.blur()")
    tab.until(f"{PEEK} === ''")
    for _ in range(3):
        tab.page.keyboard.press("Escape")
    tab.until(f"{SUM} === ''")


def test_a_number_is_looked_at_in_passing(logits):
    """Rested on, it tells name, value and sum beside the picture; left, all is as it was."""
    box = logits.page.locator("#step-logits").bounding_box()
    number = logits.page.locator(LOGIT).first
    cell = number.get_attribute("data-cell")
    number.hover()
    logits.until(f"{PEEK}.includes('Total')")

    told = logits.text("#peek")
    assert cell in told
    assert "W_U" in told
    assert number.get_attribute("title").strip("+") in told
    assert logits.page.locator("#step-logits canvas.is-source").count() >= 1
    assert logits.page.locator("#step-logits").bounding_box() == box
    logits.page.mouse.move(*AWAY)
    logits.until(f"{PEEK} === ''")
    assert logits.page.locator("#step-logits .is-source").count() == 0
    assert logits.errors == []


def test_a_pointer_that_passes_asks_for_nothing(logits):
    """What is only crossed is not traced."""
    logits.page.evaluate("""() => {
      window.peeks = 0;
      new MutationObserver(() => { window.peeks += 1; })
        .observe(document.querySelector('#peek'),
          { childList: true, subtree: true, characterData: true });
    }""")
    box = logits.page.locator("#step-logits canvas").first.bounding_box()
    logits.page.mouse.move(box["x"] - 20, box["y"] + 10)
    logits.page.mouse.move(box["x"] + 380, box["y"] + 10, steps=20)  # one order: nothing rests
    logits.page.mouse.move(*AWAY)
    logits.page.wait_for_timeout(700)
    assert logits.page.evaluate("window.peeks") == 0


def test_the_pointer_may_go_into_it(logits):
    """It stays while the pointer is in it, and its numbers lead on."""
    logits.page.locator(LOGIT).first.hover()
    logits.until(f"{PEEK}.includes('Total')")
    button = logits.page.locator("#peek [data-cell]").first
    cell = button.get_attribute("data-cell")
    button.hover()
    logits.page.wait_for_timeout(600)
    assert logits.text("#peek")
    button.click()
    logits.until(f"{SUM}.includes('{cell}')")
    assert logits.text("#peek") == ""


def test_a_click_keeps_it_and_escape_closes_what_is_on_top(logits):
    """A kept sum stays when the pointer goes; Escape takes the look first, then what is kept."""
    number = logits.page.locator(LOGIT).first
    number.click()
    logits.until(f"{SUM}.includes('Total')")
    logits.page.mouse.move(*AWAY)
    logits.page.wait_for_timeout(500)
    assert "Total" in logits.text("#sum")
    logits.page.locator(LOGIT).nth(1).hover()
    logits.until(f"{PEEK}.includes('Total')")
    logits.page.keyboard.press("Escape")
    assert logits.text("#peek") == ""
    assert "Total" in logits.text("#sum")
    logits.page.keyboard.press("Escape")
    logits.until(f"{SUM} === ''")


def test_arrow_keys_look_and_enter_keeps(logits):
    """A picture's cells by the keyboard alone: each one that is reached is told, Enter keeps it."""
    canvas = logits.page.locator("#step-logits .is-query canvas")
    canvas.focus()
    logits.page.keyboard.press("ArrowRight")
    logits.page.keyboard.press("ArrowRight")
    logits.until(f"{PEEK}.includes('ln_final.hook_norm_out[5,1]')")
    logits.page.keyboard.press("Enter")
    logits.until(f"{SUM}.includes('ln_final.hook_norm_out[5,1]')")
    logits.page.keyboard.press("Tab")
    logits.until(f"{PEEK} === '' || !{PEEK}.includes('norm_out[5,1]')")


def test_focus_looks_too(logits):
    """A number that comes by Tab is told as one that is pointed at."""
    logits.page.locator("#step-logits .is-query canvas").focus()
    logits.page.keyboard.press("Tab")
    logits.page.locator(LOGIT).first.focus()
    logits.until(f"{PEEK}.includes('Total')")
    logits.page.evaluate("document.activeElement.blur()")
    logits.until(f"{PEEK} === ''")


def test_a_word_lights_what_it_names_and_back(logits):
    """Pointed at or focused, "query" lights the query's row, and that row the word."""
    word = logits.page.locator("#step-logits .lead [data-names=query]")
    word.hover()
    assert logits.page.evaluate(f"{NAMED}.some((one) => one.matches('.vector-row.is-query'))")
    logits.page.mouse.move(*AWAY)
    assert logits.page.evaluate(f"{NAMED}.length") == 0
    word.focus()
    assert logits.page.evaluate(f"{NAMED}.some((one) => one.matches('.vector-row.is-query'))")
    logits.page.locator("#step-logits .is-query .row-head b").hover()
    assert logits.page.evaluate(f"{NAMED}.some((one) => one.matches('[data-names=query]'))")


@pytest.mark.parametrize("step", STEPS)
def test_every_named_word_has_its_part(walking, step):
    """No word of a step promises a light that does not come."""
    turn(walking, f"#/walk/own/{step}", f"#step-{step} .lead")
    walking.page.wait_for_timeout(800)
    words = walking.page.locator(f"#step-{step} .lead [data-names]:not([data-names=token])")
    for index in range(words.count()):
        word = words.nth(index)
        word.hover()
        assert walking.page.evaluate(f"{NAMED}.length") > 1, word.inner_text()


def test_a_films_words_light_what_they_name(logits):
    """Pointed at in the caption of a film that waits, "query" lights the query's row."""
    logits.page.locator(".transport input[type=range]").first.fill("1")
    logits.until("document.querySelector('.caption [data-names=query]') !== null")
    logits.page.hover(".caption [data-names=query]")
    assert logits.page.evaluate(f"{NAMED}.some((one) => one.matches('.vector-row.is-query'))")
    logits.page.mouse.move(*AWAY)
    logits.page.locator(".transport input[type=range]").first.fill("7")
    logits.until("document.querySelector('.is-film') === null")


def test_a_hook_of_the_code_lights_and_opens(walking):
    """A hook's name in the code marks its picture and opens its first number; again, it leaves."""
    turn(walking, "#/walk/own/layers", "#step-layers canvas")
    walking.page.evaluate("document.querySelector('#code-of-step').open = true")
    hook = walking.page.locator(".code-hook[data-hook='hook_resid_post']")
    hook.click()
    walking.until(f"{SUM}.includes('hook_resid_post[5,0]')")
    assert walking.page.locator("#step-layers canvas.is-of-hook").count() > 1
    assert "d_model 576" in walking.text(".code-told")
    hook.click()
    walking.until("document.querySelector('.is-of-hook') === null")
    walking.page.locator(".code-hook[data-hook='attn.hook_z']").click()
    walking.until("document.querySelector('.code-told a') !== null")
    link = walking.page.get_attribute(".code-told a", "href")
    assert link.startswith("#/block/own")


@pytest.mark.parametrize("view", ["block/own/weights", "all/own"])
def test_other_pages_look_too(walking, view):
    """The pattern of a block opens its sums, on the block's page and where everything stands."""
    turn(walking, f"#/{view}?layer=3&head=0", "svg.pattern[aria-label*='blocks.3.']")
    picture = walking.page.locator("svg.pattern")
    picture.hover(position={"x": 20, "y": 240})
    walking.until(f"{PEEK}.includes('blocks.3.attn.hook_pattern[0,') && {PEEK}.includes('Total')")
    picture.click(position={"x": 20, "y": 240})
    walking.until(f"{SUM}.includes('blocks.3.attn.hook_pattern[0,')")
    walking.page.mouse.move(*AWAY)
    walking.until(f"{PEEK} === ''")
    walking.page.keyboard.press("Escape")
    walking.until(f"{SUM} === ''")
    assert walking.errors == []


def test_a_bar_and_a_table_tell_too(walking):
    """A bar is its line's number, a number of a vector's table is its own; a click keeps it."""
    turn(walking, "#/walk/own/softmax", "#step-softmax td.bar-cell")
    walking.page.locator("#step-softmax tbody td.bar-cell").nth(1).hover()
    walking.until(f"{PEEK}.includes('probs[5,') && {PEEK}.includes('Total')")
    turn(walking, "#/walk/own/embed", "#embed-data")
    walking.page.locator("#embed-data > summary").click()
    walking.until("document.querySelector('#embed-data table td.number') !== null")
    number = walking.page.locator("#embed-data table tbody tr").nth(1).locator("td").nth(2)
    number.hover()
    walking.until(f"{PEEK}.includes('hook_embed[5,10]')")
    number.click()
    walking.until(f"{SUM}.includes('hook_embed[5,10]')")
    assert walking.errors == []


def test_a_length_is_a_sum_too(walking):
    """Step 4: a write's bar tells its vector's squares; the heat map's cells by the keyboard."""
    turn(walking, "#/walk/own/layers", "#step-layers .layer-wrote[data-cell]")
    rest(walking)
    bar = walking.page.locator("#step-layers .layer-wrote.is-mlp[data-cell]").first
    cell = bar.get_attribute("data-cell")
    assert cell == "blocks.0.hook_mlp_out.norm[5]"
    bar.click()
    walking.until(f"{SUM}.includes('Total')")
    assert cell in walking.text("#sum").replace("\n", "")
    rest(walking)

    walking.page.locator("#step-layers canvas[data-raster='layer-norms']").focus()
    walking.page.keyboard.press("ArrowDown")
    walking.page.keyboard.press("Enter")
    walking.until(f"{SUM}.includes('blocks.0.hook_resid_pre.norm[0]')")
    walking.until(f"{SUM}.includes('Total')")
    rest(walking)


def test_inside_a_block_every_vector_leads_on(walking):
    """Of one token and head: query, key, value, z, MLP; a sum lights the strips it comes from."""
    turn(walking, "#/block/own/inside?layer=3&head=0", "#inside canvas[data-raster*=hook_z]")
    for hook, source in (("hook_z", "attn.hook_v"), ("mlp.hook_post", "mlp.hook_pre")):
        strip = walking.page.locator(f"#inside canvas[data-raster*='{hook}@']")
        strip.scroll_into_view_if_needed()
        strip.hover()
        walking.until(f"{PEEK}.includes('{hook}[') && {PEEK}.includes('Total')")
        lit = f"#inside canvas.is-source[data-raster*='{source}@']"
        assert walking.page.locator(lit).count() == 1
    walking.page.mouse.move(*AWAY)
    walking.until(f"{PEEK} === ''")
    assert walking.errors == []


def test_a_recording_says_what_it_lacks(again):
    """Without the model a look tells the value and why there is no sum."""
    tab = again
    turn(tab, "#/walk/january/layers", "#step-layers canvas")
    tab.page.locator("#step-layers canvas").nth(2).hover()
    tab.until(f"{PEEK}.includes('hook_resid')")
    assert tab.page.locator("#peek output").count() == 1
