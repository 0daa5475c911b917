"""build.py lock: pin every package anew, with hashes and without addresses."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from export.stages import programs, stamps
from export.stages.console import Step
from export.stages.folders import working_folder
from export.stages.paths import CACHE, LOCKS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Each group keeps to the versions of those before it, because they share one environment.
GROUPS = ("export", "test", "reference", "lock")
OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url")
QUIET = ("--no-header", "--no-annotate", "--upgrade", "--quiet")
# This file gives torch's few CPU dependencies; its own list would add gigabytes of CUDA.
TORCH_SETTINGS = LOCKS / "uv.toml"
TORCH = re.compile(r"^torch==(\S+)((?: \\\n    --hash=\S+)+)", re.MULTILINE)
HASH = re.compile(r"sha256:[0-9a-f]{64}")


def lock(python: Path) -> None:
    """Write all lock files again from pyproject.toml and web/package.json."""
    before = _hashes_of_torch()
    for position, group in enumerate(GROUPS):
        with Step(f"Locking the group {group}") as step:
            _compile(python, step, group, GROUPS[:position])
    with Step("Locking torch") as step:
        _compile_cuda(python, step)
        _accept_builds_of_torch(python, step, before)
    with Step("Locking the npm packages") as step:
        _lock_npm(step)


def packages(text: str) -> dict[str, str]:
    """A lock file's entries by package name and marker."""
    entries = re.split(r"\n(?=\S)", text.strip())
    return {entry.partition(" \\")[0]: entry for entry in entries}


def _compile(python: Path, step: Step, group: str, earlier: tuple[str, ...]) -> None:
    arguments = ["--config-file", TORCH_SETTINGS, "--group", f"pyproject.toml:{group}"]
    for other in earlier:
        arguments += ["--constraints", LOCKS / f"{other}.txt"]
    _uv(python, step, [*arguments, "--output-file", LOCKS / f"{group}.txt"])


def _compile_cuda(python: Path, step: Step) -> None:
    """What PyPI's torch for Linux needs beyond the reference group."""
    reference = LOCKS / "reference.txt"
    asked, target = CACHE / "torch.in", LOCKS / "reference-cuda.txt"
    asked.write_text(f"torch=={_torch()[1]}\n", encoding="ascii")
    _uv(python, step, ["--no-config", asked, "--constraints", reference, "--output-file", target])
    shared = packages(reference.read_text(encoding="ascii"))
    found = packages(target.read_text(encoding="ascii"))
    more = [entry for name, entry in found.items() if name not in shared]
    target.write_text("\n".join(more) + "\n", encoding="ascii")


def _uv(python: Path, step: Step, arguments: Iterable[object]) -> None:
    command = [python, "-m", "uv", "pip", "compile", *OPTIONS, *QUIET, *arguments]
    programs.run(command, step, log="uv", report=lambda line: line).check(step.title)


def _accept_builds_of_torch(python: Path, step: Step, before: set[str]) -> None:
    """Add the hash of the build that this machine's pip would take (a CPU build, maybe).

    Hashes that an earlier lock accepted for the same version stay: that machine may be another.
    """
    match = _torch()
    with working_folder(CACHE, 10**9, step.title) as work:
        command = [python, "-m", "pip", "download", "--no-deps", "-d", work, f"torch=={match[1]}"]
        programs.run(command, step, log="torch", report=lambda line: line).check(step.title)
        here = {f"sha256:{stamps.sha256(wheel)}" for wheel in work.glob("torch-*.whl")}
    hashes = sorted(before | here | set(HASH.findall(match[2])))
    entry = f"torch=={match[1]}" + "".join(f" \\\n    --hash={found}" for found in hashes)
    file = LOCKS / "reference.txt"
    file.write_text(TORCH.sub(lambda _: entry, file.read_text(encoding="ascii")), encoding="ascii")


def _torch() -> re.Match[str]:
    match = TORCH.search((LOCKS / "reference.txt").read_text(encoding="ascii"))
    assert match is not None
    return match


def _hashes_of_torch() -> set[str]:
    file = LOCKS / "reference.txt"
    if not file.exists():
        return set()
    pinned = re.search(r"torch==(\S+?)\"", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    match = _torch()
    return set(HASH.findall(match[2])) if pinned and pinned[1] == match[1] else set()


def _lock_npm(step: Step) -> None:
    npm = shutil.which("npm") or "npm"
    command = [npm, "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--omit-lockfile-registry-resolved"]
    outcome = programs.run(command, step, log="npm-lock", report=lambda _: None, cwd=ROOT / "web")
    outcome.check(step.title)
