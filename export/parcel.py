"""Our package as the page gets it: an archive in an archive.

A file alone is deflated without the words that it shares with a thousand others. So the inner
archive holds all of them as they are, and the outer one deflates that as one: 2.7 MB for 3.5.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

INNER = "package.zip"
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def pack(archive: bytes) -> bytes:
    """The archive of an archive; the same bytes for the same files."""
    plain = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as old,
        zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as new,
    ):
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, LONG_AGO), old.read(name))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as outer:
        entry = zipfile.ZipInfo(INNER, LONG_AGO)
        outer.writestr(entry, plain.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def files_in(archive: Path) -> dict[str, bytes]:
    """The files of a packed archive, by name; of a plain one, too."""
    data = archive.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as outer:
        if outer.namelist() == [INNER]:
            data = outer.read(INNER)
    with zipfile.ZipFile(io.BytesIO(data)) as inner:
        return {name: inner.read(name) for name in inner.namelist()}
