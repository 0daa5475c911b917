"""Records the prompt gallery: how the model goes on with each card's prompt at some temperatures.

No filter cuts anything; a draw's darts are those of the page (the seed, and the new token's place),
so that the page, run live with these settings, draws the same text.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from export.asset_lists import asset
from export.gallery import CARDS, MODEL, N_NEW, OPENS_AT, SEED
from seethrough.core import hooks, sampling
from seethrough.core.assets import SAMPLE
from seethrough.core.distribution import distribution
from seethrough.core.errors import SourceError
from seethrough.core.gallery import (
    ENDING,
    GALLERY_FOLDER,
    MOST_BYTES,
    TEMPERATURES,
    Sample,
    Told,
    sample_from_bytes,
    to_bytes,
)
from seethrough.core.recording import Recording
from seethrough.core.tokens import (
    CONTEXT,
    DRAWN,
    END,
    GREEDY,
    LIMIT,
    NewToken,
    candidates_and_entropy,
    texts,
    token_view,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from export.native import NativeModel
    from export.prompts import Curated
    from seethrough.core.assets import Asset
    from seethrough.core.cache import Array
    from seethrough.core.film import Film
    from seethrough.core.manifest import Manifest
    from seethrough.core.tokenizer import Tokenizer


class Records(Protocol):
    """What records prompts with a model (export.record.Recorder)."""

    model: NativeModel
    manifest: Manifest
    tokenizer: Tokenizer

    def ids(self, prompt: Curated) -> list[int]:
        """The whole input as the page would give it to the model."""
        ...

    def film(self, prompt: Curated) -> Film:
        """How the prompt becomes those ids."""
        ...


# Written by `python -m export.record_gallery FOLDER`, a folder of recordings.
DRAFTS = Path(__file__).parent / "gallery_drafts.json"
# So many of the first new tokens are told in the list, for the picture on the card.
N_FIRST = 10


def write_gallery(recorder: Records, out: Path, cards: Sequence[Curated] = CARDS) -> list[Asset]:
    """Record every card into a folder of its own below `out`; their rows of the list.

    Raises:
        SourceError: A card is too large.
    """
    (out / GALLERY_FOLDER).mkdir(parents=True, exist_ok=True)
    assets = []
    for place, card in enumerate(cards, 1):
        print(f"Recording card {place} of {len(cards)}: {card.id}")
        sample = sample_of(recorder, card)
        data = to_bytes(sample)
        if len(data) > MOST_BYTES:
            raise SourceError("recording.card_too_large", id=card.id, got=len(data))
        digest = hashlib.sha256(data).hexdigest()[:12]
        file = out / GALLERY_FOLDER / f"{place}-{card.id}-{digest}{ENDING}"
        file.write_bytes(data)
        assets.append(asset(SAMPLE, file, out, **told_of(sample)))
    return assets


def cards_for(model: str) -> Sequence[Curated]:
    """The gallery of a model; none of another one than it was chosen with."""
    return CARDS if model == MODEL else ()


def told_of(sample: Sample) -> dict[str, object]:
    """What the list tells of a card before it is fetched."""
    made, first = sample.prompt, sample.at(opens_at(sample.prompt.id))
    shown = [[new.visible, round(new.prob, 3)] for new in first.continuation[:N_FIRST]]
    return {
        "id": made.id,
        "prompt": made.prompt,
        "chat": made.chat,
        "n_tokens": len(made.tokens),
        "temperatures": list(sample.temperatures),
        "opens_at": first.temperature,
        "first": shown,
    }


def drafts_of(card: str) -> dict[float, list[int]]:
    """What was written by temperature when the card was last recorded; empty: never."""
    known: dict[str, dict[str, list[int]]] = json.loads(DRAFTS.read_text(encoding="utf-8"))
    return {float(temperature): ids for temperature, ids in known.get(card, {}).items()}


def write_drafts(folder: Path) -> None:
    """Keep what the cards of a folder of recordings say, so that they are recorded in less time."""
    files = sorted((folder / GALLERY_FOLDER).glob(f"*{ENDING}"))
    samples = [sample_from_bytes(file.read_bytes()) for file in files]
    told = {
        sample.prompt.id: {
            f"{one.temperature:g}": [step.id for step in one.steps] for one in sample.told
        }
        for sample in samples
    }
    rows = [f" {json.dumps(card)}: {json.dumps(ids)}" for card, ids in told.items()]
    DRAFTS.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def opens_at(card: str) -> float:
    """The temperature that a card is opened at."""
    return OPENS_AT.get(card, TEMPERATURES[0])


def sample_of(recorder: Records, card: Curated) -> Sample:
    """One card with all its temperatures."""
    manifest, ids = recorder.manifest, recorder.ids(card)
    drafts = drafts_of(card.id) if manifest.id == MODEL else {}  # ids are of one vocabulary
    told = tuple(tell(recorder, ids, one, drafts.get(one, ())) for one in TEMPERATURES)
    prompt = Recording(
        id=card.id,
        model=manifest.id,
        prompt=card.prompt,
        chat=card.chat,
        seed=SEED,
        graph_sha256=manifest.graph.sha256,
        shard_sha256s=tuple(file.sha256 for file in manifest.shards),
        tokens=tuple(token_view(recorder.tokenizer, token) for token in ids),
        positions=(),
        layers=(),
        top=told[0].steps[0].candidates,
        logsumexp=told[0].totals[0],
        continuation=(),
        stop="",
        film=recorder.film(card),
        arrays={},
    )
    return Sample(prompt, told)


def tell(
    recorder: Records, ids: Sequence[int], temperature: float, draft: Sequence[int] = ()
) -> Told:
    """How the model goes on with some ids at one temperature.

    Args:
        draft: What was written when the card was last recorded: one pass over all of it, in place
            of one a token. Each token is chosen anew by the logits; where another one is, the draft
            counts no more.
    """
    model, steps, totals, kept = recorder.model, list[NewToken](), list[float](), list[int]()
    tempered = list[float]()
    rows = foreseen(model, ids, draft)
    stop = ""
    while not stop:
        new = tuple(step.id for step in steps)
        is_foreseen = len(new) < len(rows) and new == tuple(draft[: len(new)])
        logits = rows[len(new)] if is_foreseen else logits_behind(model, (*ids, *new))
        step, n_kept = step_of(recorder, logits, temperature, (*ids, *new), len(steps))
        steps.append(step)
        kept.append(n_kept)
        exact = logits.astype(np.float64)
        totals.append(distribution(exact).logsumexp)
        if temperature:
            tempered.append(distribution(exact / temperature).logsumexp)
        stop = why(recorder, steps, len(ids))
    return Told(temperature, tuple(steps), stop, tuple(kept), tuple(totals), tuple(tempered))


def foreseen(model: NativeModel, ids: Sequence[int], draft: Sequence[int]) -> Array:
    """The logits behind the ids, and behind each token of the draft but the last.

    Shapes: [max(1, len(draft)), d_vocab].
    """
    text = (*ids, *draft[:-1])
    last = model.manifest.config.n_layers
    model.reset()
    wanted = [(last, at) for at in range(len(ids) - 1, len(text))]
    return model.run(text, unembed=wanted)[hooks.LOGITS]


def logits_behind(model: NativeModel, text: Sequence[int]) -> Array:
    """The logits behind a text; one more token where the model has read all before it."""
    new = text[model.n_past :] if model.n_past == len(text) - 1 else text
    if new is text:
        model.reset()
    return model.run(new, unembed=[(model.manifest.config.n_layers, len(new) - 1)])[hooks.LOGITS][
        -1
    ]


def why(recorder: Records, steps: Sequence[NewToken], n_given: int) -> str:
    """Why a text ends here; empty where it goes on."""
    if steps[-1].id in recorder.manifest.end_ids:
        return END
    if len(steps) == N_NEW:
        return LIMIT
    return CONTEXT if n_given + len(steps) > recorder.manifest.config.n_ctx else ""


def step_of(
    recorder: Records, logits: Array, temperature: float, text: Sequence[int], index: int
) -> tuple[NewToken, int]:
    """The next token, and how many tokens had any chance."""
    chosen, how, kept = sampling.greedy(logits), GREEDY, 1
    if temperature:
        drawn = sampling.draw(logits, seed=SEED, step=index, text=text, temperature=temperature)
        chosen, how = drawn.id, DRAWN
        kept = int(np.count_nonzero(sampling.temper(logits, temperature)))
    told = (*texts(recorder.tokenizer, chosen), *sampling.standing(logits, chosen))
    could, entropy = candidates_and_entropy(recorder.tokenizer, logits, chosen)
    prob = next(item.prob for item in could if item.id == chosen)
    return replace(NewToken(chosen, *told, could, entropy=entropy), prob=prob, how=how), kept


if __name__ == "__main__":
    write_drafts(Path(sys.argv[1]))
