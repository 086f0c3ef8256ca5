"""Shell scripts as simple commands: words without quotes, as far as they can be told without running anything.

Tolerant: whatever is not understood ends a word or a command, and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

OPEN, CLOSE = ("(",), (")",)
"""What stands among the commands where a subshell begins and ends."""

_TEMPLATE = re.compile(r"\$?\{\{.*?\}\}")
_TOKEN = re.compile(
    r"(?P<continued>\\\r?\n)|(?P<escaped>\\.)|(?P<single>'[^']*'?)|(?P<double>\"(?:\\.|[^\"\\])*\"?)"
    r"|(?P<heredoc><<-?\s*(?P<quote>['\"]?)(?P<end>\w+)(?P=quote))|(?P<redirect>&?[<>]+[&|]?)"
    r"|(?P<scope>\$?[()])|(?P<line>\r?\n)|(?P<end_of_command>[;&|`]+)|(?P<blank>[ \t\r]+)"
    r"|(?P<plain>[^\\'\"<>()\n;&|` \t\r]+)|(?P<other>.)",
    re.DOTALL,
)
_ESCAPE_IN_QUOTES = re.compile(r"\\([\\\"$`\n])")


def commands(script: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every simple command of ``script``, with OPEN and CLOSE around what a subshell runs.

    What a template of a CI service stands for is unknown, like a variable: a ``$`` remains in its word.
    """
    return _Reader(_TEMPLATE.sub("$", script)).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[str] = []
        self.word: str | None = None
        self.dropping = False
        self.heredocs: list[str] = []

    def read(self) -> Iterator[tuple[str, ...]]:
        position = 0
        while position < len(self.text):
            token = _TOKEN.match(self.text, position)
            if token is None:
                break
            position = token.end()
            kind = token.lastgroup
            if kind == "plain" and self.word is None and token[0].startswith("#"):
                newline = self.text.find("\n", position)
                position = len(self.text) if newline < 0 else newline
            elif kind in {"line", "end_of_command", "scope"}:
                yield from self._end_of_command()
                if kind == "scope":
                    yield CLOSE if token[0] == ")" else OPEN
                elif kind == "line":
                    position = self._after_heredocs(position)
            else:
                self._take(token, kind)
        yield from self._end_of_command()

    def _take(self, token: re.Match[str], kind: str | None) -> None:
        text = token[0]
        if kind == "blank":
            self._end_of_word()
        elif kind == "redirect":
            if self.word is not None and self.word.isdigit():
                self.word = None
            self._end_of_word()
            self.dropping = True
        elif kind == "heredoc":
            self._end_of_word()
            self.heredocs.append(token["end"])
        elif kind == "single":
            self._append(text[1:].removesuffix("'"))
        elif kind == "double":
            self._append(_ESCAPE_IN_QUOTES.sub(r"\1", text[1:].removesuffix('"')))
        elif kind == "escaped":
            self._append(text[1:])
        elif kind != "continued":
            self._append(text)

    def _append(self, text: str) -> None:
        self.word = text if self.word is None else self.word + text

    def _end_of_word(self) -> None:
        if self.word is not None:
            if not self.dropping:
                self.words.append(self.word)
            self.dropping = False
            self.word = None

    def _end_of_command(self) -> Iterator[tuple[str, ...]]:
        self._end_of_word()
        self.dropping = False
        if self.words:
            yield tuple(self.words)
            self.words = []

    def _after_heredocs(self, position: int) -> int:
        """Return where the text goes on behind the documents that stand in it."""
        for end in self.heredocs:
            found = re.compile(rf"^\t*{re.escape(end)}\r?$", re.MULTILINE).search(self.text, position)
            position = len(self.text) if found is None else found.end()
        self.heredocs.clear()
        return position
