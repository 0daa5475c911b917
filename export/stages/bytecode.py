"""The Python that comes with Pyodide, compiled: sources would be compiled anew at every start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages import node, stamps
from export.stages.paths import CACHE, ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = ROOT / "export" / "bytecode.mjs"
ROOM = 30_000_000


def ensure(modules: Path, wheels: Path) -> Path:
    """Compile Python's own library and numpy with Pyodide, unless neither of them changed.

    Args:
        wheels: The folder of Pyodide's wheels, checked against Pyodide's lock (pyodide.py).

    Returns: The folder that holds the archives.

    Raises:
        BuildError: No room, or the compiler's own sentence.
    """
    pyodide, folder = modules / "pyodide", CACHE / "bytecode"
    archives = [pyodide / "python_stdlib.zip", *sorted(wheels.glob("numpy-*.whl"))]
    wanted = stamps.digest(SCRIPT, SCRIPT.with_suffix(".py"), pyodide / "package.json", *archives)
    if not stamps.is_fresh("bytecode", wanted, [folder]):
        title = "Compiling Python for the page"
        making = Making(title, title, stamp="bytecode", log="bytecode", room=ROOM)
        remake(
            making,
            folder,
            CACHE / "bytecode.new",
            [node.program("node"), SCRIPT, pyodide, *archives],
        )
        stamps.mark("bytecode", wanted)
    return folder
