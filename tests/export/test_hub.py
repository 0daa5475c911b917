"""Fetching a checkpoint from a small hub on loopback: what is taken, resumed, kept and refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import constants

from export.hub import fetch
from export.hub_client import CHUNK_BYTES, may_ask
from export.stages.hub import commit_in
from tests.export.small_hub import FILES, WEIGHTS, sentence_of
from tests.hub_server import (
    COMMIT,
    LIST,
    REPO,
    Cut,
    Redirect,
    Refusal,
    SmallHub,
    served,
)

ROOT = Path(__file__).parents[2]
TAKEN = {name for name in FILES if name not in {"pytorch_model.bin", "tf_model.h5"}} - {
    "onnx/model.onnx",
    ".gitattributes",
}


def test_what_an_export_needs_is_fetched(hub, tmp_path):
    """Settings, tokeniser, licence and safetensors come whole; pickles are not even asked for."""
    fetch(REPO, COMMIT, tmp_path)

    kept = {path.name for path in tmp_path.iterdir()} - {"hub.json", ".lock"}
    assert kept == TAKEN
    assert all((tmp_path / name).read_bytes() == FILES[name] for name in TAKEN)
    assert hub.count_of("pytorch_model.bin") == 0


@pytest.mark.usefixtures("hub")
def test_hashes_are_kept(tmp_path):
    """hub.json names repository, revision, and bytes and SHA-256 of each file."""
    fetch(REPO, "main", tmp_path)

    kept = json.loads((tmp_path / "hub.json").read_text())
    assert (kept["repo"], kept["revision"]) == (REPO, COMMIT)
    assert kept["files"].keys() == TAKEN
    for name, row in kept["files"].items():
        sha256 = hashlib.sha256(FILES[name]).hexdigest()
        assert row == {"bytes": len(FILES[name]), "sha256": sha256}


def test_a_branch_is_the_commit_that_it_was(hub, tmp_path):
    """What was fetched of a branch is known by its commit, with which a second run asks nobody."""
    assert commit_in(tmp_path) == ""
    fetch(REPO, "main", tmp_path)
    hub.asked.clear()
    hub.commit = "f" * 40

    fetch(REPO, commit_in(tmp_path), tmp_path)

    assert commit_in(tmp_path) == COMMIT
    assert hub.asked == []


def test_a_second_run_asks_nobody(hub, tmp_path):
    """What is there whole is not fetched again, and needs no network."""
    fetch(REPO, COMMIT, tmp_path)
    hub.asked.clear()

    fetch(REPO, COMMIT, tmp_path)

    assert hub.asked == []


def test_an_altered_file_is_fetched_again(hub, tmp_path):
    """A file that was changed on the disk is noticed by its hash; the others stay."""
    fetch(REPO, COMMIT, tmp_path)
    hub.asked.clear()
    (tmp_path / "model.safetensors").write_bytes(WEIGHTS[::-1])

    fetch(REPO, COMMIT, tmp_path)

    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS
    assert (hub.count_of("model.safetensors"), hub.count_of("config.json")) == (1, 0)


def test_a_cut_is_resumed_in_the_same_run(hub, tmp_path):
    """A connection that breaks off once is opened again for the rest alone."""
    hub.faults["model.safetensors"] = Cut(300_000)

    fetch(REPO, COMMIT, tmp_path)

    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS
    ranges = [one.range for one in hub.asked if one.path.endswith("model.safetensors")]
    assert ranges == ["", f"bytes={CHUNK_BYTES}-"]


def test_a_cut_is_resumed_in_the_next_run(hub, tmp_path, capsys):
    """What arrived before a lasting cut is kept, and the next run asks for the rest alone."""
    hub.faults["model.safetensors"] = Cut(300_000, times=99)
    key, said = sentence_of(tmp_path)
    assert key == "hub.cut"
    assert "model.safetensors was cut off. Run this again" in said
    assert not (tmp_path / "model.safetensors").exists()
    hub.faults.clear()
    hub.asked.clear()

    fetch(REPO, COMMIT, tmp_path)

    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS
    asked = [(one.method, one.range) for one in hub.asked if one.method == "GET"][1:]
    assert asked == [("GET", f"bytes={CHUNK_BYTES}-")]
    assert "Going on with model.safetensors at 0.3 MB" in capsys.readouterr().out


def test_a_part_of_other_weights_is_not_gone_on_with(hub, tmp_path):
    """Another revision's unfinished file is not joined with this one's."""
    hub.faults["model.safetensors"] = Cut(300_000, times=99)
    sentence_of(tmp_path)
    hub.faults.clear()
    hub.files["model.safetensors"] = WEIGHTS[::-1]

    fetch(REPO, COMMIT, tmp_path)

    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS[::-1]


def test_pieces_are_fetched_with_their_index(hub, tmp_path):
    """Weights in pieces come with the index, where there is no whole file."""
    del hub.files["model.safetensors"]
    pieces = {f"model-0000{n}-of-00002.safetensors": b"%d" % n for n in (1, 2)}
    hub.files.update({**pieces, "model.safetensors.index.json": b"{}", "other.safetensors": b"x"})

    fetch(REPO, COMMIT, tmp_path)

    found = {path.name for path in tmp_path.glob("*safetensors*")}
    assert found == {*pieces, "model.safetensors.index.json"}


@pytest.mark.parametrize(
    "name", ["../model.safetensors", "/config.json", "a/config.json", "..\\config.json"]
)
def test_a_name_that_is_no_plain_one_is_not_written(hub, tmp_path, name):
    """A list cannot name a file outside the folder."""
    hub.files[name] = b"evil"

    fetch(REPO, COMMIT, tmp_path / "in")

    assert {path.name for path in tmp_path.rglob("*")} == {*TAKEN, "in", "hub.json", ".lock"}


def test_a_folder_of_chat_templates_is_fetched(hub, tmp_path):
    """The templates beside the usual one come too, each in its folder; nothing else of there."""
    name = "additional_chat_templates/rag.jinja"
    hub.files |= {name: b"{{ messages }}", "additional_chat_templates/notes.txt": b"no"}

    fetch(REPO, COMMIT, tmp_path / "in")

    (made,) = (tmp_path / "in" / "additional_chat_templates").iterdir()
    assert made.read_bytes() == hub.files[name]
    assert name in json.loads((tmp_path / "in" / "hub.json").read_text())["files"]


def test_a_token_stays_with_the_hub(hub, tmp_path, monkeypatch):
    """The hub's own other origin gets the file's request without the token."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with served(SmallHub(dict(FILES))) as cdn:
        hub.faults["model.safetensors"] = Redirect(cdn.address + "{path}")

        fetch(REPO, COMMIT, tmp_path)

    assert {one.token for one in hub.asked} == {"Bearer hf_secret"}
    assert [one.token for one in cdn.asked] == [""]


