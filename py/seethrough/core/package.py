"""Files that lie beside our modules: in a folder, or in the archive that the page imports from."""

from __future__ import annotations

import pkgutil
from importlib.resources import files

PACKAGE = "seethrough"


def read(path: str) -> bytes:
    """One file, by its path in the package. An archive's own reader needs no list of all its files.

    Raises:
        OSError: There is no such file.
    """
    return pkgutil.get_data(PACKAGE, path) or b""


def read_folder(path: str, ending: str) -> dict[str, bytes]:
    """The files of a folder that end so, by their names, in their names' order."""
    found = {file.name: file for file in files(PACKAGE).joinpath(path).iterdir()}
    return {name: found[name].read_bytes() for name in sorted(found) if name.endswith(ending)}
