"""The merge of one path done once more by git, outside of the user's repository.

Git takes its objects from the user's store and its settings from the user's configuration; what it writes goes to a
directory of its own. ``git merge-file`` would not do: it places some conflicts elsewhere than ``git merge``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatekeeper import process
from gatekeeper.merging.unmerged import Stage, Unmerged
from gatekeeper.merging.worktree_files import WorktreeFiles

STYLES = ("merge", "diff3", "zdiff3")
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
_QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class GitAgain:
    """A bare repository in ``scratch`` that borrows the objects and the settings of a worktree's repository."""

    scratch: Path
    files: WorktreeFiles

    @classmethod
    def beside(cls, files: WorktreeFiles, scratch: Path) -> GitAgain:
        """Make it in the empty directory ``scratch``; ``files`` of it write no object into the user's store."""
        asked = ("rev-parse", "--path-format=absolute", "--git-path", "objects", "--git-path", "config")
        objects, config, own = os.fsdecode(files.git(*asked, "--git-path", "config.worktree")).splitlines()
        for name in ("objects/info", "refs", "info"):
            (scratch / name).mkdir(parents=True)
        # Git reads a path that begins with a quote as a C string.
        listed = f'"{objects.translate(_QUOTED)}"\n'
        (scratch / "objects/info/alternates").write_bytes(os.fsencode(listed))
        (scratch / "HEAD").write_text("ref: refs/heads/none\n")
        included = "".join(f'[include]\n\tpath = "{path.translate(_QUOTED)}"\n' for path in (config, own))
        settings = f"[core]\n\trepositoryformatversion = 0\n{included}[core]\n\tbare = true\n"
        (scratch / "config").write_bytes(os.fsencode(settings))
        environment = {**files.environment, "GIT_OBJECT_DIRECTORY": str(scratch / "objects")}
        return cls(scratch, WorktreeFiles(files.root, environment))

    def merges(self, conflict: Unmerged, attributes: Mapping[str, str]) -> Iterator[bytes]:
        """Yield the file as git would check it out, in each style of conflicts that git knows."""
        line = " ".join(["*", *(_attribute(name, value) for name, value in attributes.items())])
        (self.scratch / "info/attributes").write_bytes(os.fsencode(f"{line}\n"))
        self._git("fast-import", "--quiet", "--force", stdin=_commits(conflict))
        for style in STYLES:
            arguments = ["-c", f"merge.conflictStyle={style}", "merge-tree", "--write-tree", "-z", "--no-messages"]
            done = process.run(["git", *arguments, "refs/ours", "refs/theirs"], env=self._environment, cwd=self._place)
            tree = done.stdout.partition(b"\0")[0].decode()
            if done.code in {0, 1} and tree:
                yield self.files.checked_out(conflict.path, f"{tree}:{conflict.path}")

    def _git(self, *arguments: str, stdin: bytes) -> None:
        process.git(arguments, env=self._environment, cwd=self._place, stdin=stdin)

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in self.files.environment.items() if name not in _FOREIGN}
        return kept | {"GIT_DIR": self._place}

    @property
    def _place(self) -> str:
        return str(self.scratch)


def _attribute(name: str, value: str) -> str:
    if value in {"set", "unset"}:
        return name if value == "set" else f"-{name}"
    return f"{name}={value}"


def _commits(conflict: Unmerged) -> bytes:
    """Return three commits that hold nothing but the path, for ``git fast-import``."""
    path = os.fsencode(f'"{conflict.path.translate(_QUOTED)}"')
    stages = (("base", conflict.base), ("ours", conflict.ours), ("theirs", conflict.theirs))
    return b"".join(_commit(name, stage, path) for name, stage in stages)


def _commit(name: str, stage: Stage | None, path: bytes) -> bytes:
    grown = b"" if name == "base" else b"from refs/base\n"
    held = b"" if stage is None else b"M 100644 %b %b\n" % (stage.oid.encode(), path)
    return b"commit refs/%b\ncommitter g <g> 0 +0000\ndata 0\n%b%b\n" % (name.encode(), grown, held)
