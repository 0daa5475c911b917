"""A run as a file: what is read is what was written, and what is not ours is refused by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seethrough.core import run_file
from seethrough.core.errors import InputError
from seethrough.core.run_file import SavedRun, SavedWay, read_run, written_run
from seethrough.core.settings import Sampling
from seethrough.core.tokens import DRAWN, END, GREEDY

WAYS = (
    SavedWay((5, 6, 7), (0.5, 0.25, 1 / 3), (GREEDY, DRAWN, ""), END),
    SavedWay((5, 9), (0.5, 1e-300), (GREEDY, "reader")),
)
RUN = SavedRun(
    "tiny",
    "ab" * 32,
    "A prompt\nwith “signs” \N{DOG FACE}",
    True,
    Sampling(temperature=0.7, top_k=5, seed=3).values,
    WAYS,
    1,
    {(5, 6): "mine"},
)
KEYS = st.sampled_from(sorted(json.loads(written_run(RUN))))


def refused(text: str) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(InputError) as caught:
        read_run(text)
    return caught.value.key


def signed(**changes: object) -> str:
    """The file with other contents and a digest that fits them."""
    told = {**json.loads(written_run(RUN)), **changes}
    told.pop("sha256")
    return json.dumps({**told, "sha256": run_file._digest(told)})


def test_a_file_gives_the_run_back() -> None:
    """Every field, every probability to the bit."""
    assert read_run(written_run(RUN)) == RUN


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"format": "other"}', "[" * 100_000, "\0"])
def test_what_is_not_ours(text: str) -> None:
    """Anything else than a run of this site is refused as that."""
    assert refused(text) == "runfile.not_ours"


def test_of_a_newer_format() -> None:
    """A later version is told apart from a broken file."""
    assert refused(written_run(RUN).replace('"version": 1', '"version": 2')) == "runfile.newer"


@given(KEYS.filter(lambda key: key not in {"format", "version"}))
def test_an_altered_file(key: str) -> None:
    """Whatever entry is changed or taken away, it is seen."""
    told = json.loads(written_run(RUN))
    told[key] = [told[key]]
    assert refused(json.dumps(told)) == "runfile.altered"
    del told[key]
    assert refused(json.dumps(told)) == "runfile.altered"


@pytest.mark.parametrize(
    "changes",
    [
        {"ways": []},
        {"ways": [{"ids": [1], "probs": [], "how": [""], "stop": ""}]},
        {"ways": [{"ids": [-1], "probs": [0.5], "how": [""], "stop": ""}]},
        {"ways": [{"ids": [1.5], "probs": [0.5], "how": [""], "stop": ""}]},
        {"ways": [{"ids": [1], "probs": [2.0], "how": [""], "stop": ""}]},
        {"ways": [{"ids": [1], "probs": [0.5], "how": ["magic"], "stop": ""}]},
        {"ways": [{"ids": [1], "probs": [0.5], "how": [""], "stop": "why"}]},
        {"ways": 7},
        {"settings": {}},
        {"settings": {**Sampling().values, "temperature": -1}},
        {"settings": {**Sampling().values, "top_k": 1.5}},
        {"chat": "yes"},
        {"n_input": 9},
        {"names": [{"ids": [1]}]},
    ],
)
def test_what_cannot_be(changes: dict[str, object]) -> None:
    """A file with a true digest that says what no run can have is refused."""
    assert refused(signed(**changes)) == "runfile.wrong"
