"""Command line: `python -m export.atlas MODEL_FOLDER --out FOLDER` writes the map of a vocabulary.

Where each row of the embedding lies in a flat picture, which rows are nearest to it, and how much
of that the picture keeps, in the format of seethrough/core/atlas.py. The rows are the very numbers
that the graph uses.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save
from threadpoolctl import threadpool_limits

from export.asset_lists import asset, write_list, write_named
from export.atlas_rows import shown_rows
from export.command import exit_code, peak_memory
from export.layout import (
    LEAST_ROWS,
    N_SAMPLED,
    Principal,
    is_small,
    kept_neighbours,
    principal_places,
    spread_out,
)
from seethrough.core.assets import ATLAS
from seethrough.core.atlas import (
    EMBEDDING,
    FORMAT,
    N_NEIGHBOURS,
    NEAR,
    NEIGHBOURS,
    NOT_MEASURED,
    PCA,
    PLACES,
    UNEMBEDDING,
    map_name,
    pack_cosines,
    pack_places,
)
from seethrough.core.atlas_rows import ROWS as SHOWN_ROWS
from seethrough.core.manifest import from_json
from seethrough.core.near import lengths_of, nearest_of, nearest_of_each
from seethrough.core.recorded import METADATA_KEY
from seethrough.core.token_kinds import kind_of
from seethrough.core.tokenizer import Tokenizer
from seethrough.core.weights import decode_whole, find_tensor, whole_ranges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seethrough.core.cache import Array
    from seethrough.core.manifest import Manifest

N_AT_ONCE = 2
FINAL_WEIGHT, FINAL_BIAS = "ln_final.w", "ln_final.b"


@dataclass(frozen=True)
class Table:
    """A matrix, its rows float32 [d_vocab, d_model], and what is near what among them."""

    matrix: str
    rows: Array
    near: Near


@dataclass(frozen=True)
class Near:
    """The nearest rows of some tokens: ids, cosines [len(tokens), N_NEIGHBOURS]."""

    tokens: Array
    ids: Array
    cosines: Array


def rows_of(folder: Path, manifest: Manifest, matrix: str = EMBEDDING) -> Array:
    """The rows of the tokens in a matrix as float32 [d_vocab, d_model]."""
    whole = weight_of(folder, manifest, matrix)
    return whole if matrix == EMBEDDING else np.ascontiguousarray(whole.T)


def weight_of(folder: Path, manifest: Manifest, name: str) -> Array:
    """A whole weight as float32."""
    entry = find_tensor(manifest, name)
    data = b"".join((folder / shard.path).read_bytes() for shard in manifest.shards)
    chunks = [data[at : at + size] for at, size in whole_ranges(manifest, entry)]
    return decode_whole(entry, chunks)


def near_of(rows: Array) -> Near:
    """The neighbours of every row; of a sample, where all pairs are too many."""
    if is_small(rows):
        # Sorting takes one thread, products all: two pieces at once leave no processor idle.
        with threadpool_limits(1), ThreadPoolExecutor(N_AT_ONCE) as pool:
            return Near(np.arange(len(rows)), *nearest_of_each(rows, N_NEIGHBOURS, pool.map))
    chosen = np.sort(np.random.default_rng(0).choice(len(rows), N_SAMPLED, replace=False))
    return Near(chosen, *nearest_of(rows, chosen.tolist(), N_NEIGHBOURS))


def vocabulary_of(tokenizer: Tokenizer, n_tokens: int) -> dict[str, Array]:
    """Each token's bytes and kind."""
    raw = [tokenizer.token_bytes(at) if tokenizer.has(at) else None for at in range(n_tokens)]
    kinds = [kind_of(one, is_special=at in tokenizer.special_ids) for at, one in enumerate(raw)]
    text = b"".join(one or b"" for one in raw)
    return {
        "text": np.frombuffer(text, np.uint8),
        "lengths": np.array([len(one or b"") for one in raw], np.uint16),
        "kinds": np.array(kinds, np.uint8),
    }


def kept_of(places: Array, near: Near) -> Array:
    """How many neighbours a layout keeps, by token; NOT_MEASURED where nobody counted."""
    kept = np.full(len(places), NOT_MEASURED, np.uint8)
    kept[near.tokens] = kept_neighbours(places[:, :2], near.tokens, near.ids)
    return kept


