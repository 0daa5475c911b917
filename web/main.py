"""What PyScript runs: the package is in an archive beside this file (pyscript.json)."""

import sys

# Imported as it is: unpacked, its files took longer than their imports.
sys.path.append("seethrough.zip")

from seethrough.core import methods, package

package.import_once()
methods.lend(methods.kept())

from seethrough.browser.main import start  # noqa: E402 - the methods are lent for its imports

await start()  # noqa: F704, PLE1142 - PyScript runs this file where await is allowed
