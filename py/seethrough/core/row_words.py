"""What is shown of rows before anybody chose: which groups have an order, axes, sums of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Groups whose words have an order, and whether it comes back to its beginning.
ORDERS: Mapping[str, bool] = {"months": True, "days": True, "numbers": False}
FIRST_GROUP = "months"
# From a word to another, and the group that is spread between them.
AXES = (
    ("winter", "summer", "months"),
    ("one", "million", "numbers"),
    ("man", "woman", "names"),
    ("Europe", "Asia", "countries"),
)
# a − b + c. The last one fails: its answer, Rome, is not among the first ten.
SUMS = (
    ("king", "man", "woman"),
    ("Spanish", "Spain", "France"),
    ("went", "go", "run"),
    ("bigger", "big", "small"),
    ("Paris", "France", "Italy"),
)
N_TERMS = 3
