"""The list of what a stage made beside an exported model: `assets.json` in a folder of its own.

The site's assembly puts the rows of every such list into the model's manifest (export/site.py), so
that a stage which makes files of a new kind changes nothing there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seethrough.core.assets import Asset, asset_of
from seethrough.core.errors import SourceError
from seethrough.core.manifest import from_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seethrough.core.manifest import Manifest

LIST = "assets.json"


class ListError(Exception):
    """What a model's folder lists cannot be used: the message says why and what to do."""


def asset(kind: str, file: Path, folder: Path, **told: Any) -> Asset:  # noqa: ANN401 - JSON
    """The row of a file below a folder."""
    data = file.read_bytes()
    path = file.relative_to(folder).as_posix()
    return Asset(kind, path, len(data), hashlib.sha256(data).hexdigest(), told)


def write_list(folder: Path, assets: Iterable[Asset]) -> Path:
    """List the files of a folder, their paths relative to it."""
    text = json.dumps([item.row() for item in assets], ensure_ascii=False, indent=1) + "\n"
    (folder / LIST).write_text(text, encoding="utf-8", newline="\n")
    return folder / LIST


def write_named(data: bytes, folder: Path, name: str) -> Path:
    """Write a safetensors file whose name carries the start of its sha256."""
    file = folder / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}.safetensors"
    file.write_bytes(data)
    return file


def whole_manifest(folder: Path) -> Manifest:
    """A model's manifest with everything that was made beside the model in its list of assets.

    Raises:
        ListError: There is none, it or a list cannot be read, or a file of a list is another one.
    """
    file = folder / "manifest.json"
    if not file.is_file():
        msg = f"{folder.name}/ has no manifest.json. Export the model: python -m export."
        raise ListError(msg)
    try:
        manifest, made = from_json(file.read_text(encoding="utf-8")), read_lists(folder)
    except (SourceError, ValueError, KeyError, TypeError) as error:
        msg = f"What {folder.name}/ lists cannot be read ({error}). Run python3 build.py build."
        raise ListError(msg) from error
    for item in made:
        if not is_listed(folder / item.path, item):
            msg = f"{item.path} of {folder.name}/ is not the file that was listed. Delete the"
            msg += " folder it lies in, then run python3 build.py build."
            raise ListError(msg)
    return replace(manifest, assets=(*manifest.assets, *made))


def is_listed(file: Path, item: Asset) -> bool:
    """Whether a file is there, and the one that its row tells of."""
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == item.sha256


def read_lists(model: Path) -> tuple[Asset, ...]:
    """What every list below a model's folder tells, paths relative to that folder.

    Raises:
        SourceError, ValueError, KeyError, TypeError: A list cannot be read.
    """
    found: list[Asset] = []
    for file in sorted(model.glob(f"*/{LIST}")):
        rows = map(asset_of, json.loads(file.read_text(encoding="utf-8")))
        found += [replace(item, path=f"{file.parent.name}/{item.path}") for item in rows]
    return tuple(found)
