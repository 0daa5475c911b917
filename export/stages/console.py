"""Plain progress: one live line on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

# A terminal is redrawn often; a log file gets a line only as often as a person would look.
TERMINAL_INTERVAL_S = 0.25
LOG_INTERVAL_S = 5.0


def say(line: str) -> None:
    """Print one line now, also where output is a pipe."""
    print(line, flush=True)


def prepare() -> None:
    """Let no character of a file name or of another program's words stop the build."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def megabytes(size_bytes: int) -> str:
    """A size as people say it: '98.4 MB'; decimal megabytes, as browsers count."""
    return f"{size_bytes / 1e6:.1f} MB"


def seconds(elapsed_s: float) -> str:
    """A duration as people say it: '0.4 s', '75 s'."""
    return f"{elapsed_s:.1f} s" if elapsed_s < 10 else f"{elapsed_s:.0f} s"  # noqa: PLR2004 - digits


class Step:
    """One thing the build does, with what there is to say about it so far."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self._started = time.monotonic()
        self._drawn = 0.0
        self._is_live = sys.stdout.isatty()

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wipe()
        if kind is None:
            say(f"  {self._line()}")

    def note(self, detail: str | None) -> None:
        """Replace the detail (None keeps it); the line is redrawn when its time has come."""
        if detail is not None:
            self.detail = detail
        if self.is_due():
            self._draw()

    def is_due(self) -> bool:
        """True when a note would be shown: a detail that is dear to find can wait for that."""
        interval_s = TERMINAL_INTERVAL_S if self._is_live else LOG_INTERVAL_S
        return time.monotonic() - self._drawn >= interval_s

    def _line(self) -> str:
        detail = f"{self.detail}, " if self.detail else ""
        return f"{self.title}: {detail}{seconds(time.monotonic() - self._started)}"

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        is_new = not self.detail and time.monotonic() - self._started < 1
        line = f"  {self.title if is_new else self._line()} ..."
        if self._is_live:
            width = self._width()
            print("\r" + line[:width].ljust(width), end="", flush=True)
        else:
            say(line)

    def _wipe(self) -> None:
        if self._is_live:
            print("\r" + " " * self._width() + "\r", end="", flush=True)

    def _width(self) -> int:
        # One column stays free: a full line would wrap, and "\r" could not go back over it.
        return max(shutil.get_terminal_size().columns - 1, 20)
