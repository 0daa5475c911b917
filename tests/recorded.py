"""Recordings of the tests' tiny model, made by the numpy reference, and a site that has them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save

from export.record import Curated, lens_tops, recording_of, words_of
from export.record_insides import inside_of, part_named
from export.record_parts import file_of_part, part_of
from export.recorded_walk import Walk
from seethrough.core import hooks, recording, sampling
from seethrough.core.assets import INSIDE, PART, RECORDING, Asset, asset_of
from seethrough.core.film import film_of
from seethrough.core.insides import (
    FINAL_WEIGHT,
    MEAN_ROW,
    READING_PART,
    UNEMBEDDING,
    inside_part,
    reading_ids,
)
from seethrough.core.manifest import from_json, to_json
from seethrough.core.parts import PARTS
from seethrough.core.reference import forward, from_arrays
from seethrough.core.tokens import (
    GREEDY,
    NewToken,
    candidates,
    candidates_and_entropy,
    texts,
    token_view,
)
from tests.fake_engine import FakeEngine, FakeSite, TinyModel, served, tiny_model, true_logits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.parts import Part
    from seethrough.core.recording import Recording

PROMPT = "the thing and"
N_NEW = 3


def walk_of(model: TinyModel, prompt: str = PROMPT) -> Walk:
    """What the recorder would get of a prompt, from the reference forward pass."""
    tokenizer = model.tokenizer
    ids = tokenizer.encode(prompt)
    captured, _ = forward(model.config, from_arrays(model.arrays), ids)
    last = {name: captured[name][-1:] for name in (*hooks.FINAL_LEAVES, hooks.LOGITS)}
    best = best_of(last[hooks.LOGITS], 10)
    lens = lens_of(model, ids)
    return Walk(
        tokens=tuple(token_view(tokenizer, i) for i in ids),
        captured={**captured, **last, **best},
        lens=lens,
        lens_tops=lens_tops(tokenizer, lens),
        unembedding=model.arrays[UNEMBEDDING][:, best[hooks.TOP_IDS][0]].T.copy(),
        words=words_of(tokenizer, last[hooks.LOGITS][0]),
        top=candidates(tokenizer, best),
        continuation=steps_of(model, ids),
        stop="max_new_tokens",
        film=film_of(tokenizer, prompt),
    )


def best_of(logits: Array, count: int) -> dict[str, Array]:
    """The top outputs of some states' logits, as the graph gives them.

    Shapes: logits [K, d_vocab] → [K, count] each, and [K].
    """
    ids = np.argsort(-logits, axis=1, kind="stable")[:, :count]
    exact = logits.astype(np.float64)
    most = exact.max(axis=1, keepdims=True)
    total = most[:, 0] + np.log(np.exp(exact - most).sum(axis=1))
    return {
        hooks.TOP_IDS: ids.astype(np.int32),
        hooks.TOP_VALUES: np.take_along_axis(logits, ids, axis=1),
        hooks.LOGSUMEXP: total.astype(np.float32),
    }


def lens_of(model: TinyModel, ids: Sequence[int]) -> dict[str, Array]:
    """The top outputs of the last position's residual states."""
    states = [(layer, len(ids) - 1) for layer in range(model.config.n_layers + 1)]
    captured, _ = forward(model.config, from_arrays(model.arrays), ids, unembed=states)
    return best_of(captured[hooks.LOGITS], 5)


def steps_of(model: TinyModel, ids: list[int]) -> tuple[NewToken, ...]:
    """The greedy continuation, each step computed from nothing."""
    steps: list[NewToken] = []
    for _ in range(N_NEW):
        logits = true_logits(model, [*ids, *(step.id for step in steps)])
        best = sampling.greedy(logits)
        told = (*texts(model.tokenizer, best), *sampling.standing(logits, best))
        could, entropy = candidates_and_entropy(model.tokenizer, logits, best)
        steps.append(NewToken(best, *told, could, entropy=entropy, how=GREEDY))
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


def parts(model: TinyModel | None = None, made: Recording | None = None) -> dict[str, Part]:
    """The parts of a recording, whole, by name."""
    model, made = model or tiny_model(), made or recorded(model)
    walk = walk_of(model, made.prompt)
    return {name: part_of(name, made, walk, model.config) for name in PARTS}


