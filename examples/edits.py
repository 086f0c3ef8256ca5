"""What agents of the examples do to files, and what an agent is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True)
class Replace:
    """Text that stands exactly once in a file gives way to other text."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Write:
    """A new file."""

    path: str
    text: str


@dataclass(frozen=True)
class Delete:
    """A directory goes, with everything in it."""

    path: str


Edit: TypeAlias = Replace | Write | Delete


@dataclass(frozen=True)
class Agent:
    """A role, and its work; ``did`` says in a few words what it does."""

    name: str
    message: str
    did: str
    committed: tuple[Edit, ...]
    uncommitted: tuple[Edit, ...] = ()


def apply(edit: Edit, where: Path) -> None:
    """Make one edit in a worktree; an edit that no longer fits the example workspace is a mistake in this program."""
    path = where / edit.path
    match edit:
        case Write(text=text):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        case Delete():
            shutil.rmtree(path)
        case Replace(old=old, new=new):
            before = path.read_text(encoding="utf-8")
            if before.count(old) != 1:
                raise ValueError(f"{edit.path} holds {old!r} {before.count(old)} times, not once")
            path.write_text(before.replace(old, new), encoding="utf-8")
