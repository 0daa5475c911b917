"""Hold a vocabulary to the `tokenizers` package over 100,000 texts, or as many as are asked for.

PYTHONPATH=py:. .venv/bin/python -m tests.many_texts gemma 100000
"""

from __future__ import annotations

import sys
import time

from tests.core.test_vocabularies import check_many
from tests.tokenizer_cases import N_TEXTS


def main() -> None:
    """Check them, and say how many there were."""
    name, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else N_TEXTS
    start = time.perf_counter()
    check_many(name, count)
    print(f"{name}: {count} texts are the oracle's, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
