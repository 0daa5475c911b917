"""What the site carries of others: Pyodide, PyScript, ONNX Runtime Web, small libraries, fonts."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# What the page loads of each npm package, and nothing else of it. Many hosts (Debian's nginx among
# them) have no type for .mjs, and browsers run no script without one: the site has .js alone.
PYODIDE_FILES = (
    "pyodide.mjs",
    "pyodide.asm.js",
    "pyodide.asm.wasm",
    "pyodide-lock.json",
)
LIBRARY = "python_stdlib.zip"
ORT_FILES = (
    "ort.wasm.min.mjs",
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
)
# PyScript names its chunks with hashes. pyscript.json switches its plug-ins off, for MicroPython
# too (index.html), for which they would be fetched though the page does not use it. What is left
# out is never asked for.
PYSCRIPT_PATTERNS = ("core.js", "core-*.js", "error-*.js")
FONTS = {
    "inter": ("latin", "latin-ext", "cyrillic"),
    "jetbrains-mono": ("latin", "latin-ext", "cyrillic"),
}
VENDOR = {
    "html-to-image.js": "html-to-image/dist/html-to-image.js",
    "morphdom.js": "morphdom/dist/morphdom-esm.js",
}


class SiteError(Exception):
    """The site cannot be assembled: the message says what is missing and what to do."""


@dataclass(frozen=True)
class Sources:
    """Where the parts lie: npm's node_modules, Pyodide's archives compiled, exported models.

    `command` is what a person types for these models and ANOTHER; empty: nobody told.
    """

    node: Path
    bytecode: Path
    models: tuple[Path, ...]
    command: str = ""


def copy(source: Path, target: Path) -> None:
    """Copy one file.

    Raises:
        SiteError: It is not there.
    """
    if not source.is_file():
        msg = f"{source.name} is missing in {source.parent.name}/. Run python3 build.py build."
        raise SiteError(msg)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write_text(file: Path, text: str) -> None:
    """Write one of our own files, the same on every system."""
    file.write_text(text, encoding="utf-8", newline="\n")


def sha256(file: Path) -> bytes:
    """A file's SHA-256."""
    return hashlib.sha256(file.read_bytes()).digest()


def served(name: str) -> str:
    """What a file of a package is called in the site."""
    return f"{name.removesuffix('.mjs')}.js" if name.endswith(".mjs") else name


def copy_scripts(source: Path, names: Sequence[str], out: Path) -> None:
    """Copy a package's files under the site's names; its scripts ask for each other by those.

    Raises:
        SiteError: A file is missing.
    """
    renamed = [name for name in names if served(name) != name]
    for name in names:
        target = out / served(name)
        copy(source / name, target)
        if target.suffix == ".js":
            text = target.read_text(encoding="utf-8")
            for other in renamed:
                text = text.replace(f'"{other}"', f'"{served(other)}"')
            write_text(target, text)


def numpy_wheel(sources: Sources) -> Path:
    """numpy as the page gets it.

    Raises:
        SiteError: It is missing.
    """
    found = sorted(sources.bytecode.glob("numpy-*.whl"))
    if not found:
        raise SiteError("numpy's wheel is missing. Run python3 build.py build.")
    return found[0]


def copy_pyodide(sources: Sources, out: Path) -> None:
    """Pyodide, and its library and numpy as bytecode; its lock gets that numpy's hash.

    Raises:
        SiteError: A file is missing.
    """
    copy_scripts(sources.node / "pyodide", PYODIDE_FILES, out / "pyodide")
    listing = out / "pyodide" / "pyodide-lock.json"
    lock = json.loads(listing.read_text(encoding="utf-8"))
    numpy = lock["packages"]["numpy"]
    for name in (LIBRARY, numpy["file_name"]):
        copy(sources.bytecode / name, out / "pyodide" / name)
    numpy["sha256"] = sha256(out / "pyodide" / numpy["file_name"]).hex()
    listing.write_text(json.dumps(lock), encoding="utf-8")


def copy_packages(sources: Sources, out: Path) -> None:
    """The needed files of PyScript, ONNX Runtime Web, the small libraries and the fonts."""
    pyscript = sources.node / "@pyscript" / "core" / "dist"
    for pattern in PYSCRIPT_PATTERNS:
        for file in sorted(pyscript.glob(pattern)):
            copy(file, out / "pyscript" / file.name)
    if not (out / "pyscript" / "core.js").is_file():
        raise SiteError("core.js is missing in @pyscript/core. Run python3 build.py build.")
    copy_scripts(sources.node / "onnxruntime-web" / "dist", ORT_FILES, out / "ort")
    for name, path in VENDOR.items():
        copy(sources.node / path, out / "vendor" / name)
    for family, subsets in FONTS.items():
        folder = sources.node / "@fontsource-variable" / family / "files"
        for subset in subsets:
            source = folder / f"{family}-{subset}-wght-normal.woff2"
            copy(source, out / "fonts" / f"{family}-{subset}.woff2")
