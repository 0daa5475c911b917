"""Every panel in languages with four plurals and decimal commas: nothing English is left in it."""

from __future__ import annotations

import re

import pytest

from seethrough.core.language import MADE_UP, categories
from seethrough.core.messages import COUNTING, LANGUAGES
from seethrough.core.routes import Route
from seethrough.view.header import OFFERED
from seethrough.view.layout import PANELS, markup_of
from tests.steps import STEPS
from tests.view.walk_sample import FAMILIES, WORDS, walk_state

TEXTS = {"six": WORDS, "one": ("One",), "two": ("<|a|>", " b")}
# Names of code, of files and licences keep their points, and so does what a program reads.
NAMES = re.compile(r"<code.*?</code>|<title>.*?</title>|Apache-2\.0", re.DOTALL)
SPOKEN = re.compile(r'(?:aria-label|title|aria-valuetext)="([^"]*)"')
# A number of a hook's name and its place: blocks.0.hook_resid_pre[1,2].
HOOK = re.compile(r"(?:blocks\.\d+|ln_final)\.[\w.]+(?:\[[^\]]*\])?")


def seen(markup: str) -> str:
    """What a reader sees or hears of a panel."""
    spoken = "\n".join(SPOKEN.findall(markup))
    return HOOK.sub("", re.sub(r"<[^>]*>", "\n", NAMES.sub("", markup)) + "\n" + spoken)


def panels(step: str, texts: str, family: str, language: str) -> dict[str, str]:
    """Every panel that stands on the page of a step."""
    state = walk_state(TEXTS[texts], family).but(
        language=language, route=Route("walk", "own", step)
    )
    return {
        slot: markup_of(state, panel)
        for slot, panel in PANELS.items()
        if not slot.startswith("step-") or slot.startswith(f"step-{step}")
    }


@pytest.mark.parametrize("language", COUNTING)
@pytest.mark.parametrize("texts", TEXTS)
@pytest.mark.parametrize("step", STEPS)
def test_every_panel_follows_the_language(step: str, texts: str, language: str) -> None:
    """Each renders, with decimal commas alone, and with plurals of that language alone."""
    for family in FAMILIES:
        for slot, markup in panels(step, texts, family, language).items():
            told = seen(markup)
            assert re.findall(r".*\d\.\d.*", told) == [], slot
            assert set(re.findall("‹(.*?)›", told)) <= categories(language), slot


@pytest.mark.parametrize("language", COUNTING)
def test_every_plural_is_met(language: str) -> None:
    """The states above ask for one, few and many or other, and some number is a decimal one."""
    told = "\n".join(
        seen(markup)
        for texts in TEXTS
        for step in STEPS
        for markup in panels(step, texts, "llama", language).values()
    )

    assert {"one", "few", "many" if language == "qpl" else "other"} <= set(
        re.findall(r"‹(.*?)›", told)
    )
    assert re.search(r"\d,\d", told)


def test_no_menu_offers_a_made_up_language() -> None:
    """They are reached by an address, and by nothing else."""
    assert set(OFFERED).isdisjoint(MADE_UP)
    assert set(OFFERED) | set(MADE_UP) == set(LANGUAGES)
    assert set(COUNTING) <= set(MADE_UP)
