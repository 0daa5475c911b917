"""`seethrough.train`: a small model learns in the page, in a worker of its own."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from seethrough.app.learning import Plan, train
from seethrough.core.train.corpus import of_text
from tests.browser.tab import PATIENCE_S
from tests.native_learner import NativeLearner

pytestmark = pytest.mark.browser

TEXT = "the cat sat on the mat. " * 80


def test_it_learns_as_in_cpython(unloaded):
    """The same data, size and seed give native onnxruntime's losses; looks come on time."""
    told = unloaded.ask(
        f"seethrough.train({{data: {{text: {json.dumps(TEXT)}}}, size: '25k', steps: 60, seed: 5}})"
    )
    work = train(NativeLearner(), of_text(TEXT), Plan("25k", 60, seed=5))
    with ThreadPoolExecutor(1) as apart:  # Playwright has this thread's loop
        expected = apart.submit(asyncio.run, work).result()

    assert np.allclose(told["loss"], expected.course.losses, atol=1e-3)
    assert [step for step, _ in told["heldout"]] == [0, 50, 60]
    assert told["loss"][-1] < told["loss"][0] - 1
    assert len(told["sample"]) == 240
    assert set(told["sample"]) <= set(TEXT)


def test_names_come_from_the_site(unloaded):
    """The names are the site's own file; the curve begins where every letter is as likely."""
    told = unloaded.ask("seethrough.train({data: 'names', size: '25k', steps: 12})")

    assert len(told["loss"]) == 12
    assert abs(told["loss"][0] - np.log(27)) < 0.05


def test_a_stop_ends_it(unloaded):
    """An aborted call rejects at once, and the engine is free for the next."""
    name = unloaded.page.evaluate(
        """async () => {
            const stop = new AbortController();
            setTimeout(() => stop.abort(), 1500);
            try {
                await seethrough.train({size: "800k", steps: 5000}, {signal: stop.signal});
            } catch (error) {
                return error.name;
            }
        }"""
    )
    assert name == "AbortError"
    assert len(unloaded.ask("seethrough.train({size: '25k', steps: 2})")["loss"]) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("{size: '7b'}", "25k, 100k"),
        ("{data: 'everything'}", "names, words, sums, grammar"),
        ("{data: {text: 'aaaa'}}", "two different"),
        ("{data: {text: 5}}", "names"),
        ("{steps: 0}", "steps"),
        ("{lr: -1}", "rate"),
        ("{seed: -3}", "seed"),
        ("{epochs: 3}", "epochs"),
    ],
)
def test_what_cannot_be_learned(unloaded, options, words):
    """Each setting that means nothing is refused in a sentence that says what is possible."""
    said = unloaded.page.evaluate(
        f"seethrough.train({options}).then(() => '', (error) => error.message)"
    )
    assert words in said


def test_what_was_trained_is_a_model(unloaded):
    """The model that comes out answers every other call, with the numbers of its own weights."""
    name = unloaded.ask(
        "seethrough.train({data: 'grammar', size: '25k', steps: 40}).then((made) => made.model)"
    )
    answer = unloaded.ask(f"seethrough.next('the ', {{model: '{name}', k: 3}})")
    took = unloaded.ask(
        f"seethrough.capture('the ', ['blocks.1.attn.hook_pattern', 'logits'], {{model: '{name}'}})"
    )
    row = unloaded.ask(f"seethrough.weight('W_E', [3], {{model: '{name}'}})")

    assert len(answer["ids"]) == 5  # a document's beginning stands before it
    assert abs(sum(one["prob"] for one in answer["top"])) <= 1
    assert took["blocks.1.attn.hook_pattern"]["dims"] == [4, 5, 5]
    assert took["logits"]["dims"] == [5, 26]
    assert row["dims"] == [1, 32]


