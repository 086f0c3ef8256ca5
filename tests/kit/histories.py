"""Repositories that Hypothesis makes up: few files, small edits close to each other, and every kind of history.

A `History` is data: it prints as what it is and shrinks well. Whatever does not fit (a rename of a file that is gone)
is left out while building, so that every history can be built.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from hypothesis import reject
from hypothesis import strategies as st

from tests.kit.edits import BASE, Edit, Tree, edits, line_edits
from tests.kit.objects import Executable, File, Submodule, Symlink
from tests.kit.repository_builder import MergeConflictError, RepositoryBuilder

TRUNK = "main"


@dataclass(frozen=True)
class Agent:
    """Where a branch starts (counted through all commits so far) and what it commits."""

    start: int
    commits: tuple[tuple[Edit, ...], ...]


@dataclass(frozen=True)
class Work:
    """One more commit on an agent, or on trunk where ``agent`` is None."""

    agent: int | None
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class MergeInto:
    """A merge of trunk or of another agent into an agent; where it conflicts, one side's files win."""

    agent: int
    other: int | None
    theirs_win: bool


@dataclass(frozen=True)
class Land:
    """Trunk takes an agent in, as a merge or squashed, where that goes cleanly."""

    agent: int
    squash: bool


@dataclass(frozen=True)
class CrissCross:
    """Trunk and an agent merge each other's tips, so that they have two merge bases."""

    agent: int
    theirs_win: bool


Step: TypeAlias = Work | MergeInto | Land | CrissCross


@dataclass(frozen=True)
class History:
    """A whole repository."""

    trunk: tuple[tuple[Edit, ...], ...]
    agents: tuple[Agent, ...]
    steps: tuple[Step, ...]


def histories(*, agents: tuple[int, int] = (3, 6)) -> st.SearchStrategy[History]:
    """Return histories of so many agents, least and most.

    Trunk's own edits are small: an agent that conflicts with trunk tells nothing about pairs.
    """
    commit = st.lists(edits(), min_size=2, max_size=4).map(tuple)
    own = st.lists(line_edits(), min_size=1, max_size=2).map(tuple)
    number = st.integers(0, 5)
    branches = st.builds(Agent, st.integers(0, 7), st.lists(commit, min_size=1, max_size=2).map(tuple))
    steps = st.one_of(
        st.builds(Work, number, commit),
        st.builds(Work, st.none(), own),
        st.builds(MergeInto, number, st.none() | number, st.booleans()),
        st.builds(Land, number, st.booleans()),
        st.builds(CrissCross, number, st.booleans()),
    )
    return st.builds(
        History,
        st.lists(own, max_size=2).map(tuple),
        st.lists(branches, min_size=agents[0], max_size=agents[1]).map(tuple),
        st.lists(steps, max_size=4).map(tuple),
    )


def build(history: History, repository: RepositoryBuilder) -> dict[str, str]:
    """Build a history in a new bare repository, and return its agents: commits by ref."""
    return _Building(repository).build(history)


def build_or_reject(history: History, repository: RepositoryBuilder) -> dict[str, str]:
    """Build a history as ``build`` does; where git cannot make it, Hypothesis gives the example up."""
    try:
        return build(history, repository)
    except subprocess.CalledProcessError as error:
        # git 2.39 dies of some merges with renames; a history that cannot be made says nothing.
        if error.returncode != -signal.SIGABRT:
            raise
        reject()


@dataclass
class _Building:
    repository: RepositoryBuilder
    branches: list[str] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    trees: dict[str, Tree] = field(default_factory=dict)

    def build(self, history: History) -> dict[str, str]:
        self._add(TRUNK, lambda: self.repository.commit(TRUNK, BASE), dict(BASE))
        for commit in history.trunk:
            self._work(TRUNK, commit)
        for number, agent in enumerate(history.agents):
            name = f"agent-{number}"
            self.repository.branch(name, at=self.starts[agent.start % len(self.starts)])
            self.branches.append(name)
            for commit in agent.commits:
                self._work(name, commit)
        for step in history.steps:
            self._step(step)
        return {f"refs/heads/{name}": self.repository.commit_id(name) for name in self.branches}

    def _step(self, step: Step) -> None:
        match step:
            case Work(None, wanted):
                self._work(TRUNK, wanted)
            case Work(int(agent), wanted):
                self._work(self._name(agent), wanted)
            case MergeInto(agent, other, theirs_win):
                theirs = TRUNK if other is None else self._name(other)
                self._merge(self._name(agent), self.repository.commit_id(theirs), theirs_win=theirs_win)
            case Land(agent, squash):
                self._land(self._name(agent), squash=squash)
            case CrissCross(agent, theirs_win):
                name = self._name(agent)
                trunk, tip = self.repository.commit_id(TRUNK), self.repository.commit_id(name)
                self._merge(TRUNK, tip, theirs_win=False)
                self._merge(name, trunk, theirs_win=theirs_win)

    def _name(self, agent: int) -> str:
        return self.branches[agent % len(self.branches)]

    def _work(self, branch: str, wanted: Sequence[Edit]) -> None:
        before = self._tree(self.repository.commit_id(branch))
        after = dict(before)
        for edit in wanted:
            edit.apply(after)
        self._add(branch, lambda: self.repository.commit(branch, _changed(before, after)), after)

    def _add(self, branch: str, commit: Callable[[], str], tree: Tree) -> None:
        oid = commit()
        self.trees[oid] = tree
        self.starts.append(oid)
        assert self.repository.commit_id(branch) == oid

    def _merge(self, branch: str, theirs: str, *, theirs_win: bool) -> None:
        ours = self.repository.commit_id(branch)
        try:
            self.repository.merge(branch, theirs)
        except MergeConflictError:
            winner = theirs if theirs_win else ours
            parents = ("-p", ours, "-p", theirs)
            merge = self.repository.git("commit-tree", f"{winner}^{{tree}}", *parents, "-m", "merge").strip()
            self.repository.branch(branch, at=merge)

    def _land(self, branch: str, *, squash: bool) -> None:
        try:
            if squash:
                self.repository.squash(branch, onto=TRUNK)
            else:
                self.repository.merge(TRUNK, branch)
        except MergeConflictError:
            return

    def _tree(self, commit: str) -> Tree:
        if commit not in self.trees:
            self.trees[commit] = _read(self.repository, commit)
        return self.trees[commit]


def _changed(before: Tree, after: Tree) -> dict[str, File]:
    """Return what the builder has to be told; files below a path that became a file go with it."""
    changed: dict[str, File] = {path: file for path, file in after.items() if before.get(path) != file}
    for path in before.keys() - after.keys():
        parts = path.split("/")
        if not any("/".join(parts[:length]) in after for length in range(1, len(parts))):
            changed[path] = None
    return changed


def _read(repository: RepositoryBuilder, commit: str) -> Tree:
    tree: Tree = {}
    for line in repository.git("ls-tree", "-r", "-z", commit).split("\0"):
        if not line:
            continue
        entry, _, path = line.partition("\t")
        mode, kind, oid = entry.split()
        if kind == "commit":
            tree[path] = Submodule(oid)
            continue
        text = repository.git("cat-file", "blob", oid)
        tree[path] = Symlink(text) if mode == "120000" else Executable(text) if mode == "100755" else text
    return tree
