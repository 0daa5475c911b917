"""Pure functions from state to markup or pixels. No DOM: the same code runs in CPython."""
