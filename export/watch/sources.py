"""What is watched, which of it changed, and whether that can be shown.

The tree is some hundred files: to look at them all takes a millisecond or two, works on every
system and every disk, and needs no package.
"""

from __future__ import annotations

import json
import time
import warnings
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE, WEB = "py/seethrough", "web"
SUFFIXES = {".py", ".json", ".js", ".css", ".html", ".svg"}
# What of web/ the site does not carry.
NOT_SHOWN = {"package.json", "package-lock.json"}
LOOK_S = 0.1
# An editor may write a file in two steps: what changed must look the same twice.
SETTLE_S = 0.03

Looks = dict[str, tuple[int, int]]


class BrokenError(Exception):
    """A source that cannot be shown: the sentence says where and why."""


def look(root: Path) -> Looks:
    """How each watched file looks now: when it was written (ns) and its bytes, by path."""
    found: Looks = {}
    for folder in (PACKAGE, WEB):
        for file in (root / folder).rglob("*"):
            if file.suffix in SUFFIXES and file.name not in NOT_SHOWN:
                try:
                    seen = file.stat()
                except FileNotFoundError:
                    continue  # removed between the list and the look
                found[file.relative_to(root).as_posix()] = (seen.st_mtime_ns, seen.st_size)
    return found


def changes(root: Path) -> Iterator[set[str]]:
    """Wait for edits without end: each time the paths of what was written, added or removed."""
    before = look(root)
    while True:
        time.sleep(LOOK_S)
        now = look(root)
        while now != before:
            time.sleep(SETTLE_S)
            before, now, changed = now, look(root), differing(before, now)
            if now == before:
                yield changed
            else:
                before = {**before, **dict.fromkeys(changed, (0, 0))}


def differing(before: Looks, now: Looks) -> set[str]:
    """The paths that are not the same in both."""
    return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}


def read(root: Path, path: str) -> bytes | None:
    """A source that can be shown, None where it was removed.

    Raises:
        BrokenError: It is not Python, or not JSON.
    """
    file = root / path
    if not file.is_file():
        return None
    content = file.read_bytes()
    if PurePosixPath(path).suffix == ".py":
        _check_python(path, content)
    if PurePosixPath(path).suffix == ".json":
        _check_json(path, content)
    return content


def _check_python(path: str, content: bytes) -> None:
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(content, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        msg = f"{path}, line {error.lineno}: {error.msg}."
        raise BrokenError(msg) from error
    except ValueError as error:
        msg = f"{path} is not Python: {error}."
        raise BrokenError(msg) from error


def _check_json(path: str, content: bytes) -> None:
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        msg = f"{path}, line {error.lineno}: {error.msg}."
        raise BrokenError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8: {error.reason}."
        raise BrokenError(msg) from error
