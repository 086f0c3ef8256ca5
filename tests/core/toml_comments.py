"""The comments of a TOML text, found character by character: a second opinion on what the program finds."""

from __future__ import annotations

from collections import Counter

_LONG = ('"""', "'''")


def comments_of(text: str) -> Counter[str]:
    """Return the comments of a valid text, with how often each stands there."""
    found: Counter[str] = Counter()
    at = 0
    while at < len(text):
        if text[at] in "\"'":
            at = _behind_string(text, at)
        elif text[at] == "#":
            end = at
            while end < len(text) and text[end] not in "\r\n":
                end += 1
            found[text[at:end].strip()] += 1
            at = end
        else:
            at += 1
    return found


def _behind_string(text: str, at: int) -> int:
    quote = text[at : at + 3] if text[at : at + 3] in _LONG else text[at]
    step = {'"': 2, "'": 1}[quote[0]]
    at += len(quote)
    while not text.startswith(quote, at):
        at += step if text[at] == "\\" else 1
    at += len(quote)
    while len(quote) == 3 and text[at : at + 1] == quote[0]:
        at += 1
    return at
