"""The real distilgpt2 from the hub against what a public project recorded of it.

Run by `pytest -m online`; it fetches 353 MB once. The numbers are spelled out here, so that it
needs nothing but the hub.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from export.native import NativeModel
from export.package import write_package
from export.quantize import quantized
from export.sources import read_checkpoint
from export.stages.hub import place_of
from export.stages.models import KNOWN
from seethrough.core import hooks
from seethrough.core.hooks import hook_name
from seethrough.core.reference import forward
from seethrough.core.sampling import greedy, temper
from seethrough.core.tokenizer import Tokenizer

pytestmark = [pytest.mark.online, pytest.mark.network]

PROMPT = "January, February, March,"
IDS = [21339, 11, 3945, 11, 2805, 11]
BEST = {" April": (-39.301804, 0.882148), " May": (None, 0.025356), " June": (None, 0.022523)}
GREEDY = [3035, 11, 1737, 11, 2795, 11, 2901, 11, 2932, 11]
GREEDY += [2693, 11, 3267, 11, 3389, 11, 3426, 11, 3269, 11]
# ‖resid‖ of each token as the first three blocks are entered.
NORMS = [
    [10.478866, 5.951419, 5.550668, 5.260999, 5.229129, 5.069084],
    [272.566772, 44.075829, 45.552876, 43.208328, 43.917347, 43.130611],
    [1633.771362, 54.670612, 52.154411, 52.940731, 51.666195, 53.2332],
]
RECORDS = Path(__file__).parents[3] / "shared" / "reference" / "published-traces.json"


@pytest.fixture(scope="module")
def folder():
    """The checkpoint at its pinned revision, fetched once for all checkouts of this user."""
    known = KNOWN["distilgpt2"]
    place = place_of(known)
    command = [sys.executable, "-m", "export.hub", known.repo, known.revision, "--out", place]
    paths = {"PYTHONPATH": os.pathsep.join(["py", "."])}
    root = Path(__file__).parents[2]
    subprocess.run(command, check=True, cwd=root, env={**os.environ, **paths})
    return place


@pytest.fixture(scope="module")
def checkpoint(folder):
    """The real weights."""
    return read_checkpoint(folder, {})


def test_ids_and_text(checkpoint):
    """The prompt's ids are the recorded ones, and decode to the prompt."""
    tokenizer = Tokenizer.from_json(checkpoint.tokenizer)
    assert tokenizer.encode(PROMPT) == IDS
    assert tokenizer.decode(IDS) == PROMPT


def test_the_forward_pass(checkpoint):
    """Logits, probabilities and residual norms are the recorded ones, in numpy from the weights."""
    captured, _ = forward(checkpoint.config, checkpoint.weight, IDS)
    logits = captured[hooks.LOGITS][-1].astype(np.float64)
    probs = temper(logits, 1.0)
    tokenizer = Tokenizer.from_json(checkpoint.tokenizer)

    for text, (logit, prob) in BEST.items():
        (token,) = tokenizer.encode(text)
        assert probs[token] == pytest.approx(prob, abs=1e-5)
        assert logit is None or logits[token] == pytest.approx(logit, abs=1e-3)
    for layer, norms in enumerate(NORMS):
        stream = captured[hook_name(hooks.RESID_PRE, layer)]
        np.testing.assert_allclose(np.linalg.norm(stream, axis=1), norms, rtol=1e-4)


def test_the_export_goes_on_as_recorded(checkpoint, tmp_path):
    """In 8-bit blocks the graph's greedy continuation is the recorded one, in at most 90 MB."""
    manifest = write_package(quantized(checkpoint), tmp_path, model_id="d", title="distilgpt2")
    model = NativeModel(tmp_path)
    new, ids = list(IDS), []
    while len(ids) < len(GREEDY):
        ids.append(greedy(model.run(new, (hooks.LOGITS,))[hooks.LOGITS][-1]))
        new = ids[-1:]

    assert ids == GREEDY
    assert manifest.download_bytes <= 90_000_000


@pytest.mark.skipif(not RECORDS.is_file(), reason="the whole record is not at hand")
def test_the_whole_record(checkpoint):
    """Every recorded norm, the ten best tokens and the first numbers of the last stream."""
    told = json.loads(RECORDS.read_text(encoding="utf-8"))["distilgpt2-january-february-march"]
    captured, _ = forward(checkpoint.config, checkpoint.weight, IDS)
    probs = temper(captured[hooks.LOGITS][-1].astype(np.float64), 1.0)

    for row in told["top"]:
        assert probs[row["id"]] == pytest.approx(row["prob"], abs=1e-5)
    layers = range(checkpoint.config.n_layers)
    streams = [captured[hook_name(hooks.RESID_PRE, layer)] for layer in layers]
    norms = np.array([np.linalg.norm(stream, axis=1) for stream in streams])
    recorded = told["residual_norms_layer_by_token"][: len(norms)]
    np.testing.assert_allclose(norms, recorded, rtol=1e-4)
    first = told["final_hidden_first_16"]
    np.testing.assert_allclose(captured[hooks.FINAL_OUT][-1, : len(first)], first, atol=2e-3)
