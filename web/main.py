"""What PyScript runs: the package is in an archive beside this file (pyscript.json)."""

import os
import sys
from zipimport import zipimporter

# Imported as it is: unpacked, its files took longer than their imports. It lies deflated as one
# (export/parcel.py), but for a site that is watched.
ARCHIVE, INNER = "seethrough.zip", "package.zip"
try:
    packed = zipimporter(ARCHIVE).get_data(f"{ARCHIVE}/{INNER}")
except OSError:
    INNER = ARCHIVE
else:
    with open(INNER, "wb") as plain:  # noqa: PTH123 - pathlib is imported for nothing else
        plain.write(packed)
    os.remove(ARCHIVE)  # noqa: PTH107
    del packed
sys.path.append(INNER)

from seethrough.core import methods, package  # noqa: E402 - it was not there before

package.import_once()
methods.lend(methods.kept())

from seethrough.browser.main import start  # noqa: E402 - the methods are lent for its imports

await start()  # noqa: F704, PLE1142 - PyScript runs this file where await is allowed
