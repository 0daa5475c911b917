"""The page in a reader's hands: prompts, buttons, pictures, and an engine that dies."""

import pytest

pytestmark = pytest.mark.browser


def is_idle(tab):
    """Wait until the Run button may be pressed again."""
    tab.until("!document.querySelector('[name=run]').disabled")


def test_run_draws_everything(loaded):
    """Run shows tokens, the best next tokens, the residual stream and attention, without errors."""
    loaded.run("January, February, March,")

    assert "and" in loaded.text("#top tbody tr")
    assert "51.4" in loaded.text("#top tbody tr")
    assert loaded.page.locator("#tokens .chip").count() == 6
    assert loaded.page.locator("#residual canvas[data-raster]").count() == 1
    assert loaded.page.locator("#attention svg.pattern").count() == 1
    assert loaded.errors == []


def test_canvas_is_painted(loaded):
    """The residual picture has more than one colour: pixels arrived."""
    loaded.run("The cat sat on the mat")
    colours = loaded.page.evaluate(
        """() => {
          const canvas = document.querySelector("#residual canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )

    assert colours > 50


def test_keyboard_reads_cells(loaded):
    """The arrow keys tell each cell's full name and value beside the picture."""
    loaded.run("The cat")
    loaded.page.focus("#residual canvas")
    loaded.page.keyboard.press("ArrowRight")
    loaded.page.keyboard.press("ArrowRight")

    assert "blocks.0.hook_resid_pre[1, 1] =" in loaded.text("#residual-readout")


def test_select_layer_and_position(loaded):
    """Choosing a layer or a token draws that one; the focus stays on what was pressed."""
    loaded.run("The cat sat")
    loaded.page.select_option("#attention [data-action=select-layer]", "5")
    loaded.until("document.querySelector('#attention').innerText.includes('blocks.5.attn')")
    loaded.page.click("#tokens [data-position='0']")
    loaded.until("document.querySelector('#tokens .is-selected').dataset.position === '0'")
    focused = loaded.page.evaluate("document.activeElement.dataset.position")

    assert focused == "0"


def test_markup_in_a_prompt_is_text(loaded):
    """A prompt with markup is shown as text and never becomes an element."""
    loaded.run('<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>')

    assert loaded.page.locator("main img, main script").count() == 0
    assert loaded.page.evaluate("window.hacked === undefined")
    assert loaded.text("#tokens .chip-text") == "<"
    assert loaded.errors == []


def test_lone_surrogate_in_the_form(loaded):
    """Half an emoji in the text field runs as U+FFFD."""
    loaded.page.evaluate("document.querySelector('#prompt').value = 'a \\ud83d b'")
    is_idle(loaded)
    loaded.page.click("[name=run]")
    loaded.until("document.querySelector('#tokens').innerText.includes('\\ufffd')")
    is_idle(loaded)

    assert "Traceback" not in loaded.text("body")


def test_generate_and_stop(loaded):
    """Generate shows token after token; Stop ends it and keeps what is there."""
    is_idle(loaded)
    loaded.page.fill("#prompt", "Once upon a time")
    loaded.page.fill("[name=max_new_tokens]", "400")
    loaded.page.click("[name=generate]")
    loaded.until("document.querySelectorAll('#continuation .chip').length > 2")
    loaded.page.click("[name=stop]")
    is_idle(loaded)
    count = loaded.page.locator("#continuation .chip").count()

    assert 2 < count < 400
    assert loaded.page.input_value("#prompt") == "Once upon a time"


def test_a_script_s_run_is_stopped_from_any_page(loaded):
    """On a page without a form a script's run has a Stop that keys reach; it goes with the run."""
    loaded.page.evaluate("location.hash = '#/about'")
    loaded.until("document.querySelector('form') === null")
    loaded.start_asking("seethrough.generate('Once', {max_new_tokens: 400, temperature: 1})")
    loaded.page.wait_for_selector("#stop button")
    loaded.page.focus("#status summary")
    loaded.page.keyboard.press("Tab")
    focused = loaded.page.evaluate("document.activeElement.closest('#stop') !== null")
    loaded.page.keyboard.press("Enter")
    loaded.until("window.answered !== undefined")

    assert focused
    assert loaded.page.evaluate("window.answered.stop") == "stopped"
    assert loaded.page.query_selector("#stop button") is None
    loaded.page.evaluate("location.hash = '#/all/own'")
    loaded.until("document.querySelector('#prompt') !== null")


def test_append_best(loaded):
    """The button appends the most probable token and runs again."""
    loaded.run("January, February, March,")
    loaded.page.click("[name=next]")
    loaded.until("document.querySelectorAll('#tokens .chip').length === 7")
    is_idle(loaded)

    assert "and" in loaded.text("#tokens li:last-child")


def test_bad_setting(loaded):
    """A sampling setting that is no number gets a sentence."""
    is_idle(loaded)
    loaded.page.fill("[name=top_k]", "")
    loaded.page.click("[name=generate]")

    assert "top_k must be a number" in loaded.text("#message")
    loaded.page.fill("[name=top_k]", "0")


def test_worker_killed_while_idle(loaded):
    """An engine that died between two runs is started again, and nobody notices."""
    loaded.run("The cat")
    before = loaded.page.evaluate("workers.length")
    loaded.page.evaluate("workers.at(-1).terminate()")
    answer = loaded.ask("seethrough.next('The dog', {k: 1})")

    assert "top" in answer, answer
    assert loaded.page.evaluate("workers.length") == before + 1


def test_started_worker_holds_its_lock(loaded):
    """A worker says "started" only once it holds the lock that the page waits for."""
    lost = loaded.page.evaluate("""async () => {
      let lost = 0;
      for (let round = 0; round < 5; round++) {
        const name = `lock-test-${round}`;
        const worker = new Worker("./engine.js", {name, type: "module"});
        await new Promise((resolve) => { worker.onmessage = resolve; });
        await navigator.locks.request(name, {ifAvailable: true}, (lock) => { lost += !!lock; });
        worker.terminate();
        window.workers?.pop();  // the list of the page's own workers
      }
      return lost;
    }""")

    assert lost == 0


def test_worker_killed_in_the_middle(loaded):
    """An engine that dies during a run is started again from the stored model, and goes on."""
    is_idle(loaded)
    asked = len(loaded.server.asked)
    loaded.page.fill("#prompt", "Once upon a time")
    loaded.page.fill("[name=max_new_tokens]", "400")
    loaded.page.click("[name=generate]")
    loaded.until("document.querySelectorAll('#continuation .chip').length > 1")
    chips = loaded.page.evaluate("document.querySelectorAll('#continuation .chip').length")
    loaded.page.evaluate("workers.at(-1).terminate()")
    loaded.until(f"document.querySelectorAll('#continuation .chip').length > {chips + 2}")
    loaded.page.click("[name=stop]")
    is_idle(loaded)

    assert loaded.page.input_value("#prompt") == "Once upon a time"
    assert "started again" in loaded.text("#message")
    loaded.run("January, February, March,")
    assert "51.4" in loaded.text("#top tbody tr")
    assert not [path for path in loaded.server.asked[asked:] if "/models/" in path]


def test_print_is_light(again):
    """Paper is light whatever the theme: colours of the page, and the pixels that Python draws."""
    again.page.evaluate("location.hash = '#/walk/january/layers'")
    again.until("document.querySelector('#step-layers canvas')?.painted")
    look = """() => {
      const canvas = document.querySelector("#step-layers canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return [getComputedStyle(document.documentElement).backgroundColor, data.join()];
    }"""
    seen = []
    for media, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
        again.page.emulate_media(media=media, color_scheme=scheme)
        again.page.wait_for_timeout(300)
        seen.append(again.page.evaluate(look))
    again.page.emulate_media(media="screen", color_scheme="light")
    light, dark, printed = seen

    assert light[0] != dark[0]
    assert light[1] != dark[1]
    assert printed == light
