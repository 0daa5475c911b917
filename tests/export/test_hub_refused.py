"""What a hub does not give reads a sentence: which file or repository, why, and what to do."""

from __future__ import annotations

import json
import shutil

import pytest
from huggingface_hub import constants

from tests.export.small_hub import WEIGHTS, point_at, sentence_of
from tests.hub_server import (
    COMMIT,
    LIST,
    REPO,
    Answer,
    Fault,
    Redirect,
    Refusal,
)

# A port that nobody listens on.
CLOSED = "http://127.0.0.1:9"
REFUSED: list[tuple[Fault, str, str]] = [
    (Refusal(401, "GatedRepo"), "hub.gated", "Accept its terms on the hub, set HF_TOKEN"),
    (Refusal(403), "hub.gated", "Accept its terms on the hub, set HF_TOKEN"),
    (Refusal(401, "RepoNotFound"), "hub.no_repository", "has no repository maker/tiny"),
    (Refusal(404, "RepoNotFound"), "hub.no_repository", "has no repository maker/tiny"),
    (Refusal(404, "RevisionNotFound"), "hub.no_revision", f"has no revision {COMMIT}"),
    (Refusal(500), "hub.status", "answered with status 500"),
    (Answer(b"<html>log in</html>"), "hub.not_a_hub", "may want a login first"),
    (Answer(b"[]"), "hub.not_a_hub", "is not a hub"),
    (Redirect("http://other.test/api"), "hub.address", "to http://other.test, which is neither"),
]


@pytest.mark.parametrize(("fault", "key", "words"), REFUSED, ids=range(len(REFUSED)))
def test_a_repository_that_cannot_be_had_reads_a_sentence(hub, tmp_path, fault, key, words):
    """Gated, missing, another revision, a login page: what it is and what to do."""
    hub.faults[LIST] = fault

    found, said = sentence_of(tmp_path)

    assert found == key
    assert words in said


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Refusal(403), "hub.gated"),
        (Refusal(404, "EntryNotFound"), "hub.status"),
        (Answer(WEIGHTS[::-1]), "hub.altered"),
        (Answer(WEIGHTS[1:]), "hub.cut"),
        (Answer(WEIGHTS + b"1"), "hub.altered"),
        (Redirect("http://localhost:9{path}"), "hub.address"),
        (Redirect("https://other.test{path}"), "hub.address"),
        (Redirect("ftp://huggingface.co{path}"), "hub.address"),
        (Redirect("{path}"), "hub.cut"),
    ],
    ids=range(9),
)
def test_a_file_that_cannot_be_had_reads_a_sentence(hub, tmp_path, fault, key):
    """A refused, altered, shortened or diverted file ends in its sentence and is not used."""
    hub.faults["model.safetensors"] = fault

    assert sentence_of(tmp_path)[0] == key
    assert not (tmp_path / "model.safetensors").exists()


def test_another_revision_than_the_pinned_one_is_refused(hub, tmp_path):
    """A hub that answers for a commit with another one is not believed."""
    other = "f" * 40
    listing = json.dumps({"id": REPO, "sha": COMMIT, "siblings": hub.siblings()})
    hub.commit = other
    hub.faults[LIST] = Answer(listing.encode())

    assert sentence_of(tmp_path, other)[0] == "hub.no_revision"


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("repo", ["no/such", "not a name", "a/b/c", "../x"])
def test_a_repository_that_is_none_reads_a_sentence(tmp_path, repo):
    """A name that the hub has not, or that cannot be one, is named."""
    key, said = sentence_of(tmp_path, repo=repo)

    assert key == "hub.no_repository"
    assert repo in said


def test_no_network_reads_a_sentence(tmp_path, monkeypatch):
    """Without a connection the sentence says what to check."""
    point_at(monkeypatch, CLOSED)

    key, said = sentence_of(tmp_path)

    assert key == "hub.unreachable"
    assert "cannot be reached. Check the connection and the proxy" in said


def test_offline_by_wish_reads_a_sentence(hub, tmp_path, monkeypatch):
    """HF_HUB_OFFLINE is heeded and named."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    assert sentence_of(tmp_path)[0] == "hub.offline"
    assert hub.asked == []


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (["config.json", "pytorch_model.bin"], "hub.only_pickles"),
        (["config.json", "tf_model.h5"], "hub.only_pickles"),
        (["config.json", "flax_model.msgpack"], "hub.only_pickles"),
        (["config.json"], "hub.no_weights"),
        (["adapter_config.json", "adapter_model.safetensors"], "hub.adapter"),
        (["adapter_config.json", "adapter_model.bin"], "hub.adapter"),
        (["config.json", "model.safetensors.index.json"], "hub.no_weights"),
    ],
)
def test_a_repository_without_safetensors_reads_a_sentence(hub, tmp_path, names, key):
    """Pickles alone are named and never fetched."""
    hub.files = dict.fromkeys(names, b"x")

    assert sentence_of(tmp_path)[0] == key
    assert [one.path for one in hub.asked if "resolve" in one.path] == []


def test_a_full_disk_is_said_before_a_byte_is_fetched(hub, tmp_path, monkeypatch):
    """Needed and free room are named; nothing was asked for but the list."""
    usage = shutil.disk_usage(tmp_path)._replace(free=50_900_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)

    key, said = sentence_of(tmp_path)

    assert key == "hub.no_room"
    assert "needs 51.0 MB" in said
    assert "has 50.9 MB free" in said
    assert len(hub.asked) == 1
