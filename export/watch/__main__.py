"""Serves dist/ and shows edits of py/seethrough and web/ in the open page.

`python3 build.py serve --watch` starts it, in the environment that renders pages.
"""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from export.site import ROOT
from export.stages import serve
from export.stages.console import say
from export.stages.ending import end_well
from export.watch.served import Site
from export.watch.server import Watch, handler_of


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m export.watch", description=__doc__)
    parser.add_argument("--dist", type=Path, required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--no-open", action="store_true")
    options = parser.parse_args(arguments)

    def run() -> int:
        watch = Watch(Site(ROOT, options.dist.resolve(), secrets.token_hex(4)))
        watch.start()
        say("Edits of py/seethrough and web/ come into the open page.")
        kind = handler_of(watch)
        serve.serve(options.dist, options.port, is_opened=not options.no_open, kind=kind)
        return 0

    return end_well(run)


if __name__ == "__main__":
    raise SystemExit(main())
