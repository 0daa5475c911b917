"""The worker's products (web/product.js, run by Node) are those of the reader in Python."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from export.stages import node
from export.stages.paths import ROOT
from seethrough.core.manifest import to_json
from seethrough.core.weights import multiplied
from tests.fake_engine import CONFIG, tiny_model

if TYPE_CHECKING:
    from pathlib import Path

MODEL = tiny_model()
# Rows from within a block, to within another: W_O and W_in share a scale along the rows.
ROWS = {"first": 3, "end": 21}
SCRIPT = """
const [place, folder] = process.argv.slice(1);
const { readFileSync, writeFileSync } = await import("node:fs");
const { product } = await import(place);
const { manifest, asked } = JSON.parse(readFileSync(`${folder}/asked.json`, "utf8"));
const bytes = new Uint8Array(readFileSync(`${folder}/weights.bin`));
const read = async (offset, size) => bytes.slice(offset, offset + size);
const told = [];
for (const { name, vectors, rows } of asked) {
  const entry = manifest.tensors.find((one) => one.name === name);
  const data = Float32Array.from(vectors.flat());
  const given = { dims: [vectors.length, vectors[0].length], data };
  const made = await product(entry, given, rows, read);
  told.push({ dims: made.dims, data: [...made.data] });
}
writeFileSync(`${folder}/told.json`, JSON.stringify(told));
"""


def asked_of(name: str, *, is_by_row: bool) -> dict[str, object]:
    """Three vectors and a stretch of rows of a tensor."""
    wide = MODEL.arrays[name].shape[1] if is_by_row else ROWS["end"] - ROWS["first"]
    vectors = np.random.default_rng(3).standard_normal((3, wide)).astype(np.float32)
    return {"name": name, "vectors": vectors.tolist(), "rows": {**ROWS, "isByRow": is_by_row}}


@pytest.mark.parametrize("is_by_row", [True, False])
def test_the_script_multiplies_the_very_numbers(tmp_path: Path, *, is_by_row: bool) -> None:
    """In every layout of the weight file, from any row to any other: the same to the last bit."""
    matrices = [one.name for one in MODEL.manifest.tensors if len(one.dims) > 1 and not one.source]
    asked = [asked_of(name, is_by_row=is_by_row) for name in matrices]
    told = {"manifest": json.loads(to_json(MODEL.manifest)), "asked": asked}
    (tmp_path / "asked.json").write_text(json.dumps(told), "utf-8")
    (tmp_path / "weights.bin").write_bytes(MODEL.weight_file)
    place = (ROOT / "web" / "product.js").as_uri()
    command = [node.program("node"), "--input-type=module", "-e", SCRIPT, place, str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    made = json.loads((tmp_path / "told.json").read_text("utf-8"))

    assert CONFIG.d_model > ROWS["end"]
    for name, one, result in zip(matrices, asked, made, strict=True):
        rows = MODEL.arrays[name][ROWS["first"] : ROWS["end"]]
        vectors = np.array(one["vectors"], np.float32)
        expected = multiplied(rows, vectors, is_by_row=is_by_row)
        got = np.array(result["data"], np.float32).reshape(result["dims"])
        np.testing.assert_allclose(got, expected, rtol=0, atol=2e-7 * np.abs(expected).max())
