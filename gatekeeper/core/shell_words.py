"""Shell scripts as simple commands: words without quotes, as far as they can be told without running anything.

Tolerant: whatever is not understood ends a word or a command, and never raises.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

OPEN, CLOSE = ("(",), (")",)
"""The words of what stands among the commands where a subshell begins and ends."""

ASSIGNMENT = re.compile(r"(?P<name>\w+)=(?P<value>.*)", re.DOTALL)

# fmt: off
_WRAPPERS = frozenset({
    "!", "@", "builtin", "command", "do", "elif", "else", "env", "exec", "if", "nice", "nohup", "sudo", "then", "time",
    "timeout", "until", "while", "{",
})
_WRAPPERS_TAKE_A_VALUE = frozenset({"--kill-after", "--signal", "--unset", "--user", "-g", "-k", "-n", "-s", "-u"})
# fmt: on
_TEMPLATE = re.compile(r"\$?\{\{.*?\}\}")
_TOKEN = re.compile(
    r"(?P<continued>\\\r?\n)|(?P<escaped>\\.)|(?P<single>'[^']*'?)|(?P<double>\"(?:\\.|[^\"\\])*\"?)"
    r"|(?P<heredoc><<-?[ \t]*(?:'[^'\n]+'|\"[^\"\n]+\"|\\?[A-Za-z_][\w.!-]*))|(?P<redirect>&?[<>]+[&|]?)"
    r"|(?P<scope>\$?[()])|(?P<line>\r?\n)|(?P<end_of_command>[;&|`]+)|(?P<blank>[ \t\r]+)"
    r"|(?P<plain>[^\\'\"<>()\n;&|` \t\r]+)|(?P<other>.)",
    re.DOTALL,
)
_NEWLINE = re.compile("\n")
_ESCAPE_IN_QUOTES = re.compile(r"\\([\\\"$`\n])")


class Command(NamedTuple):
    """A simple command. ``line``: where it begins in its script, from 0; ``operator``: what stands behind it.

    ``writes`` are the files into which its output goes.
    """

    words: tuple[str, ...]
    line: int = 0
    operator: str = ""
    writes: tuple[str, ...] = ()


def commands(script: str) -> list[Command]:
    """Return every simple command of ``script``, with OPEN and CLOSE around what a subshell runs.

    What a template of a CI service stands for is unknown, like a variable: a ``$`` remains in its word.
    """
    return _Reader(_TEMPLATE.sub("$", script)).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.line_starts = [0, *(newline.end() for newline in _NEWLINE.finditer(text))]
        self.found: list[Command] = []
        self.words: list[str] = []
        self.word: str | None = None
        self.start = 0
        self.redirect = ""
        self.writes: list[str] = []
        self.heredocs: list[str] = []

    def read(self) -> list[Command]:
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
                self._end_of_command("\n" if kind == "line" else token[0])
                if kind == "scope":
                    words = CLOSE if token[0] == ")" else OPEN
                    self.found.append(Command(words, self._line(token.start())))
                elif kind == "line":
                    position = self._after_heredocs(position)
            else:
                self._take(token, kind)
        self._end_of_command("")
        return self.found

    def _line(self, position: int) -> int:
        return bisect_right(self.line_starts, position) - 1

    def _take(self, token: re.Match[str], kind: str | None) -> None:
        text = token[0]
        if kind == "blank":
            self._end_of_word()
        elif kind == "redirect":
            if self.word is not None and self.word.isdigit():
                self.word = None
            self._end_of_word()
            self.redirect = text
        elif kind == "heredoc":
            self._end_of_word()
            self.heredocs.append(text.lstrip("<- \t\\").strip("'\""))
        elif kind != "continued":
            if not self.words and self.word is None:
                self.start = token.start()
            self._append(_unquoted(text, kind))

    def _append(self, text: str) -> None:
        self.word = text if self.word is None else self.word + text

    def _end_of_word(self) -> None:
        if self.word is not None:
            if not self.redirect:
                self.words.append(self.word)
            elif ">" in self.redirect and not self.redirect.endswith("&"):
                self.writes.append(self.word)
            self.redirect = ""
            self.word = None

    def _end_of_command(self, operator: str) -> None:
        self._end_of_word()
        self.redirect = ""
        if self.words:
            found = Command(tuple(self.words), self._line(self.start), operator, tuple(self.writes))
            self.found.append(found)
            self.words = []
        elif self.found and not self.found[-1].operator and self.found[-1].words == CLOSE:
            # `( ... ) || true`, `( ... ) > out`
            written = (*self.found[-1].writes, *self.writes)
            self.found[-1] = self.found[-1]._replace(operator=operator, writes=written)
        self.writes = []

    def _after_heredocs(self, position: int) -> int:
        """Return where the text goes on behind the documents that stand in it."""
        for end in self.heredocs:
            found = re.compile(rf"^\t*{re.escape(end)}\r?$", re.MULTILINE).search(self.text, position)
            position = len(self.text) if found is None else found.end()
        self.heredocs.clear()
        return position


def _unquoted(text: str, kind: str | None) -> str:
    if kind == "single":
        return text[1:].removesuffix("'")
    if kind == "double":
        return _ESCAPE_IN_QUOTES.sub(r"\1", text[1:].removesuffix('"'))
    return text[1:] if kind == "escaped" else text


def bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command without what stands before it: assignments, keywords, what starts it, the marks of a recipe."""
    rest = list(words)
    wrapper = ""
    while rest:
        word = rest[0]
        if word in _WRAPPERS:
            wrapper = word
        elif wrapper and word.startswith("-"):
            del rest[: word in _WRAPPERS_TAKE_A_VALUE]
        elif wrapper == "timeout":
            wrapper = ""
        elif rest[:2] == ["rustup", "run"]:
            del rest[:2]
        elif not ASSIGNMENT.match(word):
            return (word.lstrip("@-") or word, *rest[1:])
        del rest[:1]
    return ()
