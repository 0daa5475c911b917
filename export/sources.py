"""Which reader reads a checkpoint: by what the path is, not by what it is called.

Eight lines give a cache of every hook, in numpy alone (PYTHONPATH=py:. in the checkout):

    from export.sources import read_checkpoint
    from export.start_ids import start_ids
    from seethrough.core.reference import forward
    from seethrough.core.tokenizer import Tokenizer
    checkpoint = read_checkpoint("path/to/checkpoint")
    tokens = Tokenizer.from_json(checkpoint.tokenizer).encode("Hello there")
    ids = (*start_ids(checkpoint.tokenizer), *tokens)  # Gemma and Llama begin with a mark
    cache, _ = forward(checkpoint.config, checkpoint.weight, ids)

Then `cache["blocks.0.attn.hook_pattern"]` is [head, query_pos, key_pos], `cache["logits"]` is
[pos, d_vocab].
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from export.gguf_source import MAGIC, read_gguf
from export.safetensors_source import read_hub_folder
from seethrough.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from export.checkpoint import Checkpoint


def read_checkpoint(path: str | Path, origin: Mapping[str, str] | None = None) -> Checkpoint:
    """Read a GGUF file, or a folder in the hub's layout.

    Args:
        origin: What is told of where it came from, with its licence.

    Raises:
        SourceError: There is nothing at the path, or neither of the two.
    """
    path, origin = Path(path), dict(origin or {})
    if path.is_dir():
        return read_hub_folder(path, origin)
    if not path.is_file():
        raise SourceError("source.no_path", path=str(path))
    with path.open("rb") as file:
        if file.read(4) == MAGIC:
            return read_gguf(path, origin)
    raise SourceError("source.not_gguf", path=path.name)
