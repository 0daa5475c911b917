"""Which files come first, and which share a process: what takes long to make is made once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
# What runs asyncio itself, before Playwright's loop stands; then the files that take longest, the
# longest first, but for the browser's captures: the reference tests look at those.
FIRST = ("app/", "view/test_saved_page.py", "export/train/test_learning.py")
LONGEST = (
    "browser/test_parity.py",
    "browser/light/",
    "engines/test_main_flow.py",
    "screens/test_structure.py",  # these four go through the places together, in this order
    "screens/test_axe.py",
    "screens/test_keyboard.py",
    "screens/test_layout.py",
    "reference/",
    "screens/test_axe_live.py",
    "core/test_vocabularies.py",
    "browser/test_faults_site.py",
    "browser/test_whole_path.py",
    "export/test_fidelity.py",
    "browser/test_modes.py",
    "browser/test_tools.py",
    "test_walk_truth.py",
    "test_block_truth.py",
)
# Files and folders whose tests share what takes seconds to make: a page with the model loaded, the
# small model's site, transformers' models, the models in native onnxruntime.
TOGETHER = (
    (
        "browser/test_parity.py",
        "browser/test_door.py",
        "browser/test_links.py",
        "browser/test_page.py",
        "browser/test_sums.py",
        "browser/test_walk_truth.py",
        "browser/test_block_truth.py",
        "browser/test_keyboard.py",
        "browser/test_map_rows.py",
    ),
    ("browser/light/",),
    (
        "screens/test_structure.py",
        "screens/test_axe.py",
        "screens/test_keyboard.py",
        "screens/test_layout.py",
    ),
    ("reference/",),
    (
        "test_walk_truth.py",
        "test_block_truth.py",
        "export/test_sums.py",
        "export/test_record.py",
        "test_golden.py",
    ),
)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Long files come early: one at the end would leave the other process without work.

    Of files that share a process pytest may then mix the tests that stand at one place.
    """
    items.sort(key=lambda item: turn(path_of(item)))
    yield
    items.sort(key=lambda item: turn(share(path_of(item))))


def path_of(item: pytest.Item) -> str:
    """The path of a test's file below tests/."""
    return item.path.relative_to(HERE).as_posix()


def turn(path: str) -> int:
    """The place of a file, a path below tests/; files of one place keep their order."""
    if path.startswith(FIRST):
        return -1
    return next(
        (at for at, name in enumerate(LONGEST) if path.startswith(name)),
        len(LONGEST),
    )


def share(path: str) -> str:
    """The file itself, or the first name of those that share a process with it."""
    return next((names[0] for names in TOGETHER if path.startswith(names)), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - xdist's
    """Several processes get whole files, one behind the other those that share something."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 - here where it is installed

    class Shared(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0].removeprefix(f"{HERE.name}/")
            return share(path)

    return Shared(config, log)
