"""Panels: whole from an empty state to a long prompt, hostile tokens, no markup from data."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.app.state import RECORD_OF, STAGES, AppState, EngineStatus, Message, value_of
from seethrough.core import messages
from seethrough.core.messages import catalogue, text
from seethrough.core.routes import Route
from seethrough.core.tokens import Candidate
from seethrough.view import attention, message, pickers, prompt, tokens
from seethrough.view.layout import ACTIONS, PANELS, describe_cell, markup_of, raster_for
from seethrough.view.node import to_html
from tests.steps import STEPS
from tests.view.sample import (
    ABSENT,
    CARDS,
    D_MODEL,
    N_LAYERS,
    OTHERS,
    QUICK,
    Reading,
    captured,
    page,
    pattern,
    resid,
    state,
)
from tests.view.walk_sample import FAMILIES, walk_state

if TYPE_CHECKING:
    from collections.abc import Iterable

HOSTILE = "<img src=x onerror=alert(1)>\"' style=color:red &lt;\0\ud800\u202e\n"
PICTURES = ("residual", "attention", "head-0")


def canvases(html: str) -> list[dict[str, str | None]]:
    """The canvases of some markup."""
    return [attrs for tag, attrs in Reading(html).elements if tag == "canvas"]


# Of the map, before its file is here.
CHART = (
    *(f"chart-{part}" for part in ("over", "lasso", "tools", "lost", "legend", "token", "found")),
    *(f"chart-{part}" for part in ("stop", "path", "steer", "now", "nearest", "save")),
    *(f"rows-{part}" for part in ("picks", "local", "axis", "sum")),
)


@pytest.mark.parametrize("slot", OTHERS)
def test_an_empty_state_renders(slot: str) -> None:
    """Before anything is known each panel renders; those of a run say what will stand there."""
    html = PANELS[slot].render(AppState())
    of_a_run = (
        bool(PANELS[slot].rest)
        or slot.startswith("second")
        or slot
        in {
            "message",
            "source",
            "stop",
            "sum-spoken",
            "peek",
            "line",
            "choice",
            "term",
            "cost",
            "living-line",
            "hero",
            "living",
            "guess",
            "why",
            "own-answer",
            "slow-sum",
            "slow-code",
            *CHART,
        }
    )

    assert (html == "") == of_a_run
    assert ("<h2" in markup_of(AppState(), PANELS[slot])) == (
        bool(PANELS[slot].rest) or slot in {"keys", "ready", "lesson-curve", "lesson-written"}
    )


@pytest.mark.parametrize("count", [1, 2, 7, 33, 256])
def test_any_length_renders(count: int) -> None:
    """One token and 256 render: a chip each, and pictures whose size their pixels have."""
    shown = state(("x",) * count)
    html = page(shown)

    for slot in ("tokens", "choice"):
        chips = re.findall('data-action="select-position"', PANELS[slot].render(shown))
        assert len(chips) == count, slot
    for attrs in canvases(html):
        pixels = raster_for(shown, attrs["data-raster"] or "", dark=True)
        assert pixels is not None
        assert (str(pixels.shape[1]), str(pixels.shape[0])) == (attrs["width"], attrs["height"])


def test_long_prompts_are_drawn_as_pixels() -> None:
    """Up to 32 tokens the pattern is elements, beyond that one canvas; both tell their cells."""
    for count, tag in ((32, "svg"), (33, "canvas")):
        found = Reading(page(state(("x",) * count))).elements
        named = [tag for tag, attrs in found if attrs.get("data-raster") == "attention"]
        assert named == [tag]


def test_hostile_tokens_stay_text() -> None:
    """A token that looks like markup makes no element, and is on the page as it reads."""
    html = page(state((HOSTILE,) * 3))

    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "\0" not in html


@QUICK
@given(st.lists(st.text(max_size=20), min_size=1, max_size=3), st.text(max_size=12))
def test_no_text_reaches_an_attribute_that_acts(texts: list[str], reason: str) -> None:
    """Whatever tokens and reasons arrive: no style, no handler, no action but the agreed ones."""
    shown = state(
        tuple(texts), stop=reason, error=Message("engine.session", {"reason": texts[0] + reason})
    )
    usual = {"br", *(tag for tag, _ in Reading(page(state())).elements)}
    read = Reading(page(shown))

    assert {tag for tag, _ in read.elements} <= usual
    for _, attrs in read.elements:
        assert not any(name == "style" or name.startswith("on") for name in attrs)
    assert set(read.values("data-action")) <= set(ACTIONS)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_said(stage: str) -> None:
    """Each stage of the engine has its words; failing offers to try again."""
    html = PANELS["status"].render(state(engine=EngineStatus(stage)))

    assert text(f"view.stage.{stage}") in html
    assert ('data-action="retry"' in html) == (stage == "failed")
    assert ("<progress" in html) == (stage in ("starting", "download", "session"))


@pytest.mark.parametrize("stage", STAGES)
def test_what_goes_on_can_be_stopped(stage: str) -> None:
    """While the engine works there is a named button that stops it, and none while it rests."""
    html = PANELS["stop"].render(state(engine=EngineStatus(stage)))
    goes_on = stage in {"download", "session", "running"}

    assert (html != "") == goes_on
    assert Reading(html).values("data-action") == (["stop"] if goes_on else [])
    assert (text("view.status.stop_label") in html) == goes_on


def test_download_is_told_in_bytes() -> None:
    """The bar and the text beside it hold the same two numbers."""
    html = PANELS["status"].render(state(engine=EngineStatus("download", 43_000_000, 99_934_112)))

    assert 'max="99934112" value="43000000"' in html
    assert "43.0 MB of 99.9 MB" in html


def test_a_download_names_its_price() -> None:
    """Before a model is loaded each has a button with its size, beside licence and origin."""
    html = PANELS["status"].render(state(engine=EngineStatus("idle"), model=""))

    for said in ("Download 99.9 MB", "135 M", "Apache-2.0", "maker/tiny", "1.1 B"):
        assert said in html
    assert Reading(html).values("data-model") == ["tiny", "big"]


def test_a_fact_that_is_not_known_is_not_listed() -> None:
    """A model without a told origin has no empty line for it."""
    card = replace(CARDS[0], origin="")
    shown = state(engine=EngineStatus("idle"), models=(card,), absent=())

    assert text("view.model.origin") not in PANELS["status"].render(shown)
    assert text("view.model.licence") in PANELS["status"].render(shown)


def test_rounded_floats_are_told() -> None:
    """A model whose floats were rounded says so on its card; one that kept them says nothing."""
    shown = state(models=(replace(CARDS[0], block_size=32), CARDS[1]))

    html = PANELS["status"].render(shown)

    assert html.count("were rounded to 8 bits, in groups of 32") == 1
    assert "rounded" not in PANELS["status"].render(state())


def test_what_the_build_lacks_is_told() -> None:
    """A known model that is not here has its facts and the one command, and no button."""
    reading = Reading(PANELS["status"].render(state()))
    text = "".join(reading.texts)

    assert "python3 build.py build --models tiny,far" in reading.texts
    assert "82 M" in text.replace("\u202f", " ") or "81.9 M" in text
    assert "far" not in reading.values("data-model")
    assert "Models (2)" in text
    size = replace(ABSENT[0], download_bytes=87_000_000)
    html = PANELS["status"].render(state(absent=(size,)))
    assert "87.0 MB" in "".join(Reading(html).texts).replace("\u202f", " ")


def test_the_engine_s_model_is_named() -> None:
    """While a recording of one model is shown, the strip names the one that is loading."""
    loading = EngineStatus("download", 1, 10, model="big")

    html = PANELS["status"].render(state(engine=loading, model="tiny"))

    assert "<b>Big</b> is being downloaded" in html
    assert 'class="model is-selected"><h3>Big' in html
    failed = state(engine=EngineStatus("failed", model="big"), model="tiny")
    assert 'data-action="retry" data-model="big"' in PANELS["status"].render(failed)


def test_a_message_needs_a_template() -> None:
    """With a model that has no chat template no message can be chosen, and the reason is told."""
    asked = state(chat=True, engine=EngineStatus("ready", model="big"))
    for shown, is_offered in ((asked, False), (asked.but(engine=EngineStatus()), True)):
        html = to_html(prompt.mode(shown))
        assert ("disabled" in html) == (not is_offered)
        assert ("Big has no chat template" in html) == (not is_offered)
        chosen = next(attrs for _, attrs in Reading(html).elements if "checked" in attrs)
        assert chosen["value"] == ("chat" if is_offered else "plain")


def test_the_exports_own_reason_is_told() -> None:
    """A template that is there and cannot be used is not said to be missing."""
    asked = state(engine=EngineStatus("ready", model="big"))
    reason = Message("chat.dated_template")
    models = tuple(replace(card, chat_reason=reason) for card in asked.site.models)

    html = to_html(prompt.mode(asked.but(models=models)))

    assert "its chat template writes today&#39;s date" in html
    assert "has no chat template" not in html


def test_the_chosen_token_is_pressed() -> None:
    """One chip is selected: the position whose stream is drawn."""
    shown = state()
    html = PANELS["tokens"].render(shown.but(choice=replace(shown.choice, position=2)))

    assert Reading(html).values("aria-pressed") == ["false", "false", "true"] + ["false"] * 3
    assert "special token 100" in html


def test_probability_stands_twice() -> None:
    """A candidate's probability is a length and a text; the rest of the vocabulary has both too."""
    html = PANELS["top"].render(state())

    assert 'width="51.4300%"' in html
    assert "51.4 %" in html
    assert "1 in 4\u202f300" in html
    assert "49\u202f150 others" in html
    assert "48.5 %" in html


