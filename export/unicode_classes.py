r"""Which characters the oracle's regex engine calls letters, numbers and spaces, as range tables.

Run `python -m export.unicode_classes` to write `core/unicode_classes.json` again; it asks the
`tokenizers` package about every code point, because `re` has no \p{L} and the version of
Unicode differs between Pythons and between the two engines inside `tokenizers` itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import seethrough

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

TABLE = Path(seethrough.__file__).parent / "core" / "unicode_classes.json"
BATCH = 8192
SURROGATES = range(0xD800, 0xE000)


def characters() -> Iterator[str]:
    """Every character that a well-formed text can hold, in order."""
    return (chr(code) for code in range(0x110000) if code not in SURROGATES)


def ranges(found: Iterable[str]) -> list[int]:
    """First and last code points of the runs in an ascending row of characters, flat."""
    flat: list[int] = []
    for code in map(ord, found):
        if flat and flat[-1] == code - 1:
            flat[-1] = code
        else:
            flat += [code, code]
    return flat


def probe() -> dict[str, list[int]]:
    """Ranges by class: `letter`, `number` and `space` of ByteLevel's regex, `digit` of Digits."""
    from tokenizers import pre_tokenizers  # noqa: PLC0415 (only this script needs it)

    split = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    letter, number, other = (_whole(split, f"{side}{{}}{side}\n") for side in "a1!")
    digit = _whole(pre_tokenizers.Digits(individual_digits=True).pre_tokenize_str, "{}\n")
    space = set(characters()) - letter - number - other
    classes = {"letter": letter, "number": number, "space": space, "digit": digit}
    return {name: ranges(sorted(found)) for name, found in classes.items()}


def _whole(split: Callable[[str], list[tuple[str, tuple[int, int]]]], frame: str) -> set[str]:
    """The characters that a splitter leaves in one piece when they stand in `frame`."""
    width = len(frame.format("x"))
    whole: set[str] = set()
    everything = list(characters())
    for start in range(0, len(everything), BATCH):
        batch = everything[start : start + BATCH]
        spans = {span for _, span in split("".join(map(frame.format, batch)))}
        length = len(frame.format("x").rstrip("\n"))
        whole |= {c for at, c in enumerate(batch) if (width * at, width * at + length) in spans}
    return whole


def main() -> None:
    """Write the table."""
    lines = [
        f'"{name}":{json.dumps(flat, separators=(",", ":"))}' for name, flat in probe().items()
    ]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
