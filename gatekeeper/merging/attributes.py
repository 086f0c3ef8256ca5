"""The lines in git's attributes that name the driver, among those of other people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from gatekeeper.errors import UsageError

_BEGIN, _END = "# gatekeeper merge driver: begin", "# gatekeeper merge driver: end"
_SETTING = "merge=gatekeeper"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_QUOTED_PATTERN = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TO_BE_QUOTED = re.compile(r'[\x00-\x20\x7f]|\A["#]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_LONGEST_LINE = 2048
"""Git leaves out longer ones."""


def attribute_line(pattern: str) -> str:
    """Return the line that gives files of ``pattern`` to the driver; raises UsageError where git has no such line."""
    if not pattern or pattern.endswith("/"):
        raise UsageError(f"no file has the name {pattern!r}", "all files in a directory are DIRECTORY/**")
    if pattern.startswith("!"):
        raise UsageError(
            f"{pattern} cannot be excluded: git's attributes know no negative patterns", "\\! is a plain !"
        )
    if pattern.startswith("[attr]"):
        raise UsageError(f"{pattern} defines an attribute", "[[]attr] is the plain text")
    line = f"{_quoted(pattern) if _TO_BE_QUOTED.search(pattern) else pattern} {_SETTING}"
    if len(line.encode("utf-8", "surrogateescape")) > _LONGEST_LINE:
        raise UsageError(f"the pattern {pattern[:40]}... is too long for git")
    return line


def with_lines(text: str, patterns: Sequence[str]) -> str:
    """Return the attributes with lines for ``patterns``, besides those that are there from before."""
    wanted = [attribute_line(pattern) for pattern in patterns]
    lines = _LINE.findall(text)
    block = next(_blocks(lines), None)
    inside = [] if block is None else [line.strip("\r\n") for line in lines[block.start + 1 : block.stop - 1]]
    kept = dict.fromkeys([*filter(None, inside), *wanted])
    ours = "".join(f"{line}\n" for line in (_BEGIN, *kept, _END))
    if block is not None:
        return "".join([*lines[: block.start], ours, *lines[block.stop :]])
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{ours}"


def without_lines(text: str) -> str:
    """Return the attributes without what ``with_lines`` has put there; what others have written in between stays."""
    lines = _LINE.findall(text)
    gone = {
        number
        for block in _blocks(lines)
        for number in block
        if number in {block.start, block.stop - 1} or lines[number].rstrip().endswith(f" {_SETTING}")
    }
    return "".join(line for number, line in enumerate(lines) if number not in gone)


def rivals(text: str, patterns: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each line of somebody else's about merges of files that the driver is for."""
    lines = _LINE.findall(text)
    ours = {number for block in _blocks(lines) for number in block}
    for number, line in enumerate(lines):
        pattern, settings = _parsed(line)
        if number in ours or _SETTING in settings or not any(map(_is_about_merges, settings)):
            continue
        if any(_may_meet(pattern, own) for own in patterns):
            counts = "goes before gatekeeper's lines" if number > max(ours, default=0) else "no longer counts there"
            yield f"line {number + 1}, {line.strip()}: {counts}"


def _blocks(lines: Sequence[str]) -> Iterator[range]:
    """Yield where our lines stand; a beginning without an end begins nothing."""
    begin: int | None = None
    for number, line in enumerate(lines):
        if line.rstrip() == _BEGIN:
            begin = number
        elif line.rstrip() == _END and begin is not None:
            yield range(begin, number + 1)
            begin = None


def _quoted(pattern: str) -> str:
    return f'"{"".join(map(_escaped, pattern))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() or ord(character) > 0x7F else f"\\{ord(character):03o}"  # noqa: PLR2004


def _parsed(line: str) -> tuple[str, list[str]]:
    line = line.strip()
    quoted = _QUOTED_PATTERN.match(line)
    if quoted is not None:
        return quoted[1], line[quoted.end() :].split()
    first, *rest = line.split() or [""]
    return ("", []) if first.startswith("#") else (first, rest)


def _is_about_merges(setting: str) -> bool:
    return setting.lstrip("-!").partition("=")[0] in {"merge", "binary"}


def _may_meet(one: str, other: str) -> bool:
    """Return whether a file can have both names; the directories are left aside."""
    names = [pattern.rpartition("/")[2] for pattern in (one, other)]
    return fnmatchcase(*names) or fnmatchcase(*reversed(names))
