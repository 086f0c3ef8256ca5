"""What is to be told, the same for all channels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Message:
    """``document`` is for programs, ``subject`` and ``text`` are for people; ``delivery`` is the same in every try."""

    document: bytes
    subject: str
    text: str
    event: str
    delivery: str


def delivery_id(document: bytes) -> str:
    """Return a name for the notification by which receivers know one that they have had before."""
    return hashlib.sha256(document).hexdigest()[:32]


def one_line(text: str | bytes, *, longest: int = _LONGEST) -> str:
    """Return what others say as one line without control characters, not longer than a person reads."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    # Cut before it is looked at, as it may be of any length.
    words = "".join(c if c.isprintable() else " " for c in text[: 8 * longest]).split()
    line = " ".join(words)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def last_line(text: bytes) -> str:
    """Return the last line of ``text`` that says anything."""
    return next((line for part in reversed(text.splitlines()) if (line := one_line(part))), "")
