"""A text that the tests' tiny model read, and a site that has it as a document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from export.record_documents import told_of
from seethrough.core.assets import DOCUMENT
from seethrough.core.distribution import distribution
from seethrough.core.manifest import from_json, to_json
from seethrough.core.train.documents import document_bytes
from seethrough.core.train.mistakes import foresee
from tests.fake_engine import FakeEngine, served, tiny_model, true_logits
from tests.recorded import placed, recorded, site_of

if TYPE_CHECKING:
    from seethrough.app.service import Service
    from seethrough.core.cache import Array
    from seethrough.core.recording import Recording
    from seethrough.core.tokens import NewToken

MODEL = tiny_model()
TEXT = "the thing and the other thing are in the sea"
IDS = tuple(MODEL.tokenizer.encode(TEXT))


def rows() -> list[Array]:
    """The scores of each guess, by the reference: [d_vocab] behind each token but the last."""
    return [true_logits(MODEL, IDS[: at + 1]) for at in range(len(IDS) - 1)]


def read() -> tuple[NewToken, ...]:
    """The guesses of that text."""
    return tuple(
        foresee(MODEL.tokenizer, row, target) for row, target in zip(rows(), IDS[1:], strict=True)
    )


def document(name: str = "poem") -> Recording:
    """The text as a document."""
    made = recorded(prompt=TEXT)
    more = {"positions": (), "layers": (), "arrays": {}, "continuation": (), "stop": ""}
    return replace(made, id=name, marked=None, without={}, read=read(), **more)


def stored(made: Recording) -> bytes:
    """A document as its file."""
    return document_bytes(made, [distribution(row.astype("float64")).logsumexp for row in rows()])


async def opened_with_documents(*names: str, engine: FakeEngine | None = None) -> Service:
    """A service of a site with a walk and some documents, its lists read."""
    site = site_of(recorded(), models=(MODEL,))
    place = next(path for path in site.files if path.endswith("manifest.json"))
    manifest, base = from_json(str(site.files[place])), place.removesuffix("manifest.json")
    found = [
        placed(
            site, base, DOCUMENT, f"recordings/documents/{made.id}", stored(made), **told_of(made)
        )
        for made in map(document, names)
    ]
    site.files[place] = to_json(replace(manifest, assets=(*manifest.assets, *found)))
    service = served(site, engine or FakeEngine(MODEL))
    await service.open()
    return service
