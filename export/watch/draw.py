"""index.html from the sources of now, to standard output: `python -m export.watch.draw DIST`."""

from __future__ import annotations

import sys
from pathlib import Path

from export import site

if __name__ == "__main__":
    sys.stdout.buffer.write(site.page(Path(sys.argv[1])).encode())
