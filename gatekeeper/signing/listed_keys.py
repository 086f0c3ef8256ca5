"""Under which names ``allowed_signers`` lists a key, whatever else is said of it: all lines, also those out of time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from gatekeeper.core.roster import Principal

_QUOTED = re.compile(r'"([^"]*)"|(\S+)')


def is_listed_for(text: bytes, fingerprint: str, principal: Principal) -> bool:
    """Return whether a line of ``text`` lets the key sign as ``principal``.

    ``ssh-keygen -Y find-principals`` tells the first line of a key only, and whose it is may stand in another one.
    """
    return any(_covers(patterns, principal) for patterns in _patterns_of(text, fingerprint))


def _patterns_of(text: bytes, fingerprint: str) -> Iterator[str]:
    for line in text.decode("utf-8", "replace").splitlines():
        names = _QUOTED.match(line.strip())
        if names is not None and not line.lstrip().startswith("#") and _holds(line, fingerprint):
            yield names[1] or names[2] or ""


def _holds(line: str, fingerprint: str) -> bool:
    return any(_fingerprint(word) == fingerprint for word in line.split()[1:])


def _fingerprint(word: str) -> str | None:
    try:
        blob = base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _covers(patterns: str, principal: Principal) -> bool:
    """Read a list of patterns as OpenSSH does: one that fits and has a ``!`` before it excludes the name."""
    each = [pattern.strip() for pattern in patterns.split(",")]
    if any(pattern.startswith("!") and _fits(pattern[1:], principal) for pattern in each):
        return False
    return any(_fits(pattern, principal) for pattern in each)


def _fits(pattern: str, name: str) -> bool:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in pattern)
    return re.fullmatch("".join(parts), name, re.DOTALL) is not None
