"""What one exported model is: the contract between export/ and the page (manifest.json).

Every file is named by its content (the first 12 hex digits of its sha256), so a cached copy can
never be another version's. Sizes are bytes; offsets count from the start of the joined weight file.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from seethrough.core.assets import (
    GRAPH,
    TO_RUN,
    TOKENIZER,
    WEIGHTS,
    Asset,
    asset_of,
    of_kind,
    size_of,
)
from seethrough.core.config import ModelConfig
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = 2


@dataclass(frozen=True)
class TensorPart:
    """One stored array of a tensor: dtype "float32|float16|bfloat16|int8|int4", dims, place."""

    dtype: str
    dims: tuple[int, ...]
    offset: int
    size_bytes: int


@dataclass(frozen=True)
class TensorEntry:
    """One named weight and how its numbers are stored.

    Layouts:
        plain: `values` are the numbers.
        blocks: along `block_axis`, each `block_size` numbers share a `scale` and a `minimum`:
            w = scale · (values − zero_point) + minimum   (no `minimum` part: 0).
        transposed: the numbers of the tensor `source`, axes swapped (a tied unembedding).
    `rounded_from` is the dtype that the numbers had in the checkpoint, where the export rounded
    them to what is stored here; empty where they are the checkpoint's own.
    """

    name: str
    dims: tuple[int, ...]
    layout: str
    parts: dict[str, TensorPart]
    block_size: int = 0
    block_axis: int = 0
    zero_point: int = 0
    source: str = ""
    rounded_from: str = ""


@dataclass(frozen=True)
class Manifest:
    """Everything the page must know of a model before and after it has loaded it.

    `assets` are all its files (core/assets.py). `weight_file` is the name under which the graph
    looks for its external data, of which the assets of the kind "weights" are cuts. `chat` is the
    JSON of core.chat.ChatTemplate, or None with `chat_reason`, a sentence's key and fields.
    `start_ids` stand before plain text, as the model was trained (Llama's `<s>`); a chat template
    says for itself what it begins with. `end_ids` end a generation.
    """

    id: str
    title: str
    config: ModelConfig
    hooks: tuple[str, ...]
    assets: tuple[Asset, ...]
    weight_file: str
    weight_bytes: int
    tensors: tuple[TensorEntry, ...]
    end_ids: tuple[int, ...]
    n_params: int
    licence: str
    origin: dict[str, str]
    chat: dict[str, Any] | None = None
    chat_reason: Mapping[str, Any] = field(default_factory=dict)
    start_ids: tuple[int, ...] = ()
    format: int = FORMAT

    @property
    def graph(self) -> Asset:
        """The graph's file."""
        return self.of_kind(GRAPH)[0]

    @property
    def tokenizer(self) -> Asset:
        """The tokeniser's file."""
        return self.of_kind(TOKENIZER)[0]

    @property
    def shards(self) -> tuple[Asset, ...]:
        """The weight file's cuts, in order."""
        return self.of_kind(WEIGHTS)

    @property
    def download_bytes(self) -> int:
        """All bytes that a first load of this model fetches, the manifest left out."""
        return size_of(self.of_kind(*TO_RUN))

    @property
    def block_size(self) -> int:
        """How many numbers share a scale where the export rounded floats; 0: it did not."""
        sizes = {entry.block_size for entry in self.tensors if entry.rounded_from}
        return max(sizes, default=0)

    def of_kind(self, *kinds: str) -> tuple[Asset, ...]:
        """The assets of some kinds, in order."""
        return of_kind(self.assets, *kinds)

    def tensor(self, name: str) -> TensorEntry | None:
        """The entry of a weight, or None."""
        return next((entry for entry in self.tensors if entry.name == name), None)


def to_json(manifest: Manifest) -> str:
    """The manifest as the text of manifest.json."""
    told = {
        **asdict(manifest),
        "config": manifest.config.to_json(),
        "assets": [asset.row() for asset in manifest.assets],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def from_json(text: str) -> Manifest:
    """Read manifest.json.

    Raises:
        SourceError: The text is not a manifest, or of another format than this code's.
    """
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise SourceError("manifest.format", got=data["format"], expected=FORMAT)
        return _record(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError("manifest.unreadable", reason=str(error)[:200]) from error


def _record(data: Mapping[str, Any]) -> Manifest:
    nested = {
        "config": ModelConfig.from_json(data["config"]),
        "hooks": tuple(data["hooks"]),
        "assets": _assets(data["assets"]),
        "tensors": tuple(_tensor(entry) for entry in data["tensors"]),
        "end_ids": tuple(data["end_ids"]),
        "start_ids": tuple(data["start_ids"]),
    }
    return Manifest(**{**data, **nested})


def _assets(rows: Sequence[Mapping[str, Any]]) -> tuple[Asset, ...]:
    """The list of files; what every model has must be in it."""
    assets = tuple(map(asset_of, rows))
    if {len(of_kind(assets, kind)) for kind in (GRAPH, TOKENIZER)} != {1}:
        raise SourceError("manifest.unreadable", reason=f"{GRAPH}, {TOKENIZER}")
    return assets


def _tensor(data: Mapping[str, Any]) -> TensorEntry:
    parts = {
        role: TensorPart(**{**part, "dims": tuple(part["dims"])})
        for role, part in data["parts"].items()
    }
    return TensorEntry(**{**data, "dims": tuple(data["dims"]), "parts": parts})
