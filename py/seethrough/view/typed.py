"""What a reader typed, told from how the text box draws what stood in it.

A text can hold characters that no text box can: a carriage return becomes a line feed there, and
most controls are lost. They are drawn as signs (`view.node.drawn`), which must not become the text.
"""

from __future__ import annotations

from seethrough.view.node import drawn


def typed_text(text: str, typed: str) -> str:
    """The text after the reader changed it in its box, what they left being what it was.

    Args:
        text: What was written into the box.
        typed: What stands there now.
    """
    shown = [drawn(character) for character in text]
    head = _n_same(shown, typed)
    tail = _n_same(shown[head:][::-1], typed[head:][::-1])
    between = typed[head : len(typed) - tail]
    signs = {
        sign: character for sign, character in zip(shown, text, strict=True) if sign != character
    }
    meant = "".join(sign if sign in text else signs.get(sign, sign) for sign in between)
    return text[:head] + meant + text[len(text) - tail :]


def _n_same(shown: list[str], typed: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(shown, typed, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(shown), len(typed)))
