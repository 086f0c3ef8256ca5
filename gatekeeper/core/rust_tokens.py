"""The tokens of Rust sources, without comments: enough to see attributes, paths and items, and never an error."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_TOKEN = re.compile(
    r"""
      (?P<skip>\s++|//[^\n]*+)
    | (?P<comment>/\*)
    | (?P<raw>[bc]?r(?P<hashes>\#*+)")
    | (?P<token>
          [bc]?"(?:[^"\\]|\\.)*+"?
        | b?'(?:[^'\\\n]|\\u\{[^}\n]*+\}|\\x..|\\.)'
        | '\w++
        | (?:r\#)?[^\W\d]\w*+
        | \d\w*+
        | ::
        | .
      )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK = re.compile(r"/\*|\*/")
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")


def tokens_of(text: str) -> list[str]:
    """Return the tokens of ``text``. Strings keep their quotes, raw ones become plain ones."""
    tokens: list[str] = []
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        if match["comment"]:
            position = _end_of_comment(text, position)
        elif match["raw"]:
            closing = f'"{match["hashes"]}'
            end = text.find(closing, position)
            end = len(text) if end < 0 else end
            tokens.append(f'"{text[position:end]}"')
            position = end + len(closing)
        elif match["token"]:
            tokens.append(match["token"].removeprefix("r#"))
    return tokens


def _end_of_comment(text: str, position: int) -> int:
    """Return where the block comment ends inside which ``position`` is; comments nest."""
    depth = 1
    while depth:
        mark = _BLOCK.search(text, position)
        if mark is None:
            return len(text)
        depth += 1 if mark[0] == "/*" else -1
        position = mark.end()
    return position


def closing_of(tokens: Sequence[str], start: int) -> int:
    """Return the index of the bracket that closes the one at ``start``; the end where none does."""
    return brackets(tokens[start:]).get(0, len(tokens) - start) + start


def brackets(tokens: Sequence[str]) -> dict[int, int]:
    """Return opening bracket -> the one that closes it, by index."""
    closing: dict[int, int] = {}
    waiting: list[int] = []
    for index, word in enumerate(tokens):
        if word in _OPENING:
            waiting.append(index)
        elif word in _CLOSING and waiting:
            closing[waiting.pop()] = index
    return closing


def end_of_item(tokens: Sequence[str], closing: Mapping[int, int], start: int) -> int:
    """Return the index behind the item, statement or field at ``start``, its attributes included.

    ``closing`` are the brackets of ``tokens``. Where the end cannot be told, the end of what is around it.
    """
    index = start
    while tokens[index : index + 2] == ["#", "["]:
        index = closing.get(index + 1, len(tokens)) + 1
    while index < len(tokens):
        word = tokens[index]
        if word == ";":
            return index + 1
        if word in _CLOSING:
            return index
        if word in _OPENING:
            index = closing.get(index, len(tokens))
            if word == "{":
                return index + 1
        index += 1
    return len(tokens)
