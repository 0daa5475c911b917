"""What the reference tests found, for the lines under pytest's own summary."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import pytest


@dataclass
class Report:
    """The worst error of each kind of comparison, tables, every value that was beyond the bound."""

    worst: dict[str, tuple[float, str, str, int]] = field(default_factory=dict)
    beyond: list[str] = field(default_factory=list)
    # By the name of the first column, the rows of a table.
    tables: dict[str, list[list[str]]] = field(default_factory=dict)

    def tell(self, table: str, *cells: str) -> None:
        """Add a row to a table."""
        self.tables.setdefault(table, []).append(list(cells))

    def note(self, label: str, prompt: str, found: tuple[float, str, int]) -> None:
        """Remember the largest error of a kind of comparison."""
        error, name, position = found
        if error >= self.worst.get(label, (-1.0,))[0]:
            self.worst[label] = (error, prompt, name, position)

    def join(self, told: dict[str, Any]) -> None:
        """Add what another process found."""
        for label, (error, prompt, name, position) in told["worst"].items():
            self.note(label, prompt, (error, name, position))
        self.beyond += told["beyond"]
        for table, rows in told["tables"].items():
            self.tables.setdefault(table, []).extend(rows)


REPORT = Report()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes tells the one that sums up what it found."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["found"] = asdict(REPORT)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - xdist's own
    """What one of several processes found joins the rest."""
    told = getattr(node, "workeroutput", {})
    if "found" in told:
        REPORT.join(told["found"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The worst relative errors, the tables, and every value that was beyond 1e-5."""
    for label, (error, prompt, name, position) in REPORT.worst.items():
        terminalreporter.write_line(
            f"parity, {label}: worst {error:.1e} ({prompt}: {name} at {position})"
        )
    for table, rows in REPORT.tables.items():
        terminalreporter.write_line(f"{table}:")
        for row in sorted(rows):
            terminalreporter.write_line(f"| {' | '.join(row)} |")
    if REPORT.beyond:
        terminalreporter.write_line(
            f"{len(REPORT.beyond)} beyond 1e-5, each shown to be rounding by float64:"
        )
        for line in REPORT.beyond:
            terminalreporter.write_line(f"  {line}")
