"""How true a model's numbers are: a report that the build carries, measured on fixed passages.

export/fidelity.py measures: what native onnxruntime computes with the exported files, in each mode,
beside the numbers of the source, computed by the numpy reference in float64. JSON; divergences are
in nats, errors of hooks are ‖Δ‖ / ‖reference‖ of one hook at one position.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seethrough.core.errors import SourceError
from seethrough.core.hooks import LEAF_DIMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.manifest import Manifest

FORMAT = 1
# What the passages are: five languages, code, messages to a chat model.
KINDS = ("en", "cs", "fr", "uk", "zh", "code", "chat")
# The source's numbers: one by one, or in blocks that whoever published them had made.
FLOATS, BLOCKS = SOURCES = ("floats", "blocks")
# Beside the modes (core/modes.py): the numpy reference in float32, with the source's own numbers.
YARDSTICK = "numpy"


@dataclass(frozen=True)
class Passage:
    """One text of the measure; `chat`: it is a message, in the model's template."""

    id: str
    kind: str
    text: str
    chat: bool


@dataclass(frozen=True)
class Divergence:
    """KL divergence of the next token's distribution from the source's, in nats."""

    mean: float
    p99: float
    largest: float


@dataclass(frozen=True)
class Texts:
    """How the passages of one kind did.

    `n_same` of `n` next tokens have the same first choice. The largest divergence was in `passage`,
    after the token at `position`.
    """

    kind: str
    n: int
    n_same: int
    divergence: Divergence
    passage: str
    position: int


@dataclass(frozen=True)
class HookError:
    """How far off the hooks of one leaf are.

    `typical` is the median over all layers and positions; `largest` was in `layer` (None outside
    the layers), in `passage` at `position`. `layers` has the largest of each layer.
    """

    leaf: str
    typical: float
    largest: float
    layer: int | None
    passage: str
    position: int
    layers: tuple[float, ...]


@dataclass(frozen=True)
class Measure:
    """One way to compute, beside the source: a mode, or the yardstick.

    `n_same` next tokens have the same first choice; `share` is the most that any probability moved.
    """

    name: str
    n_same: int
    share: float
    divergence: Divergence
    texts: tuple[Texts, ...]
    hooks: tuple[HookError, ...]

    @property
    def worst(self) -> Texts:
        """The kind of passages that has the largest divergence."""
        return max(self.texts, key=lambda texts: texts.divergence.largest)


@dataclass(frozen=True)
class TensorError:
    """A weight whose stored numbers are not the source's.

    `largest` difference of one number, and the whole difference as a share of the tensor's length.
    """

    name: str
    largest: float
    share: float


@dataclass(frozen=True)
class Fidelity:
    """The report of one model.

    `source` is FLOATS or BLOCKS. `n_tensors` weights were compared, of `n_numbers` numbers;
    `tensors` are those that differ, the largest share first. `passages` are those that the report
    points at; all of them are `n_passages`, with `n_positions` next tokens.
    """

    model: str
    graph_sha256: str
    shard_sha256s: tuple[str, ...]
    passages_sha256: str
    source: str
    runtime: str
    n_passages: int
    n_positions: int
    n_tensors: int
    n_numbers: int
    tensors: tuple[TensorError, ...]
    passages: tuple[Passage, ...]
    measures: tuple[Measure, ...]

    def measure(self, name: str) -> Measure | None:
        """What was measured of a mode; None: nothing."""
        return next((one for one in self.measures if one.name == name), None)

    def passage(self, name: str) -> Passage | None:
        """A passage that the report points at."""
        return next((one for one in self.passages if one.id == name), None)

    def is_of(self, manifest: Manifest) -> bool:
        """Whether these very files were measured."""
        hashes = tuple(shard.sha256 for shard in manifest.shards)
        files = (self.model, self.graph_sha256, self.shard_sha256s)
        return files == (manifest.id, manifest.graph.sha256, hashes)


