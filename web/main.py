"""What PyScript runs: the package is already unpacked beside this file (pyscript.json)."""

from seethrough.browser.main import start

await start()  # noqa: F704, PLE1142 - PyScript runs this file where await is allowed
