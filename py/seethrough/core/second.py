"""A second place that stands beside the first: another layer, head or token of the same run."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

MOST_DIGITS = 6
# What a part is called in an address; the parts always come in this order.
NAMES = {"layer": "layer", "head": "head", "pos": "position"}


@dataclass(frozen=True)
class Second:
    """What of the second place is chosen by itself; None: as in the first place."""

    layer: int | None = None
    head: int | None = None
    position: int | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, item.name) is not None for item in fields(self))

    def inside(self, n_layers: int, n_heads: int, n_tokens: int) -> Second:
        """The same without what a model of this size, over so many tokens, does not have."""
        ends = {"layer": n_layers, "head": n_heads, "position": n_tokens}
        beyond = {name: None for name, end in ends.items() if (getattr(self, name) or 0) >= end}
        return replace(self, **beyond)


def read_second(text: str) -> Second | None:
    """A second place as an address has it ("head:5", "layer:7,head:5"); None: it means nothing."""
    parts = dict(part.partition(":")[::2] for part in text.split(",", len(NAMES)))
    if not parts.keys() <= NAMES.keys() or len(parts) != text.count(",") + 1:
        return None
    if not all(is_number(value) for value in parts.values()):
        return None
    return Second(**{NAMES[name]: int(value) for name, value in parts.items()})


def is_number(text: str) -> bool:
    """Whether a text is a whole number in ASCII digits, not too long."""
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def written_second(second: Second) -> str:
    """The inverse of `read_second`."""
    told = {name: getattr(second, attribute) for name, attribute in NAMES.items()}
    return ",".join(f"{name}:{value}" for name, value in told.items() if value is not None)
