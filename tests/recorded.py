"""Recordings of the tests' tiny model, made by the numpy reference, and a site that has them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save

from export.record import Curated, Walk, recording_of
from seethrough.core import hooks, recording, sampling
from seethrough.core.reference import forward, from_arrays
from seethrough.core.tokens import NewToken, candidates, texts, token_view
from tests.fake_engine import FakeEngine, FakeSite, TinyModel, served, tiny_model, true_logits

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.core.recording import Recording

PROMPT = "the thing and"
N_NEW = 3


def walk_of(model: TinyModel, prompt: str = PROMPT) -> Walk:
    """What the recorder would get of a prompt, from the reference forward pass."""
    tokenizer = model.tokenizer
    ids = tokenizer.encode(prompt)
    captured, _ = forward(model.config, from_arrays(model.arrays), ids)
    logits = captured[hooks.LOGITS][-1]
    best = np.argsort(-logits, kind="stable")[:10]
    exact = logits.astype(np.float64)
    total = exact.max() + np.log(np.exp(exact - exact.max()).sum())
    hooked = {
        **captured,
        hooks.TOP_IDS: best[None],
        hooks.TOP_VALUES: logits[None, best],
        hooks.LOGSUMEXP: np.array([total], np.float32),
    }
    tokens = tuple(token_view(tokenizer, i) for i in ids)
    return Walk(
        tokens, hooked, candidates(tokenizer, hooked), steps_of(model, ids), "max_new_tokens"
    )


def steps_of(model: TinyModel, ids: list[int]) -> tuple[NewToken, ...]:
    """The greedy continuation, each step computed from nothing."""
    steps: list[NewToken] = []
    for _ in range(N_NEW):
        logits = true_logits(model, [*ids, *(step.id for step in steps)])
        best = sampling.greedy(logits)
        steps.append(
            NewToken(best, *texts(model.tokenizer, best), *sampling.standing(logits, best))
        )
    return tuple(steps)


def recorded(
    model: TinyModel | None = None,
    *,
    name: str = "thing",
    prompt: str = PROMPT,
    positions: tuple[int, ...] = (3, 4),
    layers: tuple[int, ...] = (0,),
) -> Recording:
    """A recording that lacks a layer and the first positions."""
    model = model or tiny_model()
    walk = walk_of(model, prompt)
    return recording_of(Curated(name, prompt), walk, model.manifest, positions, layers)


def file_of(made: Recording, **changes: Any) -> bytes:  # noqa: ANN401 - fields of Recording
    """The bytes of a recording, some fields changed."""
    made = replace(made, **changes)
    arrays = {name: np.ascontiguousarray(array) for name, array in made.arrays.items()}
    data: bytes = save(arrays, metadata=recording.to_metadata(made))
    return data


def with_recordings(site: FakeSite, *made: Recording) -> FakeSite:
    """Put recordings on a site and into its list."""
    listing = json.loads(site.files["models.json"])
    for row in listing["models"]:
        row["id"] = row["path"].split("/")[1]
        row["recordings"] = []
        for item in made:
            if item.model != row["id"]:
                continue
            data, path = file_of(item), f"{row['path']}recordings/{item.id}.safetensors"
            site.files[path] = data
            told = {"id": item.id, "path": path, "prompt": item.prompt, "chat": item.chat}
            told |= {"n_tokens": len(item.tokens), "size_bytes": len(data)}
            row["recordings"].append(told | {"sha256": hashlib.sha256(data).hexdigest()})
    site.files["models.json"] = json.dumps(listing)
    return site


def site_of(*made: Recording, models: tuple[TinyModel, ...] = ()) -> FakeSite:
    """A site with models (the tiny one) and recordings."""
    return with_recordings(FakeSite(*models), *made)


async def opened_with(*made: Recording, models: tuple[TinyModel, ...] = ()) -> Service:
    """A service whose list of models and recordings is read."""
    service = served(site_of(*made, models=models), FakeEngine(*models))
    await service.open()
    return service
