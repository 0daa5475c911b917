"""Where the pictures are taken: every address of the page, every size, every look."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.steps import STEPS

WIDE = (1440, 900)
NARROW = (390, 844)
# WCAG's reflow: a window of 1280 px at 400 % zoom.
NARROWEST = (320, 640)
SIZES = (WIDE, NARROW)
SCHEMES = ("light", "dark")
ENGLISH = "en"
LANGUAGES = (ENGLISH, "qps", "qps-mirrored")


@dataclass(frozen=True)
class Place:
    """One address of the page and the name that its pictures have."""

    name: str
    address: str

    def __str__(self) -> str:
        """The name: what a test shows."""
        return self.name


# What the distilgpt2-shaped model is asked; its walk is live.
GPT2_PROMPT = "January%2C%20February%2C%20March%2C"
GPT2_PLACES = tuple(
    Place(f"gpt2-{step}", f"#/walk/own/{step}?prompt={GPT2_PROMPT}") for step in STEPS
)
PLACES = (
    Place("home", "#/"),
    *(Place(f"walk-january-{step}", f"#/walk/january/{step}") for step in STEPS),
    # The longest recording: many tokens, special ones, a picture that lacks positions.
    *(Place(f"walk-colors-{step}", f"#/walk/colors/{step}") for step in ("tokenize", "loop")),
    Place("walk-own", "#/walk/own"),
    Place("generate", "#/generate/cat"),
    Place("generate-model", "#/generate/cat/model"),
    Place("generate-tree", "#/generate/cat/tree"),
    Place("decode", "#/decode/cat?temperature=1.5&min_p=0.02"),
    Place("decode-beams", "#/decode/cat/beams"),
    Place("decode-endings", "#/decode/cat/endings"),
    Place("decode-compare", "#/decode/cat/compare"),
    Place("gallery", "#/gallery"),
    Place("gallery-card", "#/generate/pizza/simple?temperature=0.0"),
    Place("block", "#/block/january"),
    Place("block-weights", "#/block/january/weights"),
    Place("block-inside", "#/block/january/inside"),
    Place("map", "#/map"),
    Place("train", "#/train/poem"),
    Place("train-run", "#/train/run"),
    Place("train-step", "#/train/step"),
    Place("all", "#/all/january"),
    Place("about", "#/about"),
    Place("fidelity", "#/fidelity"),
    Place("ready", "#/ready"),
    Place("glossary", "#/glossary"),
    Place("styleguide", "#/styleguide"),
    Place("missing", "#/nowhere"),
)
# For a test at each of them: all files' tests of one place come behind one another, so the page
# goes there once and not once a test. The files come in the order of tests/order.py, in which each
# begins as the one before it has left the page: in English and at rest.
AT_EACH_PLACE = pytest.mark.parametrize("place", PLACES, ids=str, scope="session")
