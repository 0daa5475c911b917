"""The report on how true a model's numbers are: kept, put beside the model, and made anew.

To measure takes minutes, so that a build takes the report from a file that names what was measured
(graph, weights, passages): of known models it is committed (export/reports/), of others it lies in
.cache/fidelity/. `python3 -m export.stages.fidelity --models smollm2` makes it, once the model is
built; a report of other files is left out, and the page says that there is none.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from export.stages import model as models_of
from export.stages import models, programs, stamps, venv
from export.stages.console import Step
from export.stages.ending import end_well
from export.stages.errors import BuildError
from export.stages.paths import CACHE, MODELS, ROOT
from export.stages.remade import Making, remake

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "fidelity"
REPORTS = ROOT / "export" / "reports"
OWN = CACHE / "fidelity"
ROOM = 1_000_000
SOURCES = (
    ROOT / "export" / "asset_lists.py",
    ROOT / "export" / "fidelity_asset.py",
    ROOT / "py" / "seethrough" / "core" / "fidelity.py",
)
# One thread each: waiting ones would spin, and sums would have another order on other machines.
ALONE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def ensure(python: Path, model: Path) -> Path:
    """Put a model's report beside it, if there is one of these very files.

    Returns: The folder of the report, inside the model's.

    Raises:
        BuildError: No room, or the writer's own sentence.
    """
    folder, name = model / FOLDER, f"fidelity-{model.name}"
    reports = [place / f"{model.name}.json" for place in (REPORTS, OWN)]
    there = [report for report in reports if report.is_file()]
    wanted = stamps.digest(*SOURCES, model / "manifest.json", *there)
    if not stamps.is_fresh(name, wanted, [folder]):
        title = f"The fidelity report of {model.name}"
        making = Making(title, "Writing the report", stamp=name, log="fidelity", room=ROOM)
        new = model.with_name(f"{model.name}.fidelity.new")
        remake(making, folder, new, [python, "-m", "export.fidelity_asset", model, *there])
        stamps.mark(name, wanted)
    return folder


def measure(python: Path, asked: models.Model) -> Path:
    """Measure a model that is built.

    Returns: The report, where the next build finds it.

    Raises:
        BuildError: It is not built, or the measure's own sentence.
    """
    exported = MODELS / asked.id
    if not (exported / "manifest.json").is_file():
        raise BuildError(
            "{title} is not built here. Run {command}, then this again.",
            title=asked.title,
            command=models.command_for([asked.name or str(asked.path or asked.repo)]),
        )
    known = asked == models.KNOWN.get(asked.name)
    out = (REPORTS if known else OWN) / f"{asked.id}.json"
    checkpoint = models_of.source(python, asked)
    command = [python, "-m", "export.fidelity", exported, checkpoint, "--out", out]
    with Step(f"Measuring {asked.title}") as step:
        outcome = programs.run(
            command,
            step,
            log="fidelity",
            report=lambda line: line,
            env={"PYTHONPATH": "py", **ALONE},
        )
        outcome.check("Measuring the model")
        step.note(outcome.output.strip().rpartition("\n")[2])
    return out


def main(arguments: list[str] | None = None) -> int:
    """Measure models; 0, or 1 with a sentence."""
    parser = argparse.ArgumentParser(prog="python3 -m export.stages.fidelity", description=__doc__)
    parser.add_argument("--models", default=models.DEFAULT, help="as for build.py build")
    options = parser.parse_args(arguments)

    def work() -> int:
        python = venv.ensure("export")
        for asked in models.asked_for(options.models):
            measure(python, asked)
        return 0

    return end_well(work)


if __name__ == "__main__":
    sys.exit(main())
