"""The order of a whole run's files, those that share a process, and the table of its times."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.order import FIRST, LONGEST, TOGETHER, share, turn
from tests.times import Times

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    "name", sorted({*FIRST, *LONGEST, *(one for row in TOGETHER for one in row)})
)
def test_what_is_named_is_there(name: str) -> None:
    """A file that was renamed would lose its place without a word."""
    place = HERE / name

    assert place.is_dir() if name.endswith("/") else place.is_file()


def test_asyncio_comes_before_the_browsers_and_long_files_before_short_ones() -> None:
    """Playwright's loop must not stand when asyncio's own tests begin."""
    files = ["view/test_pages.py", "browser/light/test_start.py", LONGEST[0], "app/test_run.py"]

    assert sorted(files, key=turn) == files[::-1]


def test_who_shares_goes_to_one_process() -> None:
    """Every file is somebody's, and the captures come before those who look at them."""
    assert share("browser/light/test_start.py") == share("browser/light/test_ready.py")
    assert share("browser/test_door.py") == share("browser/test_parity.py")
    assert share("view/test_pages.py") == "view/test_pages.py"
    assert turn("browser/test_parity.py") < turn("reference/test_parity.py")


def test_the_table_of_times() -> None:
    """The slowest file comes first, with how many tests; each process says when it ended."""
    times = Times()
    times.note("tests/a.py::one", "gw0", 1.0, is_call=True)
    times.note("tests/b.py::one", "gw1", 2.0, is_call=False)
    times.note("tests/b.py::one", "gw1", 3.0, is_call=True)
    times.processor["gw1"] = 4.4

    _, *files, one, other = times.lines()

    assert [line.split() for line in files] == [
        ["5.0", "s", "1", "tests/b.py"],
        ["1.0", "s", "1", "tests/a.py"],
    ]
    assert one.startswith("gw0: ")
    assert other.endswith("its tests took 5 s, 4 s of processor time")
