"""The choice of the weight mode: only where there is one, with its price and its honest bound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seethrough.app.state import AppState, EngineStatus, ModelCard
from seethrough.core.messages import text
from seethrough.view.layout import PANELS
from seethrough.view.memory import choice
from seethrough.view.node import to_html
from tests.steps import page_state

CARD = ModelCard(
    "tiny",
    "Tiny",
    1,
    1,
    1,
    "MIT",
    "here",
    has_chat=False,
    mode_bytes={"exact": 1_500_000_000, "small": 800_000_000},
)


def state(mode: str = "exact", stage: str = "ready", card: ModelCard = CARD) -> AppState:
    """A state with one model open in a mode."""
    return page_state(models=(card,), model="tiny", engine=EngineStatus(stage, mode=mode))


@pytest.mark.parametrize(
    ("mode", "other", "words"),
    [
        ("exact", "small", ["about 1\u202f500 MB", "fastest"]),
        ("small", "exact", ["about 800 MB", "two to four times the time", "0.005 %"]),
    ],
)
def test_the_mode_in_use_is_told_and_the_other_offered(
    mode: str, other: str, words: list[str]
) -> None:
    """Memory in both, and in the small one by how much numbers may differ."""
    html = to_html(choice(state(mode)))

    assert all(part in html for part in words), html
    assert f'data-action="mode" data-mode="{other}"' in html
    assert html in PANELS["status"].render(state(mode))


def test_a_model_without_a_choice_shows_none() -> None:
    """Where nothing is packed, before a load and after a failed one."""
    plain = replace(CARD, mode_bytes={"exact": 1_500_000_000})

    assert choice(state(card=plain)) == ""
    assert choice(state(stage="failed")) == ""
    assert choice(state(stage="idle")) == ""


def test_a_model_that_is_too_large_unpacked_says_so() -> None:
    """Its card says why it stays packed, before it is loaded; no button offers the other mode."""
    large = replace(
        CARD, mode_bytes={"exact": 4_772_000_000, "small": 1_900_000_000}, modes=("small",)
    )
    told = text("modes.only_small", size="4\u202f770 MB", most="4\u202f290 MB")

    assert told in PANELS["status"].render(state("small", card=large))
    assert told in PANELS["status"].render(state("", stage="idle", card=large))
    assert 'data-action="mode"' not in PANELS["status"].render(state("small", card=large))
    assert "they stay packed" not in PANELS["status"].render(state())


def test_no_change_during_a_run() -> None:
    """The button waits for the end of it."""
    assert "disabled" in to_html(choice(state(stage="running")))
    assert "disabled" not in to_html(choice(state()))
