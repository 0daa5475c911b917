"""From checkpoints to hook-exposed graphs, and from sources to dist/. CPython only."""
