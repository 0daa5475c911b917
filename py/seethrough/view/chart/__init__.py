"""The map of all tokens: its page, its picture, what is told beside it."""
