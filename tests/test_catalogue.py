"""Every sentence that a reader sees stands in the catalogue, and every sentence there is used."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import pytest

from seethrough.core import errors
from seethrough.core.message_format import check
from seethrough.core.message_format import fields_of as fields_of_message
from seethrough.core.messages import FALLBACK, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
LANGUAGES = ROOT / "py" / "seethrough" / "catalogue"
KINDS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.SeethroughError)
}
# Functions that take a key and its fields, with the place of the key among the arguments.
SPEAKERS = dict.fromkeys(KINDS, 0) | {"Message": 0, "say": 1, "rich": 1, "title": 1}
SPEAKERS |= {"page_title": 1, "action_button": 2, "nothing_yet": 1}
# Who hands on a key that someone else chose: the file and the function.
HANDED_ON = {
    ("py/seethrough/core/errors.py", "__str__"),
    ("py/seethrough/view/words.py", "say"),
    ("py/seethrough/view/words.py", "rich"),
    ("py/seethrough/view/words.py", "title"),
    ("py/seethrough/view/words.py", "page_title"),
    ("py/seethrough/view/words.py", "action_button"),
    ("py/seethrough/view/words.py", "say_message"),
    ("py/seethrough/view/ideas/plain.py", "nothing_yet"),
    ("py/seethrough/browser/ort.py", "_error"),  # the key comes from web/engine.js
    ("py/seethrough/browser/page.py", "_act"),
    ("py/seethrough/browser/main.py", "start"),
    ("py/seethrough/app/charting.py", "_bring"),
    ("py/seethrough/app/proving.py", "_bring"),
    ("py/seethrough/app/charting.py", "_bring_neighbours"),
    ("py/seethrough/app/charting.py", "seek"),
    ("py/seethrough/app/row_work.py", "_open"),
    ("py/seethrough/app/row_work.py", "_make"),
    ("py/seethrough/app/pathing.py", "_fail"),
    ("py/seethrough/app/gate.py", "do"),
    ("py/seethrough/app/preparing.py", "prepare"),
    ("py/seethrough/app/fetcher.py", "_fail"),
    ("py/seethrough/app/saving.py", "bring_walk"),
    ("py/seethrough/app/tracing.py", "select"),
    ("py/seethrough/app/actions.py", "_show_recorded"),
    ("py/seethrough/app/navigation.py", "_bring_example"),
    ("py/seethrough/app/run_files.py", "open_file"),
    ("py/seethrough/app/sampler.py", "set"),
    ("py/seethrough/app/searching.py", "search"),
    ("py/seethrough/app/training.py", "go"),
    ("py/seethrough/app/slowing.py", "_again"),
    ("py/seethrough/app/slowing.py", "_bring"),
    ("py/seethrough/app/pupils.py", "place_of"),
}
# Mistakes of a programmer, which no reader can make: the file and the exception.
FOR_PROGRAMMERS = {
    ("py/seethrough/core/messages.py", "ValueError"),
    ("py/seethrough/core/messages.py", "MessageError"),
    ("py/seethrough/core/message_format.py", "MessageError"),
    ("py/seethrough/app/state.py", "ValueError"),
    ("py/seethrough/core/captured.py", "ValueError"),
    ("py/seethrough/core/sums.py", "KeyError"),
    ("py/seethrough/core/settings.py", "TypeError"),
}
CODE = sorted(
    file.relative_to(ROOT).as_posix()
    for part in ("py", "export")
    for file in (ROOT / part).rglob("*.py")
)
INNER = [name for name in CODE if name.startswith(("py/seethrough/core/", "py/seethrough/app/"))]
WEB = sorted(file for suffix in ("*.js", "*.html") for file in (ROOT / "web").glob(suffix))


@cache
def tree(name: str) -> ast.Module:
    """A file's tree."""
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def imported(module: ast.Module) -> set[str]:
    """The names that a file takes from core.messages."""
    return {
        alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == "seethrough.core.messages"
        for alias in node.names
    }


def functions(module: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every function by name, inner ones too, and the file's own level as ""."""
    yield "", module
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from own_nodes(child)


def keys_of(node: ast.AST, *scopes: ast.AST) -> list[str] | None:
    """The keys that an expression can be; None when the code does not tell."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        either = [keys_of(node.body, *scopes), keys_of(node.orelse, *scopes)]
        return [key for keys in either if keys for key in keys] if all(either) else None
    if isinstance(node, ast.JoinedStr):
        pattern = "".join(
            re.escape(part.value) if isinstance(part, ast.Constant) else r"[\w-]+"
            for part in node.values
        )
        return [key for key in catalogue() if re.fullmatch(pattern, key)] or None
    if isinstance(node, ast.Name):
        for scope in scopes:
            values = [value for value in own_nodes(scope) if is_value_of(value, node.id)]
            if len(values) == 1:
                return keys_of(values[0].value, *scopes)
    return None


def is_value_of(node: ast.AST, name: str) -> TypeGuard[ast.Assign]:
    """Whether a statement gives the name its value."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == name for target in node.targets
    )


def slots(key: str) -> set[str]:
    """The names of the fields that a sentence asks for."""
    return fields_of_message(catalogue()[key])


def fields_of(call: ast.Call) -> set[str] | None:
    """The fields that a call passes; None when they come as `**fields` or a whole mapping."""
    if isinstance(call.func, ast.Name) and call.func.id == "Message":
        given = call.args[1] if len(call.args) > 1 else ast.Dict([], [])
        return {key.value for key in given.keys} if isinstance(given, ast.Dict) else None  # type: ignore[union-attr]
    names = {keyword.arg for keyword in call.keywords}
    return None if None in names else {name for name in names if name}


