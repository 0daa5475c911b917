"""A made-up fidelity report, and the tiny model's page that brings one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from seethrough.core.assets import FIDELITY, Asset
from seethrough.core.fidelity import (
    BLOCKS,
    FLOATS,
    YARDSTICK,
    Divergence,
    Fidelity,
    HookError,
    Measure,
    Passage,
    TensorError,
    Texts,
    to_json,
)
from seethrough.core.hooks import EMBED, LOGITS, PATTERN
from seethrough.core.modes import MODES
from tests.fake_engine import FakeEngine, FakeSite, served, tiny_model

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.core.manifest import Manifest

PASSAGE = Passage("en-1", "en", "the thing and <b>more</b>", chat=False)
MESSAGE = Passage("chat-2", "chat", "the other", chat=True)


def measure(name: str, scale: float, *, n_same: int = 39) -> Measure:
    """One way to compute whose errors are so large."""
    kl = Divergence(scale**2, 4 * scale**2, 9 * scale**2)
    message = Divergence(scale**2, 4 * scale**2, 8 * scale**2)
    return Measure(
        name,
        n_same,
        3 * scale,
        kl,
        (
            Texts("en", 30, n_same - 10, kl, PASSAGE.id, 2),
            Texts("chat", 10, 10, message, MESSAGE.id, 1),
        ),
        (
            HookError(EMBED, 0.0, 0.0, None, PASSAGE.id, 0, ()),
            HookError(PATTERN, scale, 5 * scale, 1, PASSAGE.id, 2, (2 * scale, 5 * scale)),
            HookError(LOGITS, scale, 7 * scale, None, MESSAGE.id, 1, ()),
        ),
    )


def report_of(manifest: Manifest, *, is_rounded: bool = False) -> Fidelity:
    """A report of a model; `is_rounded`: its weights are not the source's."""
    errors = (TensorError("blocks.0.attn.W_Q", 0.002, 0.004),) if is_rounded else ()
    scale = 1e-2 if is_rounded else 1e-6
    return Fidelity(
        model=manifest.id,
        graph_sha256=manifest.graph.sha256,
        shard_sha256s=tuple(shard.sha256 for shard in manifest.shards),
        passages_sha256="0" * 64,
        source=FLOATS if is_rounded else BLOCKS,
        runtime="onnxruntime 1.0",
        n_passages=2,
        n_positions=40,
        n_tensors=20,
        n_numbers=12_345,
        tensors=errors,
        passages=(PASSAGE, MESSAGE),
        measures=(
            *(measure(mode, scale, n_same=40 - at) for at, mode in enumerate(MODES)),
            measure(YARDSTICK, 2e-6, n_same=40),
        ),
    )


def proving_service(data: bytes | None = None, *, is_altered: bool = False) -> Service:
    """A page, its list not read yet, whose model brings a report; the file may be another one."""
    plain = tiny_model()
    data = to_json(report_of(plain.manifest)).encode() if data is None else data
    path, sha256 = "fidelity/fidelity.json", hashlib.sha256(data).hexdigest()
    file = Asset(FIDELITY, path, len(data), sha256)
    model = replace(plain, manifest=replace(plain.manifest, assets=(*plain.manifest.assets, file)))
    site = FakeSite(model)
    site.files[f"models/{model.manifest.id}/{path}"] = data + b" " * is_altered
    return served(site, FakeEngine(model))
