"""What PyScript runs: the package is already unpacked beside this file (pyscript.json)."""

from seethrough.browser.main import start

start()
