"""What the browsers of a measure hold."""

from __future__ import annotations

from pathlib import Path

import psutil

MIB = 1 << 20


def renderers() -> list[psutil.Process]:
    """The processes of this program's browsers that hold pages."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "--type=renderer" in " ".join(child.cmdline())]


def memory_of(process: psutil.Process) -> dict[str, int]:
    """Resident bytes now and at the most (VmHWM on Linux; elsewhere the same as now)."""
    now = int(process.memory_info().rss)
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return {"now": now, "peak": now}
    line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
    return {"now": now, "peak": int(line.split()[1]) * 1024}


def largest() -> dict[str, int]:
    """Of the renderer that holds most: bytes now, and at the most."""
    return max((memory_of(process) for process in renderers()), key=lambda told: told["now"])
