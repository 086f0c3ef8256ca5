"""Comments of a text: which there are, and which must still be there after a merge."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from gatekeeper.core.toml_scan import STRING

if TYPE_CHECKING:
    from collections.abc import Iterable

_KIND = "\0"
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_COMMENT = re.compile(rf"{STRING}|(?P<comment>\#[^\n\r]*)")


def comments(text: str) -> Counter[str]:
    """Return the comments of a valid text, each with how often it stands there.

    What a comment quotes is often an entry that is commented out: each is counted by what it says besides, too.
    """
    found = comments_in(text)
    return Counter(found) + Counter(map(kind_of, found))


def kind_of(comment: str) -> str:
    """Return what a comment says besides what it quotes, as ``comments`` counts it."""
    return _KIND + _QUOTED.sub('""', comment)


def comments_in(text: str) -> list[str]:
    """Return the comments of a valid text, or of a part of it, in order."""
    return [match["comment"].rstrip() for match in _COMMENT.finditer(text) if match["comment"] is not None]


def placed_comments(text: str) -> list[tuple[str, int]]:
    """Return the comments of a valid text, or of a part of it, each with the number of its line."""
    found: list[tuple[str, int]] = []
    line, at = 0, 0
    for match in _COMMENT.finditer(text):
        if match["comment"] is not None:
            line, at = line + text.count("\n", at, match.start()), match.start()
            found.append((match["comment"].rstrip(), line))
    return found


def without_comment(line: str) -> str:
    """Return a line of a value without the comment at its end."""
    found = comments_in(line)
    return line.rstrip().removesuffix(found[-1]) if found else line


def due_comments(base: Counter[str], ours: Counter[str], theirs: Counter[str]) -> Counter[str]:
    """Return how often each comment must at least stand in a merge.

    What one side alone has changed is as that side has it; where both did, what both still have.
    """
    return +Counter({one: due_count(base[one], ours[one], theirs[one]) for one in ours.keys() | theirs.keys()})


def due_count(was: int, mine: int, other: int) -> int:
    """Return how often what stood there so often must stand in a merge."""
    if mine == was:
        return other
    return mine if other == was else min(mine, other)


def most_comments(base: Counter[str], ours: Counter[str], theirs: Counter[str]) -> Counter[str]:
    """Return how often each comment stands in a merge that has put none of them there twice."""
    found = ours.keys() | theirs.keys()
    return Counter({one: max(ours[one], theirs[one], ours[one] + theirs[one] - base[one]) for one in found})


def lines_of(text: str) -> list[str]:
    """Return ``text`` cut after each newline; what else ``splitlines`` cuts at can stand inside a line of TOML."""
    return _LINE.findall(text)


def attached(lead: str) -> str:
    """Return the part of what stands before a statement that belongs to it: the comment lines right above."""
    lines = lines_of(lead)
    first = len(lines)
    while first and lines[first - 1].strip():
        first -= 1
    return "".join(lines[first:])


def detached(lead: str) -> str:
    """Return the rest: what blank lines keep apart from the statement."""
    return lead[: len(lead) - len(attached(lead))]


def merged_lead(base: str | None, ours: str, theirs: str) -> str:
    """Return the lines before a statement that both sides have, with what either did to them.

    Where both changed them, the comments of both stay. ``base`` None: both sides have added the statement.
    """
    if theirs in {base, ours} or (base is None and not theirs.strip()):
        return ours
    if ours == base or (base is None and not ours.strip()):
        return theirs
    known = {line.strip() for line in lines_of(base or "")}
    mine = {line.strip() for line in lines_of(ours)}
    removed = known - {line.strip() for line in lines_of(theirs)}
    kept = [line for line in lines_of(ours) if not line.strip() or line.strip() not in removed]
    new = [line for line in lines_of(theirs) if line.strip() and line.strip() not in known | mine]
    return "".join(_ended(kept)) + "".join(new)


def merged_tail(base: str | None, ours: str, theirs: str) -> str:
    """Return what stands behind a statement on its line: that of the side that changed it, ours if both did."""
    return theirs if base is not None and ours.strip() == base.strip() else ours


def _ended(lines: Iterable[str]) -> Iterable[str]:
    return (line if line.endswith("\n") else f"{line}\n" for line in lines)
