"""The site that stands in dist/: which models it has, and the command that made it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from export.stages.paths import CACHE, DIST

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTE = CACHE / "site-command.json"


def keep(command: str) -> None:
    """Remember what made the site, once it stands."""
    NOTE.write_text(json.dumps({"models": models(), "command": command}), encoding="utf-8")


def models() -> list[str]:
    """The ids of the models in dist/; none where no site stands."""
    folder = DIST / "models"
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


def loss(wanted: Iterable[str]) -> str:
    """What to say before a command that names no models replaces a site of others.

    Returns: Nothing where the site is of these models, or there is none.
    """
    standing, wanted = models(), sorted(wanted)
    if not standing or standing == wanted:
        return ""
    said = (
        f"dist/ has the models {', '.join(standing)}; without --models it gets {wanted[0]} alone."
    )
    return f"{said} For the former again: {_command(standing)}" if _command(standing) else said


def _command(standing: list[str]) -> str:
    """The command that made a site of these models, if that is known."""
    try:
        told = json.loads(NOTE.read_text(encoding="utf-8"))
        return str(told["command"]) if told["models"] == standing else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