def test_a_rest_made_of_rounding_is_not_a_number() -> None:
    """When the candidates take nearly all, the rest is bounded, never told from float noise."""
    certain = (Candidate(1, "a", "a", 30.0, 0.9999999), Candidate(2, "b", "b", 1.0, 1e-8))

    assert "under 1 in 100\u202f000" in PANELS["top"].render(state(top=certain))


def test_clipping_is_said() -> None:
    """The legend prints the limits and counts what lies beyond them."""
    clipped = PANELS["residual"].render(state())
    inside = PANELS["residual"].render(
        state(captured=captured(np.ones((3, 6, D_MODEL)), pattern(6)), layer=0, position=0)
    )

    assert "1 of 60 values lie beyond" in clipped
    assert "No value lies beyond ±1." in inside


def test_norms_are_the_rows_own() -> None:
    """Each row prints the L2 norm of exactly the vector that it draws."""
    html = PANELS["residual"].render(state(("a", "b")))
    norm = np.sqrt((resid(2)[0, 1].astype(np.float64) ** 2).sum())

    assert f"{norm:.3f}" in html
    assert "Length (L2 norm) of each state" in html


def test_every_number_of_a_layer_is_text() -> None:
    """The chosen layer's table holds the whole row as exact float32; the last one what leaves."""
    read = Reading(PANELS["residual"].render(state(("a", "b"))))
    cells = [words.replace("\u2212", "-") for words in read.texts]
    written = {np.float32(cell) for cell in cells if re.fullmatch(r"-?\d+\.\d+", cell)}

    assert set(resid(2)[1:, 1].ravel()) <= written


