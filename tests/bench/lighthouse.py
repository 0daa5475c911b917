"""What Lighthouse says of home and of the floor page, as a desktop and as a phone.

Lighthouse is no package of this project: npm installs it apart, in .cache/lighthouse, at one
version. It opens each page in a new profile, a first visit, in the browser that the bench drives,
from a server that compresses text, as GitHub Pages does.
Where it cannot be had, the table says why.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from typing import Any

from export.stages import node
from export.stages.errors import BuildError
from export.stages.paths import CACHE
from tests.browser_path import CHROMIUM_FLAGS, browser_path

VERSION = "12.8.2"  # the newest that Node 20 runs
PLACE = CACHE / "lighthouse"
PROGRAM = PLACE / "node_modules" / "lighthouse" / "cli" / "index.js"
INSTALL_S = 300
VISIT_S = 300
WITHIN = 5  # points below the floor page that home may be
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
AUDITS = {
    "first-contentful-paint": "first paint, ms",
    "largest-contentful-paint": "largest paint, ms",
    "total-blocking-time": "blocked, ms",
    "cumulative-layout-shift": "shift",
}
KINDS = {"desktop": ["--preset=desktop"], "mobile": []}
Scores = dict[tuple[str, str], list[dict[str, float]]] | str


def scores(pages: dict[str, str], rounds: int) -> Scores:
    """Scores by kind of device and page, a dict a round, the pages taking turns.

    Returns: Where Lighthouse cannot be had or run, why.
    """
    lack = installed()
    if lack:
        return lack
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(rounds):
        for kind in KINDS:
            for name, address in pages.items():
                told = visit(address, kind)
                print(f"  {kind}, {name}: {json.dumps(told)}", flush=True)
                if isinstance(told, str):
                    lack = told  # a busy machine fails some visits
                else:
                    found.setdefault((kind, name), []).append(told)
    return found if len(found) == len(KINDS) * len(pages) else lack


def installed() -> str:
    """Install Lighthouse where it is not yet.

    Returns: Why it cannot be had, else "".
    """
    listed = PLACE / "node_modules" / "lighthouse" / "package.json"
    if listed.is_file() and json.loads(listed.read_text("utf-8"))["version"] == VERSION:
        return ""
    try:
        npm = node.program("npm")
    except BuildError as error:
        return str(error)
    PLACE.mkdir(parents=True, exist_ok=True)
    # A folder with a package.json of its own: npm would take the next one above it.
    (PLACE / "package.json").write_text('{"private": true}\n', "utf-8")
    command = [npm, "install", "--no-audit", "--no-fund", f"lighthouse@{VERSION}"]
    try:
        done = subprocess.run(
            command, cwd=PLACE, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm did not install lighthouse@{VERSION} in {INSTALL_S} s"
    if done.returncode == 0 and PROGRAM.is_file():
        return ""
    return f"npm could not install lighthouse@{VERSION}: {_end(done.stderr)}"


def visit(address: str, kind: str) -> dict[str, float] | str:
    """One first visit: scores of 100 and times in milliseconds, or why there are none."""
    flags = " ".join(["--headless=new", *CHROMIUM_FLAGS])
    command = [node.program("node"), str(PROGRAM), address, "--quiet", "--output=json"]
    command += [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={flags}"]
    command += KINDS[kind]
    try:
        done = subprocess.run(
            command,
            env=os.environ | {"CHROME_PATH": browser_path()},
            capture_output=True,
            text=True,
            timeout=VISIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"Lighthouse did not end in {VISIT_S} s at {address} ({kind})"
    if done.returncode:
        return f"Lighthouse failed at {address} ({kind}): {_end(done.stderr)}"
    return read(json.loads(done.stdout))


def read(report: dict[str, Any]) -> dict[str, float]:
    """What the table tells of a report."""
    told = {name: 100 * (report["categories"][name]["score"] or 0) for name in CATEGORIES}
    return told | {name: report["audits"][name]["numericValue"] for name in AUDITS}


def table(found: Scores) -> list[str]:
    """Markdown: a line a kind of device and page, medians over the rounds; or why there is none."""
    if isinstance(found, str):
        return [f"Lighthouse: not measured. {found}"]
    heads = ("Lighthouse", *CATEGORIES, *AUDITS.values())
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for (kind, name), rounds in found.items():
        middle = {key: statistics.median(told[key] for told in rounds) for key in rounds[0]}
        cells = [f"{middle[key]:.0f}" for key in CATEGORIES]
        cells += [f"{middle[key]:.{2 if 'shift' in key else 0}f}" for key in AUDITS]
        lines.append(f"| {kind}, {name} | {' | '.join(cells)} |")
    for kind in KINDS:
        floor, home = (
            statistics.median(told["performance"] for told in found[kind, name])
            for name in ("floor", "home")
        )
        is_held = "held" if home >= floor - WITHIN else "not held"
        lines.append(f"\n{kind}: home {home:.0f}, floor {floor:.0f}; within {WITHIN}: {is_held}.")
    return lines


def _end(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no word")
