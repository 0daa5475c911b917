"""What PyScript runs: the package is already unpacked beside this file (pyscript.json)."""

from seethrough.core import methods

methods.lend(methods.kept())

from seethrough.browser.main import start  # noqa: E402 - the methods are lent for its imports

await start()  # noqa: F704, PLE1142 - PyScript runs this file where await is allowed
