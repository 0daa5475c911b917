"""In a whole run a browser's test that failed is tried once more, and named at the end.

Of thousands of waits in real browsers, on machines of any speed, one now and then is a race of the
test itself, and a whole run is lost to it. Numbers are never tried again: only tests with the mark
"browser" are, and each that needed it stands under the summary, to be mended.
"""

from __future__ import annotations

import os

import pytest

# Set by export/stages/checks.py for whole runs; whoever works on a test sees its first failure.
WISH = "SEETHROUGH_SECOND_TRY"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of browsers their second try."""
    if os.environ.get(WISH):
        for item in items:
            if item.get_closest_marker("browser") is not None:
                item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each test that was tried again, and why."""
    for report in terminalreporter.stats.get("rerun", []):
        why = str(report.longrepr or "").strip().splitlines()
        said = next((line[1:].strip() for line in why if line.startswith("E ")), "")
        terminalreporter.write_line(f"tried a second time: {report.nodeid}: {said}")
