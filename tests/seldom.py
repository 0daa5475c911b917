"""Python's collector looks seldom at what a process of tests holds: a tenth of its time went there.

After the collection a process holds every test, module and table, and keeps them to its end. They
are set aside, so that no look goes through them again; what tests make is looked at as ever, a
fourteenth as often.
"""

from __future__ import annotations

import gc

# So many new objects, ten and ten times as many, bring a look at the young, the older and the old;
# Python's own are 700, 10 and 10.
LOOKS = (10_000, 10, 10)


def pytest_collection_finish() -> None:
    """Set aside what is there, before the first test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*LOOKS)
