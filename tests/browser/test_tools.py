"""What a reader takes along from a step: link, picture, numbers; presenting; keys switched off."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import zipfile
from base64 import b64encode
from urllib.parse import unquote

import pytest

from seethrough.core.messages import text
from tests.browser.server import FOLDER
from tests.steps import STEPS

pytestmark = pytest.mark.browser

EMBED = "#/walk/january/embed?depth=numbers"
# Browsers as they name themselves, and how saving ends there.
APPS = {
    "an app on Android: app": "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36 Instagram",
    "an app on a phone of Apple's: app": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) "
    "AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 [FBAN/FBIOS]",
    "its own browser: saved": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) "
    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "a desktop: saved": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Safari/605.1.15",
}
ENDS = """async (agents) => {
    const { handData } = await import(new URL("hand.js", document.baseURI).href);
    const own = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = () => {};
    const ends = agents.map((agent) => {
        Object.defineProperty(navigator, "userAgent", { value: agent, configurable: true });
        return handData("a", "text/plain", "txt").end;
    });
    HTMLAnchorElement.prototype.click = own;
    delete navigator.userAgent;
    return ends;
}"""
PNG = b"\x89PNG\r\n\x1a\n"
# px: over a saved picture, and around it.
HEAD, MARGIN = 64, 24
MOST_DIFFERENCE = 0.02
# The mean difference of the channels of a saved picture's plate and of the screen's, from 0 to 1.
# The file has twice as many pixels: both are drawn at half the screen's, so that letters' edges are
# not what is compared.
DIFFERENCE = """async ([saved, shown, left, top]) => {
    const read = async (data) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        return image;
    };
    const [file, screen] = [await read(saved), await read(shown)];
    const [wide, high] = [screen.width >> 1, screen.height >> 1];
    const pixels = (image, x, y, scale) => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [wide, high];
        const context = canvas.getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(image, x, y, 2 * wide * scale, 2 * high * scale, 0, 0, wide, high);
        return context.getImageData(0, 0, wide, high).data;
    };
    const one = pixels(file, 2 * left, 2 * top, 2);
    const other = pixels(screen, 0, 0, 1);
    return one.reduce((sum, value, at) => sum + Math.abs(value - other[at]), 0) / one.length / 255;
}"""


@pytest.fixture(scope="module")
def step(visited):
    """A page at a recorded step, without a model."""
    with visited.opened("#/walk/january/embed") as tab:
        tab.until("document.querySelector('#embed-data') !== null")
        yield tab


def saved(tab, kind):
    """The bytes of what the Save menu hands out, and its file name."""
    tab.page.evaluate("document.querySelector('#settings').open = true")
    with tab.page.expect_download() as waiting:
        tab.page.click(f"[data-action=save][data-kind={kind}]")
    return waiting.value.path().read_bytes(), waiting.value.suggested_filename


def shown_numbers(tab):
    """The numbers of the step's tables as they stand on the page once they are opened."""
    tab.page.click("#embed-data > summary")
    tab.until("document.querySelectorAll('#embed-data td.number').length > 500")
    return tab.page.evaluate(
        "[...document.querySelectorAll('.plate-of td')].map((cell) => cell.textContent.trim())"
    )


def written(shown):
    """A shown number as programs write it."""
    return shown.replace("\u202f", "").replace("\u2212", "-")


def test_numbers_as_csv(step):
    """The CSV has every number of the step's tables, folded ones too, and none rounded."""
    assert step.page.locator("#embed-data table").count() == 0
    data, name = saved(step, "csv")
    assert step.page.locator("#embed-data table").count() == 0, "what is folded is empty again"
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    values = {value for row in rows for value in row}

    assert name == "seethrough-walk-january-embed.csv"
    assert len({len(row) for row in rows}) == 1, "each row has all columns"
    numbers = [written(text) for text in shown_numbers(step)]
    assert numbers
    missing = [text for text in numbers if text not in values]
    parsed = {float(value) for value in values if is_number(value)}
    assert not [text for text in missing if is_number(text) and float(text) not in parsed]


def test_saving_is_told(step):
    """The live region says under which name a file was saved; the sentence leaves by itself."""
    _, name = saved(step, "csv")
    step.until(f"document.querySelector('#message[role=status]').innerText.includes('{name}')")

    assert step.text("#message p").endswith(text("tools.saved", name=name))
    assert step.page.locator("#message .is-passing").count() == 1


