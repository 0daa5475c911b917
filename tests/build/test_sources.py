"""What build.py may be made of."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "build.py", *sorted((ROOT / "export" / "stages").glob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_build_needs_only_the_standard_library(file):
    """build.py runs before anything is installed."""
    allowed = {*sys.stdlib_module_names, "export.stages"}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            ours = ".".join(name.split(".")[:2])
            assert name.split(".")[0] in allowed or ours in allowed, name


def test_build_parses_in_old_pythons():
    """Python 3.6 gets as far as the sentence about its version."""
    text = (ROOT / "build.py").read_text(encoding="utf-8")

    tree = ast.parse(text, feature_version=(3, 6))
    newer = (ast.NamedExpr, ast.Match)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    assert "from __future__" not in text
