"""The texts that a licence asks to go with a model: `python -m export.licence --out FOLDER …`.

Its own text, and a notice with the sentence that it must have, what was changed, and what the
model's source says beside it.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from export.asset_lists import asset, write_list
from export.command import exit_code
from export.plain_text import text_of_html
from seethrough.core.assets import LICENCE

CHANGED = """\
The files of this model here were made by Seethrough from {file}.
They are changed in their form: the numbers are kept, in shards, beside a graph and a list of
pieces that a browser can read."""


def write_texts(options: argparse.Namespace) -> None:
    """Write both texts and their list into the folder."""
    folder: Path = options.out
    folder.mkdir(parents=True, exist_ok=True)
    terms = text_of_html(options.text.read_text(encoding="utf-8"))
    notice = [options.notice, CHANGED.format(file=options.file)]
    notice.append(options.beside.read_text(encoding="utf-8"))
    texts = {"terms": f"{options.title}\n\n{terms}", "notice": "\n\n".join(notice)}
    files = {name: _written(folder, name, text) for name, text in texts.items()}
    rows = [
        asset(LICENCE, file, folder, name=name, title=options.title) for name, file in files.items()
    ]
    write_list(folder, rows)
    print(f"{len(rows)} texts")


def _written(folder: Path, name: str, text: str) -> Path:
    """A text file whose name carries the start of its sha256."""
    data = text.encode()
    file = folder / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}.txt"
    file.write_bytes(data)
    return file


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m export.licence", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--title", required=True, help="what the licence is called")
    parser.add_argument("--text", type=Path, required=True, help="the licence, as HTML")
    parser.add_argument("--notice", required=True, help="the sentence that the notice must have")
    parser.add_argument("--beside", type=Path, required=True, help="the notice of the source")
    parser.add_argument("--file", required=True, help="the checkpoint's name")
    options = parser.parse_args(arguments)
    return exit_code("licence's writer", lambda: write_texts(options))


if __name__ == "__main__":
    raise SystemExit(main())
