"""Lines of text for people: wrapped to the terminal, coloured only there, harmless whatever a repository holds."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, TextIO, TypeAlias

from rich.console import Console
from rich.text import Text

from gatekeeper.core.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.names import Severity

Part: TypeAlias = "str | tuple[str, str]"
"""Text, or text and its style."""

WIDTH_WITHOUT_TERMINAL = 100
_NARROWEST = 40

SEVERITY_STYLES = ("dim", "cyan", "yellow", "bold red")
"""By the value of the severity."""


class Page:
    """Where a report is written to. Every part passes through ``safe``, so callers need not think of it."""

    def __init__(self, stream: TextIO, *, width: int | None = None, color: bool | None = None) -> None:
        self._stream = stream
        self._color = wants_color(stream) if color is None else color
        self.width = max(width or _terminal_width(), _NARROWEST)
        self._console = Console(
            file=stream,
            width=self.width,
            force_terminal=self._color,
            color_system="auto" if self._color else None,
            no_color=not self._color,
            markup=False,
            highlight=False,
            emoji=False,
        )

    def line(self, *parts: Part, indent: int = 0, hang: int | None = None) -> None:
        """Write one line; what does not fit goes on below, indented by ``hang`` (default: two more than the line)."""
        text = _joined(parts)
        hang = indent + 2 if hang is None else hang
        first, *others = self._wrapped(text, indent, hang)
        self._write(first, indent)
        for other in others:
            self._write(other, hang)

    def row(self, *head: Part, content: str, column: int) -> None:
        """Write a head, and beside it from ``column`` on what may take several lines."""
        text = _joined(head)
        lines = list(Text(safe(content)).wrap(self._console, max(self.width - column, _NARROWEST // 2)))
        if text.cell_len < column and lines:
            text.append(" " * (column - text.cell_len))
            text.append_text(lines.pop(0))
        self._write(text, 0)
        for line in lines:
            self._write(line, column)

    def verbatim(self, content: str, *, style: str = "", indent: int = 0) -> None:
        """Write one line of somebody's text as it is, however long; only its tabs become spaces."""
        self._write(Text(safe(content.expandtabs(8)), style, end=""), indent)

    def paragraph(self, content: str, *, style: str = "", indent: int = 0) -> None:
        """Write text that may have several lines, each indented alike."""
        for line in content.splitlines():
            self.line((line, style), indent=indent, hang=indent)

    def blank(self) -> None:
        """Write an empty line."""
        self._stream.write("\n")

    def list_of(self, names: Iterable[str], *, at_most: int = 6) -> str:
        """Return names as ``a, b, c and 4 more``."""
        every = list(names)
        shown = every if len(every) <= at_most + 1 else every[:at_most]
        more = len(every) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    def _wrapped(self, text: Text, indent: int, hang: int) -> list[Text]:
        if text.cell_len <= self.width - indent:
            return [text]
        # Wrapped to the narrower of the two indents, so that one width serves every line.
        return list(text.wrap(self._console, self.width - max(indent, hang), tab_size=1)) or [text]

    def _write(self, text: Text, indent: int) -> None:
        text.rstrip()
        if self._color:
            self._console.print(Text(" " * indent) + text, soft_wrap=True)
        else:
            self._stream.write(" " * indent + text.plain + "\n")


def _joined(parts: Iterable[Part]) -> Text:
    text = Text(end="")
    for part in parts:
        content, style = part if isinstance(part, tuple) else (part, "")
        text.append(safe(content), style)
    return text


def severity_style(severity: Severity) -> str:
    """Return the style of a severity's name."""
    return SEVERITY_STYLES[severity]


def wants_color(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that may be coloured."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _terminal_width() -> int:
    return shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 24)).columns
