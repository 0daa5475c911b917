"""Going about in the page: addresses, back and forward, keys, the take-over of the first slide."""

import pytest

from tests.steps import STEPS

pytestmark = pytest.mark.browser

MARK = "document.querySelector('#view').firstElementChild.dataset.mark = 'kept'"
MARKED = "document.querySelector('#view').firstElementChild.dataset.mark === 'kept'"
# Marks the rendered slide as soon as it is parsed, and writes down every layout shift.
EARLY = """
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("#view").firstElementChild.dataset.mark = "kept";
    window.firstText = document.querySelector("main").innerText;
  });
"""


# A live run adds a sentence on what the model would say after each layer; it comes last.
WHOLE_LEAD = "document.querySelector('#step-layers .lead')?.innerText.includes('best guess')"


@pytest.fixture(scope="module")
def walking(visited):
    """One page without a model, shared by the tests that only go about."""
    with visited.opened("#/") as tab:
        yield tab


PRESSED = """(keys) => { for (const key of keys)
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })); }"""


def go(tab, address):
    """Go to an address of the page and wait until Python has settled it."""
    tab.page.evaluate("address => { location.hash = address; }", address)
    wanted = address.partition("?")[0]
    tab.until(f"location.hash.startsWith({wanted!r})")
    tab.until("document.querySelector('main h1') !== null")


@pytest.mark.parametrize(
    ("address", "word"), [("#/", "chased"), ("#/walk/january/input", "January")]
)
def test_python_takes_the_slide_over(new_tab, address, word):
    """The first slide is there before Python, and Python leaves the very elements in place."""
    tab = new_tab(EARLY, is_first=True)
    tab.open(address)

    assert word in tab.page.evaluate("window.firstText")
    assert tab.page.evaluate(MARKED)
    assert tab.page.evaluate("window.shift") <= 0.02
    assert tab.errors == []


def test_back_and_forward(walking):
    """Each step is an entry of the history; back shows the one before."""
    go(walking, "#/walk/january/tokenize")
    walking.page.click("[data-action=step-next]")
    walking.until("location.hash.startsWith('#/walk/january/embed')")
    walking.until("document.querySelector('#step-embed canvas') !== null")
    walking.page.go_back()
    walking.until("document.querySelector('#step-tokenize .chip') !== null")

    assert walking.page.evaluate("location.hash").startswith("#/walk/january/tokenize")
    walking.page.go_forward()
    walking.until("document.querySelector('#step-embed canvas') !== null")


def test_every_recorded_walk_is_steppable(walking):
    """All steps of all recorded walks are drawn without any model."""
    default = walking.page.evaluate("fetch('./models.json').then((r) => r.json())")["models"][0]
    place = f"{default['path']}manifest.json"
    manifest = walking.page.evaluate(f"fetch('./{place}').then((r) => r.json())")
    for card in (row for row in manifest["assets"] if row["kind"] == "recording"):
        go(walking, f"#/walk/{card['id']}/input")
        for step in STEPS[1:]:
            walking.page.click("[data-action=step-next]")
            walking.until(f"location.hash.startsWith('#/walk/{card['id']}/{step}')")
            walking.until(f"document.querySelector('#step-{step}')?.innerText.length > 100")
            walking.until("document.querySelector('.unrecorded') === null")
    assert walking.page.evaluate("seethrough.ready.then((ready) => ready.model === null)")
    assert not [path for path in walking.server.asked if path.endswith(".bin")]


@pytest.fixture
def small_window(walking):
    """The shared page in a window of 1024 by 768."""
    before = walking.page.viewport_size
    walking.page.set_viewport_size({"width": 1024, "height": 768})
    yield walking
    walking.page.set_viewport_size(before)


def test_home_s_bars_in_a_small_window(small_window):
    """All bars of the first page stand whole in a window of 1024 by 768, with their axis."""
    go(small_window, "#/")
    small_window.until("document.querySelectorAll('.guess').length > 5")

    boxes = small_window.page.evaluate(
        """[...document.querySelectorAll(".guess, .guess svg")].map((one) => {
          const { right, bottom } = one.getBoundingClientRect();
          return [right, bottom];
        })"""
    )
    assert max(right for right, _ in boxes) <= 1024
    assert max(bottom for _, bottom in boxes) <= 768