def test_a_frame_that_may_not_save(visited):
    """Inside a frame that may save no files, however deep, it is said what to do."""
    root = visited.server.url.rpartition(FOLDER)[0]
    frames = {"outer.html": "<iframe sandbox='allow-scripts allow-same-origin' src=/inner.html>"}
    frames["inner.html"] = f"<iframe width=900 height=700 src='{visited.server.url}{EMBED}'>"
    tab = visited.page()
    for file, markup in frames.items():
        page = f"<!doctype html>{markup}</iframe>"
        tab.page.route(root + file, lambda route, _, page=page: fulfil(route, page))
    files = []
    tab.page.on("download", lambda file: files.append(file.suggested_filename))
    tab.page.goto(root + "outer.html")
    frame = tab.page.frames[-1]
    frame.wait_for_selector("#embed-data", state="attached", timeout=60_000)
    frame.evaluate("document.querySelector('#settings').open = true")
    frame.click("[data-action=save][data-kind=csv]")
    frame.wait_for_selector("#message p")
    said = frame.inner_text("#message p")
    tab.page.close()

    assert said.endswith(text("tools.blocked"))
    assert files == []


def fulfil(route, markup):
    """Answer a request with a web page."""
    route.fulfill(body=markup, content_type="text/html")


def test_an_app_that_shows_pages(step):
    """Where an app's own browser shows the page, it is told that a file may not come."""
    ends = step.page.evaluate(ENDS, list(APPS.values()))

    assert dict(zip(APPS, ends, strict=True)) == {name: name.split()[-1] for name in APPS}


def test_several_tables_are_a_file_each(step):
    """Where a step has several tables, a ZIP has each as a CSV with headings over whole columns."""
    step.page.evaluate("location.hash = '#/walk/january/softmax'")
    step.until("document.querySelector('#step-softmax')?.innerText.length > 20")
    data, name = saved(step, "csv")
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        assert made.testzip() is None
        files = {file: made.read(file).decode("utf-8-sig") for file in made.namelist()}
    tables = [list(csv.reader(io.StringIO(text))) for text in files.values()]
    step.page.evaluate("location.hash = '#/walk/january/embed'")
    step.until("document.querySelector('#embed-data') !== null")

    assert name == "seethrough-walk-january-softmax.zip"
    assert len(tables) > 1
    assert next(iter(files)) == "1-softmax-of-logits-5-the-largest-is-17-08.csv"
    heads, first = tables[0][:2]
    assert heads == ["token", "logit", "below the best", "power of e", "probability"]
    assert first == ["·and", "17.084045", "0", "1", "0.5142566"]
    assert [{len(row) for row in rows} for rows in tables] == [{len(rows[0])} for rows in tables]


def test_every_step_has_clean_tables(step):
    """Of all steps: headings of which no two are the same, columns of numbers or of text alone."""
    for name in STEPS:
        step.page.evaluate(f"location.hash = '#/walk/january/{name}'")
        step.until(f"document.querySelector('#step-{name}')?.innerText.length > 20")
        data, file = saved(step, "csv")
        for table in tables_in(data, file):
            heads, *rows = table
            named = [head for head in heads if head]
            assert len(set(named)) == len(named), (name, heads)
            assert rows, (name, heads)
            shown = {value for row in rows for value in row}
            assert not [value for value in shown if "%" in value and value.strip("%. ").isdigit()]
            assert not [value for value in shown if "\u202f" in value]
            if heads[1] == "By the model":
                assert rows[0][1] == "0.5142566", "to the last digit"
            taken = [row for row in rows if "taken" in row[0]]
            assert taken == [], name
    step.page.evaluate("location.hash = '#/walk/january/embed'")
    step.until("document.querySelector('#embed-data') !== null")


def test_no_table_is_no_file(step):
    """Where nothing is tabled there is no empty file: the page says so instead."""
    step.page.evaluate("location.hash = '#/about'")
    step.until("document.querySelector('.page.is-about') !== null")
    ends = step.page.evaluate(
        """async () => {
            const { save } = await import(new URL("save.js", document.baseURI).href);
            return Promise.all(["csv", "json"].map((kind) => save(kind, "", "", "")));
        }"""
    )
    step.page.evaluate("location.hash = '#/walk/january/embed'")
    step.until("document.querySelector('#embed-data') !== null")

    assert ends == [{"end": "empty", "name": ""}] * 2