def complaints(module: ast.Module, name: str) -> list[str]:
    """What is wrong with the file's sentences: unknown keys, empty slots, keys nobody can read."""
    found = []
    speakers = SPEAKERS | ({"text": 0} if "text" in imported(module) else {})
    for function, scope in functions(module):
        for call in own_nodes(scope):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
                continue
            place = speakers.get(call.func.id)
            if place is None or len(call.args) <= place or (name, function) in HANDED_ON:
                continue
            where = f"{name}:{call.lineno}"
            fields = None if isinstance(call.args[place], ast.JoinedStr) else fields_of(call)
            for key in keys_of(call.args[place], scope, module) or [""]:
                if key not in catalogue():
                    found.append(f"{where}: no key '{key}'")
                elif fields is not None and slots(key) - fields:
                    found.append(f"{where}: {key} lacks {sorted(slots(key) - fields)}")
    return found


def test_every_sentence_is_in_the_catalogue() -> None:
    """Each error and each label takes a key that exists, and fills every slot of its sentence."""
    assert [found for name in CODE for found in complaints(tree(name), name)] == []


@pytest.mark.parametrize(
    "line",
    [
        'raise InputError("input.nothing_such")',
        'raise InputError("input.too_long", got=1)',
        'raise InputError("The prompt is too long.")',
        "raise InputError(key)",
        'Message("input.surrogates", {})',
        'say(state, "view.megabytes")',
        'def f():\n key = "input.empty" if x else "input.full"\n raise InputError(key)',
    ],
)
def test_a_wrong_sentence_is_found(line: str) -> None:
    """The rule above can fail: each of these lines breaks it."""
    assert complaints(ast.parse(line), "any.py")


@pytest.mark.parametrize(
    "line",
    [
        'raise InputError("input.too_long", got=1, limit=2)',
        'raise InputError("input.too_long", **fields)',
        'Message("input.surrogates", {"count": 1})',
        'def f():\n key = "input.empty" if x else "input.no_tokens"\n raise InputError(key)',
    ],
)
def test_a_right_sentence_is_let_through(line: str) -> None:
    """The rule above can pass: each of these lines keeps it."""
    assert complaints(ast.parse(line), "any.py") == []


def raised(module: ast.Module) -> Iterator[str]:
    """The name of what each `raise` makes; a bare one, and one of a variable, hands on."""
    for node in ast.walk(module):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield ast.unparse(node.exc.func)


def test_core_and_app_raise_sentences() -> None:
    """What core/ and app/ raise speaks from the catalogue, but for a programmer's own mistakes."""
    others = {(name, kind) for name in INNER for kind in raised(tree(name)) if kind not in KINDS}

    assert others == FOR_PROGRAMMERS


@cache
def mentioned() -> str:
    """All text in which a key can be used: the code's strings, the scripts, the page."""
    python = [
        node.value
        for name in CODE
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return "\n".join([*python, *(file.read_text(encoding="utf-8") for file in WEB)])


@cache
def built() -> frozenset[str]:
    """The keys that code builds by an f-string (`view.stop.{reason}`)."""
    return frozenset(
        key
        for name in CODE
        for node in ast.walk(tree(name))
        if isinstance(node, ast.JoinedStr)
        and isinstance(node.values[0], ast.Constant)
        and re.match(r"[a-z]+\.", str(node.values[0].value))
        for key in keys_of(node, node) or []
    )


def test_every_key_is_used() -> None:
    """No sentence is left over that nobody says."""
    words = set(re.findall(r"[\w.-]+", mentioned()))

    assert sorted(catalogue().keys() - words - built()) == []


@pytest.mark.parametrize("file", WEB, ids=lambda file: file.name)
def test_keys_in_web_exist(file: Path) -> None:
    """Each key that a script or the page asks for is in the catalogue, its slots filled there."""
    text = file.read_text(encoding="utf-8")
    called = r'(?:sentence|stop|KeyedError)\(\s*"([\w.]+)"(?:,\s*\{([^}]*)\})?'
    for key, fields in re.findall(called, text):
        assert key in catalogue()
        if fields or file.name != "boot.js":
            given = {part.partition(":")[0].strip() for part in fields.split(",")}
            assert slots(key) <= given, key
    for key in re.findall(r"\{\{(\w+\.[\w.]+)\}\}", text):
        assert key in catalogue()
        assert slots(key) == set(), f"{key} has slots that a page cannot fill"


def test_every_sentence_is_well_formed() -> None:
    """A key is dotted; slots are plain names; a sentence holds no markup and no stray space."""
    for key, template in catalogue().items():
        assert re.fullmatch(r"[a-z]+(\.[a-z_-]+)+", key), key
        assert all(re.fullmatch(r"[a-z_]+", slot) for slot in slots(key)), key
        assert not re.search(r"[<>]", template), key
        assert template == template.strip() or key == "view.separator", key
        check(template, FALLBACK)


@pytest.mark.parametrize("folder", sorted(LANGUAGES.iterdir()), ids=lambda folder: folder.name)
def test_a_language_fills_the_same_slots(folder: Path) -> None:
    """A translation has no key of its own, and asks for no field that the English does not."""
    for file in folder.glob("*.json"):
        for key, template in json.loads(file.read_text(encoding="utf-8")).items():
            assert fields_of_message(template) <= slots(key), key
            check(template, folder.name)


def test_no_line_begins_with_a_percent_sign() -> None:
    """Between a number and its percent sign stands a space that never breaks."""
    breaking = re.compile(r"[0-9}] %")
    assert [key for key, told in catalogue(FALLBACK).items() if breaking.search(told)] == []