def test_cells_are_described_exactly() -> None:
    """A cell under the pointer is told by hook name, index and its own float32."""
    shown = state(("a", "b"))
    value = np.format_float_positional(resid(2)[2, 1, 19], trim="0").replace("-", "\u2212")
    weight = np.format_float_positional(pattern(2)[1, 1, 0], trim="0")

    assert describe_cell(shown, "residual", 2, 19) == (f"blocks.1.hook_resid_post[1, 19] = {value}")
    assert describe_cell(shown, "residual", 0, 0).startswith("blocks.0.hook_resid_pre[1, 0] = ")
    assert describe_cell(shown, "attention", 1, 0) == (
        f"blocks.1.attn.hook_pattern[1][1, 0] = {weight}: “b” looks at “a”"
    )
    assert "is masked" in describe_cell(shown, "attention", 0, 1)


@pytest.mark.parametrize("cell", [(-1, 0), (0, -1), (99, 0), (0, 99)])
def test_outside_a_picture_is_nothing(cell: tuple[int, int]) -> None:
    """A pointer outside the cells, or a picture without data, has no text."""
    for name in ("residual", "attention"):
        assert describe_cell(state(), name, *cell) == ""
        assert describe_cell(AppState(), name, 0, 0) == ""


def test_unknown_pictures_are_refused() -> None:
    """A misspelt picture is a mistake in the code, not an empty canvas."""
    with pytest.raises(ValueError, match="no picture"):
        raster_for(state(), "residul", dark=False)
    with pytest.raises(ValueError, match="no picture"):
        describe_cell(state(), "head-0", 0, 0)


@pytest.mark.parametrize("name", PICTURES)
def test_no_data_no_pixels(name: str) -> None:
    """Before the first run there is nothing to draw; a head that is not there neither."""
    assert raster_for(AppState(), name, dark=False) is None
    assert raster_for(state(), "head-99", dark=False) is None


def test_masked_pairs_have_no_number() -> None:
    """In the table a masked pair says so; in the picture it is one hatched shape."""
    html = PANELS["attention"].render(state(("a", "b", "c")))

    assert html.count('class="masked"') == 3
    assert html.count('class="future"') == 1


