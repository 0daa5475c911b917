"""A page and all that it did: opened, asked, waited for."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

if TYPE_CHECKING:
    from tests.browser.server import Server

PATIENCE_S = float(os.environ.get("SEETHROUGH_PATIENCE_S", "180"))
# How long what is waited for is looked at often.
SOON_S = 2
# Keeps hold of every worker, so that a test can kill one as a browser short of memory would.
KEEP_WORKERS = """
window.workers = [];
window.Worker = class extends Worker {
  constructor(...args) { super(...args); window.workers.push(this); }
};
"""
# Who was here before, chose the numbers and wants no questions; what a test chooses stays.
SEES_NUMBERS = """
try {
  const kept = `seethrough:${new URL("./", location.href).pathname}:`;
  for (const [name, wish] of [["depth", "numbers"], ["questions", "off"]])
    if (localStorage.getItem(kept + name) === null) localStorage.setItem(kept + name, wish);
} catch {
  // storage is forbidden here
}
"""
# Notes that the Run button was disabled, however short.
WATCH_RUN = """() => {
  const button = document.querySelector("[name=run]");
  window.hasBegun = false;
  const look = () => { window.hasBegun ||= button.disabled; };
  new MutationObserver(look).observe(button, { attributeFilter: ["disabled"] });
}"""


@dataclass
class Tab:
    """One page and all that it did."""

    page: object
    server: Server
    errors: list = field(default_factory=list)
    strangers: list = field(default_factory=list)
    visits: int = 0

    def watch(self):
        """Note console errors, requests to other origins, and each time a document is opened."""
        own = f"http://127.0.0.1:{self.server.server_port}/"
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._count_visit)
        self.page.context.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((own, "blob:", "data:"))
                else self.strangers.append(request.url)
            ),
        )

    def _count_visit(self, request):
        self.visits += request.is_navigation_request()

    def open(self, path="#/all/own", host="127.0.0.1"):
        """Go to the site and wait until Python is up or the start failed."""
        url = self.server.url.replace("127.0.0.1", host) + path
        self.page.goto(url, timeout=PATIENCE_S * 1000)
        self.wait_for_start()

    def reload(self):
        """Load the page again and wait for the start."""
        self.page.reload(timeout=PATIENCE_S * 1000)
        self.wait_for_start()

    def wait_for_start(self):
        """Wait for "ready" or "failed"."""
        self.until("['ready', 'failed'].includes(document.documentElement.dataset.boot)")

    def until(self, expression, timeout_s=PATIENCE_S):
        """Poll from outside: under the page's policy nothing can be evaluated inside it.

        The expression is no promise: one that a navigation ends may never be answered.
        """
        begun = time.monotonic()
        while (waited := time.monotonic() - begun) < timeout_s:
            try:
                if self.page.evaluate(expression):
                    return
            except Error as error:
                if "navigation" not in str(error):
                    raise
            time.sleep(0.1 if waited < SOON_S else 0.3)  # each look takes processor time
        seen = self.page.evaluate("document.querySelector('main').innerText")[:2000]
        pytest.fail(f"never true: {expression}\nThe page says:\n{seen}\n{self.errors}")

    def ask(self, call):
        """What `await seethrough.…` gives; {key, message} where it is refused."""
        self.start_asking(call)
        self.until("window.answered !== undefined")
        return self.page.evaluate("window.answered")

    def start_asking(self, call):
        """Ask without waiting; the answer will be in window.answered."""
        self.page.evaluate(
            """(call) => {
              window.answered = undefined;
              const plain = (_name, value) =>
                value instanceof Float32Array ? Array.from(value) : value;
              const settle = (value) => { window.answered = value ?? null; };
              const asked = (0, eval)(call);
              asked.then(
                (value) => settle(JSON.parse(JSON.stringify(value ?? null, plain))),
                (error) => settle({
                  key: error.key, message: error.message, isError: error instanceof Error,
                }),
              );
            }""",
            call,
        )

    def text(self, selector):
        """The text that a reader sees."""
        return self.page.evaluate("(s) => document.querySelector(s)?.innerText ?? ''", selector)

    def run(self, prompt):
        """Type a prompt, press Run, wait for the result."""
        self.page.fill("#prompt", prompt)
        self.until("!document.querySelector('[name=run]').disabled")
        self.page.evaluate(WATCH_RUN)  # a short run is over before anyone could look
        self.page.click("[name=run]")
        self.until("window.hasBegun && !document.querySelector('[name=run]').disabled")
