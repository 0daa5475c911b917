from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export import record, record_parts
from export.native import NativeModel
from export.package import write_package
from export.record import N_LENS, PROMPTS, Curated, Files, Recorder, what_fits, write_recordings
from export.record_parts import cut, file_of_part
from export.sources import read_checkpoint
from seethrough.core import hooks
from seethrough.core.captured import FIRST_OF_UNEMBED
from seethrough.core.errors import InputError, SourceError
from seethrough.core.hooks import hook_name
from seethrough.core.insides import UNEMBEDDING
from seethrough.core.parts import (
    LAYERS_PART,
    LENS,
    LOGITS_PART,
    PARTS,
    PARTS_FOLDER,
    part_from_bytes,
)
from seethrough.core.recorded import MOST_BYTES
from seethrough.core.recording import Recording, from_bytes, stream_names
from tests.fake_engine import CONFIG
from tests.made import check_insides, read, stored
from tests.native import recorder_of
from tests.parity import (
    check_against_golden,
    check_top_against_golden,
    default_manifest,
    default_model,
    golden,
)
from tests.tiny_gpt2 import VARIANTS as GPT2
from tests.tiny_gpt2 import write_folder

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.parts import Part
    from tests.export.conftest import Exported

TINY = Curated("tiny", "the the")
# The curated prompts that the goldens have, by the goldens' names.
GOLDEN = {"january": "months"}


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    """The default model, ready to record."""
    return recorder_of(default_model())


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


def check_parts(files: Files, model: NativeModel) -> None:
    """Every number of the parts is that of a run of its own, or of the weight file, bit for bit."""
    made = from_bytes(files.recording)
    logits, layers = (part_from_bytes(files.parts[name]) for name in (LOGITS_PART, LAYERS_PART))
    last, config = len(made.ids) - 1, model.manifest.config
    for part in (logits, layers):
        part.check_against(made, config)
        names = [name for name in part.arrays if name not in {*LENS, UNEMBEDDING}]
        model.reset()
        captured = model.run(made.ids, names, unembed=[(made.n_layers, last)])
        for name in names:
            rows = [0] if name in FIRST_OF_UNEMBED else list(part.positions)
            np.testing.assert_array_equal(part.arrays[name], captured[name][rows], err_msg=name)
    model.reset()
    states = [(layer, last) for layer in range(made.n_layers + 1)]
    lens = model.run(made.ids, LENS, unembed=states, top_k=N_LENS)
    for name in LENS:
        np.testing.assert_array_equal(layers.arrays[name], lens[name], err_msg=name)
    check_unembedding(logits, made, model)


def check_unembedding(part: Part, made: Recording, model: NativeModel) -> None:
    """Its rows are the columns of W_U, and with the final vector they make the recorded logits."""
    config = model.manifest.config
    weight = model.rows(UNEMBEDDING, range(config.d_model))
    rows = part.arrays[UNEMBEDDING]
    np.testing.assert_array_equal(rows, weight[:, [item.id for item in made.top]].T)
    products = rows.astype(np.float64) @ part.arrays[hooks.FINAL_OUT][0].astype(np.float64)
    np.testing.assert_allclose(products, [item.logit for item in made.top], rtol=0, atol=2e-4)


def test_a_tiny_model_is_recorded_whole(tiny: Exported) -> None:
    """Every position and layer of a small model fits, of every way to store weights."""
    files = Recorder(tiny.folder, threads=1).record(TINY)
    made = from_bytes(files.recording)

    made.check_against(tiny.manifest)
    assert made.positions == tuple(range(len(made.tokens)))
    assert made.layers == tuple(range(tiny.manifest.config.n_layers))
    check_equal(made, fresh(tiny.model, made))
    check_parts(files, tiny.model)
    check_insides(files, tiny.model)
    assert part_from_bytes(files.parts[LAYERS_PART]).positions == made.positions