def test_odd_values_do_not_break_a_panel() -> None:
    """NaN and infinite activations render, marked as beyond the scale and written as they are."""
    values = resid(2)
    values[0, 1, :2] = np.nan, np.inf
    weights = np.full((1, 2, 2), np.nan, dtype=np.float32)
    shown = state(("a", "b"), captured=captured(values, weights), layer=0, head=0, position=1)

    assert describe_cell(shown, "residual", 0, 0).endswith("= NaN")
    assert describe_cell(shown, "residual", 0, 1).endswith("= ∞")
    assert "NaN" in page(shown)
    for name in PICTURES:
        assert raster_for(shown, name, dark=False) is not None


def test_choices_beyond_the_model_are_held_inside() -> None:
    """A layer, head or position that a shorter prompt or another model lacks shows the nearest."""
    shown = state(("a", "b"), layer=99, head=99, position=99)

    assert describe_cell(shown, "attention", 0, 0).startswith(
        f"blocks.{N_LAYERS - 1}.attn.hook_pattern[1][0, 0]"
    )
    assert page(shown)


def test_stop_reasons_are_words() -> None:
    """Each way to end has a sentence, and an unknown one is shown as it came."""
    assert text("view.stop.max_new_tokens") in PANELS["continuation"].render(state())
    odd = PANELS["continuation"].render(state(stop="<b>"))

    assert "Stopped: &lt;b&gt;." in odd


def test_a_sampled_token_tells_its_rank() -> None:
    """A token that was not the most likely one says which it was; a greedy one does not."""
    html = PANELS["continuation"].render(state())

    assert html.count("no. ") == 1
    assert "no. 42" in html


def test_messages_are_sentences() -> None:
    """An error stands before a notice, each with its label, its fields as text."""
    html = message.render(state(error=Message("engine.session", {"reason": "<script>"})))

    assert html.index("is-error") < html.index("is-notice")
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("slot", PANELS)
def test_panels_name_what_they_read(slot: str) -> None:
    """A panel's fields exist, and no other field changes what it draws."""
    panel, step = PANELS[slot], slot.removeprefix("step-").partition("-")[0]
    route = Route("walk", "own", step if step in STEPS else "layers")
    followed = looked_at(panel.fields)
    others = {name: default_of(name) for name in (set(RECORD_OF) | SMALL) - followed}

    for shown in (state(), *(walk_state(family=family) for family in FAMILIES)):
        assert panel.render(shown.but(**others)) == panel.render(shown)
        here = shown.but(route=route)  # a step's panel stands at its own step alone
        assert panel.render(here.but(**{**others, "route": route})) == panel.render(here)


SMALL = {"sampling", "route"}  # records that are looked at whole
# What a scene tells itself, and the fields that it tells it from.
TOLD = {
    "model_card": {"model", "models"},
    "model_state": {"model", "engine", "stored"},
    "walk_card": {"recorded", "recordings"},
    "vocabulary": {"vocabulary", "engine", "model"},
    "live_bytes": {"models", "model", "engine", "stored", "offline", "is_recordings_only"},
}


def looked_at(names: Iterable[str]) -> set[str]:
    """The fields that a panel follows by naming them, a record of them, or what tells of them.

    The tours are looked at by all: the panels themselves are made from them.
    """
    found = {"tours"}
    for name in names:
        assert value_of(AppState(), name) is not NotImplemented  # it exists
        found |= {field for field, record in RECORD_OF.items() if record == name}
        found |= TOLD.get(name, {name})
    return found


def default_of(name: str) -> object:
    """A field as it is when the page begins."""
    return value_of(AppState(), name)


def test_no_sentence_is_written_in_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a catalogue of bare slots no word is left but tokens, names and what the model says."""
    silent = {
        key: "".join(re.findall(r"\{\w+\}", template)) for key, template in catalogue().items()
    }
    monkeypatch.setattr(messages, "catalogue", lambda _language: silent)
    for read_before in ("messages", "signed_messages"):
        monkeypatch.setattr(messages, read_before, messages.Messages)
    for written_once in (attention, tokens):
        monkeypatch.setattr(written_once, "button", written_once.button.__wrapped__)
    monkeypatch.setattr(pickers, "option", pickers.option.__wrapped__)
    data = (
        r"python3 .*|[\w/]*far",
        r"blocks\.\d+\.|blocks|hook_\w+|attn|[\w/]*tiny|[\w/]*big|Apache-2\.0|MIT|wasm|model\.onnx",
        r"\.?resid_(pre|post)|\b(pre|post)\b|e(?=\u2212|\d)|·?(January|February|March)",
    )
    read = Reading(page(state()))
    said = [*read.texts, *read.values("title"), *read.values("aria-label")]
    words = [re.sub("|".join(data), "", line, flags=re.IGNORECASE) for line in said]

    assert [line for line in words if re.search(r"[A-Za-z]{2}", line)] == []
