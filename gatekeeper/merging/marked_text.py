"""A merge of lines with places in dispute: read from git's text with markers, and written as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from gatekeeper.core.line_merge import split_lines

Lines: TypeAlias = tuple[bytes, ...]


class Look(NamedTuple):
    """How markers look; ``style`` is an option of ``git merge-file``, or empty for what the user has configured."""

    marker_size: int = 7
    labels: tuple[str, str, str] = ("ours", "base", "theirs")
    style: str = ""


@dataclass(frozen=True, slots=True)
class Agreed:
    """One line that the merge has."""

    line: bytes


@dataclass(frozen=True, slots=True)
class Disputed:
    """What each side has at one place; ``base`` is None where markers do not show it."""

    ours: Lines
    base: Lines | None
    theirs: Lines


Piece: TypeAlias = Agreed | Disputed


def unused_marker_size(*texts: bytes) -> int:
    """Return a size of markers that no line of the texts can be taken for."""
    size = 24
    while any(mark * size in text for text in texts for mark in (b"<", b"|", b"=", b">")):
        size *= 2
    return size


def read_marked(text: bytes, marker_size: int) -> list[Piece]:
    """Return the pieces of a text that git has written with markers of this size, which nothing else in it has."""
    marks = {mark * marker_size: place for place, mark in enumerate((b"<", b"|", b"=", b">"))}
    pieces: list[Piece] = []
    parts: list[list[bytes] | None] = []
    for line in split_lines(text):
        place = marks.get(line[:marker_size])
        if place == 0:
            parts = [[], None, None]
        elif place == 1:
            parts[1] = []
        elif place == 2:  # noqa: PLR2004 -- ours, base, theirs
            parts[2] = []
        elif place is not None:
            ours, base, theirs = (None if part is None else tuple(part) for part in parts)
            pieces.append(Disputed(ours or (), base, theirs or ()))
            parts = []
        elif parts:
            next(part for part in reversed(parts) if part is not None).append(line)
        else:
            pieces.append(Agreed(line))
    return pieces


def written(pieces: Iterable[Piece], look: Look) -> bytes:
    """Return the text of the pieces, with markers as git writes them."""
    return b"".join(_lines(list(pieces), look))


def _lines(pieces: Sequence[Piece], look: Look) -> Iterator[bytes]:
    newline = _newline(pieces)
    for piece in pieces:
        if isinstance(piece, Agreed):
            yield piece.line
            continue
        ours, base, theirs = (f" {label}".rstrip().encode("utf-8", "surrogateescape") for label in look.labels)
        yield b"<" * look.marker_size + ours + newline
        yield from _whole(piece.ours, newline)
        if piece.base is not None:
            yield b"|" * look.marker_size + base + newline
            yield from _whole(piece.base, newline)
        yield b"=" * look.marker_size + newline
        yield from _whole(piece.theirs, newline)
        yield b">" * look.marker_size + theirs + newline


def _whole(lines: Lines, newline: bytes) -> Iterator[bytes]:
    return (line if line.endswith(b"\n") else line + newline for line in lines)


def _newline(pieces: Iterable[Piece]) -> bytes:
    first = next((line for piece in pieces for line in _of(piece, "ours") if line.endswith(b"\n")), b"\n")
    return b"\r\n" if first.endswith(b"\r\n") else b"\n"


def _of(piece: Piece, side: str) -> Lines:
    if isinstance(piece, Agreed):
        return (piece.line,)
    return piece.ours if side == "ours" else piece.theirs


def chosen(pieces: Sequence[Piece], side: str) -> list[tuple[bytes, int]]:
    """Return the lines of the merge with those of one side at each place in dispute, each with its piece's number."""
    return [(line, number) for number, piece in enumerate(pieces) for line in _of(piece, side)]
