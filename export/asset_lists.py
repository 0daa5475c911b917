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

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIST = "assets.json"


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
