"""Records documents: how likely the model thought each of their tokens, in one pass."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from export.asset_lists import asset
from export.documents import DOCUMENTS, OPENS_AT
from seethrough.core import hooks
from seethrough.core.assets import DOCUMENT
from seethrough.core.distribution import distribution
from seethrough.core.errors import SourceError
from seethrough.core.recording import Recording
from seethrough.core.tokens import token_view
from seethrough.core.train.documents import DOCUMENTS_FOLDER, MOST_BYTES, document_bytes
from seethrough.core.train.mistakes import foresee

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from export.prompts import Curated
    from export.record_gallery import Records
    from seethrough.core.assets import Asset


def write_documents(
    recorder: Records, out: Path, documents: Sequence[Curated] = DOCUMENTS
) -> list[Asset]:
    """Record every document into a folder of its own below `out`; their rows of the list.

    Raises:
        SourceError: A document is too large.
    """
    (out / DOCUMENTS_FOLDER).mkdir(parents=True, exist_ok=True)
    assets = []
    for place, document in enumerate(documents, 1):
        print(f"Reading document {place} of {len(documents)}: {document.id}")
        made, totals = read_document(recorder, document)
        data = document_bytes(made, totals)
        if len(data) > MOST_BYTES:
            raise SourceError("recording.card_too_large", id=document.id, got=len(data))
        digest = hashlib.sha256(data).hexdigest()[:12]
        file = out / DOCUMENTS_FOLDER / f"{place}-{document.id}-{digest}.json"
        file.write_bytes(data)
        assets.append(asset(DOCUMENT, file, out, **told_of(made)))
    return assets


def told_of(made: Recording) -> dict[str, object]:
    """What the list tells of a document before it is fetched."""
    texts = [token.text for token in made.tokens]
    opens = OPENS_AT.get(made.id)
    at = len(texts) - 1 - texts[::-1].index(opens) if opens in texts else len(texts) - 1
    told = {"id": made.id, "prompt": made.prompt, "chat": made.chat, "n_tokens": len(texts)}
    return {**told, "opens_at": at}


def read_document(recorder: Records, document: Curated) -> tuple[Recording, list[float]]:
    """One document with its guesses, and the logsumexp of all scores at each guess."""
    manifest, ids = recorder.manifest, recorder.ids(document)
    model, last = recorder.model, recorder.manifest.config.n_layers
    model.reset()
    rows = model.run(ids, unembed=[(last, at) for at in range(len(ids) - 1)])[hooks.LOGITS]
    read = tuple(
        foresee(recorder.tokenizer, row, target) for row, target in zip(rows, ids[1:], strict=True)
    )
    totals = [distribution(row.astype("float64")).logsumexp for row in rows]
    made = Recording(
        id=document.id,
        model=manifest.id,
        prompt=document.prompt,
        chat=document.chat,
        graph_sha256=manifest.graph.sha256,
        shard_sha256s=tuple(file.sha256 for file in manifest.shards),
        tokens=tuple(token_view(recorder.tokenizer, token) for token in ids),
        positions=(),
        layers=(),
        top=read[0].candidates,
        logsumexp=totals[0],
        continuation=(),
        stop="",
        film=recorder.film(document),
        arrays={},
        read=read,
    )
    return made, totals
