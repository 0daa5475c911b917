"""The room "Generation": a text as it grows, and one token's way through the whole model."""