@pytest.mark.parametrize("name", GPT2)
def test_the_gpt2_family_is_recorded_whole(name: str, tmp_path: Path) -> None:
    """Learned positions stand in the recording's part; a model without a template has no chat."""
    written = write_folder(GPT2[name], tmp_path / "hub")
    checkpoint = read_checkpoint(written.path, {"licence": "mit"})
    manifest = write_package(checkpoint, tmp_path / "out", model_id="tiny", title="Tiny")

    paths = write_recordings(tmp_path / "out", tmp_path / "made")

    assert manifest.chat is None
    recordings = [path for path in paths if path.parent == tmp_path / "made"]
    assert [from_bytes(path.read_bytes()).id for path in recordings] == [
        prompt.id for prompt in PROMPTS if not prompt.chat
    ]
    model = NativeModel(tmp_path / "out", threads=1)
    for path in recordings:
        files = read(path)
        made = from_bytes(files.recording)
        made.check_against(manifest)
        check_equal(made, fresh(model, made))
        check_parts(files, model)
        check_insides(files, model)
        part = part_from_bytes(files.parts[LOGITS_PART])
        learned = model.rows("W_pos", range(len(made.ids)))
        np.testing.assert_array_equal(part.arrays[hooks.POS_EMBED], learned)


def test_what_stands_before_plain_text_is_recorded(grouped: Exported) -> None:
    """A model's start ids come first, in the tokens and in the film, as on the page."""
    recorder = Recorder(grouped.folder, threads=1)
    object.__setattr__(recorder.manifest, "start_ids", (1,))

    made = from_bytes(recorder.record(TINY).recording)

    assert made.ids == (1, *recorder.tokenizer.encode(TINY.prompt))
    assert (made.film.start_ids, made.film.n_ids) == ((1,), len(made.ids))


def test_the_same_input_gives_the_same_bytes(grouped: Exported, tmp_path: Path) -> None:
    """Recording twice writes the same files, in order, named by their content."""
    first = write_recordings(grouped.folder, tmp_path / "a")
    again = write_recordings(grouped.folder, tmp_path / "b")

    assert [file.name for file in first] == [file.name for file in again]
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in again]
    walks = [file for file in first if file.parent == tmp_path / "a"]
    parts = [file for file in first if file.parent.name == PARTS_FOLDER]
    assert all(re.fullmatch(r"\d-[a-z]+-[0-9a-f]{12}\.safetensors", file.name) for file in walks)
    assert [from_bytes(file.read_bytes()).id for file in walks] == [item.id for item in PROMPTS]
    assert [part_from_bytes(file.read_bytes()).recording for file in parts] == [
        item.id for item in PROMPTS for _ in PARTS
    ]


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
    whole = len(recorder.record(TINY).recording)
    monkeypatch.setattr(record, "MOST_BYTES", whole - 1)

    data = recorder.record(TINY).recording

    assert len(data) < whole
    made = from_bytes(data)
    assert (made.layers[0], made.layers[-1]) == (0, grouped.manifest.config.n_layers - 1)
    assert made.positions[-1] == len(made.tokens) - 1
    check_equal(made, fresh(grouped.model, made))


