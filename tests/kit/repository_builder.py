"""Repositories in a few readable lines, for tests.

    repo = RepositoryBuilder(tmp_path / "r")
    repo.commit("main", {"Cargo.toml": "...", "src/lib.rs": b"..."}, message="base")
    repo.branch("agent-a", at="main")
    repo.commit("agent-a", {"Cargo.toml": "...", "src/lib.rs": None})
    repo.merge("agent-a", "main")

Commits are written directly as objects; merges and worktrees are git's own work. The clock starts at EPOCH and moves a
minute with each commit, so that the same calls give the same commit ids everywhere.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.kit.environment import EMAIL, EPOCH, NAME, git_date, git_program, hermetic_environment
from tests.kit.objects import Executable, File, Files, ObjectStore, Submodule, Symlink, TreeEntry, as_bytes

TICK = 60


class MergeConflictError(Exception):
    """Git could not merge, and the test did not say how to settle it."""

    def __init__(self, paths: frozenset[str]) -> None:
        super().__init__(f"conflicts in {', '.join(sorted(paths))}")
        self.paths = paths


class RepositoryBuilder:
    """A new git repository at `root`, with `trunk` as its (still unborn) branch.

    `bare=True` is faster for many commits on the checked-out branch, which otherwise brings its files up to date.
    """

    def __init__(
        self, root: Path, *, trunk: str = "main", bare: bool = False, object_format: str = "sha1", now: int = EPOCH
    ) -> None:
        self.root = root
        self.now = now
        self._git = git_program()
        self._home = root.parent
        root.mkdir(parents=True)
        kind = ["--bare"] if bare else []
        self.git("init", "-q", "--template=", "-b", trunk, f"--object-format={object_format}", *kind)
        self.git_dir = root if bare else root / ".git"
        self._store = ObjectStore(self.git_dir / "objects", object_format, self._read_tree)
        self._checkouts: dict[str, Path] = {} if bare else {trunk: root}
        self._commit_trees: dict[str, str] = {}

    def git(self, *args: str, cwd: Path | None = None, stdin: str | None = None) -> str:
        """Run git in the repository (or `cwd`) and return what it printed; raise CalledProcessError when it fails."""
        return self._run(args, cwd=cwd, stdin=stdin).decode(errors="surrogateescape")

    def commit_id(self, revision: str) -> str:
        """Return the commit that a branch or any other revision names."""
        try:
            value = (self.git_dir / "refs" / "heads" / revision).read_text().strip()
        except (OSError, ValueError):
            value = ""
        if value and not value.startswith("ref:"):
            return value
        return self.git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").strip()

    def commit(
        self,
        branch: str,
        files: Files | None = None,
        *,
        message: str = "change",
        author: str = NAME,
        root: bool = False,
    ) -> str:
        """Put a commit on a branch: a path holds what `files` says, None deletes it, other paths stay. Return its id.

        A branch that does not exist starts here only when it is the repository's first, or with `root=True`.
        """
        parent = None if root or self._is_unborn(branch) else self.commit_id(branch)
        tree = self._store.update(parent and self._tree_of(parent), files or {})
        return self._advance(branch, tree, [parent] if parent else [], message, author)

    def branch(self, name: str, at: str = "main") -> str:
        """Create a branch at a revision, or move it there, and return the commit id."""
        commit = self.commit_id(at)
        self._set_branch(name, commit)
        return commit

    def rename(self, branch: str, old: str, new: str, *, also: Files | None = None, message: str = "rename") -> str:
        """Commit the move of a file or directory, together with other changes in `also`."""
        tree = self._tree_of(self.commit_id(branch))
        entry = self._store.find(tree, old)
        if entry is None:
            missing = f"nothing to rename at {old!r} on {branch}"
            raise KeyError(missing)
        return self.commit(branch, {old: None} | {new: entry} | dict(also or {}), message=message)

    def merge(self, branch: str, other: str, *, resolve: Files | None = None, message: str = "merge") -> str:
        """Merge `other` into `branch` with a merge commit and return its id.

        `resolve` says what the conflicted paths shall hold; a conflict that it does not name raises MergeConflictError.
        """
        ours, theirs = self.commit_id(branch), self.commit_id(other)
        tree = self._merged_tree(ours, theirs, resolve or {})
        return self._advance(branch, tree, [ours, theirs], message)

    def squash(self, branch: str, onto: str, *, resolve: Files | None = None, message: str = "squash") -> str:
        """Land all of a branch as one ordinary commit on another branch and return its id."""
        target, source = self.commit_id(onto), self.commit_id(branch)
        tree = self._merged_tree(target, source, resolve or {})
        return self._advance(onto, tree, [target], message)

    def worktree(self, branch: str, path: Path | None = None) -> Path:
        """Check a branch out beside the repository (or at `path`) and return where."""
        path = path or self.root.parent / f"{self.root.name}-{branch.replace('/', '-')}"
        self.git("worktree", "add", "-q", "--", str(path), branch)
        self._checkouts[branch] = path
        return path

    def write(self, worktree: Path, files: Files) -> None:
        """Edit files of a worktree without telling git; None deletes a file or a directory."""
        for name, file in files.items():
            _write_to_disk(worktree / name, file)

    def stage(self, worktree: Path, *paths: str) -> None:
        """Stage paths of a worktree, or everything in it."""
        self.git("add", "-A", "--", *(paths or (".",)), cwd=worktree)

    def conflicts(self, ours: str, theirs: str) -> frozenset[str]:
        """Return the paths that conflict when git merges one revision into another; the repository stays as it is."""
        with tempfile.TemporaryDirectory() as scratch:
            return self._merge_tree(self.commit_id(ours), self.commit_id(theirs), Path(scratch))[1]

    def conflicts_after_landing(self, trunk: str, first: str, second: str) -> frozenset[str]:
        """Return the paths that conflict when `second` is merged after `first` has landed on `trunk`.

        `first` has to land cleanly (else MergeConflictError). The repository stays as it is.
        """
        base, landing = self.commit_id(trunk), self.commit_id(first)
        with tempfile.TemporaryDirectory() as scratch:
            tree, paths = self._merge_tree(base, landing, Path(scratch))
            if paths:
                raise MergeConflictError(paths)
            landed = self._run(
                ["commit-tree", tree, "-p", base, "-p", landing, "-m", "land"], env=self._scratch_store(Path(scratch))
            )
            return self._merge_tree(landed.decode().strip(), self.commit_id(second), Path(scratch))[1]

    def _run(
        self,
        args: tuple[str, ...] | list[str],
        *,
        cwd: Path | None = None,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (0,),
    ) -> bytes:
        command = [self._git, *args]
        result = subprocess.run(
            command,
            cwd=cwd or self.root,
            env=hermetic_environment(self._home, now=self.now) | dict(env or {}),
            input=None if stdin is None else stdin.encode(errors="surrogateescape"),
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
        )
        if result.returncode not in accept:
            error = subprocess.CalledProcessError(result.returncode, command, result.stdout, result.stderr)
            error.add_note(result.stderr.decode(errors="replace"))
            raise error
        return result.stdout

    def _read_tree(self, oid: str) -> bytes:
        return self._run(["cat-file", "tree", oid])

    def _tree_of(self, commit: str) -> str:
        if commit not in self._commit_trees:
            self._commit_trees[commit] = self.git("rev-parse", f"{commit}^{{tree}}").strip()
        return self._commit_trees[commit]

    def _is_unborn(self, branch: str) -> bool:
        if self._commit_trees or (self.git_dir / "refs" / "heads" / branch).exists():
            return False
        return not self.git("for-each-ref", "--count=1")

    def _advance(self, branch: str, tree: str, parents: list[str], message: str, author: str = NAME) -> str:
        when = git_date(self.now)
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {author} <{EMAIL}> {when}", f"committer {NAME} <{EMAIL}> {when}", "", message, ""]
        commit = self._store.write("commit", "\n".join(lines).encode())
        self._commit_trees[commit] = tree
        self._set_branch(branch, commit)
        self.now += TICK
        return commit

    def _set_branch(self, name: str, commit: str) -> None:
        ref = self.git_dir / "refs" / "heads" / name
        checkout = self._checkouts.get(name)
        old = self.commit_id(name) if ref.exists() else self._store.write("tree", b"")
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(f"{commit}\n")
        if checkout:
            self.git("read-tree", "-m", "-u", old, commit, cwd=checkout)

    def _merged_tree(self, ours: str, theirs: str, resolve: Files) -> str:
        tree, paths = self._merge_tree(ours, theirs)
        open_paths = paths - set(resolve)
        if open_paths:
            raise MergeConflictError(open_paths)
        return self._store.update(tree, resolve)

    def _merge_tree(self, ours: str, theirs: str, scratch: Path | None = None) -> tuple[str, frozenset[str]]:
        """Return the merged tree and its conflicted paths; new objects go to `scratch` when there is one."""
        command = ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs]
        output = self._run(command, env=self._scratch_store(scratch) if scratch else None, accept=(0, 1))
        tree, *paths = output.decode(errors="surrogateescape").rstrip("\0").split("\0")
        return tree, frozenset(_without_side(path, (ours, theirs)) for path in paths if path)

    def _scratch_store(self, scratch: Path) -> dict[str, str]:
        return {
            "GIT_OBJECT_DIRECTORY": str(scratch),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self._store.directory),
        }


def _without_side(path: str, sides: tuple[str, ...]) -> str:
    """Return the path that git moved aside as `path~SIDE` or `path~SIDE_1`."""
    stem, tilde, suffix = path.rpartition("~")
    return stem if tilde and suffix.partition("_")[0] in sides else path


def _write_to_disk(path: Path, file: File) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=file is not None)
    if file is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    match file:
        case Symlink(target):
            path.symlink_to(target)
        case Executable(content):
            path.write_bytes(as_bytes(content))
            path.chmod(0o755)
        case str() | bytes():
            path.write_bytes(as_bytes(file))
        case Submodule() | TreeEntry():
            message = f"{path}: only git can put this into a worktree"
            raise TypeError(message)
