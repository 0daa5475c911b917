"""The prompts that are recorded with a known model in place of the usual ones (prompts.py).

Gemma's are of the languages that it was trained on. Most it goes on with well; "france" it does
not, and the walk shows how close the right word came.
"""

from __future__ import annotations

import json

GEMMA3 = json.dumps(
    [
        {"id": "months", "prompt": "January, February, March,"},
        {"id": "czech", "prompt": "Pondělí, úterý, středa,"},
        {"id": "french", "prompt": "Il était une fois"},
        {"id": "ukrainian", "prompt": "Понеділок, вівторок, середа,"},
        {"id": "chinese", "prompt": "星期一,星期二,星期三,"},
        {"id": "france", "prompt": "The capital of France is"},
    ],
    ensure_ascii=False,
)
