"""The main flow in Chromium, Firefox and WebKitGTK, step by step in one window."""

from __future__ import annotations

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.long]

MONTHS = "January, February, March,"
TOKENS = ["January", ",", "·February", ",", "·March", ","]
TOKENS_SHOWN = (
    "Array.from(document.querySelectorAll('#step-tokenize .chips:last-of-type .chip-text'),"
    " (one) => one.innerText)"
)
CAN_SHARE = "crossOriginIsolated && typeof SharedArrayBuffer === 'function'"


# Of the engine and of a model: a first visit has neither.
OF_A_RUN = re.compile(r"/ort/|\.onnx$|\.bin$|/tokenizer-")


def test_a_first_visit(visit):
    """A first visit to home fetches 28 MB at most, nothing of the engine or a model."""
    visit.open_at("#/")
    visit.until("document.querySelector('#price').innerText.includes('all recorded walks')")
    sent = visit.server.sent_bytes

    assert sum(sent.values()) <= 28_000_000
    assert [path for path in sent if OF_A_RUN.search(path)] == []


def test_walks_offline_after_that(visit):
    """Without a network a recorded walk that was never opened opens, and says what it lacks."""
    visit.server.stop()
    visit.open_at("#/walk/emoji/tokenize?depth=numbers")
    visit.until("document.querySelectorAll('#step-tokenize .chip-text').length > 3")
    visit.server = visit.server.forget()


def test_made_ready(visit):
    """The link asks; one press fetches the engine and the model, and says when all is here."""
    visit.open_at("#/ready")
    visit.press("[data-action=prepare]")
    visit.until("document.querySelector('#ready').innerText.includes('This device is ready')")


def walk_through(visit):
    """The recorded walk of the months: its tokens, its layers, its next token."""
    visit.open_at("#/walk/january/tokenize?depth=numbers")
    visit.becomes(TOKENS_SHOWN, TOKENS)
    for step in ("embed", "layers", "logits", "softmax"):
        visit.press("[data-action=step-next]")
        visit.until(f"location.hash.startsWith('#/walk/january/{step}')")
        visit.until(f"document.querySelector('#step-{step}')?.innerText.length > 100")
    visit.until("document.querySelector('#step-softmax').innerText.includes('51.4 %')")
    assert "·and" in visit.text("#step-softmax")


def test_recorded_walk(visit):
    """A recorded walk opens by its address and goes on by a press, from a sub-folder."""
    walk_through(visit)

    assert visit.engine.value("document.querySelector('#source .is-recorded') !== null")


def test_own_prompt_from_the_console(visit):
    """`window.seethrough.next` runs the model there and gives its probabilities."""
    answer = visit.ask(f"seethrough.next({MONTHS!r}, {{ k: 3 }})")

    top = [(one["text"], one["prob"]) for one in answer["top"][:2]]
    assert top == [
        (" and", pytest.approx(0.514, abs=1e-3)),
        (" April", pytest.approx(0.255, abs=1e-3)),
    ]


def test_own_prompt_in_the_form(visit):
    """A reader types a prompt, presses Run and sees the model's next token."""
    visit.open_at("#/all")
    visit.run("The capital of France is", best="·Paris")


def test_threads_are_told_truly(visit):
    """The page says how many threads the model really runs in, and why where it is one."""
    visit.ask("seethrough.load()")
    can_share = visit.engine.value(CAN_SHARE)
    threads = visit.engine.value("Math.min(4, navigator.hardwareConcurrency)") if can_share else 1

    assert visit.ask("seethrough.ready")["threads"] == threads
    assert f"{threads} thread{'s' if threads > 1 else ''} " in visit.value(
        "document.querySelector('#status').textContent"
    )
    assert ("one thread" in visit.text("#boot-notice")) == (not can_share)


def test_the_page_complains_of_nothing(visit):
    """No script of the page fails on the way (WebKitGTK's driver does not tell)."""
    assert visit.engine.complaints == []


def test_offline(visit):
    """Without a network the page starts again, shows the recorded walk and runs a new prompt."""
    visit.ask("seethrough.load()")
    visit.server.stop()
    visit.reload()
    walk_through(visit)

    visit.open_at("#/all")
    visit.run("The capital of Italy is", best="·Rome")
