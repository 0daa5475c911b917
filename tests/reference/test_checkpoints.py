"""Which checkpoints are taken, with transformers' own probabilities, and which are refused."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from export.hub_llama import LLAMA_HF
from export.json_file import read_json
from export.names import by_source_name
from export.native import NativeModel
from export.package import write_package
from export.quantize import quantized
from export.sources import read_checkpoint
from seethrough.core.errors import SourceError
from seethrough.core.hooks import LOGITS
from tests.reference.checkpoint_cases import CASES, Case
from tests.reference.report import REPORT
from tests.tiny import IDS

if TYPE_CHECKING:
    from pathlib import Path

    from export.checkpoint import Checkpoint
    from seethrough.core.cache import Array

pytestmark = pytest.mark.reference
MOST = 1e-5


def probabilities(logits: Array) -> Array:
    """Softmax of each row in float64."""
    wide = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    shares: Array = wide / wide.sum(axis=-1, keepdims=True)
    return shares


def theirs(path: Path) -> Array:
    """Next-token probabilities at every position, by transformers' own reader and model."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    told: dict[str, Any] = {"dtype": torch.float32, "attn_implementation": "eager"}
    place = (path, {}) if path.is_dir() else (path.parent, {"gguf_file": path.name})
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        kind = getattr(transformers, class_of(path))
        model = kind.from_pretrained(place[0], **place[1], **told).eval()
        return probabilities(model(torch.tensor([IDS])).logits[0].numpy())


def class_of(path: Path) -> str:
    """The class that reads it: that of its type, or the one it names where it has no type."""
    settings = read_json(path / "config.json") if path.is_dir() else {"model_type": "llama"}
    return "AutoModelForCausalLM" if "model_type" in settings else settings["architectures"][0]


def ours(path: Path, out: Path) -> tuple[Array, Checkpoint]:
    """The same by the exported graph, and the checkpoint as it is shipped.

    Raises:
        SourceError: The checkpoint is refused.
    """
    shipped = quantized(read_checkpoint(path, {}))
    write_package(shipped, out, model_id="tiny", title="Tiny")
    logits = NativeModel(out, threads=1).run(list(IDS), [LOGITS])[LOGITS]
    return probabilities(logits), shipped


def with_weights_of(shipped: Checkpoint, path: Path) -> Path:
    """A Llama's folder with the shipped numbers in it, as float32."""
    stored = {"lm_head.weight": shipped.weight("W_U").T}
    for name, ours in by_source_name(LLAMA_HF, shipped.config).items():
        values = shipped.weight(ours)
        stored[f"model.{name}"] = values if values.ndim == 1 or ours == "W_E" else values.T
    del stored["model.lm_head.weight"]
    whole = {name: np.ascontiguousarray(values) for name, values in stored.items()}
    save_file(whole, path / "model.safetensors", metadata={"format": "pt"})
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_checkpoint_is_transformers_or_refused(case: Case, tmp_path: Path) -> None:
    """Taken: each probability within 1e-5 of transformers on the same weights; or its sentence."""
    path = case.write(tmp_path / "source")
    if case.refused:
        with pytest.raises(SourceError) as caught:
            ours(path, tmp_path / "out")
        assert caught.value.key == case.refused, caught.value
        REPORT.tell("checkpoint", case.name, "refused", str(caught.value))
        return
    got, shipped = ours(path, tmp_path / "out")
    expected, told = theirs(path), "taken"
    if any(stored.rounded_from for stored in shipped.tensors.values()):
        from_floats = np.abs(got - expected).max()
        told = f"taken, in blocks ({from_floats:.1e} from its floats)"
        assert from_floats < 0.1
        expected = theirs(with_weights_of(shipped, path))
    difference = np.abs(got - expected).max()
    REPORT.tell("checkpoint", case.name, told, f"{difference:.1e}")
    assert difference <= MOST
