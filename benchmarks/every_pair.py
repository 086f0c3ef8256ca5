"""The peer: every pair of branches through ``git merge-tree --stdin``, measured on a sample."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import Seconds, stopwatch

_MERGE_TREE = ("merge-tree", "--stdin", "--name-only", "--no-messages", "--allow-unrelated-histories")
_IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "peer"), ("EMAIL", "peer@gatekeeper.invalid"), ("DATE", "1767225600 +0000"))
}


@dataclass(frozen=True)
class EveryPair:
    """Pairs "A has landed on trunk, now merge B", ready to be merged."""

    repository: Path
    pairs: tuple[tuple[str, str], ...]
    possible: int

    @classmethod
    def sample(cls, repository: Path, trunk: str, refs: Sequence[str], *, count: int = 500, seed: int = 1) -> EveryPair:
        """Choose pairs at random and land the first of each, which is no part of the measurement.

        An agent that does not land on its own stands for itself.
        """
        generator = random.Random(seed)
        possible = list(itertools.combinations(refs, 2)) if len(refs) <= 1000 else None  # noqa: PLR2004 - half a million
        pairs: list[tuple[str, str]]
        if possible is not None:
            pairs = generator.sample(possible, min(count, len(possible)))
        else:
            pairs = [(first, second) for first, second in (generator.sample(refs, 2) for _ in range(count))]
        commits = _commits(repository, [trunk, *refs])
        landed = _land(repository, commits[trunk], {ref: commits[ref] for ref, _ in pairs})
        chosen = tuple((landed[first], commits[second]) for first, second in pairs)
        return cls(repository, chosen, len(refs) * (len(refs) - 1) // 2)

    def seconds_for_all(self) -> Seconds:
        """Merge the sample and return what all pairs would take.

        Git writes the merged files into a directory that is new each time, so that no round finds them there.
        """
        lines = "".join(f"{first} {second}\n" for first, second in self.pairs)
        with tempfile.TemporaryDirectory() as scratch:
            taken = stopwatch(lambda: _git(self.repository, *_MERGE_TREE, stdin=lines, scratch=Path(scratch)))
        return taken / len(self.pairs) * self.possible


def _land(repository: Path, trunk: str, commits: Mapping[str, str]) -> dict[str, str]:
    lines = "".join(f"{trunk} {commit}\n" for commit in commits.values())
    fields = iter(_git(repository, *_MERGE_TREE, stdin=lines).split("\0"))
    landed: dict[str, str] = {}
    for ref, commit in commits.items():
        clean, tree = next(fields) == "1", next(fields)
        while next(fields):
            pass
        parents = ("-p", trunk, "-p", commit)
        landed[ref] = _git(repository, "commit-tree", tree, *parents, "-m", ref).strip() if clean else commit
    return landed


def _commits(repository: Path, revisions: Sequence[str]) -> dict[str, str]:
    lines = "".join(f"{revision}^{{commit}}\n" for revision in revisions)
    answers = _git(repository, "cat-file", "--batch-check=%(objectname)", stdin=lines).splitlines()
    return dict(zip(revisions, answers, strict=True))


def _git(repository: Path, *arguments: str, stdin: str = "", scratch: Path | None = None) -> str:
    environment = os.environ | _IDENTITY | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
    if scratch is not None:
        environment["GIT_OBJECT_DIRECTORY"] = str(scratch)
        environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(repository / "objects")
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(
        command, input=stdin, env=environment, capture_output=True, text=True, errors="surrogateescape", check=True
    ).stdout
