"""The scripts' own checks: TypeScript reads the types in their comments, prettier their form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.stages.node import program

if TYPE_CHECKING:
    from pathlib import Path

# Pages, workers and service workers know different things: each has a web/types/*.json.
KINDS = ("page", "worker", "service-worker", "tests")
FILES = ("web/*.js", "web/types/*.ts", "tests/**/*.js", "export/*.mjs")


def checks(modules: Path) -> list[tuple[str, list[str]]]:
    """Names and commands, with the programs of npm's node_modules.

    Raises:
        BuildError: There is no node.
    """
    node = program("node")
    compiler = [node, str(modules / "typescript" / "bin" / "tsc"), "--project"]
    formatter = [node, str(modules / "prettier" / "bin" / "prettier.cjs"), "--check"]
    types = [(f"tsc {kind}", [*compiler, f"web/types/{kind}.json"]) for kind in KINDS]
    return [*types, ("prettier", [*formatter, "--config", "web/package.json", *FILES])]
