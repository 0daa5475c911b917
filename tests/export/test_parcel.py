"""An archive in an archive: smaller, the same files, the same bytes each time."""

from __future__ import annotations

import io
import random
import zipfile
from typing import TYPE_CHECKING

from export.parcel import INNER, files_in, pack

if TYPE_CHECKING:
    from pathlib import Path

WORDS = [f"word{number}" for number in range(400)]


def archive() -> tuple[bytes, dict[str, bytes]]:
    """Many files of the same words in other orders, each deflated by itself; and what is in it."""
    order = random.Random(1)
    files = {f"a/{at}.py": " ".join(order.sample(WORDS, 60)).encode() for at in range(90)}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return made.getvalue(), files


def test_it_is_smaller_and_has_the_same_files(tmp_path: Path) -> None:
    """Files that share their words cost less together; a plain archive is read as well."""
    plain, files = archive()
    packed = pack(plain)
    for name, data in (("plain.zip", plain), ("packed.zip", packed)):
        (tmp_path / name).write_bytes(data)
        assert files_in(tmp_path / name) == files

    assert len(packed) < 0.8 * len(plain)
    assert pack(plain) == packed


def test_the_page_can_read_the_inner_one(tmp_path: Path) -> None:
    """Python's own importer finds it in the outer archive, and imports from it."""
    from zipimport import zipimporter  # noqa: PLC0415 - as web/main.py does

    plain, files = archive()
    outer, inner = tmp_path / "outer.zip", tmp_path / INNER
    outer.write_bytes(pack(plain))
    inner.write_bytes(zipimporter(str(outer)).get_data(f"{outer}/{INNER}"))

    name = next(iter(files))
    assert zipimporter(str(inner)).get_data(f"{inner}/{name}") == files[name]
