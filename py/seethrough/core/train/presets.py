"""What goes wrong in training: three plans, each of which shows one thing by running."""

from __future__ import annotations

from dataclasses import dataclass

from seethrough.core.train.course import OWN_TEXT

SENTENCE = "The moon is made of cheese. "
REPEATS = 60


@dataclass(frozen=True)
class Preset:
    """A plan of the room: what is learned, by how large a model, at which rate, with which seed."""

    data: str
    size: str
    rate: float
    text: str = ""
    seed: int = 0


# A rate that is too high; so few names that they are learned by heart; one document over and over.
PRESETS = {
    "fast": Preset("names", "100k", 1.0),
    "few": Preset("few", "100k", 3e-3),
    "same": Preset(OWN_TEXT, "25k", 3e-3, SENTENCE * REPEATS),
}
