"""torch for the reference tests: a CPU build where pip knows one, else PyPI's.

On Linux, PyPI's build loads CUDA libraries at import even where there is no GPU: gigabytes, which
are pinned too, and installed only when the import asks for them.
"""

from __future__ import annotations

from export.stages import causes, programs, venv
from export.stages.console import Step

CPU, ANY, CUDA = "torch-cpu", "torch", "torch-cuda"


def ensure() -> None:
    """Install torch so that it imports.

    Raises:
        BuildError: No room, no connection, or a file that is not the pinned one.
    """
    if venv.is_installed(CPU) or venv.is_installed(CUDA):
        return
    if not venv.is_installed(ANY) and _has_cpu_build():
        return
    venv.install(ANY)
    if not _imports():
        venv.install(CUDA)


def _has_cpu_build() -> bool:
    # pip prefers a file whose hash an index states, so one lock with both builds would never
    # take a CPU build from a plain folder of wheels: it is asked for by its own version.
    outcome = venv.attempt(CPU)
    if causes.sign_of(outcome.output) not in {causes.ABSENT, causes.CHANGED}:
        outcome.check(f"Installing {venv.TITLES[CPU]}")
    return outcome.code == 0


def _imports() -> bool:
    command = [venv.PYTHON, "-c", "import torch"]
    with Step("The first import of torch") as step:
        return programs.run(command, step, log="torch", report=lambda _line: None).code == 0