def test_the_room_from_first_step_to_open_model(unloaded):
    """By clicks: choose, go, see the curve and the samples, open what came out and run it."""
    page = unloaded.page
    page.evaluate("location.hash = '#/train/run'")
    page.wait_for_selector("[data-name=data]")
    page.select_option("[data-name=data]", "grammar")
    page.select_option("[data-name=size]", "25k")
    page.click("[data-action=lesson-go][data-steps='10']")
    page.wait_for_selector("[data-action=lesson-open]", timeout=PATIENCE_S * 1000)
    assert "Step 10." in page.inner_text("#lesson-steers")
    assert page.locator(".lesson-mark").count() == 4
    assert page.locator(".lesson-samples li").count() == 2

    page.click("[data-action=lesson-open]")
    unloaded.until("location.hash.startsWith('#/generate/own/simple?prompt=the%20small')")
    unloaded.until("document.querySelector('.is-source')?.innerText.includes('Live')")
    page.evaluate("location.hash = '#/train/run'")
    page.click("[data-action=lesson-again]")
    unloaded.until("document.querySelector('#lesson-steers').innerText.includes('Nothing')")


def test_a_run_outlives_its_page(unloaded):
    """Trained, reloaded, offered, gone on with from its step; back to an earlier one; saved."""
    page = unloaded.page
    page.evaluate("location.hash = '#/train/run'")
    page.wait_for_selector("[data-name=data]")
    page.select_option("[data-name=data]", "grammar")
    page.select_option("[data-name=size]", "25k")
    page.click("[data-action=lesson-go][data-steps='10']")
    page.wait_for_selector("[data-action=lesson-open]", timeout=PATIENCE_S * 1000)
    page.reload()
    page.wait_for_selector("[data-action=lesson-resume]", timeout=PATIENCE_S * 1000)
    assert "A toy grammar" in page.inner_text(".lesson-found")
    page.click("[data-action=lesson-resume]")
    unloaded.until("document.querySelectorAll('.lesson-samples li').length === 2")
    page.click("[data-action=lesson-go][data-steps='1']")
    unloaded.until("document.querySelector('#lesson-steers').innerText.includes('Step 11.')")
    page.click("[data-action=lesson-back][data-step='10']")
    unloaded.until("document.querySelector('#lesson-steers').innerText.includes('Step 10.')")
    with page.expect_download() as handed:
        page.click("[data-action=lesson-save]")
    file = handed.value.path()

    page.click("[data-action=lesson-again]")
    unloaded.until("document.querySelector('#lesson-steers').innerText.includes('Nothing')")
    page.set_input_files("[data-action=lesson-load]", file)
    unloaded.until("document.querySelector('#lesson-steers').innerText.includes('Step 10.')")
    page.set_input_files("[data-action=lesson-load]", {**WRONG, "buffer": b"no run"})
    unloaded.until("document.querySelector('#lesson-steers').innerText.includes('not a training')")


STEERS = "document.querySelector('#lesson-steers').innerText"
WRONG = {"name": "wrong.safetensors", "mimeType": "application/octet-stream"}


def test_a_killed_worker(unloaded):
    """The run falls back to its newest step that is kept, says so, and goes on."""
    page = unloaded.page
    page.evaluate("location.hash = '#/train/run'")
    page.wait_for_selector("[data-name=data]")
    page.select_option("[data-name=data]", "names")
    page.select_option("[data-name=size]", "25k")
    page.click("[data-action=lesson-go][data-steps='10']")
    page.wait_for_selector("[data-action=lesson-open]", timeout=PATIENCE_S * 1000)
    page.click("[data-action=lesson-go][data-steps='500']")
    unloaded.until(f"{STEERS}.includes('Step ') && !{STEERS}.includes('Step 10.')")
    page.evaluate("window.workers.at(-1).terminate()")
    unloaded.until(f"{STEERS}.includes('worker that trains stopped')")
    said = re.search(r"go on from step (\d+)", page.evaluate(STEERS))
    page.click("[data-action=lesson-go][data-steps='1']")
    unloaded.until(f"{STEERS}.includes('Step {int(said[1]) + 1}.')")
