"""Generated fleets: many branches over one workspace of crates, the same for the same specification.

A team of branches works in one crate, on the same few files, so that the number of others that a branch meets does not
depend on how many branches there are. Besides, a constant number of branches edits the root manifests.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from benchmarks import crate_files
from benchmarks.crate_files import FILES_IN_CRATE

FIRST_COMMIT = 1_767_225_600
_IDENTITY = {"NAME": "Fleet Generator", "EMAIL": "fleet@gatekeeper.invalid"}
_WHO = "{NAME} <{EMAIL}>".format_map(_IDENTITY)
_MANIFESTS = 0.4
"""Share of manifests among the edited files: two in five, as where agents tune a build."""


@dataclass(frozen=True)
class FleetSpec:
    """What a fleet looks like. Shares are of all branches.

    Attributes:
        branches: how many there are.
        files: how many files trunk has, 20 in each crate.
        edits: how many files each branch edits.
        team: how many branches share one crate; this is what sets the overlap of a branch.
        shared_files: how many files of its crate a team edits; the fewer, the more its branches meet.
        root_editors: how many branches also edit the root manifests, whatever the number of branches.
        trunk_commits: how many commits trunk has; a branch that is behind starts at one of them.
        behind: share of branches that do not start at trunk's tip.
        stacked: share of branches that start at a branch of their team.
        renames: share of branches that also rename a source file.
        seed: what makes two fleets differ.
    """

    branches: int
    files: int = 10_000
    edits: int = 4
    team: int = 8
    shared_files: int = 12
    root_editors: int = 8
    trunk_commits: int = 20
    behind: float = 0.3
    stacked: float = 0.1
    renames: float = 0.03
    seed: int = 1

    @property
    def crates(self) -> int:
        """How many crates the files make."""
        return max(2, self.files // FILES_IN_CRATE)

    @property
    def teams(self) -> int:
        """How many crates are worked on."""
        return -(-self.branches // self.team)

    def describe(self) -> str:
        """Return one sentence for a table's notes."""
        return (
            f"generated: {self.branches:,} branches over {self.crates * FILES_IN_CRATE:,} files, seed {self.seed}; "
            f"{self.edits} files a branch, {self.team} branches a crate, {self.behind:.0%} behind trunk, "
            f"{self.stacked:.0%} stacked, {self.renames:.0%} with a rename"
        )


@dataclass(frozen=True)
class Fleet:
    """A generated repository; ``branch_list`` is a file with one ref a line."""

    repository: Path
    trunk: str
    branches: tuple[str, ...]
    branch_list: Path


@dataclass
class _Line:
    """A line of development: the ref, its last mark, and the files in which it differs from trunk's first commit."""

    ref: str
    mark: int
    files: dict[str, str | None] = field(default_factory=dict)


