"""Read a JSON file of a checkpoint folder, with a sentence for every way in which it can be bad."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def read_json(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds.

    Raises:
        SourceError: The file is missing, not readable, not JSON, or no object.
    """
    text = read_text(path)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError("source.corrupt", path=path.name, reason=str(error)[:200]) from error
    if not isinstance(data, dict):
        raise SourceError("source.corrupt", path=path.name, reason=type(data).__name__)
    return data


def read_text(path: Path) -> str:
    """A text file's content.

    Raises:
        SourceError: The file is missing, not readable, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SourceError("source.no_file", path=path.name, folder=path.parent.name) from error
    except (OSError, ValueError) as error:
        raise SourceError("source.corrupt", path=path.name, reason=str(error)[:200]) from error
