"""Which reader reads a checkpoint: by what the path is, not by what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from export.gguf_source import MAGIC, read_gguf
from export.safetensors_source import read_hub_folder
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from export.checkpoint import Checkpoint


def read_checkpoint(path: Path, origin: dict[str, str]) -> Checkpoint:
    """Read a GGUF file, or a folder in the hub's layout.

    Raises:
        SourceError: There is nothing at the path, or neither of the two.
    """
    if path.is_dir():
        return read_hub_folder(path, origin)
    if not path.is_file():
        raise SourceError("source.no_path", path=str(path))
    with path.open("rb") as file:
        if file.read(4) == MAGIC:
            return read_gguf(path, origin)
    raise SourceError("source.not_gguf", path=path.name)
