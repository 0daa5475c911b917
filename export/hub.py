"""Command line: `python -m export.hub REPO REVISION --out FOLDER` fetches a checkpoint of the hub.

Only what an export reads is fetched, never a pickle file. A cut download goes on where it stopped,
in this run or the next. Every file is held against the hub's own hash, and `hub.json` beside them
keeps what was found: with it a second run asks nobody.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sys
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

from export.chat_files import MORE as MORE_TEMPLATES
from export.command import exit_code
from export.hub_client import TIMEOUT_S, failures_are_named, prepare
from export.stages.console import megabytes
from export.stages.hub import LISTING
from seethrough.core.errors import DownloadError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from huggingface_hub import RepoSibling

# Whole files first: a repository may hold the weights in one file and in pieces as well.
WHOLE = "model.safetensors"
PIECES = ("model-*.safetensors", "model.safetensors.index.json")
OTHERS = (
    "config.json",
    "generation_config.json",
    "tokenizer*.json",
    "vocab.json",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    f"{MORE_TEMPLATES}/*.jinja",
    "LICENSE*",
    "README.md",
)
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.h5", "*.msgpack", "*.pkl")
# Of the root, and of the one folder that may hold what an export reads.
PLAIN_NAME = re.compile(rf"\w[\w.-]*|{MORE_TEMPLATES}/\w[\w.-]*\.jinja", re.ASCII)
ADAPTER = "adapter_config.json"
# What other files of a repository may take while it is fetched.
SPARE_BYTES = 50_000_000
SAY_EVERY_S = 1.0


@dataclass(frozen=True)
class HubFile:
    """One file of a repository as the hub lists it: `sha256` of a big one, else git's `blob_id`."""

    name: str
    size_bytes: int
    sha256: str = ""
    blob_id: str = ""

    def is_whole(self, path: Path) -> bool:
        """Whether the file at a path is this one, to the byte."""
        if not path.is_file() or path.stat().st_size != self.size_bytes:
            return False
        if self.sha256:
            return digest(path) == self.sha256
        return not self.blob_id or git_blob_id(path) == self.blob_id


def digest(path: Path) -> str:
    """A file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def git_blob_id(path: Path) -> str:
    """The name that git gives a file's content, by which the hub lists small files."""
    data = path.read_bytes()
    header = f"blob {len(data)}\0".encode()
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def fetch(repo: str, revision: str, folder: Path) -> None:
    """Have a repository's checkpoint in a folder, whole and as the hub lists it.

    Raises:
        DownloadError: The hub, the repository or the revision cannot be had, a file is cut or
            altered, or there is no room.
        SourceError: The repository holds no safetensors.
    """
    if is_complete(repo, revision, folder):
        print(f"{repo} is here already")
        return
    prepare()
    folder.mkdir(parents=True, exist_ok=True)
    # Another checkout may be at it: they share the user's cache.
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"Waiting for another download of {repo} to end", flush=True)
        lock.acquire()
    try:
        _fetch(repo, revision, folder)
    finally:
        lock.release()


def _fetch(repo: str, revision: str, folder: Path) -> None:
    commit, files = listed(repo, revision)
    wanted = needed(repo, files)
    missing = [file for file in wanted if not file.is_whole(folder / file.name)]
    check_room(folder, missing)
    progress = Progress(sum(file.size_bytes for file in missing))
    for file in missing:
        fetch_file(repo, commit, file, folder, progress)
    write_listing(repo, commit, folder, wanted)
    print(f"{repo}: {len(wanted)} files, {megabytes(sum(file.size_bytes for file in wanted))}")


def is_complete(repo: str, revision: str, folder: Path) -> bool:
    """Whether an earlier run kept every file of this revision, and each is still the same."""
    try:
        kept = json.loads((folder / LISTING).read_text(encoding="utf-8"))
        if (kept["repo"], kept["revision"]) != (repo, revision):
            return False
        files = [
            HubFile(name, row["bytes"], sha256=row["sha256"]) for name, row in kept["files"].items()
        ]
        return bool(files) and all(file.is_whole(folder / file.name) for file in files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def listed(repo: str, revision: str) -> tuple[str, list[HubFile]]:
    """The commit that a revision is, and every file of it.

    Raises:
        DownloadError: The hub cannot be reached, or has not got it.
    """
    with failures_are_named(repo, revision):
        info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=TIMEOUT_S)
    is_commit = re.fullmatch(r"[0-9a-f]{40}", revision)
    if not info.sha or (is_commit and info.sha != revision):
        raise DownloadError("hub.no_revision", repo=repo, revision=revision)
    return info.sha, [_hub_file(repo, entry) for entry in info.siblings or ()]


def _hub_file(repo: str, entry: RepoSibling) -> HubFile:
    if entry.size is None:
        raise DownloadError("hub.not_a_hub", repo=repo)
    sha256 = entry.lfs.sha256 if entry.lfs else ""
    return HubFile(entry.rfilename, entry.size, sha256, "" if sha256 else entry.blob_id or "")


