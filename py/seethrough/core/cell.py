"""One number of the model by its name: a hook, and where in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A token's share of the whole vocabulary: softmax of `logits`. No hook of TransformerLens; ours.
PROBS = "probs"
WRITTEN = re.compile(r"([A-Za-z_][\w.]{0,60})\[(\d{1,7}(?:,\d{1,7}){0,2})\]")


@dataclass(frozen=True)
class Cell:
    """A cell of a hook, or of a weight: `blocks.3.attn.hook_pattern[2,5,4]`.

    `index` is along the hook's own axes (core/hooks.py), so for `hook_resid_mid` it is (position,
    dimension). `ln_final.*`, `logits` and `probs` have the position of the unembedded state first:
    `logits[5,3909]`.
    """

    name: str
    index: tuple[int, ...]

    def __str__(self) -> str:
        """How the page, links and exports write it; `parse_cell` reads it."""
        return f"{self.name}[{','.join(map(str, self.index))}]"


def parse_cell(written: str) -> Cell | None:
    """A cell as `str` writes it; None for anything else, which a link may well hold."""
    found = WRITTEN.fullmatch(written)
    if found is None:
        return None
    return Cell(found[1], tuple(int(part) for part in found[2].split(",")))
