"""Imports point one way, by ast over every file: core <- app <- view <- browser, core <- export."""

from __future__ import annotations

import ast
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "py" / "seethrough"
STDLIB = set(sys.stdlib_module_names)
PAGE_ONLY = {"js", "pyodide", "pyodide_js", "pyscript"}
HEAVY = {"torch", "transformers"}
# What each layer may import of our own, by the start of the dotted name.
OURS = {
    "core": ("seethrough.core",),
    "app": ("seethrough.core", "seethrough.app"),
    "view": ("seethrough.core", "seethrough.app.state", "seethrough.view"),
    "browser": ("seethrough",),
    "export": ("seethrough.core", "export"),
}
OTHERS = {
    "core": STDLIB | {"numpy"},
    "app": STDLIB | {"numpy"},
    "view": STDLIB | {"numpy"},
    "browser": STDLIB | {"numpy"} | PAGE_ONLY,
}
RENDERS_THE_SITE = "export/prerender.py"
TOUCH_JAVASCRIPT = {
    f"py/seethrough/browser/{name}.py" for name in ("ffi", "host", "shelf", "wishes")
}
# Lines of a source file, and of a file of tests.
LONGEST, LONGEST_TEST = 400, 500
THROWS_DARTS = "py/seethrough/core/sampling.py"
TRAINS = "py/seethrough/core/train/chance.py"


def sources(*folders: str) -> list[Path]:
    """Every Python file of the project below the folders, in order."""
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def names(*folders: str) -> list[str]:
    """The same as paths from the root."""
    return [file.relative_to(ROOT).as_posix() for file in sources(*folders)]


@cache
def read(name: str) -> ast.Module:
    """A file's tree, read with the grammar of the oldest Python that we run on."""
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name, feature_version=(3, 11))


def imports(tree: ast.Module) -> set[str]:
    """Dotted names that a file imports, `from a import b` as "a.b"; type checking's included."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_within(name: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of the prefixes or lies below one."""
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def refused(tree: ast.Module, layer: str, *, is_site: bool = False) -> set[str]:
    """The imports that the layer may not have."""
    ours = (*OURS[layer], "seethrough.view", "seethrough.app") if is_site else OURS[layer]
    bad = set()
    for name in imports(tree):
        if is_within(name, ("seethrough", "export", "tests")):
            # The bare package tells where its data lie; it holds no code.
            allowed = is_within(name, ours) or (layer, name) == ("export", "seethrough")
        elif layer == "export":
            allowed = name.partition(".")[0] not in HEAVY | PAGE_ONLY
        else:
            allowed = name.partition(".")[0] in OTHERS[layer]
        if not allowed:
            bad.add(name)
    return bad


@pytest.mark.parametrize("layer", ["core", "app", "view", "browser"])
def test_imports_point_one_way(layer: str) -> None:
    """A file of py/ imports its own layer, those below it, the standard library and numpy."""
    found = {name: refused(read(name), layer) for name in names(f"py/seethrough/{layer}")}

    assert {name: bad for name, bad in found.items() if bad} == {}


def test_export_knows_core_alone() -> None:
    """Of export/, only the file that assembles the site imports a view; none imports torch."""
    found = {
        name: refused(read(name), "export", is_site=name == RENDERS_THE_SITE)
        for name in names("export")
    }

    assert {name: bad for name, bad in found.items() if bad} == {}


def test_three_files_touch_javascript() -> None:
    """Only browser/ffi.py, host.py, shelf.py and wishes.py import what exists in the page alone."""
    touching = {
        name
        for name in names("py")
        if any(one.partition(".")[0] in PAGE_ONLY for one in imports(read(name)))
    }

    assert touching == TOUCH_JAVASCRIPT


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        ("core", "import torch"),
        ("core", "from seethrough.app import state"),
        ("core", "from seethrough import app"),
        ("core", "import seethrough"),
        ("app", "from seethrough.view.node import h"),
        ("app", "import js"),
        ("view", "from seethrough.app.service import Service"),
        ("view", "from seethrough.app import actions"),
        ("view", "from seethrough.browser import dom"),
        ("browser", "from export.site import CSP"),
        ("export", "from seethrough.app.state import AppState"),
        ("export", "from seethrough.view.layout import PANELS"),
        ("export", "import transformers"),
    ],
)
def test_a_wrong_import_is_found(layer: str, line: str) -> None:
    """The rules above can fail: each of these lines breaks one."""
    assert refused(ast.parse(line), layer)


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        ("app", "from seethrough.core import hooks"),
        ("view", "from seethrough.app.state import AppState"),
        ("browser", "from seethrough.app.service import Service"),
        ("export", "from seethrough.core.hooks import PATTERN"),
        ("export", "import onnx"),
        ("export", "import seethrough"),
    ],
)
def test_a_right_import_is_let_through(layer: str, line: str) -> None:
    """The rules above can pass: each of these lines keeps them all."""
    assert refused(ast.parse(line), layer) == set()


def random_uses(tree: ast.Module) -> list[str]:
    """Imports of `random` and every mention of `numpy.random`."""
    named = [name for name in imports(tree) if is_within(name, ("random", "secrets"))]
    named += [name for name in imports(tree) if is_within(name, ("numpy.random",))]
    named += [
        f"{node.value.id}.random"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "random"
        and isinstance(node.value, ast.Name)
        and node.value.id in {"np", "numpy"}
    ]
    return named


