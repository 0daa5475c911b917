"""A text that is empty, or of which nothing is left for the model: its sentence, and no other's."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from seethrough.app.actions import Actions
from seethrough.app.places import address
from seethrough.core.assets import TOKENIZER, Asset
from seethrough.core.byte_letters import byte_letter
from seethrough.view.layout import PANELS
from tests.app.going import state_after
from tests.fake_engine import TinyModel, digest, opened, tiny_model

BEFORE = "#/walk/own/tokenize?prompt=the%20thing"
LOST = "#/walk/own/tokenize?prompt=%04%06"


def forgetful() -> TinyModel:
    """The tiny model with a vocabulary that has no token for the bytes 4 and 6."""
    model = tiny_model()
    told = model.tokenizer_json
    for byte in (4, 6):
        escaped = f'"\\u{ord(byte_letter(byte)):04x}"'
        assert escaped in told
        told = told.replace(escaped, f'"none {byte}"')
    asset = Asset(TOKENIZER, "tokenizer.json", len(told.encode()), digest(told.encode()))
    others = tuple(one for one in model.manifest.assets if one.kind != TOKENIZER)
    changed = replace(model.manifest, assets=(*others, asset))
    return replace(model, manifest=changed, tokenizer_json=told)


def fresh() -> Actions:
    """Actions over a page with the forgetful model; nothing is loaded."""
    return Actions(asyncio.run(opened(forgetful())))


@pytest.mark.parametrize(
    ("link", "key"),
    [
        (LOST, "input.no_tokens"),
        ("#/walk/own/tokenize?prompt=", "input.empty"),
        (f"#/walk/own/tokenize?prompt={'%21' * 64}", "input.too_many_tokens"),
    ],
)
def test_a_link_shows_nothing_of_the_text_before(link: str, key: str) -> None:
    """Under an address whose text cannot be run stands the sentence, and no earlier token."""
    state = state_after(fresh(), BEFORE, link)

    assert state.chrome.error is not None
    assert state.chrome.error.key == key
    assert (state.run.tokens, state.run.given, state.run.source) == ((), None, "")
    assert "thing" not in PANELS["step-tokenize"].render(state)
    assert address(state).startswith(link)


def test_the_next_text_is_shown_again() -> None:
    """After such a link another text runs as ever."""
    state = state_after(fresh(), BEFORE, LOST, BEFORE)

    assert state.chrome.error is None
    assert state.run.given == ("the thing", False)


def test_a_refused_text_of_the_form_leaves_the_address() -> None:
    """What is shown stays with its own address, not with that of the text that was refused."""
    actions = fresh()
    state_after(actions, BEFORE)

    asyncio.run(actions.run("\x04\x06", chat=False))

    assert actions.state.text.prompt == "\x04\x06"
    assert "".join(token.text for token in actions.state.run.tokens) == "the thing"
    assert address(actions.state).startswith(BEFORE)
