"""Merges on a base that is no TOML, of sides that are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from gatekeeper.core.merge import MergeOutcome
from gatekeeper.errors import BadInputError

_OURS, _THEIRS = 1, 2


def merge_on_unreadable_base(
    base: bytes,
    merge: Callable[[bytes | None], MergeOutcome],
    *,
    sides: tuple[bytes, bytes],
    marker_size: int,
) -> MergeOutcome:
    """Return what ``merge`` makes of the sides on any base that the text can stand for, if that is one and the same.

    Where histories cross, git's base is itself a merge, and has the markers of what conflicted in it. Without markers
    the sides count as files that both have added. That brings back what one of them has taken away, so it must be sure
    that none has.
    """
    readings = [_with_conflicts_as(which, base, marker_size) for which in (_OURS, _THEIRS)]
    if base not in readings:
        try:
            first, second = map(merge, readings)
        except BadInputError:
            # Both sides can be read, so it is still the base that cannot.
            pass
        else:
            return first if first.text is None or first.text == second.text else MergeOutcome(None, second.clashes)
    return MergeOutcome(None) if _one_has_taken_away(base, sides) else merge(None)


def _with_conflicts_as(which: int, text: bytes, marker_size: int) -> bytes:
    """Return the text with the lines of one side in each conflict; those of inner merges have longer markers."""
    begins = re.compile(rb"^(<{%d,})(?: [^\n]*)?\r?$" % marker_size, re.MULTILINE)
    for size in sorted({len(marker) for marker in begins.findall(text)}):
        text = _conflicts(size).sub(lambda conflict: conflict[which], text)
    return text


def _conflicts(size: int) -> re.Pattern[bytes]:
    def marker(sign: bytes) -> bytes:
        return rb"^%s{%d}(?: [^\n]*)?\r?(?:\n|\Z)" % (re.escape(sign), size)

    middle = rb"(?:%s.*?)?%s" % (marker(b"|"), marker(b"="))
    return re.compile(rb"%s(.*?)%s(.*?)%s" % (marker(b"<"), middle, marker(b">")), re.MULTILINE | re.DOTALL)


def _one_has_taken_away(base: bytes, sides: tuple[bytes, bytes]) -> bool:
    before, ours, theirs = (Counter(map(bytes.strip, text.splitlines())) for text in (base, *sides))
    return any(min(n, ours[line]) != min(n, theirs[line]) for line, n in before.items() if line)
