"""What went wrong, read from a program's own words, and what a person can do about it."""

from __future__ import annotations

import re

FULL = re.compile(r"No space left on device|ENOSPC|not enough space on the disk")
CHANGED = re.compile(r"DO NOT MATCH THE HASHES|EINTEGRITY")
UNREACHABLE = re.compile(
    r"NewConnectionError|Connection refused|Connection reset|ConnectTimeout|ReadTimeout"
    r"|Read timed out|Name or service not known|Temporary failure in name resolution"
    r"|Max retries exceeded|ProxyError|SSLError|Connection broken|from versions: none"
    r"|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT"
)
ABSENT = re.compile(
    r"No matching distribution found|Could not find a version|ETARGET|npm (?:error|ERR!) 404"
)

# The first match wins, so the surest signs come first.
SENTENCES = {
    FULL: """The disk is full. Make room (python3 build.py clean removes what was built), then run
        this again.""",
    CHANGED: """A file is not the one that was pinned, so it was not used. Run this again; if it
        stays so, the mirror in use serves a changed file: use another.""",
    UNREACHABLE: """The package registry cannot be reached. Check the connection, and the proxy or
        mirror that pip and npm are set to use, then run this again; what has arrived is kept.""",
    ABSENT: """The package registry in use does not have it (for this Python and this machine).
        Check the mirror that pip and npm are set to use, then run this again.""",
}


def sign_of(said: str) -> re.Pattern[str] | None:
    """The sign that a program's words show; None when they show none of those we know."""
    return next((sign for sign in SENTENCES if sign.search(said)), None)


def known_cause(said: str) -> str | None:
    """The sentence for what a program's words show; None when they show nothing we know."""
    sign = sign_of(said)
    return " ".join(SENTENCES[sign].split()) if sign else None
