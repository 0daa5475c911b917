from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export import record
from export.record import PROMPTS, Curated, Recorder, what_fits, write_recordings
from seethrough.core import hooks
from seethrough.core.errors import InputError, SourceError
from seethrough.core.hooks import hook_name
from seethrough.core.recorded import MOST_BYTES
from seethrough.core.recording import Recording, from_bytes, stream_names
from tests.fake_engine import CONFIG
from tests.parity import (
    check_against_golden,
    check_top_against_golden,
    default_manifest,
    default_model,
    golden,
)

if TYPE_CHECKING:
    from pathlib import Path

    from export.native import NativeModel
    from tests.export.conftest import Exported

TINY = Curated("tiny", "the the")
# The curated prompts that the goldens have, by the goldens' names.
GOLDEN = {"january": "months"}


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    """The default model, ready to record."""
    return Recorder(default_model())


def stored() -> dict[str, bytes]:
    """The recordings that the build made, by id, in their order."""
    files = sorted((default_model() / "recordings").glob("*.safetensors"))
    assert files, "The model has no recordings: run `python3 build.py build`, which makes them."
    return {from_bytes(file.read_bytes()).id: file.read_bytes() for file in files}


def fresh(model: NativeModel, made: Recording) -> dict[str, np.ndarray]:
    """The same hooks, captured anew in a run of its own."""
    model.reset()
    names = [name for name in made.arrays if name != "resid_norms"]
    last = [(made.n_layers, len(made.ids) - 1)]
    return model.run(made.ids, names, unembed=last, top_k=len(made.top))


def check_equal(made: Recording, captured: dict[str, np.ndarray]) -> None:
    """Every recorded number is the captured one, bit for bit."""
    stream = np.stack([captured[name] for name in stream_names(made.n_layers)])
    np.testing.assert_array_equal(made.resid(), stream[:, list(made.positions)])
    for layer in made.layers:
        np.testing.assert_array_equal(
            made.pattern(layer), captured[hook_name(hooks.PATTERN, layer)]
        )
    for name in (hooks.TOP_VALUES, hooks.TOP_IDS, hooks.LOGSUMEXP):
        np.testing.assert_array_equal(made.arrays[name], captured[name])


def test_a_tiny_model_is_recorded_whole(tiny: Exported) -> None:
    """Every position and layer of a small model fits, of every way to store weights."""
    made = from_bytes(Recorder(tiny.folder, threads=1).record(TINY))

    made.check_against(tiny.manifest)
    assert made.positions == tuple(range(len(made.tokens)))
    assert made.layers == tuple(range(tiny.manifest.config.n_layers))
    check_equal(made, fresh(tiny.model, made))


def test_the_same_input_gives_the_same_bytes(grouped: Exported, tmp_path: Path) -> None:
    """Recording twice writes the same files, in order, named by their content."""
    first = write_recordings(grouped.folder, tmp_path / "a")
    again = write_recordings(grouped.folder, tmp_path / "b")

    assert [file.name for file in first] == [file.name for file in again]
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in again]
    assert all(re.fullmatch(r"\d-[a-z]+-[0-9a-f]{12}\.safetensors", file.name) for file in first)
    assert [from_bytes(file.read_bytes()).id for file in first] == [item.id for item in PROMPTS]


def test_a_model_without_a_template_is_not_asked_to_chat(grouped: Exported) -> None:
    """A message to a text model is refused in a sentence; the list of prompts leaves it out."""
    recorder = Recorder(grouped.folder, threads=1)
    object.__setattr__(recorder.manifest, "chat", None)

    with pytest.raises(InputError, match="no chat template"):
        recorder.record(Curated("a", "Hello", chat=True))
    with pytest.raises(InputError, match="no token"):
        recorder.record(Curated("a", ""))


