"""Pure numpy: names, records, maths, tokens, sampling. No I/O, no async, no DOM."""
