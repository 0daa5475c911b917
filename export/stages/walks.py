"""The prompts that are recorded with a known model, where the usual ones would not do.

Gemma's are of the languages that it was trained on. Most it goes on with well; "france" it does
not, and the walk shows how close the right word came.
"""

from __future__ import annotations

import json

GEMMA3 = json.dumps(
    [
        {"id": "january", "prompt": "January, February, March,"},
        {"id": "czech", "prompt": "Praha je hlavní město České"},
        {"id": "french", "prompt": "Il était une fois"},
        {"id": "ukrainian", "prompt": "Київ — столиця"},
        {"id": "chinese", "prompt": "北京是中国的"},
        {"id": "france", "prompt": "The capital of France is"},
    ],
    ensure_ascii=False,
)
