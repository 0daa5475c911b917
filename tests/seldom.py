"""Python's collector looks seldom at what a process of tests holds: a tenth of its time went there.

After the collection a process holds every test, module and table, and keeps them to its end. They
are set aside, so that no look goes through them again; what tests make is looked at as ever, a
fourteenth as often.
"""

from __future__ import annotations

import gc
import sys

# So many new objects, ten and ten times as many, bring a look at the young, the older and the old;
# Python's own are 700, 10 and 10.
LOOKS = (10_000, 10, 10)


def pytest_collection_finish() -> None:
    """Set aside what is there, before the first test.

    hypothesis, where it is imported later, asks the collector who holds trio's generator, and is
    told nothing of what was set aside: then nothing is.
    """
    gc.collect()
    if "hypothesis" in sys.modules:
        gc.freeze()
    gc.set_threshold(*LOOKS)
