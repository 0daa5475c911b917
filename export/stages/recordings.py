"""The recorded walks of a model, made with the exported files and kept beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import programs, stamps
from export.stages.console import Step, megabytes
from export.stages.folders import check_room, size_of, start_anew, swap_in
from export.stages.paths import LOCKS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

ROOM = 20_000_000
SOURCES = (
    ROOT / "export" / "record.py",
    ROOT / "export" / "native.py",
    ROOT / "py" / "seethrough" / "core",
)


def ensure(python: Path, model: Path) -> Path:
    """Record the curated prompts unless neither the model nor the recorder changed.

    Returns: The folder of the recordings, inside the model's.

    Raises:
        BuildError: No room, or the recorder's own sentence.
    """
    folder = model / "recordings"
    name = f"recordings-{model.name}"
    wanted = stamps.digest(*SOURCES, LOCKS / "export.txt", model / "manifest.json")
    if not stamps.is_fresh(name, wanted, [folder]):
        _record(python, model, folder, name)
        stamps.mark(name, wanted)
    return folder


def _record(python: Path, model: Path, folder: Path, name: str) -> None:
    new = model.with_name(f"{model.name}.recordings.new")
    start_anew(new)
    check_room(new, ROOM, "Recording the walks")
    stamps.forget(name)
    command = [python, "-m", "export.record", model, "--out", new]
    with Step(f"Recording walks with {model.name}") as step:
        outcome = programs.run(
            command, step, log="record", report=lambda line: line, env={"PYTHONPATH": "py"}
        )
        outcome.check("Recording the walks")
        step.note(megabytes(size_of(new)))
        swap_in(new, folder)