@pytest.mark.parametrize("name", PARTS)
def test_a_part_keeps_the_last_positions_that_fit(
    name: str, grouped: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With less room it holds fewer positions, the last ones, and fits its recording still."""
    recorder = Recorder(grouped.folder, threads=1)
    whole = part_from_bytes(recorder.record(TINY).parts[name])
    room = len(file_of_part(cut(whole, 1)))
    assert len(whole.positions) > 1
    monkeypatch.setattr(record_parts, "MOST_BYTES", room)

    files = recorder.record(TINY)

    part = part_from_bytes(files.parts[name])
    assert part.positions == whole.positions[1:]
    assert len(files.parts[name]) <= room
    part.check_against(from_bytes(files.recording), grouped.manifest.config)


def test_logits_that_do_not_fit_are_left_out(
    grouped: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large vocabulary takes only its own numbers; where nothing fits there is no part."""
    recorder = Recorder(grouped.folder, threads=1)
    whole = part_from_bytes(recorder.record(TINY).parts[LOGITS_PART])
    least = len(file_of_part(cut(whole, len(whole.positions) - 1)))
    monkeypatch.setattr(record_parts, "MOST_BYTES", least - 1)

    files = recorder.record(TINY)

    part = part_from_bytes(files.parts[LOGITS_PART])
    assert hooks.LOGITS not in part.arrays
    assert part.arrays.keys() == whole.arrays.keys() - {hooks.LOGITS}
    part.check_against(from_bytes(files.recording), grouped.manifest.config)
    monkeypatch.setattr(record_parts, "MOST_BYTES", 100)
    assert recorder.record(TINY).parts == {}


def test_scores_of_a_large_vocabulary_stand_beside_the_room(
    grouped: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All scores are there although they alone are more than a part may have."""
    whole = part_from_bytes(Recorder(grouped.folder, threads=1).record(TINY).parts[LOGITS_PART])
    scores = whole.arrays[hooks.LOGITS]
    least = len(file_of_part(cut(whole, len(whole.positions) - 1)))
    monkeypatch.setattr(record_parts, "MOST_BYTES", least - scores.nbytes)
    monkeypatch.setattr(record_parts, "LARGE", scores.shape[-1] - 1)

    files = Recorder(grouped.folder, threads=1).record(TINY)

    np.testing.assert_array_equal(
        part_from_bytes(files.parts[LOGITS_PART]).arrays[hooks.LOGITS], scores
    )


def test_the_command_line_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder without a model: one sentence, code 1."""
    assert record.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "could not write or read a file" in capsys.readouterr().err


@pytest.mark.model
def test_each_recording_is_small() -> None:
    """At most 400 KB, and there is one of every curated prompt, in order."""
    made = stored()

    assert list(made) == [prompt.id for prompt in PROMPTS]
    for name, files in made.items():
        assert sorted(files.parts) == sorted(PARTS)
        sizes = [len(data) for data in (files.recording, *files.parts.values())]
        assert all(size <= MOST_BYTES == 400_000 for size in sizes), (name, sizes)


@pytest.mark.model
@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.id)
def test_recorded_values_are_a_fresh_capture_s(recorder: Recorder, prompt: Curated) -> None:
    """Bit for bit, of the manifest's own files; tokens are the prompt's and read as text."""
    files = stored()[prompt.id]
    made = from_bytes(files.recording)

    made.check_against(default_manifest())
    assert list(made.ids) == recorder.ids(prompt)
    assert (made.prompt, made.chat) == (prompt.prompt, prompt.chat)
    check_equal(made, fresh(recorder.model, made))
    assert made.layers[0] == 0
    assert made.layers[-1] == made.n_layers - 1
    assert made.positions[-1] == len(made.tokens) - 1
    assert all(step.rank == 0 for step in made.continuation)
    assert (made.stop == record.LIMIT) == (len(made.continuation) == record.N_NEW)
    check_parts(files, recorder.model)
    whole = part_from_bytes(files.parts[LOGITS_PART])
    assert whole.positions == tuple(range(len(made.tokens)))
    assert whole.arrays[hooks.LOGITS].shape == (1, default_manifest().config.d_vocab)


@pytest.mark.model
@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.id)
def test_a_recorded_film_and_its_candidates_are_the_page_s(
    recorder: Recorder, prompt: Curated
) -> None:
    """The film of the very prompt; each new token stands first among its step's ten."""
    made = from_bytes(stored()[prompt.id].recording)

    assert made.film == recorder.film(prompt)
    assert made.film.is_chat == prompt.chat
    assert made.film.n_words == len(made.film.words)
    for step in made.continuation:
        assert len(step.candidates) == 10
        logits = [item.logit for item in step.candidates]
        assert (step.candidates[0].id, logits) == (step.id, sorted(logits, reverse=True))
        assert step.candidates[0].prob == pytest.approx(step.prob, rel=1e-12)


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
    files, expected = stored()[name], golden(GOLDEN[name])
    made = from_bytes(files.recording)

    assert list(made.ids) == expected.ids
    patterns = {hook_name(hooks.PATTERN, layer): made.pattern(layer) for layer in made.layers}
    streams = {hook: made.arrays[hook] for hook in stream_names(made.n_layers)}
    total = {hooks.LOGSUMEXP: made.arrays[hooks.LOGSUMEXP]}
    check_against_golden(GOLDEN[name], patterns | total)
    check_against_golden(GOLDEN[name], streams, may_be_last=True)
    for part in map(part_from_bytes, files.parts.values()):
        known = {
            key: array for key, array in part.arrays.items() if key not in (*LENS, UNEMBEDDING)
        }
        check_against_golden(GOLDEN[name], known, may_be_last=True)
    probs = {item.id: float(np.exp(item.logit - made.logsumexp)) for item in made.top}
    check_top_against_golden(GOLDEN[name], probs)
    assert [step.id for step in made.continuation] == expected.greedy
