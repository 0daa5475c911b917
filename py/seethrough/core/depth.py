"""How much of a step is told: its idea, its numbers, or its numbers and the code that made them."""

from __future__ import annotations

IDEA, NUMBERS, CODE = DEPTHS = ("idea", "numbers", "code")
# What who comes for the first time sees.
FIRST = IDEA