def tables_in(data, name):
    """The rows of a CSV, or of each CSV in a ZIP."""
    if name.endswith(".csv"):
        return [list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))]
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        return [table for one in made.namelist() for table in tables_in(made.read(one), one)]


def is_number(text):
    """Whether a program reads it as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_numbers_as_json(step):
    """The JSON names the page and has the tables with their captions."""
    data, _ = saved(step, "json")
    told = json.loads(data)

    assert told["address"].startswith(step.page.evaluate("location.origin"))
    assert any("hook_embed" in table["caption"] for table in told["tables"])
    assert any(
        isinstance(cell, float) for table in told["tables"] for row in table["rows"] for cell in row
    )


def test_picture_as_png(step):
    """The PNG is the plate with 24 px around it and a head over it, at twice its size."""
    data, _ = saved(step, "png")
    step.page.evaluate("document.documentElement.classList.add('is-pictured')")
    box = step.page.locator(".plate-of").bounding_box()
    step.page.evaluate("document.documentElement.classList.remove('is-pictured')")

    assert data.startswith(PNG)
    width, height = struct.unpack(">II", data[16:24])
    assert width == pytest.approx(2 * (box["width"] + 48), abs=4)
    assert height == pytest.approx(2 * (box["height"] + 48 + HEAD), abs=4)
    assert len(data) > 20_000


def test_picture_as_svg(step):
    """The SVG stands alone: it asks for nothing from anywhere."""
    data, _ = saved(step, "svg")
    text = data.decode()

    assert text.startswith("<svg")
    assert "http" not in text.replace("http://www.w3.org", "")
    for told in ("Each token becomes a list", "January, February, March,", "SmolLM2-135M-Instruct"):
        assert told in text.rpartition("</foreignObject>")[2]
    assert not re.search(r"<button[^>]* class=.(button|tool)", unquote(text))  # nothing that steers


def test_a_picture_keeps_its_paint(step):
    """Lines and shapes of a drawing keep the page's own colours in the saved file."""
    look = """() => [...document.querySelectorAll(".plate-of svg :is(path, rect, line)")]
        .map((mark) => [getComputedStyle(mark).fill, getComputedStyle(mark).stroke])"""
    shown = step.page.evaluate(look)
    data, _ = saved(step, "svg")
    marks = re.findall(r"<(?:path|rect|line)[ /][^>]*>", unquote(data.decode()))
    found = {tuple(re.findall(r'(?:fill|stroke)="([^"]*)"', mark))[:2] for mark in marks}

    assert len(marks) >= len(shown) > 3
    assert {tuple(pair) for pair in shown} <= found
    assert step.page.evaluate(look) == shown
    assert step.page.locator(".plate-of svg [stroke-linejoin]").count() == 0


@pytest.mark.long
@pytest.mark.parametrize("depth", ["idea", "numbers"])
def test_pictures_are_the_screens(step, depth):
    """Of all nine steps, the saved picture differs from the plate on the screen by 2 % at most."""
    differences = {}
    for name in STEPS:
        slot = f"{'idea' if depth == 'idea' else 'step'}-{name}"
        step.page.evaluate(f"location.hash = '#/walk/january/{name}?depth={depth}'")
        step.until(f"document.querySelector('#{slot}')?.innerText.length > 20")
        step.page.evaluate("document.querySelector('#settings').open = false")
        step.page.mouse.move(0, 0)
        step.page.evaluate("document.documentElement.classList.add('is-pictured')")
        # The notice that the last picture is saved stands over the page.
        step.page.evaluate(
            "document.querySelectorAll('.message-bar.is-passing').forEach((n) => n.remove())"
        )
        shown = step.page.locator(".plate-of").screenshot(animations="disabled")
        step.page.evaluate("document.documentElement.classList.remove('is-pictured')")
        data, _ = saved(step, "png")
        files = [b64encode(data).decode(), b64encode(shown).decode(), MARGIN, MARGIN + HEAD]
        differences[name] = step.page.evaluate(DIFFERENCE, files)

    over = {name for name, value in differences.items() if value > MOST_DIFFERENCE}
    assert not over, differences
    assert max(differences.values()) > 0
    step.page.evaluate("location.hash = '#/walk/january/embed?depth=numbers'")
    step.until("document.querySelector('#embed-data') !== null")


