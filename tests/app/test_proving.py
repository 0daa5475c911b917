"""The fidelity report as the page brings it: whole, missing, altered, of another model."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from seethrough.app.actions import Actions
from seethrough.app.navigation import Navigation
from seethrough.core.errors import SourceError
from seethrough.core.fidelity import read, to_json
from seethrough.core.routes import FIDELITY, Place, Route
from tests.fake_engine import FakeEngine, FakeSite, served, tiny_model
from tests.fidelities import proving_service, report_of

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.app.state import AppState


def gone(service: Service, subject: str = "", *, again: bool = False) -> AppState:
    """The page after its reader went to the report."""
    actions = Actions(service)

    async def scenario() -> None:
        await service.open()
        await Navigation(actions).go(Place(Route(FIDELITY, subject)))
        if again:
            await actions.proving.again()

    asyncio.run(scenario())
    return actions.state


def test_the_report_comes_with_its_page() -> None:
    """It is the file's, whichever way the address names the model, and no engine is asked."""
    manifest = tiny_model().manifest
    for subject in ("", manifest.id):
        state = gone(proving_service(), subject)

        assert state.site.proof.stage == "ready"
        assert state.site.proof.report == report_of(manifest)
        assert state.site.engine.model == ""
        assert state.chrome.notice is None


def test_a_model_without_a_report_says_so() -> None:
    """The stage is "none"; nothing failed."""
    model = tiny_model()
    state = gone(served(FakeSite(model), FakeEngine(model)))

    assert state.site.proof.stage == "none"
    assert state.chrome.error is None


def test_an_unknown_model_is_told() -> None:
    """The notice names it and what there is; the usual model's report is shown."""
    state = gone(proving_service(), "nobody")

    assert state.chrome.notice is not None
    assert state.chrome.notice.key == "fidelity.no_model"
    assert state.site.proof.stage == "ready"


@pytest.mark.parametrize("again", [False, True])
def test_an_altered_file_is_refused(*, again: bool) -> None:
    """It is told what is wrong, each time."""
    state = gone(proving_service(is_altered=True), again=again)

    assert state.site.proof.stage == "failed"
    assert state.site.proof.report is None
    assert state.site.proof.error is not None
    assert state.site.proof.error.key == "engine.altered"


def test_a_missing_file_fails() -> None:
    """The list names it, and it is not there."""
    service = proving_service()
    manifest = tiny_model().manifest

    async def nothing(path: str) -> bytes:
        raise SourceError("fidelity.unreadable", reason=path)

    service.library._fetch_bytes = nothing
    state = gone(service, manifest.id)

    assert state.site.proof.stage == "failed"


def test_a_report_of_other_files_is_refused() -> None:
    """One shard's hash is another: the report is not shown."""
    told = json.loads(to_json(report_of(tiny_model().manifest)))
    told["shards"][0] = "f" * 64
    state = gone(proving_service(json.dumps(told).encode()))

    assert state.site.proof.error is not None
    assert state.site.proof.error.key == "fidelity.other"


def test_it_reads_what_it_writes() -> None:
    """A report as JSON is the same report."""
    report = report_of(tiny_model().manifest, is_rounded=True)

    assert read(to_json(report).encode()) == report


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", 2),
        ("model", 3),
        ("source", "guesses"),
        ("n_positions", -1),
        ("measures", {"exact": {}}),
        ("passages", []),
        ("tensors", [["W_E", -1.0, 0.5]]),
        ("shards", None),
    ],
)
def test_a_damaged_report_is_a_sentence(name: str, value: object) -> None:
    """Whatever is not as it must be ends in the one sentence."""
    told = json.loads(to_json(report_of(tiny_model().manifest)))

    with pytest.raises(SourceError) as caught:
        read(json.dumps({**told, name: value}).encode())
    assert caught.value.key == "fidelity.unreadable"
    with pytest.raises(SourceError):
        read(b"\xff{")
