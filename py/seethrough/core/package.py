"""Our package's files: in a folder, or in the archive that the page imports from."""

from __future__ import annotations

import pkgutil
import sys
from importlib.resources import files
from zipimport import zipimporter

PACKAGE = "seethrough"


class Archive(zipimporter):
    """Imports from an archive, and reads each module once.

    zipimporter unpacks a module to tell where it is, and again to run it: 518 times for 259
    modules.
    """

    def get_filename(self, fullname: str) -> str:
        """Where the source of a module lies, without reading it."""
        place = f"{self.archive}/{self.prefix}{fullname.rpartition('.')[2]}"
        return f"{place}/__init__.py" if self.is_package(fullname) else f"{place}.py"


def import_once() -> None:
    """Import by `Archive` from now on, also from archives that are in use already."""
    sys.path_hooks.insert(0, Archive)
    for place, finder in list(sys.path_importer_cache.items()):
        if type(finder) is zipimporter:
            del sys.path_importer_cache[place]


def read(path: str) -> bytes:
    """One file, by its path in the package. An archive's own reader needs no list of all its files.

    Raises:
        OSError: There is no such file.
    """
    return pkgutil.get_data(PACKAGE, path) or b""


def read_folder(path: str, ending: str) -> dict[str, bytes]:
    """The files of a folder that end so, by their names, in their names' order."""
    # The list that an archive was opened with is not read again.
    listed: dict[str, object] | None = getattr(sys.modules[PACKAGE].__loader__, "_files", None)
    if listed is None:
        found = {file.name: file for file in files(PACKAGE).joinpath(path).iterdir()}
        return {name: found[name].read_bytes() for name in sorted(found) if name.endswith(ending)}
    start = f"{PACKAGE}/{path}/"
    inside = (name.removeprefix(start) for name in listed if name.startswith(start))
    names = sorted(name for name in inside if name.endswith(ending) and "/" not in name)
    return {name: read(f"{path}/{name}") for name in names}
