"""Finds sentences put together of fragments, which no other language could put together so."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What gives words of the catalogue, and what takes a key and fields.
WORDS = frozenset({"say", "text", "rich"})
SPEAKERS = WORDS | {"Message"}


def glued(tree: ast.Module) -> list[tuple[str, int, str]]:
    """Each place as its function, line and code.

    Found are words of the catalogue in an f-string, beside `+`, joined by anything but
    `sentences`, and as a field of another message: by themselves, by a local name, or by a
    function of the same file that gives them. Whole sentences after one another are lists of
    nodes with a space between, or `sentences`; no such list is found.
    """
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    telling = WORDS | {one.name for one in functions if gives_words(one)}
    found = []
    for scope in functions:
        told = names_of_words(scope, telling)
        found += [
            (scope.name, node.lineno, ast.unparse(node))
            for node in ast.walk(scope)
            if isinstance(node, ast.expr)
            and any(has_words(part, telling, told) for part in glued_parts(node))
        ]
    return found


def glued_parts(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that a node puts into a text or a sentence."""
    if isinstance(node, ast.JoinedStr):
        yield from (part.value for part in node.values if isinstance(part, ast.FormattedValue))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from (side for side in (node.left, node.right) if isinstance(side, ast.Call))
    elif isinstance(node, ast.Call) and is_join(node):
        yield from node.args
    elif isinstance(node, ast.Call) and name_of(node) in SPEAKERS:
        yield from (keyword.value for keyword in node.keywords)


def is_join(call: ast.Call) -> bool:
    """Whether texts are joined: `", ".join(…)`."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "join"


def name_of(call: ast.Call) -> str:
    """What is called, where that is a plain name."""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def gives_words(function: ast.FunctionDef) -> bool:
    """Whether a function gives text that comes from the catalogue itself."""
    is_text = function.returns is not None and ast.unparse(function.returns) == "str"
    values = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    return is_text and any(value and says(value, WORDS) for value in values)


def says(value: ast.expr, telling: frozenset[str] | set[str]) -> bool:
    """Whether an expression is words: a call for them, or a choice between such."""
    if isinstance(value, ast.IfExp):
        return says(value.body, telling) or says(value.orelse, telling)
    if isinstance(value, ast.BoolOp):
        return any(says(one, telling) for one in value.values)
    return isinstance(value, ast.Call) and name_of(value) in telling


def names_of_words(scope: ast.FunctionDef, telling: frozenset[str] | set[str]) -> set[str]:
    """The local names that hold words."""
    return {
        target.id
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign) and says(node.value, telling)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def has_words(value: ast.expr, telling: frozenset[str] | set[str], told: set[str]) -> bool:
    """Whether words stand in an expression, as they are or in an element."""
    return any(
        (isinstance(node, ast.Call) and name_of(node) in telling)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in told)
        for node in ast.walk(value)
    )
