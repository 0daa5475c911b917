"""One training step in slow motion, from its text to the same text after it."""
