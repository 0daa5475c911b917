"""State, actions, the engine's protocol and the generation loop. Async allowed, no DOM."""
