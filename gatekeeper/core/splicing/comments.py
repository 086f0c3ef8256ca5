"""Comments of a text: which there are, and which must still be there after a merge."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from gatekeeper.core.splicing.layout import BOM, newline_of
from gatekeeper.core.toml_scan import STRING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_KIND = "\0"
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_COMMENT = re.compile(rf"{STRING}|(?P<comment>\#[^\n\r]*)")


def comments(text: str) -> Counter[str]:
    """Return the comments of a valid text, each with how often it stands there.

    What a comment quotes is often an entry that is commented out: each is counted by what it says besides, too.
    """
    found = [comment for comment, _ in _placed(text)]
    return Counter(found) + Counter(_KIND + _QUOTED.sub('""', comment) for comment in found)


def _placed(text: str) -> list[tuple[str, int]]:
    """Return the comments of a valid text, each with the number of its line."""
    found: list[tuple[str, int]] = []
    line, at = 0, 0
    for match in _COMMENT.finditer(text):
        if match["comment"] is not None:
            line, at = line + text.count("\n", at, match.start()), match.start()
            found.append((match["comment"].rstrip(), line))
    return found


def due_comments(base: Counter[str], ours: Counter[str], theirs: Counter[str]) -> Counter[str]:
    """Return how often each comment must at least stand in a merge.

    What one side alone has changed is as that side has it; where both did, what both still have.
    """
    due: Counter[str] = Counter()
    for comment in ours.keys() | theirs.keys():
        was, mine, other = base[comment], ours[comment], theirs[comment]
        if mine == was:
            due[comment] = other
        elif other == was:
            due[comment] = mine
        else:
            due[comment] = min(mine, other)
    return +due


def most_comments(base: Counter[str], ours: Counter[str], theirs: Counter[str]) -> Counter[str]:
    """Return how often each comment stands in a merge that has put none of them there twice."""
    found = ours.keys() | theirs.keys()
    return Counter({one: max(ours[one], theirs[one], ours[one] + theirs[one] - base[one]) for one in found})


def with_comments(text: str, due: Counter[str], sides: Sequence[str]) -> str:
    """Return ``text`` with the comments that it lacks, each before the line that follows it on its side.

    What this makes of the text has to be proven like everything else.
    """
    mark = BOM if text.startswith(BOM) else ""
    lines = lines_of(text.removeprefix(BOM))
    ending = newline_of(text, *sides)
    is_ended = any(one.endswith("\n") for one in ([text] if lines else sides))
    quoted = _inside_strings(text)
    missing = due - comments(text)
    present = Counter(comment for comment, _ in _placed(text))
    for side in (side.removeprefix(BOM) for side in sides):
        theirs = lines_of(side)
        statements = _bare(side, theirs)
        for comment, number in reversed(_placed(side)):
            kind = _KIND + _QUOTED.sub('""', comment)
            if missing[comment] > 0 or (missing[kind] > 0 and not present[comment]):
                place = _place(lines, quoted, statements[number:])
                if place == len(lines) and lines and not lines[-1].endswith("\n"):
                    lines[-1] += ending
                lines.insert(place, f"{_indent(theirs[number])}{comment}{ending}")
                quoted = {line + (line >= place) for line in quoted}
                missing[comment] -= 1
                missing[kind] -= 1
                present[comment] += 1
    whole_text = mark + "".join(lines)
    return whole_text if is_ended else whole_text.removesuffix(ending)


def _inside_strings(text: str) -> set[int]:
    """Return the numbers of the lines that begin inside a string."""
    found: set[int] = set()
    for match in _COMMENT.finditer(text):
        if match["comment"] is None and "\n" in match[0]:
            first = text.count("\n", 0, match.start()) + 1
            found.update(range(first, first + match[0].count("\n")))
    return found


def _place(lines: Sequence[str], quoted: set[int], after: Iterable[str]) -> int:
    """Return where the first of the statements ``after`` a comment stands; the end where none does."""
    found = _bare("".join(lines), lines)
    index = {line: place for place, line in reversed(list(enumerate(found))) if place not in quoted}
    return next((index[line] for line in after if len(line) > 1 and line in index), len(lines))


def _bare(text: str, lines: Sequence[str]) -> list[str]:
    """Return the lines of ``text`` without their comments."""
    found = [line.strip() for line in lines]
    for comment, number in _placed(text):
        found[number] = found[number].removesuffix(comment).rstrip()
    return found


def lines_of(text: str) -> list[str]:
    """Return ``text`` cut after each newline; what else ``splitlines`` cuts at can stand inside a line of TOML."""
    return _LINE.findall(text)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


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
