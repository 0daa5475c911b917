"""Where build.py keeps things: in the checkout, and in the user's cache."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
VENV = ROOT / ".venv"
LOCKS = ROOT / "export" / "locks"
CACHE = ROOT / ".cache"
STAMPS = CACHE / "stamps"
LOGS = CACHE / "logs"
NODE = CACHE / "node"
MODELS = CACHE / "models"
SCREENSHOTS = CACHE / "screenshots"


def user_cache() -> Path:
    """The folder outside the checkout where whole downloads are kept."""
    chosen = os.environ.get("SEETHROUGH_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    return _platform_cache() / "seethrough"


def _platform_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def shown(path: Path) -> str:
    """A path as a person at the checkout would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