@pytest.mark.parametrize(
    ("endpoint", "address", "may"),
    [
        ("https://huggingface.co", "https://huggingface.co/a", True),
        ("https://huggingface.co", "https://cdn-lfs.huggingface.co/a", True),
        ("https://huggingface.co", "https://cas-bridge.xethub.hf.co/a", True),
        ("https://huggingface.co", "http://huggingface.co/a", False),
        ("https://huggingface.co", "https://huggingface.co.evil.test/a", False),
        ("https://huggingface.co", "https://evilhf.co/a", False),
        ("https://huggingface.co", "http://127.0.0.1/a", False),
        ("https://mirror.test", "https://mirror.test/a", True),
        ("http://mirror.test", "http://mirror.test/a", False),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000/a", True),
        ("http://127.0.0.1:8000", "https://127.0.0.1:9000/a", True),
        ("http://127.0.0.1:8000", "http://localhost:8000/a", False),
        ("http://localhost:8000", "http://localhost:8000/a", True),
    ],
)
def test_who_may_be_asked(monkeypatch, endpoint, address, may):
    """https to the hub's own hosts or the named one; plain http on this machine alone."""
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)

    assert may_ask(httpx2.URL(address)) is may


def test_the_command_speaks_plain_words(tmp_path):
    """As a program: progress in bytes, code 0; a failure is one sentence and code 1."""
    with served(SmallHub(dict(FILES))) as small:
        done = command(tmp_path, small.address)
        small.faults[LIST] = Refusal(404, "RevisionNotFound")
        failed = command(tmp_path / "other", small.address)

    total = f"{sum(len(FILES[name]) for name in TAKEN) / 1e6:.1f} MB"
    assert (done.returncode, done.stderr) == (0, "")
    assert f" of {total}, config.json" in done.stdout or f" of {total}, README.md" in done.stdout
    assert done.stdout.splitlines()[-1] == f"{REPO}: {len(TAKEN)} files, {total}"
    assert failed.returncode == 1
    sentence = f"The repository {REPO} has no revision {COMMIT}. Check it on the hub.\n"
    assert failed.stderr == sentence


def command(folder: Path, address: str) -> subprocess.CompletedProcess[str]:
    """Run the downloader as build.py does."""
    env = {**os.environ, "HF_ENDPOINT": address, "PYTHONPATH": "py", "HF_HOME": str(folder / "hf")}
    call = [sys.executable, "-m", "export.hub", REPO, COMMIT, "--out", str(folder)]
    return subprocess.run(call, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_no_torch_is_loaded():
    """Neither the downloader nor the exporter brings torch in, by whatever they import."""
    code = "import sys, export.hub, export.__main__; print('torch' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": "py"}
    call = [sys.executable, "-c", code]
    done = subprocess.run(call, cwd=ROOT, env=env, capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
