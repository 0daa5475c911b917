"""Runs an exported folder with native onnxruntime: for parity, recordings and the bench.

Two session settings matter. `disable_quant_qdq` folds the blocks to float32 once, at start, as in
the page. Without it native onnxruntime would fuse them to MatMulNBits with int8 activations, which
moves probabilities by about 0.01; `qdq_matmulnbits_accuracy_level` guards against that. The small
mode (core/modes.py) has one more, as in web/engine.js.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort

from seethrough.core import hooks
from seethrough.core.manifest import Manifest, from_json
from seethrough.core.modes import EXACT, SMALL
from seethrough.core.weights import decode_rows, find_tensor, row_ranges

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from seethrough.core.cache import Array

KNOBS = ("head_scale", "mlp_scale", "resid_add", "score_add")


def neutral_knobs(manifest: Manifest) -> dict[str, Array]:
    """The value of every knob that changes nothing, in its smallest shape.

    What is added is −0: with 0 a −0 would become 0.
    """
    config = manifest.config
    return {
        "head_scale": np.ones((config.n_layers, config.n_heads), np.float32),
        "mlp_scale": np.ones(config.n_layers, np.float32),
        "resid_add": np.full((config.n_layers + 1, 1, config.d_model), -0.0, np.float32),
        "score_add": np.full((config.n_layers, 1, 1, 1), -0.0, np.float32),
    }


class NativeModel:
    """One exported model in a native session, with its own KV cache."""

    def __init__(
        self, folder: Path, *, threads: int = 0, optimize: bool = True, mode: str = EXACT
    ) -> None:
        self.folder = folder
        self.manifest: Manifest = from_json((folder / "manifest.json").read_text("utf-8"))
        self.data = b"".join((folder / shard.path).read_bytes() for shard in self.manifest.shards)
        self.session = self._open(threads, optimize=optimize, is_small=mode == SMALL)
        self.inputs = {item.name for item in self.session.get_inputs()}
        self.reset()

    def _open(self, threads: int, *, optimize: bool, is_small: bool) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
        if is_small:
            options.add_session_config_entry("session.disable_qdq_constant_folding", "1")
        if not optimize:
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_external_initializers_from_files_in_memory(
            [self.manifest.weight_file], [self.data], [len(self.data)]
        )
        graph = (self.folder / self.manifest.graph.path).read_bytes()
        return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def reset(self) -> None:
        """Forget every cached position."""
        config = self.manifest.config
        empty = np.zeros((1, config.n_key_value_heads, 0, config.d_head), np.float32)
        self.past = {
            f"past.{layer}.{kind}": empty
            for layer in range(config.n_layers)
            for kind in ("key", "value")
        }

    @property
    def n_past(self) -> int:
        """How many positions the cache holds."""
        return int(self.past["past.0.key"].shape[2])

    def run(
        self,
        tokens: Sequence[int],
        fetch: Sequence[str] = (hooks.LOGITS,),
        *,
        unembed: Sequence[tuple[int, int]] | None = None,
        top_k: int = 1,
        knobs: Mapping[str, Array] | None = None,
    ) -> dict[str, Array]:
        """One forward pass over new tokens; the named outputs, and the cache grows.

        Args:
            unembed: (layer, new position) of the states to unembed; None: every new position at
                the end.
        """
        wanted = unembed or [
            (self.manifest.config.n_layers, position) for position in range(len(tokens))
        ]
        feeds: dict[str, Any] = {
            "tokens": np.array([tokens], np.int64),
            "positions": np.arange(self.n_past, self.n_past + len(tokens), dtype=np.int64)[None],
            "unembed_layer": np.array([layer for layer, _ in wanted], np.int64),
            "unembed_pos": np.array([position for _, position in wanted], np.int64),
            "top_k": np.array([top_k], np.int64),
            **neutral_knobs(self.manifest),
            **{name: np.asarray(value, np.float32) for name, value in (knobs or {}).items()},
        }
        feeds = {name: value for name, value in feeds.items() if name in self.inputs} | self.past
        present = [name.replace("past", "present", 1) for name in self.past]
        values = self.session.run([*fetch, *present], feeds)
        self.past = dict(zip(self.past, values[len(fetch) :], strict=True))
        return dict(zip(fetch, values[: len(fetch)], strict=True))

    def rows(self, name: str, rows: Sequence[int]) -> Array:
        """Rows of a weight, exactly the numbers that the graph computes with.

        Shapes: → [len(rows), out].
        """
        entry = find_tensor(self.manifest, name)
        ranges = row_ranges(self.manifest, entry, rows)
        chunks = [self.data[at : at + size] for at, size in ranges]
        return decode_rows(self.manifest, entry, rows, chunks)

    def columns(self, name: str, columns: Sequence[int]) -> Array:
        """Columns of a 2-D weight, each as a row.

        Shapes: → [len(columns), in].
        """
        entry = find_tensor(self.manifest, name)
        if entry.layout == "transposed":
            return self.rows(entry.source, columns)
        return np.ascontiguousarray(self.rows(name, range(entry.dims[0]))[:, list(columns)].T)