class _Stream:
    """What ``git fast-import`` reads."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._mark = 0

    def commit(self, ref: str, parent: int | None, files: dict[str, str | None]) -> int:
        """Write a commit and return its mark."""
        self._mark += 1
        when = f"{_WHO} {FIRST_COMMIT + 60 * self._mark} +0000"
        lines = [f"commit {ref}", f"mark :{self._mark}", f"author {when}", f"committer {when}", "data 7", "change"]
        lines += [f"from :{parent}"] if parent else []
        self._pipe.write("\n".join([*lines, ""]).encode())
        for path, text in files.items():
            self._pipe.write(f"D {path}\n".encode() if text is None else _inline(path, text.encode()))
        self._pipe.write(b"\n")
        return self._mark

    def done(self) -> None:
        """End the stream."""
        self._pipe.write(b"done\n")


def _inline(path: str, data: bytes) -> bytes:
    return b"M 100644 inline %b\ndata %d\n%b\n" % (path.encode(), len(data), data)


def generate(directory: Path, spec: FleetSpec, *, checkout: bool = False) -> Fleet:
    """Build the fleet as a new repository, bare unless ``checkout`` asks for trunk's files."""
    if spec.teams > spec.crates:
        raise ValueError(f"{spec.teams} teams need as many crates, {spec.crates} are too few: the overlap would grow")
    git(directory.parent, "init", "-q", "--template=", "-b", "main", *([] if checkout else ["--bare"]), str(directory))
    process = subprocess.Popen(
        ["git", "-C", str(directory), "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE, env=_environment()
    )
    if process.stdin is None:
        raise RuntimeError("git fast-import has no standard input")
    with process.stdin:
        refs = tuple(_Writer(_Stream(process.stdin), spec).write())
    if process.wait():
        raise RuntimeError("git fast-import failed")
    git(directory, "pack-refs", "--all")
    if checkout:
        git(directory, "reset", "-q", "--hard")
    branch_list = directory.with_name(directory.name + ".branches")
    branch_list.write_text("".join(f"{ref}\n" for ref in refs), encoding="utf-8")
    return Fleet(directory, git(directory, "rev-parse", "main").strip(), refs, branch_list)


class _Writer:
    """Writes one fleet's history."""

    def __init__(self, stream: _Stream, spec: FleetSpec) -> None:
        self._stream = stream
        self._spec = spec
        self._random = random.Random(spec.seed)

    def write(self) -> Iterator[str]:
        """Write trunk and every branch, and yield the branches' refs."""
        spec = self._spec
        trunk = self._trunk()
        root_editors = set(self._random.sample(range(spec.branches), min(spec.root_editors, spec.branches)))
        for team in range(spec.teams):
            crate = team * spec.crates // spec.teams
            lines: list[_Line] = []
            for number in range(team * spec.team, min((team + 1) * spec.team, spec.branches)):
                start = self._start(trunk, lines)
                wanted = self._wanted(crate, root=number in root_editors)
                lines.append(self._grow(start, f"refs/heads/agent/{number:04}", wanted))
                yield lines[-1].ref
        self._stream.done()

    def _trunk(self) -> list[_Line]:
        ref = "refs/heads/main"
        lines = [_Line(ref, self._stream.commit(ref, None, crate_files.workspace(self._spec.crates)))]
        for _ in range(self._spec.trunk_commits):
            crates = [self._random.randrange(self._spec.crates) for _ in range(self._spec.edits)]
            wanted = dict.fromkeys(self._any_file(crate, FILES_IN_CRATE) for crate in crates)
            lines.append(self._grow(lines[-1], ref, wanted))
        return lines

    def _start(self, trunk: list[_Line], lines: list[_Line]) -> _Line:
        """Return where a branch starts: on a branch of its team, behind trunk, or at trunk's tip."""
        choice = self._random.random()
        if lines and choice < self._spec.stacked:
            return self._random.choice(lines)
        if choice < self._spec.stacked + self._spec.behind:
            return self._random.choice(trunk[:-1] or trunk)
        return trunk[-1]

    def _wanted(self, crate: int, *, root: bool) -> dict[str, str | None]:
        """Return the paths that a branch edits, with their new names where they are renamed."""
        spec = self._spec
        paths: dict[str, str | None] = {}
        while len(paths) < min(spec.edits, spec.shared_files):
            paths[self._any_file(crate, spec.shared_files)] = None
        if root:
            paths[self._random.choice(("Cargo.toml", "Makefile.toml"))] = None
        if self._random.random() < spec.renames:
            old = crate_files.path(crate, self._random.randrange(crate_files.FIRST_MODULE, FILES_IN_CRATE))
            paths[old] = old.replace("/src/", "/src/old_")
        return paths

    def _any_file(self, crate: int, among: int) -> str:
        """Choose a file of a crate; manifests are what everybody touches."""
        if self._random.random() < _MANIFESTS:
            return crate_files.path(crate, self._random.randrange(crate_files.FIRST_MODULE))
        return crate_files.path(crate, self._random.randrange(crate_files.FIRST_MODULE, among))

    def _grow(self, start: _Line, ref: str, wanted: dict[str, str | None]) -> _Line:
        """Commit edits of the wanted paths on top of a line of development."""
        changed: dict[str, str | None] = {}
        for path, new_path in wanted.items():
            before = start.files[path] if path in start.files else crate_files.text(path, self._spec.crates)
            if before is None:
                continue
            changed[new_path or path] = crate_files.edited(path, before, self._random)
            if new_path is not None:
                changed[path] = None
        return _Line(ref, self._stream.commit(ref, start.mark, changed), start.files | changed)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _IDENTITY.items()}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | who


def git(directory: Path, *arguments: str) -> str:
    """Return what git says there; it knows nobody's configuration."""
    command = ["git", "-C", str(directory), *arguments]
    return subprocess.run(command, env=_environment(), stdout=subprocess.PIPE, text=True, check=True).stdout