def test_what_does_not_fit_is_left_out_evenly() -> None:
    """Streams of two positions come first, then patterns spread over the layers, then streams."""
    stream, pattern = 3 * 32 * 4, 4 * 6 * 4  # of 3 tokens in the tests' tiny model

    assert what_fits(CONFIG, 3, 10**6) == ((0, 1, 2), (0, 1))
    assert what_fits(CONFIG, 3, 2 * stream + 2 * pattern) == ((1, 2), (0, 1))
    assert what_fits(CONFIG, 3, 3 * stream + 2 * pattern - 1) == ((1, 2), (0, 1))
    assert what_fits(CONFIG, 3, 2 * stream + 2 * pattern - 1) == ((2,), (0, 1))
    assert what_fits(CONFIG, 1, stream + pattern) == ((0,), (0, 1))
    with pytest.raises(SourceError, match="too wide to be recorded"):
        what_fits(CONFIG, 3, stream + 2 * pattern - 1)


def test_the_file_says_how_much_it_holds(
    grouped: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With less room the file is smaller than the room, and still whole in itself."""
    recorder = Recorder(grouped.folder, threads=1)
    whole = len(recorder.record(TINY))
    monkeypatch.setattr(record, "MOST_BYTES", whole - 1)

    data = recorder.record(TINY)

    assert len(data) < whole
    made = from_bytes(data)
    assert (made.layers[0], made.layers[-1]) == (0, grouped.manifest.config.n_layers - 1)
    assert made.positions[-1] == len(made.tokens) - 1
    check_equal(made, fresh(grouped.model, made))


def test_the_command_line_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder without a model: one sentence, code 1."""
    assert record.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "could not write or read a file" in capsys.readouterr().err


@pytest.mark.model
def test_each_recording_is_small() -> None:
    """At most 400 KB, and there is one of every curated prompt, in order."""
    sizes = {name: len(data) for name, data in stored().items()}

    assert list(sizes) == [prompt.id for prompt in PROMPTS]
    assert all(size <= MOST_BYTES == 400_000 for size in sizes.values()), sizes


@pytest.mark.model
@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.id)
def test_recorded_values_are_a_fresh_capture_s(recorder: Recorder, prompt: Curated) -> None:
    """Bit for bit, of the manifest's own files; tokens are the prompt's and read as text."""
    made = from_bytes(stored()[prompt.id])

    made.check_against(default_manifest())
    assert list(made.ids) == recorder.ids(prompt)
    assert (made.prompt, made.chat) == (prompt.prompt, prompt.chat)
    check_equal(made, fresh(recorder.model, made))
    assert made.layers[0] == 0
    assert made.layers[-1] == made.n_layers - 1
    assert made.positions[-1] == len(made.tokens) - 1
    assert all(step.rank == 0 for step in made.continuation)
    assert (made.stop == record.LIMIT) == (len(made.continuation) == record.N_NEW)


@pytest.mark.model
def test_a_recording_is_made_the_same_again(recorder: Recorder) -> None:
    """The whole file, continuation and all, after other prompts have gone through the model."""
    for name in ("colors", "january"):
        prompt = next(prompt for prompt in PROMPTS if prompt.id == name)
        assert recorder.record(prompt) == stored()[name]


@pytest.mark.model
@pytest.mark.parametrize("name", GOLDEN)
def test_recorded_values_are_transformers(name: str) -> None:
    """Streams, patterns, log-sum-exp, the best tokens and the continuation: as the goldens."""
    made, expected = from_bytes(stored()[name]), golden(GOLDEN[name])

    assert list(made.ids) == expected.ids
    patterns = {hook_name(hooks.PATTERN, layer): made.pattern(layer) for layer in made.layers}
    streams = {hook: made.arrays[hook] for hook in stream_names(made.n_layers)}
    total = {hooks.LOGSUMEXP: made.arrays[hooks.LOGSUMEXP]}
    check_against_golden(GOLDEN[name], patterns | total)
    check_against_golden(GOLDEN[name], streams, may_be_last=True)
    probs = {item.id: float(np.exp(item.logit - made.logsumexp)) for item in made.top}
    check_top_against_golden(GOLDEN[name], probs)
    assert [step.id for step in made.continuation] == expected.greedy