def test_no_number_is_random() -> None:
    """Chance is in two files alone, where a seed decides it: no picture invents a number."""
    uses = {name: random_uses(read(name)) for name in names("py")}
    found = {name: set(uses_there) for name, uses_there in uses.items() if uses_there}

    assert found == {THROWS_DARTS: {"np.random"}, TRAINS: {"np.random"}}


@pytest.mark.parametrize(
    "line",
    ["import random", "np.random.rand(3)", "from numpy.random import rand", "from random import x"],
)
def test_a_random_number_is_found(line: str) -> None:
    """The rule above can fail."""
    assert random_uses(ast.parse(line))


def test_files_are_readable() -> None:
    """Python 3.11 reads every file, and each is short enough to be read by a person."""
    for name in names("py", "export", "tests"):
        read(name)
    scripts = [file.relative_to(ROOT).as_posix() for file in (ROOT / "web").glob("*.js")]
    ours = {name: length_of(name) for name in [*names("py", "export"), *scripts]}
    tests = {name: length_of(name) for name in names("tests")}

    assert {name: length for name, length in ours.items() if length > LONGEST} == {}
    assert {name: length for name, length in tests.items() if length > LONGEST_TEST} == {}


def test_no_folder_of_tests_is_passed_over(pytestconfig: pytest.Config) -> None:
    """A whole run takes every folder of tests: pytest's usual list would leave out tests/build."""
    folders = {folder for name in names("tests") for folder in Path(name).parts[:-1]}
    passed_over = pytestconfig.getini("norecursedirs")

    assert "build" in folders
    assert {one for one in folders if any(fnmatch(one, rule) for rule in passed_over)} == set()


def test_tiers_are_named_where_they_are_used() -> None:
    """The tiers' marks stand in test files alone: tests/conftest.py looks for them there."""
    marks = [f"pytest.mark.{tier}" for tier in ("long", "reference")]
    named = {name for name in names("tests") if any(mark in text_of(name) for mark in marks)}

    assert {name for name in named if not Path(name).name.startswith("test_")} == set()


def text_of(name: str) -> str:
    """What stands in a file."""
    return (ROOT / name).read_text(encoding="utf-8")


def length_of(name: str) -> int:
    """How many lines a file has."""
    return len(text_of(name).splitlines())


def module_of(name: str) -> str:
    """The dotted name of a file, as an import has it."""
    return name.removeprefix("py/").removesuffix(".py").replace("/", ".")


def graph_of(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """The modules that each module imports, among those given; for type checking included."""
    graph: dict[str, set[str]] = {name: set() for name in trees}
    for name, tree in trees.items():
        for found in imports(tree):
            within = found if found in trees else found.rpartition(".")[0]
            if within in trees:
                graph[name].add(within)
    return graph


def circles(graph: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """The modules that import each other, by whatever way, in groups.

    What is left when modules that import none of the rest, or are imported by none, go away.
    """
    left = dict(graph)
    while True:
        wanted = {name for found in left.values() for name in found}
        ends = {name for name, found in left.items() if not found & left.keys()}
        loose = ends | (left.keys() - wanted)
        if not loose:
            break
        left = {name: found - loose for name, found in left.items() if name not in loose}
    reached = {name: reach(left, name) for name in left}
    groups = {
        tuple(sorted(other for other in reached[name] if name in reached[other])) for name in left
    }
    return sorted(group for group in groups if group)


def reach(graph: Mapping[str, set[str]], start: str) -> set[str]:
    """Every module that one imports, directly or by others."""
    seen: set[str] = set()
    ahead = set(graph[start])
    while ahead:
        name = ahead.pop()
        seen.add(name)
        ahead |= graph[name] - seen
    return seen


def test_no_import_circle() -> None:
    """No module of py/ or export/ imports itself by others, not even for type checking alone."""
    trees = {module_of(name): read(name) for name in names("py/seethrough", "export")}

    assert circles(graph_of(trees)) == []


def test_an_import_circle_is_found() -> None:
    """The rule above can fail: two in a circle, what hangs on either side of it is not named."""
    lines = {
        "view.first": "from view import second",
        "view.second": "if TYPE_CHECKING:\n from view.third import x\nfrom core import base",
        "view.third": "import view.first",
        "view.above": "from view.first import y",
        "core.base": "",
        "view.self": "import view.self",
    }
    graph = graph_of({name: ast.parse(line) for name, line in lines.items()})

    found = [("view.first", "view.second", "view.third"), ("view.self",)]
    assert circles(graph) == found


def test_import_roots_are_no_packages() -> None:
    """py/ and tests/ have no __init__.py: `py` would shadow pytest's own module of that name."""
    strays = [ROOT / "py" / "__init__.py", *(ROOT / "tests").rglob("__init__.py")]

    assert [stray for stray in strays if stray.exists()] == []


def test_every_layer_was_looked_at() -> None:
    """No folder of the package escapes the rules, and none of the rules' folders is empty."""
    folders = {entry.name for entry in PACKAGE.iterdir() if any(entry.glob("*.py"))}

    assert folders == OTHERS.keys()
