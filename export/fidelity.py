"""Command line: `python -m export.fidelity MODEL_FOLDER CHECKPOINT --out FILE` measures a model.

The fixed passages (export/passages.json) run through native onnxruntime in each mode, on the
exported files; beside them the numpy reference in float64, with the source's own numbers, which
every hook and every next token's distribution is compared with. numpy's own float32 is measured
the same way: what is no further off than that is rounding.

`python3 -m export.stages.fidelity` finds both paths, and keeps the report where the build looks.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from export.command import exit_code, peak_memory
from export.fidelity_tally import Compared, Tally, compared
from export.native import NativeModel
from export.passages import ids_of, passages_sha256, read_passages
from export.sources import read_checkpoint
from export.tensors import Blocks as InBlocks
from seethrough.core.fidelity import BLOCKS, FLOATS, YARDSTICK, Fidelity, TensorError, to_json
from seethrough.core.hooks import LOGITS
from seethrough.core.modes import EXACT, MODES, SMALL, mode_bytes
from seethrough.core.reference import forward, from_arrays
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.weights import decode_whole, whole_ranges

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from export.checkpoint import Checkpoint
    from seethrough.core.cache import Array
    from seethrough.core.fidelity import Passage
    from seethrough.core.manifest import TensorEntry

    Arrays = Mapping[str, Array]

TIED = "transposed"


@dataclass(frozen=True)
class Run:
    """What one passage gave: the expected arrays, and each way's own, by its name."""

    passage: Passage
    expected: Arrays
    ways: Iterator[tuple[str, Arrays]]


class Measurer:
    """Runs the passages with one exported model and with its source."""

    def __init__(self, folder: Path, checkpoint: Checkpoint, *, threads: int = 1) -> None:
        self.checkpoint = checkpoint
        self.weights = {name: one.dequantized() for name, one in checkpoint.tensors.items()}
        self.models = {EXACT: NativeModel(folder, threads=threads)}
        self.manifest = self.models[EXACT].manifest
        if SMALL in mode_bytes(self.manifest):
            self.models[SMALL] = NativeModel(folder, threads=threads, mode=SMALL)
        text = (folder / self.manifest.tokenizer.path).read_text("utf-8")
        self.tokenizer = Tokenizer.from_json(text)
        self.passages = [
            one
            for one in read_passages(self.manifest)
            if ids_of(one, self.tokenizer, self.manifest)
        ]

    @property
    def ways(self) -> tuple[str, ...]:
        """What is measured: the modes that the model has, and the yardstick."""
        return (*(mode for mode in MODES if mode in self.models), YARDSTICK)

    def run(self, passage: Passage) -> Run:
        """The numbers of one passage."""
        ids = ids_of(passage, self.tokenizer, self.manifest)
        expected = self._reference(ids, np.float64)
        return Run(passage, expected, ((way, self._way(way, ids)) for way in self.ways))

    def _way(self, way: str, ids: Sequence[int]) -> Arrays:
        if way == YARDSTICK:
            return self._reference(ids, np.float32)
        model = self.models[way]
        model.reset()
        return model.run(ids, self.names)

    def _reference(self, ids: Sequence[int], dtype: type) -> Arrays:
        config = self.checkpoint.config
        cache, _ = forward(config, from_arrays(self.weights), ids, dtype=dtype)
        return {name: cache[name] for name in self.names}

    @property
    def names(self) -> tuple[str, ...]:
        """What is compared: every hook, and the logits."""
        return (*self.manifest.hooks, LOGITS)

    def tensor_errors(self) -> Iterator[TensorError]:
        """The weights whose stored numbers are not the source's."""
        for entry in self.stored:
            expected = self.weights[entry.name].astype(np.float64)
            error = np.abs(self._decoded(entry) - expected)
            largest, length = float(error.max()), np.linalg.norm(expected)
            if largest:
                share = float(np.linalg.norm(error) / length) if length else float("inf")
                yield TensorError(entry.name, _short(largest), _short(share))

    @property
    def stored(self) -> list[TensorEntry]:
        """The weights of the file, without those that are another one's, turned."""
        return [entry for entry in self.manifest.tensors if entry.layout != TIED]

    def _decoded(self, entry: TensorEntry) -> Array:
        data = self.models[EXACT].data
        cuts = [data[at : at + size] for at, size in whole_ranges(self.manifest, entry)]
        return decode_whole(entry, cuts)


def measured(measurer: Measurer) -> dict[str, Tally]:
    """Every passage through every way, told as it goes."""
    tallies = {way: Tally(way) for way in measurer.ways}
    for place, passage in enumerate(measurer.passages, 1):
        for way, one in compared_ways(measurer, passage):
            tallies[way].add(one)
        print(f"Passage {place} of {len(measurer.passages)}: {passage.id}", flush=True)
    return tallies


def compared_ways(measurer: Measurer, passage: Passage) -> Iterator[tuple[str, Compared]]:
    """Each way's distance from the source, in one passage."""
    run = measurer.run(passage)
    for way, arrays in run.ways:
        yield way, compared(passage, run.expected, arrays)


def report_of(measurer: Measurer) -> Fidelity:
    """Measure a model."""
    tallies = measured(measurer)
    measures = tuple(tally.measure() for tally in tallies.values())
    shown = {texts.passage for one in measures for texts in one.texts}
    manifest, entries = measurer.manifest, measurer.stored
    in_blocks = any(isinstance(one, InBlocks) for one in measurer.checkpoint.tensors.values())
    worst_first = sorted(measurer.tensor_errors(), key=lambda one: -one.share)
    return Fidelity(
        model=manifest.id,
        graph_sha256=manifest.graph.sha256,
        shard_sha256s=tuple(shard.sha256 for shard in manifest.shards),
        passages_sha256=passages_sha256(),
        source=BLOCKS if in_blocks else FLOATS,
        runtime=f"onnxruntime {onnxruntime.__version__}",
        n_passages=len(measurer.passages),
        n_positions=sum(texts.n for texts in measures[0].texts),
        n_tensors=len(entries),
        n_numbers=sum(int(np.prod(entry.dims)) for entry in entries),
        tensors=tuple(worst_first),
        passages=tuple(one for one in measurer.passages if one.id in shown),
        measures=measures,
    )


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def main(arguments: list[str] | None = None) -> int:
    """Measure one model; 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m export.fidelity", description=__doc__)
    parser.add_argument("model", type=Path, help="a folder that `python -m export` wrote")
    parser.add_argument("source", type=Path, help="the checkpoint that it was made from")
    parser.add_argument("--out", type=Path, required=True, help="the report to write")
    options = parser.parse_args(arguments)

    def measure() -> None:
        started = time.perf_counter()
        report = report_of(Measurer(options.model, read_checkpoint(options.source)))
        text = to_json(report)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text, encoding="utf-8", newline="\n")
        seconds = time.perf_counter() - started
        print(
            f"{report.n_positions} positions, {len(text.encode()) / 1e3:.1f} KB, measured in "
            f"{seconds:.0f} s{peak_memory()}"
        )

    return exit_code("measure", measure)


if __name__ == "__main__":
    sys.exit(main())
