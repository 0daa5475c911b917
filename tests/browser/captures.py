"""Arrays out of a page, by the door's `capture`."""

from __future__ import annotations

import base64

import numpy as np

NAMES_A_CALL = 88
# The page's side: one call's arrays as base64, because a list of numbers would be ten times that.
CAPTURE = """
async ([prompt, names, options]) => {
  const captured = await window.seethrough.capture(prompt, names, options);
  const read = (blob) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1] ?? "");
    reader.readAsDataURL(blob);
  });
  const told = {};
  for (const [name, { dims, data }] of Object.entries(captured)) {
    told[name] = { dims, data: await read(new Blob([data])) };
  }
  return told;
}
"""


def captured(tab, text, names, options):
    """The arrays of a prompt by name, some names at a time."""
    arrays = {}
    for start in range(0, len(names), NAMES_A_CALL):
        part = names[start : start + NAMES_A_CALL]
        for name, told in tab.page.evaluate(CAPTURE, [text, part, options]).items():
            flat = np.frombuffer(base64.b64decode(told["data"]), np.float32)
            arrays[name] = flat.reshape(told["dims"])
    return arrays
