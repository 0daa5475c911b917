"""Writes tests/golden/parity-smollm2.json with transformers' values.

PYTHONPATH=py:. python tests/reference/make_goldens.py
"""

from __future__ import annotations

import json

from tests.built import default_gguf
from tests.parity import (
    GOLDEN,
    N_GREEDY,
    PROMPTS,
    default_manifest,
    golden_entry,
    golden_positions,
    parity_names,
    prompt_ids,
    top_probabilities,
)
from tests.reference.conftest import Oracles
from tests.reference.oracle import Transformers


def main() -> None:
    """Run every prompt in float64, and in float32 in five orders, and write the file."""
    oracles = Oracles(Transformers.from_gguf(default_gguf()))
    names = parity_names(default_manifest())
    entries = {}
    for prompt in PROMPTS.values():
        ids = prompt_ids(prompt)
        exact = oracles.exact(ids)
        top = top_probabilities(exact["logits"][-1])
        greedy, gaps = oracles.single.greedy(ids, N_GREEDY)
        assert greedy == oracles.double.greedy(ids, N_GREEDY)[0], prompt.name
        positions = golden_positions(prompt, len(ids))
        entries[prompt.name] = {
            "ids": ids,
            "top": [[token, round(prob, 10)] for token, prob in top.items()],
            "greedy": greedy,
            **golden_entry(exact, names, oracles.scatter(ids), positions),
        }
        print(f"{prompt.name}: {len(ids)} tokens, smallest lead {min(gaps):.1e}")
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")) + "\n"
    GOLDEN.write_text(text, encoding="utf-8", newline="\n")
    print(f"{GOLDEN.name}: {len(text)} characters")


if __name__ == "__main__":
    main()
