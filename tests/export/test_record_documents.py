"""The documents that a model reads: small, the model's own, each told in the catalogue."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.documents import CODE, DOCUMENTS, OPENS_AT, documents_for
from export.gallery import MODEL
from export.prompts import Curated
from export.record_documents import read_document, told_of, write_documents
from seethrough.core import hooks
from seethrough.core.messages import catalogue
from seethrough.core.train.documents import (
    DOCUMENTS_FOLDER,
    MOST_BYTES,
    document_bytes,
    document_from_bytes,
)
from seethrough.core.train.mistakes import error_of
from tests.native import native, recorder_of
from tests.parity import default_manifest, default_model

if TYPE_CHECKING:
    from pathlib import Path

    from seethrough.core.recording import Recording
    from tests.export.conftest import Exported


@cache
def made() -> dict[str, Recording]:
    """The documents that the build made, by id."""
    files = sorted((default_model() / "recordings" / DOCUMENTS_FOLDER).glob("*.json"))
    assert files, "The model has no documents: run `python3 build.py build`, which makes them."
    for file in files:
        assert file.stat().st_size <= MOST_BYTES == 40_000
    return {one.id: one for one in (document_from_bytes(file.read_bytes()) for file in files)}


def errors(name: str) -> list[float]:
    """The error of each of a document's tokens from the second on."""
    return [error_of(new.prob) for new in made()[name].read]


def test_a_tiny_model_s_guesses_are_its_own(tiny: Exported, tmp_path: Path) -> None:
    """Each chance is the softmax of the native model's scores; the file has the same numbers."""
    recorder = recorder_of(tiny.folder)
    document = Curated("poem", "the thing and the sea")
    recorded, totals = read_document(recorder, document)
    recorded.check_against(tiny.manifest)
    for at, new in enumerate(recorded.read):
        model = native(tiny.folder)
        model.reset()
        logits = model.run(recorded.ids[: at + 1])[hooks.LOGITS][-1].astype(np.float64)
        share = np.exp(logits[new.id] - totals[at])
        assert totals[at] == pytest.approx(np.log(np.exp(logits).sum()), abs=1e-5)
        assert new.prob == pytest.approx(share, rel=1e-4)
        assert new.rank == int((logits > logits[new.id]).sum())
    assert document_from_bytes(document_bytes(recorded, totals)).read == recorded.read
    assets = write_documents(recorder, tmp_path, [document])
    assert [one.told["id"] for one in assets] == ["poem"]
    assert (tmp_path / assets[0].path).stat().st_size == assets[0].size_bytes


def test_only_the_default_model_reads_them() -> None:
    """As with the gallery: what they show was looked at with one model."""
    assert documents_for(MODEL) == DOCUMENTS
    assert documents_for("another") == ()
    assert set(OPENS_AT) == {one.id for one in DOCUMENTS}


def test_each_document_has_a_name_and_runs() -> None:
    """Its name stands in the catalogue; the page of code is a program that does what it says."""
    assert {f"subject.{one.id}" for one in DOCUMENTS} <= catalogue().keys()
    told: list[object] = []
    exec(compile(CODE, "document", "exec"), {"print": told.append})  # noqa: S102 - our own text
    assert told == [3]


@pytest.mark.model
def test_recorded_guesses_are_the_native_model_s() -> None:
    """Each chance within 1e-6 of what native onnxruntime gives now, token by token."""
    recorder = recorder_of(default_model())
    assert set(made()) == {one.id for one in DOCUMENTS}
    for name, document in made().items():
        document.check_against(default_manifest())
        again, _ = read_document(recorder, Curated(name, document.prompt))
        assert again.ids == document.ids
        for new, other in zip(document.read, again.read, strict=True):
            assert new.prob == pytest.approx(other.prob, abs=1e-6)
        opens = int(told_of(document)["opens_at"])  # type: ignore[call-overload]
        assert document.tokens[opens].text == OPENS_AT[name]


@pytest.mark.model
def test_a_second_verse_is_easier() -> None:
    """What stood in the text before is guessed: the poem's second verse has half the errors."""
    found = errors("poem")
    texts = [token.text for token in made()["poem"].tokens]
    verse = texts.index("Who", 1) if "Who" in texts[1:] else texts.index(" Who", 1)
    first, second = found[: verse - 1], found[verse - 1 :]
    assert np.mean(second) < 0.5 * np.mean(first)


@pytest.mark.model
def test_code_is_easier_than_a_story() -> None:
    """Much of a program is fixed by its rules."""
    assert np.mean(errors("page")) < 0.5 * np.mean(errors("story"))
