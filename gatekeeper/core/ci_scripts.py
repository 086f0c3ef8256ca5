"""The shell scripts inside CI files and makefiles of make, found by their layout: YAML is not read as a whole.

Nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_KEYS = "run|script|before_script|after_script|bash|commands?"
_LEAD = r"(?P<lead>[ \t]*(?:- +)*)"
_SCRIPT = re.compile(rf"{_LEAD}(?:{_KEYS}) *:(?: +(?P<value>\S.*)|\s*)\Z")
_ITEM = re.compile(r"(?P<lead>[ \t]*- +)(?P<value>\S.*)\Z")
_BLOCK = re.compile(r"(?P<style>[|>])[-+0-9]*\s*(?:#.*)?\Z")
_OTHER_BLOCK = re.compile(rf"{_LEAD}(?:(?P<key>[^\s#-][^#]*?: +)|(?<=- ))[|>][-+0-9]*\s*(?:#.*)?\Z")
_CARGO_ACTION = re.compile(r"(?P<lead>[ \t]*(?:- +)*)uses *: +['\"]?[\w.-]+/(?:rs-)?cargo@")
_OF_ACTION = re.compile(r"\s+(?P<key>command|args) *: +(?P<value>\S.*)\Z")
_MAY_FAIL = re.compile(rf"{_LEAD}(?:continue-on-error|continueOnError|allow_failure) *: +true\b")
_COMMENT = re.compile(r"\s+#.*\Z")


class Script(NamedTuple):
    """A script with the numbers, from 1, of the lines of the file in which its own lines stand."""

    text: str
    lines: Sequence[int]

    def line(self, number: int) -> int:
        """Return where the line ``number`` (from 0) of the script stands."""
        return self.lines[min(number, len(self.lines) - 1)]


def scripts_of_yaml(text: str) -> Iterator[Script]:
    """Yield what the keys of a CI file hold that are run, and what its steps let cargo do, unless these may fail."""
    lines = text.splitlines()
    harmless = set(_lines_that_may_fail(lines))
    number = 0
    while number < len(lines):
        found, action = _SCRIPT.match(lines[number]), _CARGO_ACTION.match(lines[number])
        other = None if found is not None else _OTHER_BLOCK.match(lines[number])
        number += 1
        if number in harmless:
            continue
        if action is not None:
            yield from _cargo_action(lines, number, len(action["lead"]))
        if other is not None:
            # Text, whatever it looks like.
            column = len(other["lead"]) if other["key"] else len(other["lead"].rstrip()) - 1
            number = _end_of_scalar(lines, number, column)
        if found is None:
            continue
        column = len(found["lead"])
        if found["value"] is not None:
            script, number = _scalar(found["value"], lines, number, column)
            yield script
            continue
        items: list[Script] = []
        while number < len(lines) and (item := _ITEM.match(lines[number])) is not None:
            if _indent(lines[number]) < column:
                break
            script, number = _scalar(item["value"], lines, number + 1, _indent(lines[number]))
            items.append(script)
        if items:
            yield Script("\n".join(one.text for one in items), [line for one in items for line in one.lines])


def _lines_that_may_fail(lines: list[str]) -> Iterator[int]:
    """Yield the numbers, from 1, of the lines of all steps and jobs that say that their failure does no harm."""
    for number, line in enumerate(lines):
        found = _MAY_FAIL.match(line)
        if found is not None:
            column = len(found["lead"])
            first, last = number, number + 1
            while first > 0 and "-" not in lines[first][:column] and _is_within(lines[first - 1], column):
                first -= 1
            while last < len(lines) and _indent(lines[last]) >= column:
                last += 1
            yield from range(first + 1, last + 1)


def _is_within(line: str, column: int) -> bool:
    return not line.strip() or len(line) - len(line.lstrip(" \t-")) >= column


def scripts_of_make(text: str) -> Iterator[Script]:
    """Yield the lines of all recipes of a makefile of make: each is a script of its own."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        start = number
        while lines[number].endswith("\\") and number + 1 < len(lines):
            number += 1
        number += 1
        recipe = lines[start].lstrip("\t")
        # A recipe goes on after a command marked with `-` that fails.
        if lines[start].startswith("\t") and "-" not in recipe[: len(recipe) - len(recipe.lstrip("@+- "))]:
            rest = [recipe.lstrip("@+- "), *lines[start + 1 : number]]
            yield Script("\n".join(rest), range(start + 1, number + 1))


def _cargo_action(lines: list[str], number: int, column: int) -> Iterator[Script]:
    """Yield what a step that `uses` an action for cargo runs; ``column``: that of the step's keys."""
    given: dict[str, str] = {}
    start = number
    while number < len(lines) and (not lines[number].strip() or _indent(lines[number]) >= column):
        inside = _OF_ACTION.match(lines[number])
        number += 1
        if inside is not None:
            script, _ = _scalar(_COMMENT.sub("", inside["value"]), lines, number, _indent(lines[number - 1]))
            given[inside["key"]] = script.text
            start = number if inside["key"] == "args" else start
    if "command" in given:
        yield Script(f"cargo {given['command']} {given.get('args', '')}".replace("\n", " "), (start,))


def _scalar(value: str, lines: list[str], start: int, column: int) -> tuple[Script, int]:
    """Return the text that starts with ``value`` and goes on in the lines that stand deeper than ``column``."""
    number = _end_of_scalar(lines, start, column)
    rest = [line.strip() for line in lines[start:number]]
    block = _BLOCK.match(value)
    if block is not None:
        within = range(start + 1, number + 1) if rest else (start,)
        if block["style"] == "|":
            return Script("\n".join(rest), within), number
        return Script(" ".join(rest), within[:1]), number
    joined = " ".join((value.strip(), *rest)).strip()
    for quote in "'\"":
        if len(joined) > 1 and joined[0] == joined[-1] == quote and quote not in joined[1:-1]:
            joined = joined[1:-1]
            break
    return Script(joined, (start,)), number


def _end_of_scalar(lines: list[str], number: int, column: int) -> int:
    while number < len(lines) and (not lines[number].strip() or _indent(lines[number]) > column):
        number += 1
    return number


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
