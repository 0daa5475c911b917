"""A card of the prompt gallery of the tests' tiny model, and a site that has it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from export.record_gallery import told_of
from seethrough.core.assets import SAMPLE
from seethrough.core.distribution import distribution
from seethrough.core.gallery import Sample, Told, to_bytes
from seethrough.core.manifest import from_json, to_json
from seethrough.core.tokens import DRAWN, END, LIMIT
from tests.fake_engine import FakeEngine, served, tiny_model, true_logits
from tests.recorded import placed, recorded, site_of

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.core.recording import Recording
    from tests.fake_engine import TinyModel


def sample(made: Recording | None = None, *, name: str = "capital") -> Sample:
    """A recording's text as a card: greedy at 0, its tokens as if drawn at 1 and 5."""
    made = made or recorded()
    steps = made.continuation
    best = [new.candidates[0] for new in steps]
    totals = tuple(item.logit - math.log(item.prob) for item in best)
    drawn = tuple(replace(new, how=DRAWN) for new in steps)
    told = (
        Told(0.0, steps[:1], END, (1,), totals[:1]),
        Told(1.0, drawn[:2], LIMIT, (300, 300), totals[:2], totals_at(made, 2, 1.0)),
        Told(5.0, drawn, LIMIT, (300,) * len(drawn), totals, totals_at(made, len(drawn), 5.0)),
    )
    more = {"positions": (), "layers": (), "arrays": {}, "continuation": (), "stop": ""}
    prompt = replace(made, id=name, seed=1, marked=None, without={}, **more)
    return Sample(prompt, told)


def totals_at(made: Recording, n_steps: int, temperature: float) -> tuple[float, ...]:
    """The logsumexp of each step's logits at a temperature, by the reference."""
    written = [new.id for new in made.continuation]
    rows = [true_logits(tiny_model(), [*made.ids, *written[:at]]) for at in range(n_steps)]
    return tuple(distribution(row.astype(np.float64) / temperature).logsumexp for row in rows)


async def opened_with_gallery(
    *samples: Sample, walks: tuple[Recording, ...] = (), models: tuple[TinyModel, ...] = ()
) -> Service:
    """A service of a site with walks and a gallery, its lists read."""
    site = site_of(*walks, models=models)
    for place in [path for path in site.files if path.endswith("manifest.json")]:
        manifest, base = from_json(str(site.files[place])), place.removesuffix("manifest.json")
        found = []
        for one in samples:
            path = f"recordings/gallery/{one.prompt.id}.card"
            found.append(placed(site, base, SAMPLE, path, to_bytes(one), **told_of(one)))
        site.files[place] = to_json(replace(manifest, assets=(*manifest.assets, *found)))
    service = served(site, FakeEngine(*models))
    await service.open()
    return service
