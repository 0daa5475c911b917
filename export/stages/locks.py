"""build.py lock: pin every package anew, with hashes and without addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from export.stages import node, programs, stamps
from export.stages.console import Step
from export.stages.folders import working_folder
from export.stages.paths import CACHE, LOCKS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Each group keeps to the versions of those before it, because they share one environment.
ROOM = 1_000_000_000
GROUPS = ("export", "test", "reference", "lock")
OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url")
# huggingface_hub lists hf-xet, its second way to download; export/hub.py has no use for it.
UNWANTED = ("--no-emit-package", "hf-xet")
QUIET = ("--no-header", "--no-annotate", "--upgrade", "--quiet")
# This file gives torch's few CPU dependencies; its own list would add gigabytes of CUDA.
TORCH_SETTINGS = LOCKS / "uv.toml"


def lock(python: Path) -> None:
    """Write all lock files again from pyproject.toml and web/package.json."""
    for position, group in enumerate(GROUPS):
        with Step(f"Locking the group {group}") as step:
            _compile(python, step, group, GROUPS[:position])
    with Step("Locking torch") as step:
        version = _split_torch()
        _compile_cuda(python, step, version)
        _lock_cpu_build(python, step, version)
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


def _split_torch() -> str:
    """Move torch out of the reference group's lock into its own; returns its version."""
    entries = _read("reference")
    name = next(name for name in entries if name.startswith("torch=="))
    _write("torch", [entries.pop(name)])
    _write("reference", entries.values())
    return name.partition("==")[2]


def _compile_cuda(python: Path, step: Step, version: str) -> None:
    """What PyPI's torch for Linux needs beyond the reference group."""
    asked = CACHE / "torch.in"
    asked.write_text(f"torch=={version}\n", encoding="ascii")
    arguments = ["--no-config", asked, "--constraints", LOCKS / "reference.txt"]
    _uv(python, step, [*arguments, "--output-file", LOCKS / "torch-cuda.txt"])
    known = {*_read("reference"), *_read("torch")}
    _write(
        "torch-cuda", [entry for name, entry in _read("torch-cuda").items() if name not in known]
    )


def _lock_cpu_build(python: Path, step: Step, version: str) -> None:
    """Pin the CPU build that this machine's pip knows; where it knows none, the pin stays."""
    with working_folder(CACHE, ROOM, step.title) as work:
        command = [
            python,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "-d",
            work,
            f"torch=={version}+cpu",
        ]
        programs.run(command, step, log="torch", report=lambda _line: None)
        hashes = [f" \\\n    --hash=sha256:{stamps.sha256(wheel)}" for wheel in work.glob("*.whl")]
    if hashes:
        _write("torch-cpu", [f"torch=={version}+cpu{''.join(hashes)}"])


def _read(name: str) -> dict[str, str]:
    return packages((LOCKS / f"{name}.txt").read_text(encoding="ascii"))


def _write(name: str, entries: Iterable[str]) -> None:
    (LOCKS / f"{name}.txt").write_text("\n".join(entries) + "\n", encoding="ascii")


def _uv(python: Path, step: Step, arguments: Iterable[object]) -> None:
    command = [python, "-m", "uv", "pip", "compile", *OPTIONS, *UNWANTED, *QUIET, *arguments]
    programs.run(command, step, log="uv", report=lambda line: line).check(step.title)


def _lock_npm(step: Step) -> None:
    npm = node.program("npm")
    command = [npm, "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--omit-lockfile-registry-resolved"]
    outcome = programs.run(command, step, log="npm-lock", report=lambda _: None, cwd=ROOT / "web")
    outcome.check(step.title)
