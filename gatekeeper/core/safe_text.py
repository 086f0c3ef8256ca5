"""Text from a repository, made harmless for a terminal."""

from __future__ import annotations

_SURROGATE_ESCAPES = range(0xDC80, 0xDD00)
_ONE_BYTE = 0x100
_TWO_BYTES = 0x10000


def safe(text: str) -> str:
    """Return ``text`` with everything that is not a visible character or a plain space written out.

    That covers control characters (C0, DEL, C1), marks that reorder or hide text (bidirectional, zero-width, tags),
    line and paragraph separators, and bytes that were not UTF-8.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _written_out(ord(character)) for character in text)


def _written_out(code: int) -> str:
    if code in _SURROGATE_ESCAPES:
        return f"\\x{code - 0xDC00:02x}"
    if code < _ONE_BYTE:
        return {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}.get(code, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < _TWO_BYTES else f"\\U{code:08x}"


def without_surrogates(text: str) -> str:
    r"""Return ``text`` as valid Unicode: bytes that were not UTF-8 become ``\xNN``; all else stays as it is."""
    if text.isascii():
        return text
    return "".join(_written_out(ord(c)) if "\ud800" <= c <= "\udfff" else c for c in text)