def needed(repo: str, files: Iterable[HubFile]) -> list[HubFile]:
    """Of all files those that an export reads, weights last; none but templates lies in a folder.

    Raises:
        SourceError: There are no safetensors among them.
    """
    plain = {file.name: file for file in files if PLAIN_NAME.fullmatch(file.name)}
    weights = [WHOLE] if WHOLE in plain else _matching(plain, PIECES)
    if not any(name.endswith(".safetensors") for name in weights):
        if ADAPTER in plain:
            raise SourceError("hub.adapter", repo=repo)
        if _matching(plain, PICKLES):
            raise SourceError("hub.only_pickles", repo=repo)
        raise SourceError("hub.no_weights", repo=repo)
    return [plain[name] for name in [*_matching(plain, OTHERS), *weights]]


def _matching(names: Iterable[str], patterns: tuple[str, ...]) -> list[str]:
    return sorted(name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns))


def check_room(folder: Path, missing: Iterable[HubFile]) -> None:
    """Say that the disk is too full before a byte is fetched.

    Raises:
        DownloadError: It is.
    """
    room = sum(file.size_bytes - _size(part_of(folder, file)) for file in missing) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < room:
        raise DownloadError(
            "hub.no_room", room=megabytes(room), free=megabytes(free), folder=str(folder)
        )


def part_of(folder: Path, file: HubFile) -> Path:
    """Where a file grows until it is whole, named by its content: no other one goes on with it."""
    identity = (file.sha256 or file.blob_id or "unknown")[:12]
    return folder / f"{file.name}.{identity}.part"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


class Progress:
    """Tells in plain words how far the whole download is, a line a second."""

    def __init__(self, total_bytes: int) -> None:
        self._total = megabytes(total_bytes)
        self._done = 0
        self._said = 0.0

    def add(self, size_bytes: int, name: str) -> None:
        """Count some bytes of a file; negative ones are fetched again."""
        self._done += size_bytes
        if time.monotonic() - self._said >= SAY_EVERY_S:
            self._said = time.monotonic()
            print(f"{megabytes(self._done)} of {self._total}, {name}", flush=True)


class _Watched:
    """The file that huggingface_hub writes to, which tells what arrives."""

    def __init__(self, stream: IO[bytes], repo: str, file: HubFile, progress: Progress) -> None:
        self._stream, self._repo, self._progress = stream, repo, progress
        self._name, self._size_bytes = file.name, file.size_bytes

    def write(self, data: bytes) -> int:
        """Write and count; a host that sends more than it listed is not listened to."""
        if self._stream.tell() + len(data) > self._size_bytes:
            self._stream.truncate(0)
            raise DownloadError("hub.altered", file=self._name, repo=self._repo)
        self._progress.add(len(data), self._name)
        return self._stream.write(data)

    def truncate(self) -> int:
        """Forget what lies behind here: the host sends the whole file once more."""
        here = self._stream.tell()
        self._progress.add(here - self._stream.seek(0, 2), self._name)
        self._stream.seek(here)
        return self._stream.truncate()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the rest is the stream's own
        return getattr(self._stream, name)


def fetch_file(repo: str, commit: str, file: HubFile, folder: Path, progress: Progress) -> None:
    """Fetch one file, or the rest of it, and put it in place once it is the one that is listed.

    Raises:
        DownloadError: It was cut off (what arrived is kept), or is not the listed one.
    """
    part = part_of(folder, file)
    part.parent.mkdir(exist_ok=True)
    if _size(part) > file.size_bytes:
        part.unlink()
    kept = _size(part)
    if kept:
        print(f"Going on with {file.name} at {megabytes(kept)}", flush=True)
        progress.add(kept, file.name)
    if kept < file.size_bytes or not file.size_bytes:
        with part.open("ab") as stream, failures_are_named(repo, commit, file.name):
            _download(repo, commit, file.name, _Watched(stream, repo, file, progress), kept)
    if _size(part) < file.size_bytes:
        raise DownloadError("hub.cut", file=file.name)
    if not file.is_whole(part):
        part.unlink()
        raise DownloadError("hub.altered", file=file.name, repo=repo)
    part.replace(folder / file.name)


def _download(repo: str, commit: str, name: str, stream: _Watched, kept: int) -> None:
    # hf_hub_download would throw away what arrived before a cut; this is what it calls inside.
    headers = {**build_hf_headers(library_name="seethrough"), "Accept-Encoding": "identity"}
    url = hf_hub_url(repo, name, revision=commit)
    try:
        http_get(url, stream, resume_size=kept, headers=headers)  # type: ignore[arg-type]
    except HfHubHTTPError:
        raise
    except OSError as error:
        # Its own complaint about a wrong length has no number: what arrived is judged below.
        if error.errno is not None:
            raise


def write_listing(repo: str, commit: str, folder: Path, files: Iterable[HubFile]) -> None:
    """Keep what was fetched: repository, revision, and each file's bytes and SHA-256."""
    rows = {
        file.name: {"bytes": file.size_bytes, "sha256": file.sha256 or digest(folder / file.name)}
        for file in files
    }
    text = json.dumps({"repo": repo, "revision": commit, "files": rows}, indent=1) + "\n"
    (folder / LISTING).write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    """Fetch one repository; 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m export.hub", description=__doc__)
    parser.add_argument("repo", help="owner and name, as in the hub's addresses")
    parser.add_argument("revision", help="a commit, branch or tag")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args(arguments)
    return exit_code("download", lambda: fetch(options.repo, options.revision, options.out))


if __name__ == "__main__":
    sys.exit(main())
