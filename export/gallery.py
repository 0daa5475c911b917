"""The prompt gallery: a row a card, chosen with SmolLM2-135M-Instruct by trying several.

What a card shows is told in the catalogue (`gallery.<id>.look`, `gallery.<id>.why`), and a test
holds each of those sentences to the recorded ids (tests/export/test_record_gallery.py).
"""

from __future__ import annotations

from export.prompts import Curated

# Each prompt was measured with this model alone: another one goes on otherwise.
MODEL = "smollm2-135m-instruct"
SEED = 1
# So many new tokens at most.
N_NEW = 36
CARDS = (
    Curated("capital", "The capital of France is"),
    Curated("who", "Who are you?", chat=True),
    Curated("who-plain", "Who are you?"),
    Curated("joke", "Tell me a joke.", chat=True),
    Curated("loop", "Tell me a joke about a dog.", chat=True),
    Curated("nonsense", "Once upon a time, there was a little girl named"),
    Curated(
        "letters", "How many times does the letter r appear in the word strawberry?", chat=True
    ),
    Curated("sum", "17 + 28 ="),
    Curated(
        "pangram", "Translate to French: The quick brown fox jumps over the lazy dog.", chat=True
    ),
    Curated("mars", "Who was the first person on Mars?", chat=True),
    Curated("sky-blue", "Is the sky blue?", chat=True),
    Curated("sky-green", "Is the sky green?", chat=True),
    Curated("pizza", "I love pizza 🍕"),
    Curated("amharic", "ሰላም"),
)
# Where a card opens at another temperature than 0.
OPENS_AT = {"nonsense": 5.0}
