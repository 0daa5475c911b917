"""One training step in slow motion: text, guess, loss, error, the way back, the update, after it."""
