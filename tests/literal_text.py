"""Finds text that a view, the page or a script says itself instead of taking it from the catalogue.

From each place where text becomes visible (`h`'s children, a label attribute, the slot of a
sentence) the expression is followed back through names, branches, loops and the views' own
functions to its string constants. A parameter that becomes visible makes every caller's argument
such a place.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Attributes that a reader reads or hears.
LABELS = frozenset(
    {
        "alt",
        "aria-description",
        "aria-label",
        "aria-placeholder",
        "aria-roledescription",
        "aria-valuetext",
        "label",
        "placeholder",
        "title",
    }
)
# Functions whose sentence comes from the catalogue: only what fills its slots is followed.
SPEAKERS = frozenset({"say", "rich", "text"})
# Elements whose text is no language.
CODE = frozenset({"code", "script", "style"})
# Signs in letters, the same in every language: no number, and the mark of an exponent.
SIGNS = frozenset({"NaN", "e", "1e"})
# Built-in functions whose result holds what they are given.
HANDS_ON = frozenset({"enumerate", "filter", "list", "map", "next", "reversed", "sorted", "str"})
HANDS_ON |= {"iter", "set", "tuple", "zip"}

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Module


def has_letter(text: str) -> bool:
    """Whether a reader would have to know the language."""
    return text not in SIGNS and any(map(str.isalpha, text))


@dataclass
class Views:
    """The views' files by dotted name, and the parameters known to become visible text."""

    trees: Mapping[str, ast.Module]
    visible: set[tuple[str, str, str]] = field(default_factory=set)

    def complaints(self) -> list[str]:
        """Each literal that a reader would see, as "file:line: 'text'"."""
        known = -1
        found: set[tuple[str, int, str]] = set()
        while known < len(self.visible):
            known = len(self.visible)
            for name, tree in self.trees.items():
                for scope in scopes(tree):
                    for node in own_nodes(scope):
                        for shown in self._shown(node, name):
                            found |= set(Trace(self, name, scope).literals(shown))
        return [f"{name}:{line}: {text!r}" for name, line, text in sorted(found)]

    def function(self, name: str, called: str) -> tuple[str, Scope] | None:
        """The function that a name means in a file: its own, or one of another view's."""
        for node in self.trees[name].body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == called:
                return name, node
            if isinstance(node, ast.ImportFrom) and node.module in self.trees:
                names = {alias.asname or alias.name: alias.name for alias in node.names}
                if called in names:
                    return self.function(node.module, names[called])
        return None

    def _shown(self, node: ast.AST, name: str) -> Iterator[ast.expr]:
        """The expressions that a node makes visible."""
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in LABELS:
                    yield value
        if not isinstance(node, ast.Call):
            return
        called = written(node.func)
        if called == "h":
            tag = node.args[0]
            is_code = isinstance(tag, ast.Constant) and tag.value in CODE
            yield from () if is_code else node.args[2:]
        elif called == "to_html":
            yield from node.args
        elif called in SPEAKERS:
            yield from (keyword.value for keyword in node.keywords)
        else:
            yield from self._visible_arguments(node, name, called)

    def _visible_arguments(self, call: ast.Call, name: str, called: str) -> Iterator[ast.expr]:
        place, _, bare = called.rpartition(".")
        target = self.function(name, bare) if not place else self._in_module(name, place, bare)
        if target is None or isinstance(target[1], ast.Module):
            return
        home, function = target
        given = dict(zip(parameters(function), call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        for parameter, value in given.items():
            if (home, function.name, parameter) in self.visible:
                yield value

    def _in_module(self, name: str, module: str, called: str) -> tuple[str, Scope] | None:
        """A function called by its module's name: `status.render`."""
        for node in self.trees[name].body:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    dotted = f"{node.module}.{alias.name}"
                    if (alias.asname or alias.name) == module and dotted in self.trees:
                        return self.function(dotted, called)
        return None


@dataclass
class Trace:
    """Follows expressions of one function back to their literals."""

    views: Views
    name: str
    scope: Scope
    seen: set[int] = field(default_factory=set)

    def literals(self, expression: ast.AST | None) -> Iterator[tuple[str, int, str]]:
        """The literals with a letter that an expression can hold: file, line, text."""
        if expression is None or id(expression) in self.seen:
            return
        self.seen.add(id(expression))
        if isinstance(expression, ast.Constant):
            if isinstance(expression.value, str) and has_letter(expression.value):
                yield self.name, expression.lineno, expression.value
        elif isinstance(expression, ast.Name):
            yield from self._named(expression.id)
        elif isinstance(expression, ast.Call):
            yield from self._called(expression)
        elif isinstance(expression, ast.GeneratorExp | ast.ListComp | ast.SetComp):
            yield from self.literals(expression.elt)
        else:
            for part in parts(expression):
                yield from self.literals(part)

    def _called(self, call: ast.Call) -> Iterator[tuple[str, int, str]]:
        called = call.func
        if isinstance(called, ast.Attribute):
            held = {"join": call.args, "get": call.args[1:], "replace": call.args[1:]}
            held |= {"format": [*call.args, *(word.value for word in call.keywords)]}
            for part in (called.value, *held.get(called.attr, ())):
                yield from self.literals(part)
        if not isinstance(called, ast.Name) or called.id in SPEAKERS:
            return
        if called.id in HANDS_ON:
            for part in call.args:
                yield from self.literals(part)
        target = self.views.function(self.name, called.id)
        if target is not None and called.id not in {"h", "to_html"}:
            inner = Trace(self.views, *target, self.seen)
            for node in own_nodes(target[1]):
                if isinstance(node, ast.Return | ast.Yield):
                    yield from inner.literals(node.value)

    def _named(self, name: str) -> Iterator[tuple[str, int, str]]:
        scope = self.scope
        values = [value for node in own_nodes(scope) for value in values_of(node, name, self)]
        if not values and not isinstance(scope, ast.Module):
            if name in parameters(scope):
                self.views.visible.add((self.name, scope.name, name))
                return
            outer = Trace(self.views, self.name, self.views.trees[self.name], self.seen)
            yield from outer._named(name)
            return
        for value in values:
            yield from self.literals(value)

    def resolved(self, expression: ast.AST) -> ast.AST:
        """A name's value where it has one alone; any other expression itself."""
        if isinstance(expression, ast.Name):
            for scope in (self.scope, self.views.trees[self.name]):
                values = [v for node in own_nodes(scope) for v in assigned(node, expression.id)]
                if len(values) == 1:
                    return values[0]
        return expression

    def elements(self, iterable: ast.AST, index: int | None) -> list[ast.AST]:
        """What a loop's target holds; `index` is its place where the target is unpacked."""
        iterable = self.resolved(iterable)
        if index is None:
            return [iterable]
        if isinstance(iterable, ast.Call):
            called = written(iterable.func)
            if called == "enumerate":
                return [] if index == 0 else [iterable.args[0]]
            if called == "zip":
                return list(iterable.args[index : index + 1])
            if called.endswith(".items") and isinstance(iterable.func, ast.Attribute):
                table = self.resolved(iterable.func.value)
                if isinstance(table, ast.Dict):
                    return [part for part in (table.keys, table.values)[index] if part]
        if isinstance(iterable, ast.Tuple | ast.List) and iterable.elts:
            rows = [row for row in iterable.elts if isinstance(row, ast.Tuple)]
            if len(rows) == len(iterable.elts):
                return [row.elts[index] for row in rows]
        return [iterable]


def parts(expression: ast.AST) -> Iterable[ast.AST]:
    """The inner expressions whose text an expression takes up."""
    match expression:
        case (
            ast.JoinedStr(values=inner)
            | ast.BoolOp(values=inner)
            | ast.Dict(values=inner)
            | ast.List(elts=inner)
            | ast.Tuple(elts=inner)
            | ast.Set(elts=inner)
        ):
            return inner
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
            return [first, second]
        case (
            ast.FormattedValue(value=value)
            | ast.Starred(value=value)
            | ast.Subscript(value=value)
            | ast.NamedExpr(value=value)
        ):
            return [value]
    return []


def values_of(node: ast.AST, name: str, trace: Trace) -> Iterator[ast.AST]:
    """What a statement puts into a name: assigned, added, appended, or looped over."""
    yield from assigned(node, name)
    if isinstance(node, ast.For | ast.comprehension):
        for target, index in targets(node.target):
            if target == name:
                yield from trace.elements(node.iter, index)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        is_ours = isinstance(node.func.value, ast.Name) and node.func.value.id == name
        if is_ours and node.func.attr in {"append", "extend", "insert"}:
            yield node.args[-1]


def assigned(node: ast.AST, name: str) -> Iterator[ast.AST]:
    """What an assignment gives a name."""
    if isinstance(node, ast.Assign):
        for one in node.targets:
            for target, index in targets(one):
                if target == name:
                    is_row = index is not None and isinstance(node.value, ast.Tuple)
                    yield node.value.elts[index] if is_row else node.value  # type: ignore[attr-defined, index]
    is_single = isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr)
    if is_single and node.value is not None and (name, None) in targets(node.target):
        yield node.value


def targets(target: ast.AST) -> list[tuple[str, int | None]]:
    """The names of an assignment's target, with their places where it is unpacked."""
    if isinstance(target, ast.Name):
        return [(target.id, None)]
    if isinstance(target, ast.Tuple):
        return [(one.id, at) for at, one in enumerate(target.elts) if isinstance(one, ast.Name)]
    return []


def parameters(function: Scope) -> list[str]:
    """A function's parameters in order."""
    if isinstance(function, ast.Module):
        return []
    given = function.args
    return [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def scopes(tree: ast.Module) -> Iterator[Scope]:
    """The file itself and every function in it."""
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@cache
def own_nodes(scope: ast.AST) -> tuple[ast.AST, ...]:
    """The nodes of a function without those of the functions inside it; listed once."""
    return tuple(_own_nodes(scope))


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own_nodes(child)


@cache
def written(expression: ast.expr) -> str:
    """An expression as Python writes it; each is asked for many times."""
    return ast.unparse(expression)


class Page(HTMLParser):
    """Collects what a page says itself, outside the {{key}} slots."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the labels, and at the description in the head."""
        named = dict(attrs)
        is_text = tag == "meta" and named.get("name") == "description"
        labels = LABELS | ({"content"} if is_text else frozenset())
        for name, value in attrs:
            if name in labels:
                self._say(value or "")
        if tag in CODE:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element of code."""
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Look at text."""
        if not self._inside:
            self._say(data)

    def _say(self, text: str) -> None:
        left = re.sub(r"\{\{[\w.]+\}\}", "", text).strip()
        if has_letter(left):
            self.found.append(left)


def in_page(html: str) -> list[str]:
    """What a page's template says itself."""
    page = Page()
    page.feed(html)
    page.close()
    return page.found


SLOT = "\0"
# A space between two words, a slot being one, or beside the only one (`" or "`).
WORDS = re.compile(r"(?:^|[^\W\d_]|\0) [^\W\d_]|[^\W\d_] (?:$|\0)")


def in_errors(tree: ast.AST, kinds: Iterable[str]) -> list[str]:
    """The words that a sentence's fields hold: a literal in which letters stand beside a space.

    Args:
        kinds: The names of what takes a key and fields: the errors, `Message`.
    """
    calls = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in kinds
    )
    return [
        f"{found.lineno}: {ast.unparse(found)}"
        for call in calls
        for given in (*call.args[1:], *(keyword.value for keyword in call.keywords))
        for found in prose(given)
    ]


def prose(expression: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The literals of an expression that are words of a language, no names and no signs.

    The slots of an f-string stand for a name each: `f"{n} bytes"` is words, `f"{a}, {b}"` none.
    """
    if isinstance(expression, ast.JoinedStr):
        texts = (
            str(part.value) if isinstance(part, ast.Constant) else SLOT
            for part in expression.values
        )
        if WORDS.search("".join(texts)):
            yield expression
            return
    if isinstance(expression, ast.Constant) and WORDS.search(str(expression.value)):
        yield expression
    for child in ast.iter_child_nodes(expression):
        yield from prose(child)


STRING = r"""(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)"""
SPOKEN = [
    re.compile(before + STRING)
    for before in (
        r"\bsay\(\s*[^,()]+,\s*",
        r"\.(?:textContent|innerText|innerHTML|outerHTML|title|alt|placeholder|ariaLabel)\s*\+?=\s*",
        rf"""\.setAttribute\(\s*["'](?:{"|".join(sorted(LABELS))})["']\s*,\s*""",
        r"\b(?:alert|confirm|prompt|createTextNode)\(\s*",
        r"\.(?:append|prepend|replaceChildren|before|after)\(\s*",
        r"\.insertAdjacent(?:HTML|Text)\(\s*[^,]+,\s*",
    )
]


def in_script(source: str) -> list[str]:
    """The literals that a script puts on the page; a template's own `${…}` is not text."""
    code = re.sub(r"/\*.*?\*/|(?m:(?<![:\"'`])//[^\n]*$)", "", source, flags=re.DOTALL)
    found = []
    for pattern in SPOKEN:
        for match in pattern.finditer(code):
            text = re.sub(r"\$\{[^}]*\}", "", match["text"])
            if has_letter(text):
                found.append(match["text"])
    return found
