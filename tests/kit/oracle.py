"""Git's own answer to what a scan says: land one agent, commit, merge the other, and the same the other way round.

Written against git's documentation and nothing of the product. Objects go to a scratch store.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.kit.environment import git_program, hermetic_environment

if TYPE_CHECKING:
    from gatekeeper.core.findings import Report

Pair = tuple[str, str]
MERGEABLE = "mergeable"
CONFLICTS_WITH_TRUNK = "conflicts-with-trunk"
LANDED = "landed"


class Merge(NamedTuple):
    """One merge as git does it: the tree, and the paths in which it is not done. ``crashed``: git itself died of it."""

    tree: str
    paths: frozenset[str]
    crashed: bool = False


_CRASHED = Merge("", frozenset(), crashed=True)


@dataclass(frozen=True)
class Answer:
    """What git says of a fleet. ``conflicts`` has a pair for every two agents that both land cleanly.

    git 2.39 dies of some merges with renames; where it has no answer, nothing is asked of the scan either.
    """

    states: Mapping[str, str]
    trunk_conflicts: Mapping[str, frozenset[str]]
    conflicts: Mapping[Pair, frozenset[str]]


def ask_git(git_dir: Path, trunk: str, agents: Mapping[str, str]) -> Answer:
    """Return git's answer for all pairs of agents, given as commits by ref."""
    with tempfile.TemporaryDirectory() as scratch:
        git = _Git(git_dir, Path(scratch))
        base = git.run("rev-parse", f"{trunk}^{{commit}}").strip()
        nothing = git.run("rev-parse", f"{base}^{{tree}}").strip()
        names = sorted(agents)
        alone = dict(zip(names, git.merges([(base, agents[name]) for name in names]), strict=True))
        states = {name: _state(merge, nothing) for name, merge in alone.items() if not merge.crashed}
        landed = {
            name: git.land(alone[name].tree, base, agents[name]) for name in names if states.get(name) == MERGEABLE
        }
        wanted = list(itertools.combinations(landed, 2))
        orders = [(landed[a], agents[b]) for a, b in wanted] + [(landed[b], agents[a]) for a, b in wanted]
        merged = git.merges(orders)
    both = zip(wanted, merged[: len(wanted)], merged[len(wanted) :], strict=True)
    return Answer(
        states,
        {name: merge.paths for name, merge in alone.items()},
        {pair: left.paths | right.paths for pair, left, right in both if not (left.crashed or right.crashed)},
    )


def differences(answer: Answer, report: Report) -> list[str]:
    """Return a line for everything in which a scan and git disagree; agents that the scan leaves out have landed."""
    found: list[str] = []
    seen = {str(status.ref): status for status in report.agents}
    for ref, state in answer.states.items():
        status = seen.get(ref)
        said = status.state.value if status else LANDED
        if said != state:
            found.append(f"{ref} is {said}, to git {state} {sorted(answer.trunk_conflicts[ref])}")
        elif status and state == CONFLICTS_WITH_TRUNK and set(status.paths) != answer.trunk_conflicts[ref]:
            found.append(f"{ref} conflicts with trunk: {sorted(status.paths)}, {sorted(answer.trunk_conflicts[ref])}")
    said_of = _conflicts_in(report)
    for pair, paths in answer.conflicts.items():
        have = said_of.get(pair, frozenset())
        if have != paths:
            found.append(f"{' and '.join(pair)}: missed {sorted(paths - have)}, false {sorted(have - paths)}")
    return found


def _conflicts_in(report: Report) -> dict[Pair, frozenset[str]]:
    ref_of = {status.name: str(status.ref) for status in report.agents}
    paths: dict[Pair, set[str]] = {}
    for finding in report.findings:
        if finding.git.value != "conflict" or len(finding.sides) != 2:
            continue
        for names in itertools.product(*(side.agents for side in finding.sides)):
            left, right = sorted(ref_of[name] for name in names)
            paths.setdefault((left, right), set()).add(finding.path)
    return {pair: frozenset(found) for pair, found in paths.items()}


def _state(alone: Merge, trunk_tree: str) -> str:
    if alone.paths:
        return CONFLICTS_WITH_TRUNK
    return LANDED if alone.tree == trunk_tree else MERGEABLE


class _Git:
    def __init__(self, git_dir: Path, scratch: Path) -> None:
        self._git_dir = git_dir
        self._environment = hermetic_environment(scratch) | {
            "GIT_OBJECT_DIRECTORY": str(scratch),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(git_dir / "objects"),
        }

    def run(self, *arguments: str, stdin: str = "") -> str:
        command = [git_program(), "--git-dir", str(self._git_dir), *arguments]
        result = subprocess.run(
            command, input=os.fsencode(stdin), env=self._environment, stdout=subprocess.PIPE, check=True
        )
        return os.fsdecode(result.stdout)

    def land(self, tree: str, trunk: str, agent: str) -> str:
        return self.run("commit-tree", tree, "-p", trunk, "-p", agent, "-m", "land").strip()

    def merges(self, pairs: Sequence[Pair]) -> list[Merge]:
        """Merge the second of each pair into the first."""
        if not pairs:
            return []
        lines = "".join(f"{ours} {theirs}\n" for ours, theirs in pairs)
        try:
            output = self.run("merge-tree", "--stdin", "--name-only", "--no-messages", stdin=lines)
        except subprocess.CalledProcessError:
            if len(pairs) == 1:
                return [_CRASHED]
            return [merge for pair in pairs for merge in self.merges([pair])]
        fields = iter(output.split("\0"))
        return [self._next_merge(fields, pair) for pair in pairs]

    @staticmethod
    def _next_merge(fields: Iterable[str], pair: Pair) -> Merge:
        fields = iter(fields)
        clean, tree = next(fields) == "1", next(fields)
        paths = frozenset(_without_side(path, pair) for path in itertools.takewhile(bool, fields))
        return Merge(tree, frozenset() if clean else paths)


def _without_side(path: str, sides: Pair) -> str:
    """Return the path of a file that git moved out of the way of a directory, as ``path~SIDE`` or ``path~SIDE_1``."""
    return re.sub(rf"~(?:{'|'.join(sides)})(?:_\d+)?\Z", "", path)