def to_json(report: Fidelity) -> str:
    """The report as text: a record is a list of its fields, in their order."""
    told = {
        "format": FORMAT,
        "model": report.model,
        "graph": report.graph_sha256,
        "shards": report.shard_sha256s,
        "passages_sha256": report.passages_sha256,
        "source": report.source,
        "runtime": report.runtime,
        "n_passages": report.n_passages,
        "n_positions": report.n_positions,
        "n_tensors": report.n_tensors,
        "n_numbers": report.n_numbers,
        "tensors": [[one.name, one.largest, one.share] for one in report.tensors],
        "passages": [[one.id, one.kind, one.text, one.chat] for one in report.passages],
        "measures": {one.name: _measure_row(one) for one in report.measures},
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def _measure_row(measure: Measure) -> dict[str, Any]:
    return {
        "n_same": measure.n_same,
        "share": measure.share,
        "kl": _numbers(measure.divergence),
        "texts": [
            [one.kind, one.n, one.n_same, _numbers(one.divergence), one.passage, one.position]
            for one in measure.texts
        ],
        "hooks": [
            [one.leaf, one.typical, one.largest, one.layer, one.passage, one.position, one.layers]
            for one in measure.hooks
        ],
    }


def _numbers(divergence: Divergence) -> list[float]:
    return [divergence.mean, divergence.p99, divergence.largest]


def fidelity_from_bytes(data: bytes, manifest: Manifest) -> Fidelity:
    """Read a report, and hold it to its model.

    Raises:
        SourceError: It cannot be read, or other files than these were measured.
    """
    report = read(data)
    if not report.is_of(manifest):
        raise SourceError("fidelity.other", model=manifest.title)
    return report


def read(data: bytes) -> Fidelity:
    """Read a report.

    Raises:
        SourceError: It is none, or has a value that none has.
    """
    try:
        told = json.loads(data)
        if told["format"] != FORMAT:
            raise SourceError("fidelity.unreadable", reason=str(told["format"])[:80])
        return _report(told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError("fidelity.unreadable", reason=str(error)[:80]) from error


def _report(told: Mapping[str, Any]) -> Fidelity:
    report = Fidelity(
        model=_of(told["model"], str),
        graph_sha256=_of(told["graph"], str),
        shard_sha256s=tuple(_of(one, str) for one in told["shards"]),
        passages_sha256=_of(told["passages_sha256"], str),
        source=_one_of(told["source"], SOURCES),
        runtime=_of(told["runtime"], str),
        n_passages=_count(told["n_passages"]),
        n_positions=_count(told["n_positions"]),
        n_tensors=_count(told["n_tensors"]),
        n_numbers=_count(told["n_numbers"]),
        tensors=tuple(
            TensorError(_of(name, str), _size(largest), _size(share))
            for name, largest, share in told["tensors"]
        ),
        passages=tuple(
            Passage(_of(name, str), _one_of(what, KINDS), _of(text, str), _of(chat, bool))
            for name, what, text, chat in told["passages"]
        ),
        measures=tuple(_measure(name, row) for name, row in told["measures"].items()),
    )
    known = {passage.id for passage in report.passages}
    if not all(text.passage in known for one in report.measures for text in one.texts):
        raise SourceError("fidelity.unreadable", reason=str(known)[:80])
    return report


def _measure(name: str, row: Mapping[str, Any]) -> Measure:
    measure = Measure(
        name=_of(name, str),
        n_same=_count(row["n_same"]),
        share=_size(row["share"]),
        divergence=Divergence(*map(_size, row["kl"])),
        texts=tuple(
            Texts(
                _one_of(what, KINDS),
                _count(n),
                _count(n_same),
                Divergence(*map(_size, numbers)),
                _of(passage, str),
                _count(position),
            )
            for what, n, n_same, numbers, passage, position in row["texts"]
        ),
        hooks=tuple(map(_hook, row["hooks"])),
    )
    if not measure.texts or not measure.hooks:
        raise SourceError("fidelity.unreadable", reason=str(name)[:80])
    return measure


def _hook(row: Any) -> HookError:  # noqa: ANN401 - JSON
    leaf, typical, largest, layer, passage, position, layers = row
    return HookError(
        leaf=_one_of(leaf, LEAF_DIMS),
        typical=_size(typical),
        largest=_size(largest),
        layer=None if layer is None else _count(layer),
        passage=_of(passage, str),
        position=_count(position),
        layers=tuple(map(_size, layers)),
    )


def _of(value: Any, one: type) -> Any:  # noqa: ANN401 - JSON
    """The value, if it is exactly of that kind; never NaN or infinity."""
    if type(value) is not one or (isinstance(value, float) and not math.isfinite(value)):
        raise SourceError("fidelity.unreadable", reason=str(value)[:80])
    return value


def _one_of(value: Any, known: Any) -> str:  # noqa: ANN401 - JSON
    if value not in known:
        raise SourceError("fidelity.unreadable", reason=str(value)[:80])
    return str(value)


def _count(value: Any) -> int:  # noqa: ANN401 - JSON
    if _of(value, int) < 0:
        raise SourceError("fidelity.unreadable", reason=str(value)[:80])
    return int(value)


def _size(value: Any) -> float:  # noqa: ANN401 - JSON
    number = float(value) if type(value) is int else _of(value, float)
    if number < 0:
        raise SourceError("fidelity.unreadable", reason=str(value)[:80])
    return float(number)
