"""The fidelity report: its arithmetic, a tiny model from file to report, the committed one."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from export.distances import divergences, errors, log_probs
from export.fidelity import Measurer, compared_ways, report_of
from export.fidelity_asset import write_report
from export.fidelity_tally import Tally, compared
from export.package import write_package
from export.passages import FILE, ids_of, passages_sha256, read_passages
from export.quantize import quantized
from export.sources import read_checkpoint
from export.stages.fidelity import REPORTS
from seethrough.core import hooks
from seethrough.core.assets import FIDELITY
from seethrough.core.fidelity import (
    BLOCKS,
    FLOATS,
    KINDS,
    YARDSTICK,
    Passage,
    fidelity_from_bytes,
    read,
    to_json,
)
from seethrough.core.modes import EXACT, SMALL
from tests import parity
from tests.built import default_gguf, default_model
from tests.tiny_gpt2 import VARIANTS, write_folder

LEAST_POSITIONS = 4_000
N_PASSAGES = 64
MOST_BYTES = 40_000
# float32's scatter differs from processor to processor: what a sample may be off here.
ROOM = 4
SHORT = "en-4"


def toy(seed: int, n_pos: int = 5, n_vocab: int = 12) -> np.ndarray:
    """Some logits [pos, d_vocab]."""
    return np.random.default_rng(seed).normal(0, 3, (n_pos, n_vocab)).astype(np.float32)


def test_divergence_is_the_definition() -> None:
    """Σ p (log p − log q), written out, position by position; 0 of itself, never negative."""
    first, second = toy(1), toy(2)
    expected = []
    for a, b in zip(first.astype(float), second.astype(float), strict=True):
        p, q = (np.exp(x) / np.exp(x).sum() for x in (a, b))
        expected.append(sum(p[i] * (np.log(p[i]) - np.log(q[i])) for i in range(p.size)))

    got = divergences(log_probs(first), log_probs(second))

    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert (divergences(log_probs(first), log_probs(first)) == 0).all()


def test_a_small_divergence_is_not_lost() -> None:
    """Logits moved by 1e-6: half the variance of the move, to four digits."""
    logits = toy(3).astype(np.float64)
    move = np.random.default_rng(4).normal(0, 1e-6, logits.shape)
    p = np.exp(log_probs(logits))
    half = (p * move**2).sum(axis=-1) - (p * move).sum(axis=-1) ** 2

    np.testing.assert_allclose(
        divergences(log_probs(logits), log_probs(logits + move)), half / 2, rtol=1e-4
    )


def test_hidden_cells_are_left_out() -> None:
    """The mask has no part in an error; another mask is refused, and so is NaN."""
    scores = np.array([[[1.0, -np.inf], [3.0, 4.0]]])
    got = scores * 1.5

    np.testing.assert_allclose(errors(hooks.SCORES, scores, got), [0.5, 0.5])
    with pytest.raises(ValueError, match=hooks.SCORES):
        errors(hooks.SCORES, scores, np.zeros_like(scores))
    with pytest.raises(ValueError, match=hooks.Q):
        errors(hooks.Q, np.ones((2, 1, 3)), np.full((2, 1, 3), np.nan))


def test_what_passages_come_to() -> None:
    """Mean, 99th percentile, largest and same first choices over all positions, by hand."""
    pairs = [(toy(at, n_pos=20 + at), toy(at) * 0) for at in range(3)]
    tally, kl, same = Tally("way"), [], 0
    for at, (expected, _) in enumerate(pairs):
        got = expected + toy(10 + at, n_pos=len(expected)) * np.float32(0.3)
        passage = Passage(f"p{at}", "en" if at else "code", "", chat=False)
        tally.add(compared(passage, {hooks.LOGITS: expected}, {hooks.LOGITS: got}))
        kl += divergences(log_probs(expected), log_probs(got)).tolist()
        same += int((expected.argmax(-1) == got.argmax(-1)).sum())
    measure = tally.measure()

    assert measure.n_same == same
    told = measure.divergence
    assert (told.mean, told.p99, told.largest) == pytest.approx(
        (np.mean(kl), np.percentile(kl, 99), max(kl)), rel=6e-3
    )
    assert [(one.kind, one.n) for one in measure.texts] == [("code", 20), ("en", 43)]
    (row,) = measure.hooks
    assert row.largest >= row.typical > 0


def test_the_passages_are_enough() -> None:
    """64 of them, of every kind, each id once, and over 4,000 positions with the default model."""
    manifest, tokenizer = parity.default_manifest(), parity.default_vocabulary()
    passages = read_passages(manifest)

    assert len(passages) == len({one.id for one in passages}) == N_PASSAGES
    assert {one.kind for one in passages} == set(KINDS)
    assert {one.kind for one in passages if one.chat} == {"chat"}
    assert sum(len(ids_of(one, tokenizer, manifest)) for one in passages) >= LEAST_POSITIONS
    rows = json.loads(FILE.read_text("utf-8"))
    assert all(row["text"].strip() for row in rows)


@pytest.fixture
def few(monkeypatch):
    """Two passages, of two kinds."""
    texts = [Passage("en-1", "en", "the thing", chat=False)]
    texts.append(Passage("code-1", "code", "a = the + 3", chat=False))
    monkeypatch.setattr("export.fidelity.read_passages", lambda _manifest: tuple(texts))


@pytest.mark.usefixtures("few")
def test_a_tiny_model_keeps_its_numbers(grouped, tmp_path) -> None:
    """4-bit blocks as they were: no weight differs, both modes are rounding, the report is read."""
    report = report_of(Measurer(grouped.folder, grouped.checkpoint))
    (file,) = write_report(grouped.folder, [put(tmp_path, report)], tmp_path / "out")

    assert report.source == BLOCKS
    assert report.tensors == ()
    assert [one.name for one in report.measures] == [EXACT, SMALL, YARDSTICK]
    for one in report.measures:
        assert one.n_same == report.n_positions > 0
        assert 0 <= one.divergence.mean < 1e-10
        assert max(hook.largest for hook in one.hooks) < 1e-4
    assert fidelity_from_bytes(file.read_bytes(), grouped.manifest) == report
    assert file.name.startswith(FIDELITY)


@pytest.mark.usefixtures("few")
def test_what_blocks_cost_is_found(tmp_path) -> None:
    """Of floats in 8-bit blocks weights and numbers differ, far more than float32 does."""
    tiny = VARIANTS["a head of its own, narrow MLP"]
    source = read_checkpoint(write_folder(tiny, tmp_path / "in").path, {"licence": "mit"})
    smaller = quantized(source, least=0)
    write_package(smaller, tmp_path / "out", model_id="tiny", title="Tiny")

    report = report_of(Measurer(tmp_path / "out", source))
    plain = report.measure(YARDSTICK)

    assert report.source == FLOATS
    assert 0 < len(report.tensors) < report.n_tensors
    assert report.tensors[0].share == max(one.share for one in report.tensors) < 0.02
    for one in report.measures:
        numbers = [one.divergence.mean, one.share, *(hook.largest for hook in one.hooks)]
        assert np.isfinite(numbers).all()
        if one is not plain:
            assert one.divergence.mean > 100 * plain.divergence.mean
    assert read(to_json(report).encode()) == report


@pytest.mark.usefixtures("few")
def test_a_report_of_other_files_is_left_out(grouped, tmp_path) -> None:
    """Neither another graph's nor a damaged one is put beside the model."""
    report = report_of(Measurer(grouped.folder, grouped.checkpoint))
    other = put(tmp_path, replace(report, graph_sha256="0" * 64))
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{", "utf-8")

    assert write_report(grouped.folder, [damaged, other, tmp_path / "no"], tmp_path / "out") == []
    assert json.loads((tmp_path / "out" / "assets.json").read_text("utf-8")) == []


def put(folder, report):
    """A report as a file."""
    file = folder / "report.json"
    file.write_text(to_json(report), "utf-8")
    return file


@pytest.mark.model
def test_the_committed_report_is_of_this_build() -> None:
    """Its graph, weights and passages; small, whole, and beside the model.

    After a change of the graph: python3 -m export.stages.fidelity --models smollm2.
    """
    manifest = parity.default_manifest()
    data = (REPORTS / f"{manifest.id}.json").read_text("utf-8").encode()
    report = fidelity_from_bytes(data, manifest)
    (beside,) = (default_model() / "fidelity").glob("fidelity-*.json")

    assert beside.read_bytes() == data
    assert len(data) <= MOST_BYTES
    assert report.passages_sha256 == passages_sha256()
    assert report.n_passages == N_PASSAGES
    assert report.n_positions >= LEAST_POSITIONS
    assert (report.source, report.tensors) == (BLOCKS, ())
    assert report.n_numbers == manifest.n_params


@pytest.mark.model
def test_a_sample_of_it_is_measured_again() -> None:
    """Two passages, one of them the worst: no number is further off than the report says.

    Another processor adds up in another order, so there is some room.
    """
    manifest = parity.default_manifest()
    report = read((REPORTS / f"{manifest.id}.json").read_bytes())
    worst = report.measure(EXACT).worst
    measurer = Measurer(default_model(), read_checkpoint(default_gguf()))
    sample = [one for one in measurer.passages if one.id in {SHORT, worst.passage}]

    for passage in sample:
        for way, one in compared_ways(measurer, passage):
            told = report.measure(way)
            assert one.is_same.all() == (told.n_same == report.n_positions)
            assert one.kl.max() <= ROOM**2 * told.divergence.largest
            for row in told.hooks:
                names = [name for name in one.errors if hooks.leaf_of(name) == row.leaf]
                found = max(one.errors[name].max() for name in names)
                assert found <= ROOM * row.largest, (way, row.leaf)
            if passage.id == worst.passage and way == EXACT:
                assert one.kl[worst.position] >= worst.divergence.largest / ROOM**2
