"""The shell scripts inside CI files, found by their layout: YAML is not read as a whole, and nothing raises."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SCRIPT = re.compile(r"(?P<lead>[ \t]*(?:- +)*)(?:run|script|before_script|after_script) *:(?: +(?P<value>\S.*)|\s*)\Z")
_ITEM = re.compile(r"(?P<lead>[ \t]*- +)(?P<value>\S.*)\Z")
_BLOCK = re.compile(r"(?P<style>[|>])[-+0-9]*\s*(?:#.*)?\Z")


def scripts_of_yaml(text: str) -> Iterator[str]:
    """Yield what the ``run`` and ``script`` keys of a CI file hold."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        found = _SCRIPT.match(lines[number])
        number += 1
        if found is None:
            continue
        column = len(found["lead"])
        if found["value"] is not None:
            script, number = _scalar(found["value"], lines, number, column)
            yield script
            continue
        items: list[str] = []
        while number < len(lines) and (item := _ITEM.match(lines[number])) is not None:
            if _indent(lines[number]) < column:
                break
            script, number = _scalar(item["value"], lines, number + 1, _indent(lines[number]))
            items.append(script)
        yield "\n".join(items)


def _scalar(value: str, lines: list[str], number: int, column: int) -> tuple[str, int]:
    """Return the text that starts with ``value`` and goes on in the lines that stand deeper than ``column``."""
    start = number
    while number < len(lines) and (not lines[number].strip() or _indent(lines[number]) > column):
        number += 1
    rest = [line.strip() for line in lines[start:number]]
    block = _BLOCK.match(value)
    if block is not None:
        return ("\n" if block["style"] == "|" else " ").join(rest), number
    joined = " ".join((value.strip(), *rest)).strip()
    for quote in "'\"":
        if len(joined) > 1 and joined[0] == joined[-1] == quote and quote not in joined[1:-1]:
            return joined[1:-1], number
    return joined, number


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
