"""The names that the rest of the package speaks in, as types."""

from __future__ import annotations

import enum
import re
from functools import lru_cache
from typing import NewType

Oid = NewType("Oid", str)
"""An object id: 40 lower-case hexadecimal digits."""

RefName = NewType("RefName", str)
AgentName = NewType("AgentName", str)
RuleId = NewType("RuleId", str)

TreePath = NewType("TreePath", str)
"""A path inside a git tree, ``/``-separated; bytes that are not UTF-8 are carried as surrogate escapes."""

KeyPath = tuple[str, ...]
"""A canonical TOML key, one element a part: ``("tasks", "check", "env", "CARGO_TARGET_DIR")``."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_LAST_OF_FOUR_DIGITS = 0xFFFF


class Severity(enum.IntEnum):
    """How bad a finding is; the order is the order of harm."""

    NOTE = 0
    MINOR = 1
    MAJOR = 2
    CRITICAL = 3

    @property
    def label(self) -> str:
        """Return the word that people and JSON read."""
        return self.name.lower()

    @classmethod
    def from_label(cls, label: str) -> Severity:
        """Return the severity named ``label``; raises KeyError for any other word."""
        return SEVERITIES[label]


SEVERITIES = {severity.label: severity for severity in Severity}
"""By the word that people and JSON read."""


@lru_cache(maxsize=1 << 14)
def format_key(key: KeyPath) -> str:
    """Return ``key`` as TOML would spell it, quoting only the parts that need it."""
    return ".".join(part if _BARE_KEY.match(part) else _quoted(part) for part in key)


def _quoted(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else _written_out(ord(c)) for c in escaped) + '"'


def _written_out(code: int) -> str:
    return f"\\u{code:04X}" if code <= _LAST_OF_FOUR_DIGITS else f"\\U{code:08X}"