def projection_of(
    folder: Path, manifest: Manifest, principal: Principal, matrix: str
) -> dict[str, Array]:
    """What takes a state into the picture; nothing where another matrix reads states out."""
    if not manifest.config.tie_word_embeddings and matrix == EMBEDDING:
        return {}
    names = {"final.w": FINAL_WEIGHT, "final.b": FINAL_BIAS}
    known = {entry.name for entry in manifest.tensors}
    final = {
        name: weight_of(folder, manifest, weight)
        for name, weight in names.items()
        if weight in known
    }
    mean, directions = (
        array.astype(np.float32) for array in (principal.mean, principal.directions)
    )
    return {"pca.mean": mean, "pca.directions": directions, **final}


def places_file(
    folder: Path, manifest: Manifest, vocabulary: Mapping[str, Array], table: Table
) -> tuple[bytes, str]:
    """The file "places", and a sentence on what the layouts keep."""
    rows, near, matrix = table.rows, table.near, table.matrix
    principal = principal_places(rows)
    layouts = {PCA: principal.places}
    if is_small(rows):
        layouts[NEAR] = spread_out(near.ids, near.cosines, principal.places[:, :2])
    arrays = {"norms": lengths_of(rows).astype(np.float32)}
    arrays |= projection_of(folder, manifest, principal, matrix)
    arrays |= vocabulary
    told, shares = {}, []
    for name, places in layouts.items():
        whole, low, step = pack_places(places)
        kept = kept_of(whole.astype(np.float64), near)
        arrays |= {f"places.{name}": whole, f"kept.{name}": kept}
        told[name] = {"low": low, "step": step}
        shares.append(f"{name} keeps {kept[near.tokens].mean() / N_NEIGHBOURS:.1%}")
    what = {
        "model": manifest.id,
        "matrix": matrix,
        "shard_sha256s": [shard.sha256 for shard in manifest.shards],
        "explained": principal.explained,
        "layouts": told,
    }
    return file_of(PLACES, what, arrays), ", ".join(shares)


def neighbours_file(near: Near) -> bytes:
    """The file "neighbours"."""
    high, low = pack_cosines(near.cosines)
    ids = near.ids.astype(np.uint16)
    return file_of(NEIGHBOURS, {}, {"ids": ids, "high": high, "low": low})


def file_of(name: str, told: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """One file: the same bytes for the same numbers."""
    text = json.dumps({"format": FORMAT, "name": name, **told}, separators=(",", ":"))
    whole = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
    data: bytes = save(whole, metadata={METADATA_KEY: text})
    return data


def write_atlas(folder: Path, out: Path) -> list[Path]:
    """Write a model's map, and the list of its files; of very few tokens there is none.

    Raises:
        SourceError: The folder holds no model.
        InputError: Its tokeniser cannot be read.
    """
    started = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    manifest = from_json((folder / "manifest.json").read_text("utf-8"))
    tokenizer = Tokenizer.from_json((folder / manifest.tokenizer.path).read_text("utf-8"))
    rows = rows_of(folder, manifest)
    if len(rows) < LEAST_ROWS:
        print(f"No map: {len(rows)} tokens are too few for one")
        return [write_list(out, [])]
    shown = file_of(SHOWN_ROWS, *shown_rows(folder, manifest, tokenizer, rows))
    files, told = {SHOWN_ROWS: shown}, []
    vocabulary = vocabulary_of(tokenizer, len(rows))
    is_tied = manifest.config.tie_word_embeddings
    for matrix in (EMBEDDING,) if is_tied else (EMBEDDING, UNEMBEDDING):
        print(f"Looking for the nearest of {len(rows)} tokens in {matrix}")
        rows = rows_of(folder, manifest, matrix)
        near = near_of(rows)
        print("Laying out the map")
        data, kept = places_file(folder, manifest, vocabulary, Table(matrix, rows, near))
        files = {map_name(PLACES, matrix): data, **files}
        if is_small(rows):
            files[map_name(NEIGHBOURS, matrix)] = neighbours_file(near)
        told.append(f"{matrix}: {kept}" if not is_tied else kept)
    assets = [
        asset(ATLAS, write_named(one, out, name), out, name=name) for name, one in files.items()
    ]
    write_list(out, assets)
    took = f"{time.perf_counter() - started:.0f} s{peak_memory()}"
    print(f"The map: {'; '.join(told)}; {sum(map(len, files.values())) / 1e6:.1f} MB, {took}")
    return [out / item.path for item in assets]


def main(arguments: list[str] | None = None) -> int:
    """Make one model's map; 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m export.atlas", description=__doc__)
    parser.add_argument("model", type=Path, help="a folder that `python -m export` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args(arguments)

    def make() -> None:
        write_atlas(options.model, options.out)

    return exit_code("map", make)


if __name__ == "__main__":
    sys.exit(main())
