"""A reader without a mouse: only keys are pressed, and where the focus goes it can be seen."""

from __future__ import annotations

import time

import pytest

# What has the focus, where the wanted one lies from there, and whether a reader sees it.
LOOK = """(wanted) => {
  const at = document.activeElement;
  const all = [...document.querySelectorAll(wanted)].filter((one) => one.checkVisibility());
  if (all.includes(at)) wanted = "";
  const next = all[0];
  const order = next ? at.compareDocumentPosition(next) : 0;
  return { isThere: all.includes(at), isKnown: Boolean(next), isBehind: Boolean(order & 2) };
}"""
SEEN = """() => {
  const at = document.activeElement;
  const told = at.outerHTML.slice(0, 120);
  if (at === document.body || at === document.documentElement) return `the focus is nowhere`;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const hasRing = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  if (!hasRing && !at.matches("h1[tabindex='-1']")) return `no ring: ${told}`;
  const box = at.getBoundingClientRect();
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 1), innerHeight - 1);
  const above = document.elementFromPoint(x, y);
  const isOnTop = above && (at.contains(above) || above.contains(at));
  const isHigh = box.bottom > 0 && box.top < innerHeight;
  return isOnTop && isHigh && box.right > 0 && box.left < innerWidth ? "" : `hidden: ${told}`;
}"""
MOST_TABS = 160
FOCUSED = "document.activeElement"


class Keyboard:
    """A reader without a mouse."""

    def __init__(self, tab) -> None:
        self.tab = tab
        self.page = tab.page

    def press(self, *keys: str):
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def to(self, wanted):
        """Go on with Tab, or back with Shift and Tab, until what is wanted has the focus."""
        for _ in range(MOST_TABS):
            look = self.page.evaluate(LOOK, wanted)
            assert look["isKnown"], f"not on the page: {wanted}"
            if look["isThere"]:
                break
            self.press("Shift+Tab" if look["isBehind"] else "Tab")
        else:
            pytest.fail(f"{wanted} is not reached by Tab; now at {self.told()}")
        self.sees()

    def use(self, wanted, key="Enter"):
        """Go to something and press a key on it."""
        self.to(wanted)
        self.press(key)

    def until(self, expression, timeout_s=15):
        """Wait for something; where it never comes, say what has the focus."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if self.page.evaluate(expression):
                return
            time.sleep(0.03)
        pytest.fail(f"never true: {expression}; the focus: {self.told()}; {self.tab.errors}")

    def sees(self):
        """What has the focus is in sight, a control with a ring; some frames may pass till then."""
        end = time.monotonic() + 3
        while (said := self.page.evaluate(SEEN)) and time.monotonic() < end:
            time.sleep(0.03)
        assert not said

    def told(self):
        """The beginning of what has the focus."""
        return self.page.evaluate(f"{FOCUSED}.outerHTML.slice(0, 200)")

    def keeps(self, wanted):
        """The focus is (again) on this, in sight."""
        self.until(f"{FOCUSED}.matches({wanted!r})")
        self.sees()

    def until_step(self, step, subject="january"):
        """Wait until a step of the walk is there."""
        self.until(f"location.hash.startsWith('#/walk/{subject}/{step}')")
        self.until(f"document.querySelector('#step-{step}')?.innerText.length > 60")
