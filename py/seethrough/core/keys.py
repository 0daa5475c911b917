"""Which key does what: one table for the listener and for the list that a reader sees."""

from __future__ import annotations

# Action -> keys as KeyboardEvent.key has them; a letter works in either case.
KEYS = {
    "step-next": ("ArrowRight",),
    "step-back": ("ArrowLeft",),
    "jump": tuple("123456789"),
    "layer-back": ("u",),
    "layer-next": ("i",),
    "head-back": ("j",),
    "head-next": ("k",),
    "switch-second": ("b",),
    "play": (" ",),
    "next": ("n",),
    "generate": ("g",),
    "replay": ("r",),
    "toggle-theme": ("t",),
    "next-language": ("l",),
    "unfold": ("e",),
    "present": ("p",),
    "shortcuts": ("?", "h"),
    "skip-question": ("s",),
    "close-sum": ("Escape",),
}
SIGNS = {"ArrowRight": "\u2192", "ArrowLeft": "\u2190", " ": "\u2423"}


def action_of(key: str) -> str:
    """What a key does; empty where it does nothing."""
    wanted = key.lower() if len(key) == 1 else key
    return next((action for action, keys in KEYS.items() if wanted in keys), "")


def shown(key: str) -> str:
    """A key as it is written on a keyboard."""
    return SIGNS.get(key) or key.upper()
