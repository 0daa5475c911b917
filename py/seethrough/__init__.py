"""Seethrough: see a real language model think, number by number.

This package travels into the page (Pyodide) and runs in CPython too. It imports nothing here,
because start-up time is the reader's time. Imports point one way: core <- app <- view <- browser
(tests/test_layers.py holds the rule).
"""

__version__ = "0.1.0"