def test_the_walk_as_a_web_page(step, tmp_path):
    """The walk is a file of 3 MB at most, which opens by itself and asks nobody for anything."""
    data, name = saved(step, "page")
    file = tmp_path / name
    file.write_bytes(data)
    page = step.page.context.browser.new_page(java_script_enabled=False)
    asked, told = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.goto(file.as_uri())
    fonts = page.evaluate("document.fonts.ready.then((fonts) => [...fonts].map((f) => f.status))")
    steps = page.evaluate("[...document.querySelectorAll('.saved-step')].map((one) => one.id)")
    is_all = page.evaluate(
        "[...document.querySelectorAll('.saved-step')].every((p) => p.offsetHeight)"
    )
    page.close()

    assert name == "seethrough-walk-january.html"
    assert len(data) <= 3_000_000
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert told == []
    assert steps == [*STEPS, "words"]
    assert is_all, "without a script all steps stand below one another"
    assert "loaded" in fonts


def test_copy_link(step):
    """The copied link is the address of what is shown; where copying is refused it is said."""
    step.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    step.page.evaluate("document.querySelector('#settings').open = true")
    step.page.click("[data-action=copy-link]")
    step.until("document.querySelector('#message').innerText.includes('copied')")

    assert step.page.evaluate("navigator.clipboard.readText()") == step.page.evaluate(
        "location.href"
    )
    step.page.context.clear_permissions()


def test_presenting(step):
    """Presenting leaves the step and its film alone on the page, larger; and back."""
    size = "parseFloat(getComputedStyle(document.querySelector('main h1')).fontSize)"
    before = step.page.evaluate(size)
    step.page.click("[data-action=present]")
    step.until("document.documentElement.classList.contains('is-presenting')")

    assert step.page.evaluate(size) == pytest.approx(1.5 * before, abs=0.5)
    assert not step.page.is_visible(".site-header")
    assert step.page.is_visible("[data-action=play]")
    step.page.click("[data-action=present]")
    step.until("!document.documentElement.classList.contains('is-presenting')")
    assert step.page.is_visible(".site-header")


def test_keys_can_be_switched_off(step):
    """Switched off, a letter does nothing, also after a reload; switched on it works again."""
    step.page.evaluate("document.querySelector('#shortcuts').showModal()")
    step.page.uncheck("[data-action=set-keys]")
    step.page.keyboard.press("Escape")
    step.reload()
    step.page.keyboard.press("5")
    step.page.wait_for_timeout(500)
    assert "embed" in step.page.evaluate("location.hash")
    step.page.evaluate("document.querySelector('#shortcuts').showModal()")
    step.page.check("[data-action=set-keys]")
    step.page.keyboard.press("Escape")
    step.page.keyboard.press("5")
    step.until("location.hash.startsWith('#/walk/january/logits')")
    assert step.errors == []


def test_a_wish_that_is_undone_leaves_nothing(unloaded):
    """Recordings only, turned on by a link and off by its button, is no setting that is kept."""
    unloaded.page.evaluate("location.hash = '#/ready?only=recordings'")
    unloaded.until("document.querySelector('#message [data-action=allow-live]') !== null")
    kept = "Object.keys(localStorage).filter((name) => name.endsWith(':recordings-only')).length"
    asked, address = unloaded.page.evaluate(kept), unloaded.page.evaluate("location.hash")
    unloaded.page.click("#message [data-action=allow-live]")
    unloaded.until("document.querySelector('#message [data-action=allow-live]') === null")
    left = unloaded.page.evaluate(kept)
    unloaded.page.evaluate("location.hash = '#/all/own'")
    unloaded.until("document.querySelector('#prompt') !== null")

    assert (asked, left, address) == (1, 0, "#/ready")


def test_key_right_after_a_dialog(step):
    """A key pressed before the browser took the focus out of a closed dialog is the page's."""
    step.page.evaluate("location.hash = '#/walk/january/embed'")
    step.until("document.querySelector('#embed-data') !== null")
    step.page.evaluate(
        """() => {
          const dialog = document.querySelector("#shortcuts");
          dialog.showModal();
          const box = dialog.querySelector("[data-action=set-keys]");
          box.focus();
          dialog.close();
          box.dispatchEvent(new KeyboardEvent("keydown", { key: "5", bubbles: true }));
        }"""
    )
    step.until("location.hash.startsWith('#/walk/january/logits')")
