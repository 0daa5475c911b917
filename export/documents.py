"""The documents that a model reads in the room of training: a text, a poem, a page of code.

The text and the code were written for this. The poem is "Who Has Seen the Wind?" by Christina
Rossetti, from "Sing-Song" (1872), which is in the public domain.
"""

from __future__ import annotations

from export.gallery import MODEL
from export.prompts import Curated

STORY = (
    "Anna lost her key in the snow. She looked under the bench, behind the bin and along the"
    " whole path. Then her dog sneezed, and the key fell out of his fur. Anna laughed. She put"
    " the key in her pocket and walked home with her dog."
)
POEM = """Who has seen the wind?
Neither I nor you:
But when the leaves hang trembling,
The wind is passing through.

Who has seen the wind?
Neither you nor I:
But when the trees bow down their heads,
The wind is passing by."""
CODE = """def count_vowels(word):
    count = 0
    for letter in word:
        if letter in "aeiou":
            count += 1
    return count


print(count_vowels("banana"))
"""
DOCUMENTS = (Curated("story", STORY), Curated("poem", POEM), Curated("page", CODE))
# The token that a document opens at: the last of its tokens with this text.
OPENS_AT = {"story": " fur", "poem": " by", "page": "ban"}


def documents_for(model: str) -> tuple[Curated, ...]:
    """The documents that are recorded with a model: with the default one alone."""
    return DOCUMENTS if model == MODEL else ()
