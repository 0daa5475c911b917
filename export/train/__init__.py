"""Graphs that learn: a forward pass and a training step whose weights are an input."""
