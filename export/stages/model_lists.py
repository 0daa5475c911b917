"""A list of models in a JSON file, with what is said of each: `--models FILE.json`.

    {"models": ["smollm2", {"model": "path, or owner/name", "title": "…", "id": "…", "record": …}]}

`record` is the recorder's list of prompts (export/prompts.py), or the path of a file that holds it.
Paths are relative to the list's own folder.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from export.stages.errors import BuildError

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = ("model", "id", "title", "record")
ID = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


@dataclass(frozen=True)
class Row:
    """One model of a list; `prompts` is the text of a list of prompts; empty fields are open."""

    word: str
    id: str = ""
    title: str = ""
    prompts: str = ""


def rows_of(file: Path) -> list[Row]:
    """The models of a list, in its order.

    Raises:
        BuildError: It is damaged, or a row says what no row can.
    """
    told = _json(file)
    rows = told.get("models") if isinstance(told, dict) else told
    if not isinstance(rows, list) or not rows:
        raise _refusal(file, "has no models")
    return [_row(file, row) for row in rows]


def prompts_in(file: Path) -> str:
    """The text of a file of prompts; the recorder says what may be wrong inside.

    Raises:
        BuildError: It is not there, or no JSON.
    """
    return json.dumps(_json(file), ensure_ascii=False)


def _row(file: Path, row: Any) -> Row:  # noqa: ANN401 - JSON
    told = {"model": row} if isinstance(row, str) else row
    if not isinstance(told, dict) or not isinstance(told.get("model"), str):
        raise _refusal(file, f"has {json.dumps(row)[:50]} for a model")
    for name in told:
        if name not in FIELDS:
            raise _refusal(file, f"says '{name}' of a model, and may say {', '.join(FIELDS)}")
    for name in ("id", "title"):
        if not isinstance(told.get(name, ""), str):
            raise _refusal(file, f"has a {name} that is no text")
    if told.get("id") and not ID.fullmatch(told["id"]):
        raise _refusal(
            file, f"has the id '{told['id']}'; small letters, digits, . and - may be in it"
        )
    word = told["model"]
    beside = file.parent / word
    return Row(
        str(beside) if beside.exists() else word,
        told.get("id", ""),
        told.get("title", ""),
        _prompts(file, told.get("record")),
    )


def _prompts(file: Path, record: Any) -> str:  # noqa: ANN401 - JSON
    if record is None:
        return ""
    if isinstance(record, str):
        return prompts_in(file.parent / record)
    return json.dumps(record, ensure_ascii=False)


def _json(file: Path) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise BuildError("There is no file {file}. Check the path.", file=file) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _refusal(file, f"cannot be read ({str(error)[:100]})") from error


def _refusal(file: Path, what: str) -> BuildError:
    return BuildError(
        "The list {file} {what}. Correct it (README.md shows one), then run this again.",
        file=file.name,
        what=what,
    )