# Long tokens, rare ones: what a model of another vocabulary shows.
RARE = """() => {
  for (const row of document.querySelectorAll(".odds-table tbody tr")) {
    row.querySelector(".chip-text").textContent = "·extraordinarily";
    row.querySelector(".cell-button").textContent = "1 in 48\u202f000";
    row.children[2].textContent = "1 in 48\u202f000";
    row.children[4].textContent = "200";
  }
}"""


@pytest.mark.parametrize("width", [390, 1024, 1280])
def test_the_drawn_column_is_whole(small_window, width):
    """Step 7's counts have all their digits inside the table's place, beside long rare tokens."""
    go(small_window, "#/walk/january/sample?temperature=1&tally=1")
    small_window.until("document.querySelector('.odds-table tbody td:nth-child(5)') !== null")
    small_window.page.set_viewport_size({"width": width, "height": 768})
    small_window.page.evaluate(RARE)

    table, place = small_window.page.evaluate(
        """[".odds-table", ".sample-numbers"].map((one) =>
          document.querySelector(one).getBoundingClientRect().right)"""
    )
    assert table <= place + 0.5


def test_title_language_and_focus(walking):
    """A new page has its title, its language, and the focus on its heading."""
    go(walking, "#/about")
    walking.until("document.title.startsWith('About')")

    assert walking.page.evaluate("document.documentElement.lang") == "en"
    assert walking.page.evaluate("document.activeElement.tagName") == "H1"
    go(walking, "#/about?lang=qps-mirrored")
    walking.until("document.documentElement.dir === 'rtl'")
    go(walking, "#/about?lang=en")
    walking.until("document.documentElement.dir === 'ltr'")


def test_a_strange_address(walking):
    """An address that leads nowhere gets a page in words, and the way home."""
    walking.page.evaluate("location.hash = '#/nowhere/<img src=x onerror=alert(1)>'")
    walking.until("document.querySelector('h1').innerText.includes('no such page')")

    assert walking.page.locator("main img").count() == 0
    walking.page.click("main a.is-primary")
    walking.until("location.hash === '#/'")


def test_nonsense_in_an_address(walking):
    """Fields that mean nothing are left out and named with their values."""
    go(walking, "#/block/january?layer=x&colour=red")
    walking.until(
        "document.querySelector('#message').innerText.includes('“layer=x”, “colour=red”')"
    )

    assert "colour" not in walking.page.evaluate("location.hash")


def test_the_address_follows(walking):
    """What is chosen stands in the address, and a reload shows it again."""
    go(walking, "#/block/january")
    walking.until("document.querySelector('#choice .head') !== null")
    walking.page.click("#choice [data-head='4']")
    walking.page.click("#choice [data-position='2']")
    walking.until("location.hash.includes('head=4') && location.hash.includes('pos=2')")
    walking.reload()

    walking.until("document.querySelector('#choice .head.is-selected').innerText.trim() === '4'")
    chosen = walking.page.locator("#choice .chip.is-selected")
    assert chosen.get_attribute("data-position") == "2"


def test_keys(walking):
    """Arrows and numbers go through the walk, ? lists the keys; a text field keeps its own keys."""
    go(walking, "#/walk/january/tokenize")
    walking.page.keyboard.press("ArrowRight")
    walking.until("location.hash.startsWith('#/walk/january/embed')")
    walking.page.keyboard.press("8")
    walking.until("location.hash.startsWith('#/walk/january/loop')")
    walking.page.keyboard.press("ArrowLeft")
    walking.until("location.hash.startsWith('#/walk/january/sample')")
    walking.page.keyboard.press("?")
    walking.until("document.querySelector('#shortcuts').open")
    walking.page.keyboard.press("Escape")
    walking.until("!document.querySelector('#shortcuts').open")
    go(walking, "#/walk/own/tokenize")
    walking.until("document.querySelector('.plate-of.is-tokenize') !== null")
    walking.page.focus("#prompt")
    walking.page.keyboard.type("r2?")
    walking.page.keyboard.press("ArrowLeft")

    assert "r2?" in walking.page.input_value("#prompt")
    assert walking.page.evaluate("location.hash").startswith("#/walk/own/tokenize")
    assert not walking.page.evaluate("document.querySelector('#shortcuts').open")


