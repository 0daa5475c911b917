"""`python -m export.fidelity_asset MODEL --out FOLDER REPORT…` puts a report beside a model.

The first report that was measured on these very files; where none was, the list alone.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from export.asset_lists import asset, write_list
from export.command import exit_code
from seethrough.core.assets import FIDELITY
from seethrough.core.errors import SourceError
from seethrough.core.fidelity import read
from seethrough.core.manifest import from_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seethrough.core.manifest import Manifest


def fitting(reports: Iterable[Path], manifest: Manifest) -> bytes | None:
    """The first report that is of these files; one that cannot be read is none."""
    for file in reports:
        if not file.is_file():
            continue
        data = file.read_text("utf-8").encode()  # a checkout may end its lines another way
        try:
            if read(data).is_of(manifest):
                return data
        except SourceError as error:
            print(f"{file.name}: {error}")
    return None


def write_report(model: Path, reports: Iterable[Path], out: Path) -> list[Path]:
    """Write the fitting report and the list of it.

    Returns: The files that were written.
    """
    out.mkdir(parents=True, exist_ok=True)
    data = fitting(reports, from_json((model / "manifest.json").read_text("utf-8")))
    files = [] if data is None else [_written(data, out)]
    write_list(out, [asset(FIDELITY, file, out) for file in files])
    return files


def _written(data: bytes, out: Path) -> Path:
    """A JSON file whose name carries the start of its sha256."""
    file = out / f"{FIDELITY}-{hashlib.sha256(data).hexdigest()[:12]}.json"
    file.write_bytes(data)
    return file


def main(arguments: list[str] | None = None) -> int:
    """Put one model's report in place; 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m export.fidelity_asset", description=__doc__)
    parser.add_argument("model", type=Path, help="a folder that `python -m export` wrote")
    parser.add_argument("reports", type=Path, nargs="*", help="reports, the best first")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args(arguments)

    def write() -> None:
        files = write_report(options.model, options.reports, options.out)
        told = [f"{file.stat().st_size / 1e3:.0f} KB" for file in files]
        print(f"The fidelity report: {told[0] if told else 'none of these files'}")

    return exit_code("report", write)


if __name__ == "__main__":
    sys.exit(main())
