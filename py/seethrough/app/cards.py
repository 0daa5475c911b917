"""What a build has, as told before it is fetched: models, recorded walks, parts of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ModelCard:
    """One model of this build, as told before its download.

    `mode_bytes`: about how much memory the page takes with it, by weight mode; a mode that would
    save nothing is not there.
    """

    id: str
    title: str
    download_bytes: int
    n_params: int
    n_layers: int
    licence: str
    origin: str
    has_chat: bool
    mode_bytes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class AbsentModel:
    """A known model that this build lacks, and the command that builds a site with it.

    `download_bytes` is None while nobody has measured it.
    """

    id: str
    title: str
    n_params: int
    n_layers: int
    licence: str
    origin: str
    command: str
    download_bytes: int | None = None


@dataclass(frozen=True)
class PartCard:
    """A further file of a recorded walk, as told before it is fetched."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class RecordingCard:
    """One recorded walk of this build, as told before it is fetched; `path` is the file's.

    `parts` are its further files by name (core/parts.py), fetched when a step needs one.
    """

    id: str
    model: str
    prompt: str
    chat: bool
    n_tokens: int
    size_bytes: int
    path: str = ""
    sha256: str = ""
    parts: Mapping[str, PartCard] = field(default_factory=dict)
