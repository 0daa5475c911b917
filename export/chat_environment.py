"""Jinja as transformers sets it up for chat templates: its tag, filter, globals and sandbox.

Source: transformers.utils.chat_template_utils; tests/reference/test_chat_templates.py compares the
two. One thing is refused here instead of done: today's date, with which a text is another tomorrow.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from export.chat_trouble import NoSegmentsError

if TYPE_CHECKING:
    from jinja2.parser import Parser
    from jinja2.runtime import Macro

# What a template knows of a request beside its messages: nothing here, which is not the same as
# not knowing of it ("tools is not none").
NOTHING_ASKED: dict[str, Any] = {"tools": None, "documents": None}


class Generation(Extension):
    """`{% generation %}`: marks what the assistant wrote, and says what stands in it."""

    tags = {"generation"}  # noqa: RUF012 - jinja's own way to say it

    def parse(self, parser: Parser) -> nodes.Node:
        """A block whose names stay inside it, as a macro's do."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_said"), [], [], body).set_lineno(line)

    def _said(self, caller: Macro) -> str:
        return caller()


class TemplateDict:
    """`dict` without the class that it stands for."""

    def __call__(self, *args: Any, **more: Any) -> dict[Any, Any]:  # noqa: ANN401 - as of `dict`
        """A dictionary."""
        return dict(*args, **more)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:  # noqa: ANN401 - as of `dict`
        """A dictionary with one value for all keys."""
        return dict.fromkeys(*args)


class TemplateNamespace(Namespace):
    """`namespace` without names that begin with an underscore."""

    def __init__(*args: Any, **more: Any) -> None:  # noqa: ANN401 - `namespace(self=…)` works
        self, *rest = args
        given = dict(*rest, **more)
        for name in given:
            _check_name(name)
        Namespace.__init__(self, given)

    def __setitem__(self, name: str, value: Any) -> None:  # noqa: ANN401 - any value
        _check_name(name)
        Namespace.__setitem__(self, name, value)


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """The environment; a template's code runs in its sandbox."""
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )
    made.filters["tojson"] = _to_json
    made.globals["raise_exception"] = _refuse
    made.globals["strftime_now"] = _refuse_date
    made.globals["dict"] = TemplateDict()
    made.globals["namespace"] = TemplateNamespace
    return made


def _check_name(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        message = f"a namespace cannot have the name {name!r}"
        raise SecurityError(message)


def _to_json(
    value: Any,  # noqa: ANN401 - any value
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002 - a template may give it by place
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002 - likewise
) -> str:
    """JSON as it is: jinja's own filter escapes what HTML would read."""
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _refuse(reason: str) -> None:
    raise TemplateError(reason)


def _refuse_date(_format: str) -> None:
    raise NoSegmentsError("chat.dated_template")