def insides(
    model: TinyModel | None = None,
    made: Recording | None = None,
    *,
    layers: Sequence[int] = (0, 1),
    n_kept: int = 99,
) -> dict[str, Part]:
    """The insides of some layers, of the last positions, and what scores are read by."""
    model, made = model or tiny_model(), made or recorded(model)
    captured, _ = forward(model.config, from_arrays(model.arrays), made.ids)
    found = {
        inside_part(layer): inside_of(layer, made, captured, model.config, n_kept)
        for layer in layers
    }
    weight = model.arrays[UNEMBEDDING]
    arrays = {
        hooks.FINAL_SCALE: captured[hooks.FINAL_SCALE],
        FINAL_WEIGHT: model.arrays[FINAL_WEIGHT],
        UNEMBEDDING: weight[:, list(reading_ids(made, model.config.d_model))].T.copy(),
        MEAN_ROW: weight.mean(axis=1, dtype=np.float64).astype(np.float32),
    }
    every = tuple(range(len(made.ids)))
    return {**found, READING_PART: part_named(READING_PART, made, every, arrays)}


def file_of(made: Recording, **changes: Any) -> bytes:  # noqa: ANN401 - fields of Recording
    """The bytes of a recording, some fields changed."""
    made = replace(made, **changes)
    arrays = {name: np.ascontiguousarray(array) for name, array in made.arrays.items()}
    data: bytes = save(arrays, metadata=recording.to_metadata(made))
    return data


def with_recordings(
    site: FakeSite,
    *made: Recording,
    parted: Mapping[str, Mapping[str, Part]] | None = None,
) -> FakeSite:
    """Put recordings on a site and into their models' lists, some with parts: by id, by name."""
    for place in [path for path in site.files if path.endswith("manifest.json")]:
        manifest, base = from_json(str(site.files[place])), place.removesuffix("manifest.json")
        found: list[Asset] = []
        for item in (one for one in made if one.model == manifest.id):
            told = {"id": item.id, "prompt": item.prompt, "chat": item.chat}
            told["n_tokens"] = len(item.tokens)
            path = f"recordings/{item.id}.safetensors"
            found.append(placed(site, base, RECORDING, path, file_of(item), **told))
            of_all = parted or {}
            of_one = of_all.get(f"{item.model}.{item.id}", of_all.get(item.id, {}))
            for name, part in of_one.items():
                kind, folder = (PART, "parts") if name in PARTS else (INSIDE, "insides")
                path, told = f"recordings/{folder}/{item.id}-{name}", {"name": name}
                data = file_of_part(part)
                found.append(placed(site, base, kind, path, data, recording=item.id, **told))
        site.files[place] = to_json(replace(manifest, assets=(*manifest.assets, *found)))
    return site


def placed(site: FakeSite, base: str, kind: str, path: str, data: bytes, **told: object) -> Asset:
    """Put a file on the site; its row in the list."""
    site.files[base + path] = data
    return Asset(kind, path, len(data), hashlib.sha256(data).hexdigest(), told)


def retold(site: FakeSite, kind: str, **told: object) -> None:
    """Change what the first manifest of a site tells of its first asset of a kind."""
    place = next(path for path in site.files if path.endswith("manifest.json"))
    manifest = from_json(str(site.files[place]))
    first = manifest.of_kind(kind)[0]
    other = asset_of(first.row() | told)
    assets = tuple(other if asset is first else asset for asset in manifest.assets)
    site.files[place] = to_json(replace(manifest, assets=assets))


def site_of(
    *made: Recording,
    models: tuple[TinyModel, ...] = (),
    parted: Mapping[str, Mapping[str, Part]] | None = None,
) -> FakeSite:
    """A site with models (the tiny one) and recordings."""
    return with_recordings(FakeSite(*models), *made, parted=parted)


async def opened_with(*made: Recording, models: tuple[TinyModel, ...] = ()) -> Service:
    """A service whose list of models and recordings is read."""
    service = served(site_of(*made, models=models), FakeEngine(*models))
    await service.open()
    return service
