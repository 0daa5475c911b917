"""Each hook of a layer has its words."""

from __future__ import annotations

from seethrough.core.families import FAMILIES
from seethrough.core.hooks import leaves_of_block
from seethrough.core.messages import catalogue
from seethrough.core.sums import DIMS
from seethrough.view.hook_words import WORDS


def test_each_hook_of_a_layer_has_words() -> None:
    """Every leaf of every family is told in words, and what is told is a hook."""
    leaves = {leaf for family in FAMILIES.values() for leaf in leaves_of_block(family)}

    assert leaves <= WORDS.keys()
    assert WORDS.keys() <= DIMS.keys()
    assert {f"hook.word.{name}" for name in WORDS.values()} <= catalogue().keys()
