"""Folders: how big, whether there is room, half-done work, and finished work swapped in whole."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from export.stages.console import megabytes
from export.stages.errors import BuildError
from export.stages.paths import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

STALE_S = 24 * 3600


def size_of(folder: Path) -> int:
    """Bytes in a folder's files, as far as they can be read while another program writes.

    Of a file, its own; a link counts as what it leads to.
    """
    total = 0
    with suppress(OSError):
        for path in [folder] if folder.is_file() else folder.rglob("*"):
            with suppress(OSError):
                total += path.stat().st_size
    return total


def check_room(folder: Path, room: int, purpose: str) -> None:
    """Say that the disk is too full before a long piece of work, not after it.

    Raises:
        BuildError: Less than `room` bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if free < room:
        raise BuildError(
            "The disk is too full: {purpose} needs {room}, and {folder} has {free} free. Make room"
            " there (SEETHROUGH_CACHE can move the downloads to another disk), then run this"
            " again.",
            purpose=purpose,
            room=megabytes(room),
            folder=shown(folder),
            free=megabytes(free),
        )


@contextmanager
def working_folder(parent: Path, room: int, purpose: str) -> Iterator[Path]:
    """A folder for half-done work on the disk where the result will be; gone afterwards."""
    parent.mkdir(parents=True, exist_ok=True)
    check_room(parent, room, purpose)
    _remove_stale(parent)
    work = tempfile.mkdtemp(prefix="work-", dir=parent)
    try:
        yield Path(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def start_anew(folder: Path) -> None:
    """An empty folder, whatever an interrupted run left there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def swap_in(new: Path, folder: Path) -> None:
    """Put a finished folder where an older one may be; the old one is moved out first."""
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def link_tree(source: Path, target: Path) -> None:
    """The same files in a second place; hard links, so that they are on the disk once."""
    shutil.copytree(source, target, copy_function=_link)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _remove_stale(parent: Path) -> None:
    # A killed run cannot tidy up; a day later no run is still at it.
    for work in parent.glob("work-*"):
        if time.time() - work.lstat().st_mtime > STALE_S:
            shutil.rmtree(work, ignore_errors=True)
