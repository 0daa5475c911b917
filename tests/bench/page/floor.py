"""The floor of a start: numpy, and a word that it is here."""

import numpy as np  # noqa: F401 - its import is what is measured
from js import document, performance

performance.mark("seethrough.python-ready")
document.documentElement.dataset.boot = "ready"