def test_quick_keys(walking):
    """Keys pressed before the page has turned count from where the last one led."""
    go(walking, "#/walk/january/tokenize")
    walking.page.evaluate(PRESSED, ["ArrowRight", "8", "ArrowLeft"])
    walking.until("document.querySelector('.plate-of.is-sample') !== null")

    assert walking.page.evaluate("location.hash").startswith("#/walk/january/sample")


def test_typed_text_is_kept(walking):
    """What was typed and not run survives a look at another page."""
    go(walking, "#/all/own")
    walking.page.fill("#prompt", "not run yet")
    go(walking, "#/about")
    walking.until("document.title.startsWith('About')")
    go(walking, "#/all/own")
    walking.until("document.querySelector('#prompt') !== null")

    assert walking.page.input_value("#prompt") == "not run yet"


def test_theme_is_remembered(walking):
    """A chosen theme shows at once, and from the first paint of the next visit."""
    walking.page.click("#settings summary")
    walking.page.select_option("[data-action=set-theme]", "dark")
    walking.until("document.documentElement.dataset.theme === 'dark'")
    walking.reload()

    assert walking.page.evaluate("document.documentElement.dataset.theme") == "dark"
    walking.page.click("#settings summary")
    walking.page.select_option("[data-action=set-theme]", "system")
    walking.until("!('theme' in document.documentElement.dataset)")


def test_live_keeps_the_place(loaded):
    """From a recording to live: the same prompt, step and token; the address says it."""
    go(loaded, "#/walk/january/layers?pos=3")
    loaded.until("document.querySelector('#source').innerText.includes('Recorded')")
    recorded = loaded.page.locator("#step-layers .lead").first.inner_text()
    loaded.page.click("#source [data-action=live]")
    loaded.until("document.querySelector('#source').innerText.includes('Live')")
    loaded.until("location.hash.startsWith('#/walk/own/layers')")
    loaded.until(WHOLE_LEAD)

    live = loaded.page.locator("#step-layers .lead").first.inner_text()
    assert live.startswith(recorded)
    assert "pos=3" in loaded.page.evaluate("location.hash")
    assert "prompt=January" in loaded.page.evaluate("location.hash")
    assert loaded.errors == []


def test_a_link_with_a_prompt(loaded):
    """A link with somebody's prompt runs it and shows that step; its markup is text."""
    go(loaded, "#/walk/own/tokenize?prompt=%3Cb%3EThe%20cat%3C%2Fb%3E")
    loaded.until("document.querySelector('#step-tokenize .chip-text')?.innerText === '<'")

    assert loaded.page.locator("main b b").count() == 0
    assert loaded.page.input_value("#prompt") == "<b>The cat</b>"


def test_a_link_with_a_prompt_before_its_model(new_tab, shards):
    """The page answers while the model that was asked for is fetched; the address keeps it."""
    tab = new_tab()
    for shard in shards:
        tab.server.faults[shard] = "slow"
    tab.open("#/walk/own/tokenize?prompt=The%20cat")
    tab.until("document.querySelector('[name=run]')?.disabled === false")
    tab.page.click("[name=run]")
    tab.until("document.querySelector('progress')?.value > 2e6")
    tab.until("!document.querySelector('[name=cancel]').disabled")
    address = tab.page.evaluate("location.hash")
    tab.page.click("[name=cancel]")
    tab.until("document.querySelector('.stage.is-idle') !== null", timeout_s=10)

    assert "prompt=The%20cat" in address
    assert "Stopped" in tab.text("#message")
    assert tab.page.input_value("#prompt") == "The cat"
