"""Debian's nginx for the tests of hosts, unpacked and not installed.

Installed it would start itself, and a machine that runs tests asked for no server.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from export.stages import programs
from export.stages.console import Step
from export.stages.paths import CACHE

UNPACKED = CACHE / "nginx"
ROOTS = (UNPACKED, Path("/"))
PACKAGES = ("nginx", "nginx-common")
NEEDED = ("usr/sbin/nginx", "etc/nginx/mime.types")


def find() -> Path | None:
    """The root below which its program and its types lie; None where it is not."""
    return next((root for root in ROOTS if all((root / name).is_file() for name in NEEDED)), None)


def ensure() -> None:
    """Unpack Debian's packages where they can be had; elsewhere its test says what to install."""
    if find() or not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return
    UNPACKED.mkdir(parents=True, exist_ok=True)
    with Step("nginx for the tests (Debian's, unpacked)") as step:
        download = ["apt-get", "-q", "download", *PACKAGES]
        programs.run(download, step, log="apt-nginx", report=_short, cwd=UNPACKED)
        for package in sorted(UNPACKED.glob("*.deb")):
            unpack = ["dpkg-deb", "--extract", package, UNPACKED]
            programs.run(unpack, step, log="dpkg-nginx", report=_short, cwd=UNPACKED)


def _short(line: str) -> str:
    return line[:60]
