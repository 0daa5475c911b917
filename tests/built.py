"""Where the tests find what build.py makes: in its own places, or where a variable says.

SEETHROUGH_DIST, _MODEL, _GGUF and _NODE name the built site, the default model's folder, its
checkpoint and npm's packages (browser_path.py finds the browser). With none of them set, and after
`python3 build.py test --prepare`, everything is where build.py put it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from export.stages import model, models, node, paths

DIST = Path(os.environ.get("SEETHROUGH_DIST") or paths.DIST)
PREPARE = "Run `python3 build.py test --prepare`, which makes it"


def dist() -> Path:
    """The built site."""
    return _made("DIST", DIST, "sw.js")


def default_model() -> Path:
    """The exported default model."""
    return _made("MODEL", paths.MODELS / models.KNOWN[models.DEFAULT].id, "manifest.json")


def default_gguf() -> Path:
    """The default model's checkpoint."""
    return _made("GGUF", model.gguf())


def npm(package: str) -> Path:
    """The folder of an npm package of web/package.json."""
    return _made("NODE", node.MODULES, package) / package


def _made(name: str, usual: Path, part: str = "") -> Path:
    """A place, if what should be there is there: itself, or a part of it."""
    variable = f"SEETHROUGH_{name}"
    place = Path(os.environ.get(variable) or usual).resolve()
    if not (place / part).exists():
        pytest.fail(f"There is no {place / part}. {PREPARE}, or set {variable}.")
    return place
