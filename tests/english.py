"""Numbers as an English page writes them, for tests that expect them there."""

from __future__ import annotations

from functools import partial

from seethrough.core.messages import FALLBACK
from seethrough.view import numbers
from seethrough.view.words import Reader

ENGLISH = Reader(FALLBACK)
cell = partial(numbers.cell, ENGLISH)
count = partial(numbers.count, ENGLISH)
duration = partial(numbers.duration, ENGLISH)
exact = partial(numbers.exact, ENGLISH)
limit = partial(numbers.limit, ENGLISH)
megabytes = partial(numbers.megabytes, ENGLISH)
millions = partial(numbers.millions, ENGLISH)
probability = partial(numbers.probability, ENGLISH)
readout = partial(numbers.readout, ENGLISH)
signed = partial(numbers.signed, ENGLISH)
