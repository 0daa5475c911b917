"""Recorded walks in the page: shown without a model, their gaps said, one click from live."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
from safetensors.numpy import save_file

from export.site import write_service_worker
from seethrough.core.safetensors import read_safetensors
from tests.browser.profiles import SAVES_DATA
from tests.browser.server import FOLDER, Server
from tests.browser.tab import SEES_NUMBERS, Tab
from tests.steps import STEPS

pytestmark = pytest.mark.browser

WEIGHTS = (".bin", ".onnx")
N_JANUARY = 6  # tokens; every other walk has more


@pytest.fixture
def recorded(unloaded):
    """Opens a recorded walk, all its pictures at once, on a page without a model."""

    def make(name):
        tab = unloaded
        tab.page.evaluate(f"location.hash = '#/all/{name}'")
        is_so = "===" if name == "january" else ">"  # the one before it stands there for a moment
        tab.until(f"document.querySelectorAll('#tokens .chip').length {is_so} {N_JANUARY}")
        return tab

    return make


def fetched(tab):
    """Which of the model's large files were asked for."""
    return [path for path in tab.server.asked if path.endswith(WEIGHTS)]


def test_a_recorded_walk_needs_no_model(recorded):
    """Tokens, candidates, both pictures and the continuation, and nothing of the model fetched."""
    tab = recorded("january")

    assert tab.page.locator("#tokens .chip").count() == N_JANUARY
    assert "51.4" in tab.text("#top tbody tr")
    assert tab.page.locator("#residual canvas[data-raster=residual]").count() == 1
    assert tab.page.locator("#attention svg.pattern").count() == 1
    assert "April" in tab.text("#continuation")
    assert (fetched(tab), tab.errors, tab.strangers) == ([], [], [])


def test_its_gaps_are_marked_and_said(recorded):
    """A token or a layer that is not in the file is chosen all the same, and says what is there."""
    tab = recorded("colors")

    assert tab.page.locator("#tokens .chip.is-unrecorded").count() == 33
    tab.page.click("#tokens [data-position='3']")
    tab.until("document.querySelector('#residual [role=status]')")
    assert "positions 33–34" in tab.text("#residual [role=status]")
    assert tab.page.locator("#attention canvas[data-raster=attention]").count() == 1
    tab.page.select_option("#attention [data-action=select-layer]", "1")
    tab.until("document.querySelector('#attention [role=status]')")
    assert "0, 3, 6, 10" in tab.text("#attention [role=status]")
    assert tab.page.input_value("#attention [data-action=select-layer]") == "1"
    tab.page.select_option("#attention [data-action=select-layer]", "3")
    tab.until("document.querySelector('#attention canvas')")
    assert (fetched(tab), tab.errors) == ([], [])


def test_live_keeps_the_place(recorded):
    """From a gap, one click loads the model and fills it: same layer and token, same numbers."""
    tab = recorded("january")
    top = tab.text("#top tbody")
    tab.page.click("#tokens [data-position='0']")
    tab.page.select_option("#attention [data-action=select-layer]", "7")
    tab.until("document.querySelector('#residual [data-action=live]')")

    tab.page.click("#residual [data-action=live]")

    tab.until("document.querySelector('#residual canvas[data-raster=residual]')")
    assert len(fetched(tab)) == 5
    assert tab.text("#top tbody") == top
    assert tab.page.get_attribute("#tokens .is-selected", "data-position") == "0"
    assert tab.page.input_value("#attention [data-action=select-layer]") == "7"
    assert tab.page.locator("#tokens .is-unrecorded").count() == 0
    assert "blocks.7.attn" in tab.text("#attention-readout")
    assert tab.errors == []


@pytest.mark.parametrize("name", ["january", "colors"])
def test_every_step_has_its_numbers(unloaded, name):
    """All nine of a recorded walk, without a model: none has to be run live for its last token."""
    tab = unloaded
    for step in STEPS:
        tab.page.evaluate(f"location.hash = '#/walk/{name}/{step}'")
        tab.until(f"document.querySelector('#step-{step}') !== null")
        assert tab.page.locator(f"#step-{step} [data-action=live]").count() == 0, step
        assert tab.page.locator("[role=alert]").count() == 0, step
    assert (fetched(tab), tab.errors, tab.strangers) == ([], [], [])


def remade(path, more):
    """A recording's file with something else in its metadata; returns its bytes' new hash."""
    told, arrays = read_safetensors(path.read_bytes())
    inner = json.loads(told["seethrough"]) | more
    save_file(arrays, path, metadata={"seethrough": json.dumps(inner)})
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def mismatched(browser, dist, tmp_path):
    """A tab on a site whose first recording is whole, listed, and of another graph's numbers."""
    place = tmp_path / FOLDER
    shutil.copytree(dist, place, ignore=shutil.ignore_patterns(*(f"*{end}" for end in WEIGHTS)))
    listing = json.loads((place / "models.json").read_text(encoding="utf-8"))
    folder = place / listing["models"][0]["path"]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    walks = [asset for asset in manifest["assets"] if asset["kind"] == "recording"]
    walks[0]["sha256"] = remade(folder / walks[0]["path"], {"graph_sha256": "1" * 64})
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    write_service_worker(place, [])
    server, context = Server(tmp_path), browser.new_context()
    context.add_init_script(SAVES_DATA + SEES_NUMBERS)
    tab = Tab(context.new_page(), server)
    tab.watch()
    yield tab, [row["id"] for row in walks]
    context.close()
    server.stop()


def test_a_recording_that_does_not_match_its_manifest(mismatched):
    """A sentence in place of its numbers at every step; the other walks are as ever."""
    tab, (first, second, *_) = mismatched
    tab.open(f"#/walk/{first}/logits")
    for step in ("logits", "layers"):
        tab.page.evaluate(f"location.hash = '#/walk/{first}/{step}'")
        tab.until(f"document.querySelector('.plate-of.is-{step}, #step-{step}') !== null")
        tab.until("document.querySelector('#message').innerText.includes('was not made with')")
        assert tab.page.locator("main td, main canvas, main svg.histogram").count() == 0
    tab.page.evaluate(f"location.hash = '#/walk/{second}/logits'")
    tab.until("document.querySelector('#step-logits canvas') !== null")

    assert "was not made with" not in tab.text("#message")
    assert tab.errors == []
