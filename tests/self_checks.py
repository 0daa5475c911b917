"""The tiny model with a self-check, made as the build makes one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save

from seethrough.core.assets import CHECK, Asset
from seethrough.core.hooks import LOGITS
from seethrough.core.recorded import metadata_of
from seethrough.core.reference import forward, from_arrays
from seethrough.core.self_check import LOGIT_IDS
from tests.fake_engine import FakeEngine, FakeSite, TinyModel, served, tiny_model

if TYPE_CHECKING:
    from seethrough.app.service import Service

PROMPT, BOUND = "the thing and", 1e-5
HOOKS = ("blocks.0.hook_resid_post", "blocks.1.hook_resid_post")


def check_bytes(model: TinyModel, *, off: float = 0.0) -> bytes:
    """The file of a model's check; each number of the last hook is `off` too much."""
    ids = model.tokenizer.encode(PROMPT)
    words = np.array([0, 7, 299], np.int32)
    cache, _ = forward(model.config, from_arrays(model.arrays), ids, dtype=np.float64)
    rows = {name: cache[name][-1] for name in HOOKS}
    rows[HOOKS[-1]] = rows[HOOKS[-1]] + off
    rows[LOGITS] = cache[LOGITS][-1][words]
    arrays = {name: row.astype(np.float32) for name, row in rows.items()}
    told = {"prompt": PROMPT, "ids": list(ids), "bound": BOUND}
    return save({**arrays, LOGIT_IDS: words}, metadata_of(told))


def checked_service(*, off: float = 0.0, is_altered: bool = False) -> Service:
    """A page, its list not read yet, whose model brings a check; the file may be another one."""
    plain = tiny_model()
    data = check_bytes(plain, off=off)
    file = Asset(CHECK, "check/check.safetensors", len(data), hashlib.sha256(data).hexdigest())
    model = replace(plain, manifest=replace(plain.manifest, assets=(*plain.manifest.assets, file)))
    site = FakeSite(model)
    site.files[f"models/{model.manifest.id}/{file.path}"] = data + b" " * is_altered
    return served(site, FakeEngine(model))
