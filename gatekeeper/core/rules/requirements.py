"""Version requirements, as far as rules must tell them apart."""

from __future__ import annotations

import re

_CARET = re.compile(r"\^?\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+][0-9A-Za-z.+-]*)?\Z", re.ASCII)
_MAX_DIGITS = 30


def caret_range(requirement: str) -> tuple[int, ...] | None:
    """Return what all versions that a caret requirement accepts begin with; None for any other requirement.

    ``1.2`` is ``(1,)``, ``0.3.1`` is ``(0, 3)``, ``0.0.3`` is ``(0, 0, 3)``: two requirements can be met by one version
    exactly when this is the same.
    """
    match = _CARET.match(requirement.strip())
    if match is None or any(len(part) > _MAX_DIGITS for part in match.groups() if part is not None):
        return None
    numbers = tuple(int(part) for part in match.groups() if part is not None)
    for index, number in enumerate(numbers):
        if number:
            return numbers[: index + 1]
    return numbers


def same_caret_range(left: object, right: object) -> bool:
    """Return whether both are caret requirements of one compatible range, so that the higher one does for both."""
    if not isinstance(left, str) or not isinstance(right, str):
        return False
    found = caret_range(left)
    return found is not None and found == caret_range(right)
