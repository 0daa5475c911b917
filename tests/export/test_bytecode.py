"""export/bytecode.mjs: Python compiled with the page's own Python."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from export.parcel import files_in
from tests import built

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "export" / "bytecode.mjs"
FILES = {
    "pack/__init__.py": "WORDS = {'b', 'a', 'c'} & {'a'}\n",
    "pack/inner/part.py": "def one():\n    'Says one.'\n    return 1\n",
    "pack/data.json": "{}",
    "pack/part.pyi": "def one() -> int: ...\n",
    "pack/_simd.cpython-312.so": "not needed",
}


@pytest.fixture(scope="module")
def pyodide():
    """npm's Pyodide, as build.py installs it."""
    return built.npm("pyodide")


@pytest.fixture
def archive(tmp_path):
    """A small package as a zip file."""
    file = tmp_path / "pack.zip"
    with zipfile.ZipFile(file, "w") as out:
        for name, text in FILES.items():
            out.writestr(name, text)
    return file


def compiled(pyodide, archive, out, *options: str):
    """What the script makes of an archive: the finished process."""
    command = ["node", SCRIPT, pyodide, archive, "--out", out, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_bytecode_replaces_sources(pyodide, archive, tmp_path):
    """Bytecode stands where the sources did, stubs and modules of tests are gone, data stays."""
    done = compiled(pyodide, archive, tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out" / "pack.zip") as made:
        names = set(made.namelist())
        magic = {made.read(name)[:4] for name in names if name.endswith(".pyc")}

    assert done.returncode == 0, done.stderr
    assert names == {"pack/__init__.pyc", "pack/inner/part.pyc", "pack/data.json"}
    assert magic == {bytes.fromhex("cb0d0d0a")}  # CPython 3.12's


def test_sources_are_kept_and_the_bytes_are_the_same(pyodide, archive, tmp_path):
    """With --keep-source bytecode stands beside them; the same input gives the same bytes."""
    outs = [tmp_path / "first", tmp_path / "second"]
    for out in outs:
        compiled(pyodide, archive, out, "--keep-source")
    with zipfile.ZipFile(outs[0] / "pack.zip") as made:
        names = set(made.namelist())
        source = made.read("pack/inner/part.py").decode()

    assert "pack/inner/part.pyc" in names
    assert source == FILES["pack/inner/part.py"]
    assert len({(out / "pack.zip").read_bytes() for out in outs}) == 1


def test_what_is_no_python_stops_the_build(pyodide, archive, tmp_path):
    """A file that Python cannot read is named, and nothing is written."""
    with zipfile.ZipFile(archive, "a") as out:
        out.writestr("pack/bad.py", "def (:\n")
    done = compiled(pyodide, archive, tmp_path / "out")

    assert done.returncode != 0
    assert "pack.zip" in done.stderr
    assert "pack/bad.py is not Python" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out" / "pack.zip").exists()


def test_the_site_has_the_methods_of_its_dataclasses():
    """What the page imports before its first view finds the methods of its classes compiled."""
    noted = files_in(built.dist() / "seethrough.zip")["seethrough/methods.bin"]

    for field in ("captured", "asked_layer", "is_recordings_only", "is_presenting"):
        assert field.encode() in noted
