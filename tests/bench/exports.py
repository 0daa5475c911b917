"""How long an export takes and the most memory it holds: each in a program of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.built import default_gguf
from tests.tiny_gpt2 import DISTILGPT2, GPT2_SMALL, write_folder

ROOT = Path(__file__).resolve().parents[2]
LAST_LINE = re.compile(r"([\d.]+) MB to download, made in ([\d.]+) s(?:, at most (\d+) MB)?")
SHAPES = {"distilgpt2's shape": DISTILGPT2, "GPT-2 small's shape": GPT2_SMALL}


def measured(source: Path, out: Path) -> tuple[str, str, str]:
    """Export one checkpoint: MB to download, seconds, most MB held ("–" where it is not known).

    Raises:
        subprocess.CalledProcessError: The export failed.
    """
    command = [sys.executable, "-m", "export", str(source), "--id", "m", "--title", "M"]
    done = subprocess.run(
        [*command, "--out", str(out)],
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'py'}:{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    found = LAST_LINE.search(done.stdout)
    assert found, done.stdout
    return found[1], found[2], found[3] or "–"


def table() -> list[str]:
    """Markdown: SmolLM2's own file and seeded weights in the true shapes of the GPT-2 family."""
    lines = [
        "| export | to download, MB | time, s | most memory, MB |",
        "|---|---|---|---|",
    ]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sources = {"SmolLM2 (Q4_1)": default_gguf()}
        for name, shape in SHAPES.items():
            sources[name] = write_folder(shape, folder / name.split("'", maxsplit=1)[0]).path
        for name, source in sources.items():
            cells = measured(source, folder / "out")
            print(f"  {name}: {cells}", flush=True)
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines
