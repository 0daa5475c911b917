"""core/package.py: files beside our modules, and modules in an archive."""

from __future__ import annotations

import importlib
import inspect
import sys
import zipfile
import zipimport

import pytest

from seethrough.core import package

INNER = '"""Inner."""\n\n\ndef two():\n    return 2\n'


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """An archive on the path, with a package that only it has."""
    place = tmp_path / "made.zip"
    with zipfile.ZipFile(place, "w") as out:
        out.writestr("packed_for_a_test/__init__.py", "")
        out.writestr("packed_for_a_test/inner.py", INNER)
        for name in ("b.json", "a.json", "a.txt", "deep/c.json"):
            out.writestr(f"packed_for_a_test/words/{name}", name)
    monkeypatch.setattr(sys, "path", [*sys.path, str(place)])
    monkeypatch.setattr(sys, "path_hooks", list(sys.path_hooks))
    yield place
    for name in [name for name in sys.modules if name.startswith("packed_for_a_test")]:
        del sys.modules[name]
    sys.path_importer_cache.clear()


def test_a_module_of_an_archive_is_read_once(archive, monkeypatch):
    """Each module is unpacked once, knows its place, and can show its source."""
    read = zipimport._get_data
    asked = []
    monkeypatch.setattr(zipimport, "_get_data", lambda *told: asked.append(told[1]) or read(*told))
    package.import_once()
    inner = importlib.import_module("packed_for_a_test.inner")

    assert len(asked) == 2
    assert inner.two() == 2
    assert inner.__file__ == f"{archive}/packed_for_a_test/inner.py"
    assert sys.modules["packed_for_a_test"].__file__ == f"{archive}/packed_for_a_test/__init__.py"
    assert "return 2" in inspect.getsource(inner.two)


@pytest.mark.usefixtures("archive")
def test_a_folder_of_an_archive(monkeypatch):
    """A folder's files are read in order; the archive's own list is enough to find them."""
    monkeypatch.setattr(package, "PACKAGE", "packed_for_a_test")
    package.import_once()
    importlib.import_module("packed_for_a_test")
    monkeypatch.setattr(zipfile, "ZipFile", None)

    found = package.read_folder("words", ".json")
    assert list(found.items()) == [("a.json", b"a.json"), ("b.json", b"b.json")]


def test_a_file_that_is_not_there_is_told():
    """What is missing raises, and what is there has its bytes."""
    with pytest.raises(OSError, match="no_such"):
        package.read("no_such.json")
    assert package.read("core/cldr.json").startswith(b"{")
