"""The room of training: choose what is learned, watch a model learn it."""
