"""Compiles the Python files of an archive. It runs in Pyodide, whose bytecode the page needs."""

from __future__ import annotations

import io
import py_compile
import re
import sys
import tempfile
import zipfile
from pathlib import Path

TESTS = "simd|operand_flag_tests|rational_tests|struct_ufunc_tests|umath_tests"
LEFT_OUT = re.compile(rf"\.(a|c|h|pxd|pyi)$|/f2py/|/_({TESTS})\.|/$")
LONG_AGO = (1980, 1, 1, 0, 0, 0)


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


def place_of(name: str, *, keeps_source: bool) -> str:
    """Where Python looks for the bytecode of a file: beside its source, or in its place."""
    if not keeps_source:
        return f"{name}c"
    folder, _, file = name.rpartition("/")
    cached = f"__pycache__/{file.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"
    return f"{folder}/{cached}".lstrip("/")


def compiled(archive: bytes, *, keeps_source: bool) -> bytes:
    """The archive with bytecode, without what the page never imports; the same in, the same out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist()):
            if LEFT_OUT.search(name):
                continue
            content = old.read(name)
            is_source = name.endswith(".py")
            kept = {} if is_source and not keeps_source else {name: content}
            if is_source:
                kept[place_of(name, keeps_source=keeps_source)] = bytecode(content, name)
            for place, data in kept.items():
                entry = zipfile.ZipInfo(place, LONG_AGO)
                new.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()
