"""Command line: `python -m export.self_check MODEL_FOLDER --out FOLDER` writes a model's check.

One short text through the numpy reference in float64, with the numbers of the exported weights: the
page holds what it computes to it at every start (seethrough/core/self_check.py). The graph has no
part in it.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save

from export.asset_lists import asset, write_list, write_named
from export.command import exit_code
from seethrough.core import hooks
from seethrough.core.assets import CHECK
from seethrough.core.hooks import hook_name
from seethrough.core.manifest import from_json
from seethrough.core.recorded import metadata_of
from seethrough.core.reference import forward
from seethrough.core.self_check import LOGIT_IDS, MOST, bound_of, distance
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.weights import decode_rows, decode_whole, find_tensor, row_ranges, whole_ranges

if TYPE_CHECKING:
    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest

PROMPT = "January, February, March,"
MOST_TOKENS = 8
N_LOGITS, N_LAYERS = 64, 6
ROWS, UNEMBEDDING = "W_E", "W_U"
TIED = "transposed"
# Up to so many parameters the weights are decoded once for both passes, and kept meanwhile.
MOST_KEPT = 300_000_000


class Checker:
    """Computes the check of one exported model."""

    def __init__(self, folder: Path) -> None:
        self.manifest: Manifest = from_json((folder / "manifest.json").read_text("utf-8"))
        text = (folder / self.manifest.tokenizer.path).read_text("utf-8")
        tokenizer = Tokenizer.from_json(text)
        ids = (*self.manifest.start_ids, *tokenizer.encode(PROMPT))
        self.ids = ids[: min(MOST_TOKENS, self.manifest.config.n_ctx)]
        self.prompt = PROMPT if self.ids == ids else tokenizer.decode(self.ids)
        self._kept: dict[str, Array] = {}
        self._data = b"".join((folder / shard.path).read_bytes() for shard in self.manifest.shards)

    @cached_property
    def logit_ids(self) -> Array:
        """The tokens whose logits are kept: drawn once, so the same for each build [n]."""
        n_vocab = self.manifest.config.d_vocab
        drawn = np.random.default_rng(0).choice(n_vocab, min(N_LOGITS, n_vocab), replace=False)
        return np.sort(drawn).astype(np.int32)

    @cached_property
    def layers(self) -> tuple[int, ...]:
        """The layers whose end is kept: the first, the last, some between."""
        last = self.manifest.config.n_layers - 1
        return tuple(sorted({round(at) for at in np.linspace(0, last, N_LAYERS)}))

    def expected(self, dtype: type) -> dict[str, Array]:
        """The numbers of the check, computed in a float type: each name's row."""
        n_pos, names = len(self.ids), [hook_name(hooks.RESID_POST, at) for at in self.layers]
        config = replace(self.manifest.config, d_vocab=len(self.logit_ids))
        last = [(config.n_layers, n_pos - 1)]
        # The weights below have the rows of these tokens alone, one behind the other.
        cache, _ = forward(config, self._weight, range(n_pos), unembed=last, dtype=dtype)
        return {name: cache[name][-1] for name in [*names, hooks.LOGITS]}

    def _weight(self, name: str) -> Array:
        if name in self._kept:
            return self._kept[name]
        weight = self._read(name)
        if self.manifest.n_params <= MOST_KEPT:
            self._kept[name] = weight
        return weight

    def _read(self, name: str) -> Array:
        """A weight as float32: of the tables of all tokens only what this text needs."""
        if name == ROWS:
            return self._rows(name, self.ids)
        if name != UNEMBEDDING:
            return self._whole(name)
        entry = find_tensor(self.manifest, name)
        if entry.layout == TIED:
            return self._rows(entry.source, self.logit_ids.tolist()).T
        return self._whole(name)[:, self.logit_ids]

    def _rows(self, name: str, rows: tuple[int, ...] | list[int]) -> Array:
        entry = find_tensor(self.manifest, name)
        ranges = row_ranges(self.manifest, entry, rows)
        return decode_rows(self.manifest, entry, rows, [self._cut(*one) for one in ranges])

    def _whole(self, name: str) -> Array:
        entry = find_tensor(self.manifest, name)
        return decode_whole(entry, [self._cut(*one) for one in whole_ranges(self.manifest, entry)])

    def _cut(self, at: int, size: int) -> bytes:
        return self._data[at : at + size]


def check_file(checker: Checker) -> bytes | None:
    """The file's bytes; None where float32 alone is so far off that a check would say nothing."""
    if not checker.ids:
        return None
    exact, rounded = checker.expected(np.float64), checker.expected(np.float32)
    scatter = max(distance(exact[name], rounded[name]) for name in exact)
    if not scatter <= MOST:
        return None
    bound = float(f"{bound_of(scatter):.2g}")  # the scatter's last digits are the machine's
    told = {"prompt": checker.prompt, "ids": list(checker.ids), "bound": bound}
    arrays = {name: row.astype(np.float32) for name, row in exact.items()}
    return save({**arrays, LOGIT_IDS: checker.logit_ids}, metadata_of(told))


def write_check(folder: Path, out: Path) -> list[Path]:
    """Write the check of an exported model, and the list of it; the list alone where it has none.

    Returns: The files that were written.
    """
    out.mkdir(parents=True, exist_ok=True)
    data = check_file(Checker(folder))
    files = [] if data is None else [write_named(data, out, CHECK)]
    write_list(out, [asset(CHECK, file, out) for file in files])
    return files


def main(arguments: list[str] | None = None) -> int:
    """Write one model's check; 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m export.self_check", description=__doc__)
    parser.add_argument("model", type=Path, help="a folder that `python -m export` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args(arguments)

    def write() -> None:
        size = sum(file.stat().st_size for file in write_check(options.model, options.out))
        print(f"The self-check: {size / 1e3:.0f} KB" if size else "No self-check")

    return exit_code("self-check", write)


if __name__ == "__main__":
    sys.exit(main())
