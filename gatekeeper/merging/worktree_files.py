"""Files between git's objects and a worktree: converted as a checkout converts them, and staged."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatekeeper import process
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.merging.files import read, replace
from gatekeeper.merging.text_conflicts import MARKER_SIZE


@dataclass(frozen=True, slots=True)
class WorktreeFiles:
    """The files of the worktree at ``root``, as git in ``environment`` sees them."""

    root: Path
    environment: Mapping[str, str]

    def blob(self, oid: Oid) -> bytes:
        """Return a blob's bytes."""
        return self.git("cat-file", "blob", oid)

    def write_blob(self, content: bytes) -> Oid:
        """Write a blob of exactly these bytes."""
        return Oid(self.git("hash-object", "-w", "--stdin", "--no-filters", stdin=content).decode().strip())

    def cleaned(self, path: TreePath, content: bytes) -> Oid:
        """Write the blob that ``git add`` would make of these bytes at ``path``."""
        return Oid(self.git("hash-object", "-w", "--stdin", f"--path={path}", stdin=content).decode().strip())

    def checked_out(self, path: TreePath, blob: str) -> bytes:
        """Return what a checkout would write for the blob at ``path``."""
        return self.git("cat-file", "--filters", f"--path={path}", blob)

    def stage(self, path: TreePath, mode: int, oid: Oid) -> None:
        """Let the index have the blob at ``path``, and no conflict there any more."""
        name = os.fsencode(path)
        removed = b"0 " + b"0" * len(oid) + b"\t" + name + b"\0"
        self.git("update-index", "-z", "--index-info", stdin=removed + f"{mode:o} {oid} 0\t".encode() + name + b"\0")

    def refresh_index(self) -> None:
        """Let the index know the files as they are now, so that nobody takes them for changed."""
        process.run(["git", "update-index", "-q", "--unmerged", "--refresh"], env=self.environment, cwd=str(self.root))

    def attributes(self, path: TreePath) -> dict[str, str]:
        """Return the attributes of ``path`` with their values; ``set`` and ``unset`` are values too."""
        listed = self.git("check-attr", "-z", "--all", "--", path).split(b"\0")
        return {os.fsdecode(name): os.fsdecode(value) for name, value in zip(listed[1::3], listed[2::3], strict=False)}

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git in the worktree; raises GitCommandError."""
        return process.git(arguments, env=self.environment, cwd=str(self.root), stdin=stdin)


@contextmanager
def put_back(file: Path) -> Iterator[None]:
    """Let the file be as it was if what is done inside fails."""
    found = read(file)
    try:
        yield
    except BaseException:
        replace(file, found)
        raise


def marker_size(attributes: Mapping[str, str]) -> int:
    """Return the size of the markers that git writes for a path with these attributes."""
    said = attributes.get("conflict-marker-size", "")
    return int(said) if said.isdecimal() and int(said) > 0 else MARKER_SIZE
