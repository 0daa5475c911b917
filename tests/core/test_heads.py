"""Heads worth a look: direct contributions, choices, a recording's field."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save

from seethrough.core import heads, hooks
from seethrough.core.errors import SourceError
from seethrough.core.fields import some_heads
from seethrough.core.heads import BY_HAND, Marked, every_choice, read_heads, written_heads
from seethrough.core.hooks import hook_name
from seethrough.core.recorded import METADATA_KEY
from seethrough.core.recording import from_bytes, to_metadata
from seethrough.core.reference import forward, from_arrays
from seethrough.core.tokens import Candidate
from tests.recorded import file_of, recorded
from tests.view.walk_sample import FAMILIES, config_of, weights_of

IDS = (7, 3, 11, 5, 2)
MARKED = Marked(((0, 1), (1, 2)), ((0, 1), (1, 2)), BY_HAND, 0.25)
WITHOUT = {
    off: (Candidate(5, " a", "·a", 1.5, 0.25), Candidate(6, "", "⟨id 6⟩", 1.0, 0.125))
    for off in every_choice(MARKED.heads)
}
MADE = replace(recorded(), marked=MARKED, without=WITHOUT)


@pytest.mark.parametrize("family", FAMILIES)
def test_contributions_are_the_answer_s_score(family: str) -> None:
    """A head's part of the score is what its write adds to it, the final norm's divisor held."""
    config, weights = config_of(family), weights_of(family)
    captured, _ = forward(config, from_arrays(weights), IDS, dtype=np.float64)
    scale, answer = float(captured[hooks.FINAL_SCALE][-1, 0]), weights["W_E"][9]
    read = heads.reader_of(config, answer, weights["ln_final.w"], scale)
    for layer in range(config.n_layers):
        z = captured[hook_name(hooks.Z, layer)][-1]
        w_o = weights[hook_name("attn.W_O", layer)].astype(np.float64)
        added = heads.contributions(z, w_o, read)
        for head in range(config.n_heads):
            alone = np.zeros_like(z)
            alone[head] = z[head]
            wrote = alone.reshape(-1) @ w_o
            wrote = wrote - wrote.mean() if family == "gpt2" else wrote
            expected = (wrote / scale * weights["ln_final.w"]) @ answer
            assert added[head] == pytest.approx(expected, abs=1e-9)


def test_heads_that_look_back_go_first() -> None:
    """The first token and the token itself are no looking back; of the others most added wins."""
    rest, own, back = [0.9, 0.05, 0.05], [0.1, 0.1, 0.8], [0.1, 0.6, 0.3]
    rows = {0: np.array([rest, back]), 2: np.array([own, back])}
    added = np.array([[9.0, 1.0], [99.0, 99.0], [8.0, 2.0]])

    assert heads.by_score(added, rows) == ((2, 1), (0, 1), (0, 0))
    assert heads.by_attention(rows)[0] == (0, 1)
    assert heads.most_back(added, 3) == (0, 1)
    assert heads.resting_share(np.stack(list(rows.values()))) == 0.25


def test_every_choice_of_the_marked_heads_is_told_once() -> None:
    """Each head alone first, all of them last; of three heads seven choices."""
    three = ((2, 0), (0, 1), (1, 1))
    choices = every_choice(three)

    assert choices[:3] == tuple(frozenset({head}) for head in three)
    assert choices[-1] == frozenset(three)
    assert len(set(choices)) == len(choices) == 7


def test_heads_are_written_and_read() -> None:
    """What an address or a button says of heads comes back; nonsense is refused."""
    some = frozenset({(23, 3), (0, 11)})
    assert read_heads(written_heads(some)) == some
    assert some_heads("23.3,0.11") == some
    for text in ("", "23", "23.", "23.3,", "a.b", "1.2.3", "²3.1", "1.1 "):
        assert some_heads(text) is None, text


def test_a_recording_keeps_its_heads() -> None:
    """The marked heads and every answer without them come back as they were."""
    read = from_bytes(file_of(MADE))

    assert (read.marked, dict(read.without)) == (MARKED, WITHOUT)


def test_an_older_recording_has_no_heads() -> None:
    """A file without the field is read as it ever was, and says nothing of heads."""
    old = recorded()
    assert "heads" not in json.loads(to_metadata(old)[METADATA_KEY])
    read = from_bytes(file_of(old))

    assert (read.marked, dict(read.without)) == (None, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2),
        ("heads", []),
        ("heads", [[0, 9]]),
        ("heads", [[0.5, 1]]),
        ("together", [[7, 0]]),
        ("by", "nobody"),
        ("resting", 1.5),
        ("without", [[[], [[5, "a", "a", 1.0, 0.5]]]]),
        ("without", [[[[0, 1]], []]]),
        ("without", [[[[0, 1]], [[5, "a", "a", 1.0, 1.5]]]]),
        ("without", [[[[0, 1]], [[5, "a", "a", 1.0]]]]),
    ],
)
def test_wrong_heads_are_refused(name: str, value: object) -> None:
    """Another version, heads that are not there, shares beyond 1: the recording is not read."""
    inner = json.loads(to_metadata(MADE)[METADATA_KEY])
    inner["heads"][name] = value
    data = save(dict(MADE.arrays), metadata={METADATA_KEY: json.dumps(inner)})

    with pytest.raises(SourceError):
        from_bytes(data)
