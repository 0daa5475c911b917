"""The heads that a recording marks, and the answers without them: the graph's and numpy's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from export import record_heads
from export.prompts import PROMPTS, Curated
from export.record import Recorder
from seethrough.core import hooks
from seethrough.core.heads import BY_HAND, BY_SCORE, every_choice, head_scale
from seethrough.core.recording import from_bytes
from seethrough.core.reference import Knobs, forward
from tests.parity import TOLERANCES, default_manifest, default_model

if TYPE_CHECKING:
    from seethrough.core.heads import Heads
    from seethrough.core.recording import Recording
    from tests.export.conftest import Exported

CAT = PROMPTS[0]
TEXT = "the the at"


def answers(made: Recording, off: Heads) -> dict[int, float]:
    """The recorded answers without some heads, by token."""
    return {item.id: item.prob for item in made.without[off]}


def test_answers_without_heads_are_the_reference_s(tiny: Exported) -> None:
    """Every choice of the marked heads has the best tokens of numpy's own pass without them."""
    made = from_bytes(Recorder(tiny.folder, threads=1).record(Curated("a", TEXT)).recording)
    config = tiny.manifest.config

    assert made.marked is not None
    assert made.marked.by == BY_SCORE
    assert set(made.without) == set(every_choice(made.marked.heads))
    for off, top in made.without.items():
        knobs = Knobs(head_scale=head_scale(config, off))
        weight = tiny.checkpoint.weight
        captured, _ = forward(config, weight, made.ids, knobs=knobs, dtype=np.float64)
        logits = captured[hooks.LOGITS][-1]
        probs = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        found = [probs[item.id] for item in top]
        assert [item.prob for item in top] == pytest.approx(
            found, abs=TOLERANCES["probability"].bound
        )
        assert min(found) >= np.sort(probs)[-len(top)] - TOLERANCES["probability"].bound


def test_a_model_s_own_heads_go_before_those_that_add_most(grouped: Exported) -> None:
    """Heads found by hand are marked in the model that they are of, and in no other."""
    heads = ((1, 0), (0, 1))
    recorder = Recorder(grouped.folder, threads=1)
    ours = Curated("a", TEXT, heads=heads, together=heads[:1], heads_of="tiny")
    made = from_bytes(recorder.record(ours).recording)
    assert made.marked is not None
    assert (made.marked.heads, made.marked.together, made.marked.by) == (heads, heads[:1], BY_HAND)

    other = Curated("a", TEXT, heads=((99, 0),), heads_of="other")
    made = from_bytes(recorder.record(other).recording)
    assert made.marked is not None
    assert made.marked.by == BY_SCORE


def test_the_patterns_of_marked_heads_are_recorded() -> None:
    """Where not all layers fit, the marked ones stand in the places of the nearest; ends stay."""
    assert record_heads.with_layers((0, 10, 19, 29), (11, 28)) == (0, 11, 28, 29)
    assert record_heads.with_layers((0, 10, 19, 29), (10,)) == (0, 10, 19, 29)
    assert record_heads.with_layers((0, 29), (11,)) == (0, 29)


def test_the_dog_and_the_cat() -> None:
    """The built site's first walk: with all heads a dog, without three of them a cat."""
    folder = default_model() / "recordings"
    (file,) = folder.glob("1-cat-*.safetensors")
    made = from_bytes(file.read_bytes())
    made.check_against(default_manifest())
    together = frozenset(CAT.together)

    assert made.prompt == CAT.prompt
    assert made.marked is not None
    assert made.marked.heads == CAT.heads
    assert (made.top[0].text, round(made.top[0].prob, 3)) == (" dog", 0.963)
    assert (made.without[together][0].text, round(made.without[together][0].prob, 3)) == (
        " cat",
        0.839,
    )
    assert round(made.without[frozenset({(23, 3)})][0].prob, 3) == 0.595
    assert round(made.marked.resting or 0, 2) == 0.55
    assert {layer for layer, _ in CAT.heads} <= set(made.layers)
    assert len(made.without) == 2 ** len(CAT.heads) - 1
    assert answers(made, together)[made.top[0].id] == pytest.approx(0.077, abs=5e-4)
