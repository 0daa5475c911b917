"""Training a small model: its weights as one vector, gradients, updates, data; numpy only."""
