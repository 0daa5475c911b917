"""Compiles the Python files of an archive. It runs in Pyodide, whose bytecode the page needs."""

from __future__ import annotations

import importlib
import io
import pkgutil
import py_compile
import re
import sys
import tempfile
import zipfile
from pathlib import Path

TESTS = "simd|operand_flag_tests|rational_tests|struct_ufunc_tests|umath_tests"
LEFT_OUT = re.compile(rf"\.(a|c|h|pxd|pyi)$|/f2py/|/_({TESTS})\.|/$")
LONG_AGO = (1980, 1, 1, 0, 0, 0)
PACKAGE = "seethrough"


def bytecode(source: bytes, name: str) -> bytes:
    """A .pyc that is never held against its source: the archive is checked as a whole.

    Raises:
        ValueError: The source is not Python.
    """
    with tempfile.TemporaryDirectory() as place:
        file, cached = Path(place, "source"), Path(place, "bytecode")
        file.write_bytes(source)
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        try:
            py_compile.compile(str(file), str(cached), name, doraise=True, invalidation_mode=mode)
        except py_compile.PyCompileError as error:
            message = f"{name} is not Python: {error.exc_value}"
            raise ValueError(message) from None
        return cached.read_bytes()


def compiled(archive: bytes, *, keeps_source: bool) -> bytes:
    """The archive with bytecode, without what the page never imports; the same in, the same out.

    Bytecode stands where Python looks for it in an archive: beside its source, or in its place.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist()):
            if LEFT_OUT.search(name):
                continue
            content = old.read(name)
            is_source = name.endswith(".py")
            kept = {} if is_source and not keeps_source else {name: content}
            if is_source:
                kept[f"{name}c"] = bytecode(content, name)
            for place, data in kept.items():
                entry = zipfile.ZipInfo(place, LONG_AGO)
                new.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def with_methods(archive: bytes) -> bytes:
    """Our package's archive with the methods of its dataclasses, noted while it is imported.

    numpy must be there. What reaches JavaScript cannot be imported here: its few are left out.
    """
    with tempfile.TemporaryDirectory() as place:
        with zipfile.ZipFile(io.BytesIO(archive)) as old:
            old.extractall(place)
        sys.path.insert(0, place)
        methods = importlib.import_module(f"{PACKAGE}.core.methods")
        end = methods.note()
        for part in ("core", "app", "view"):
            path = [str(Path(place, PACKAGE, part))]
            for module in pkgutil.walk_packages(path, f"{PACKAGE}.{part}."):
                importlib.import_module(module.name)
        noted = end()
    out = io.BytesIO(archive)
    with zipfile.ZipFile(out, "a") as new:
        entry = zipfile.ZipInfo(f"{PACKAGE}/{methods.FILE}", LONG_AGO)
        new.writestr(entry, noted, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()
