"""Real merges replayed as pairs of agents: what is found, and which criticals stand on merges that turned out sound.

Reads the shared corpus beside the project, which is not part of it. Not among the benchmarks that run by default: it
measures findings and not time.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from benchmarks.timing import Row, Table
from gatekeeper.core.document import Document, parse, same
from gatekeeper.core.names import Severity, TreePath
from gatekeeper.core.rules.registry import all_rules
from gatekeeper.core.schema import GENERIC, profile_for
from gatekeeper.core.value_merge import merge_values
from gatekeeper.scanning import ScanRequest, scan

DESCRIPTION = "findings on real merges, by rule and severity, and every critical where the maintainers' result is sound"
CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"
_AT_ONCE = 25
_UNSOUND = ("not TOML", "edited by hand")
_GIT = {
    **{f"GIT_{role}_{part}": "precision" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")},
    **{f"GIT_{role}_DATE": "1767225600 +0000" for role in ("AUTHOR", "COMMITTER")},
}


@dataclass(frozen=True)
class Case:
    """One path of a merge: what it was made of and what the maintainers made of it."""

    name: str
    path: str
    base: str
    ours: str
    theirs: str
    human: str


@dataclass(frozen=True)
class Found:
    """One finding, and what became of the merge on which it stands."""

    case: str
    rule: str
    severity: str
    git: str
    outcome: str
    message: str


def run(_rounds: int) -> list[Table]:
    """Replay the single files and the merges of the fleet."""
    merges, bundle = CORPUS / "merges.jsonl.gz", CORPUS / "fleet-ggen.bundle"
    if not (merges.exists() and bundle.exists()):
        return [Table("Real merges", skipped="the shared corpus (../shared/corpus) is not beside the project.")]
    cases = list(_cases(merges))
    chunks = [cases[start : start + _AT_ONCE] for start in range(0, len(cases), _AT_ONCE)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        files = [found for chunk in pool.map(_replayed, chunks) for found in chunk]
    whole, fleet = _replayed_fleet(bundle)
    return [
        *_tables(f"{len(cases):,} merges of one manifest", files, len(cases)),
        *_tables(f"{whole:,} merges of the fleet, whole trees", fleet, whole),
    ]


def _cases(path: Path) -> Iterator[Case]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            texts = [row[name] or "" for name in ("base", "ours", "theirs", "human")]
            yield Case(row["id"], row["path"], *texts)


def _replayed(cases: Iterable[Case]) -> list[Found]:
    """Scan each case as a repository of two agents, all in one repository on trunks of their own."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-precision-") as directory:
        repository = Path(directory)
        _git(repository, "init", "-q", "--bare")
        return [found for case in cases for found in _scanned_file(repository, case)]


def _scanned_file(repository: Path, case: Case) -> Iterator[Found]:
    texts = {"base": case.base, "ours": case.ours, "theirs": case.theirs}
    commits = _commits(repository, case.path, texts)
    for side in ("ours", "theirs"):
        _git(repository, "update-ref", f"refs/heads/{side}", commits[side])
    clean = subprocess.run(
        ["git", "merge-tree", "--write-tree", "ours", "theirs"],
        cwd=repository, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    merged = _git(repository, "show", f"{clean.stdout.strip()}:{case.path}") if clean.returncode == 0 else None
    outcome = _outcome(case, merged)
    yield from _findings(repository, commits["base"], ("refs/heads/ours", "refs/heads/theirs"), case.name, outcome)


def _commits(repository: Path, path: str, texts: dict[str, str]) -> dict[str, str]:
    """Write a commit for each version with git's fast import, and return their ids."""
    marks = {name: f":{2 * number + 2}" for number, name in enumerate(texts)}
    stream = bytearray()
    for number, (name, text) in enumerate(texts.items()):
        content = text.encode()
        stream += b"blob\nmark :%d\ndata %d\n%b\n" % (2 * number + 1, len(content), content)
        stream += f"reset refs/replay/{name}\ncommit refs/replay/{name}\nmark {marks[name]}\n".encode()
        stream += b"committer precision <precision> 1767225600 +0000\ndata 1\nx\n"
        stream += b"" if name == "base" else f"from {marks['base']}\n".encode()
        stream += f"M 100644 :{2 * number + 1} {json.dumps(path)}\n\n".encode()
    subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=repository, input=bytes(stream), check=True)
    return {name: _git(repository, "rev-parse", f"refs/replay/{name}").strip() for name in texts}


def _outcome(case: Case, merged: str | None) -> str:
    """Say what the maintainers' result is, compared by value."""
    profile = profile_for(TreePath(case.path)) or GENERIC
    human, base, ours, theirs = (
        parse(text.encode(), profile) for text in (case.human, case.base, case.ours, case.theirs)
    )
    if not isinstance(human, Document):
        return "not TOML"
    git = None if merged is None else parse(merged.encode(), profile)
    if isinstance(git, Document) and same(git.tree, human.tree):
        return "as git merged"
    if isinstance(base, Document) and isinstance(ours, Document) and isinstance(theirs, Document):
        if same(human.tree, ours.tree) or same(human.tree, theirs.tree):
            return "as one side"
        merge = merge_values(base, ours, theirs)
        if not merge.clashes and same(merge.tree, human.tree):
            return "as the values merge"
    return "edited by hand"


def _replayed_fleet(bundle: Path) -> tuple[int, list[Found]]:
    """Scan both parents of every merge of the fleet, on their merge base; return how many there were, too."""
    found: list[Found] = []
    with tempfile.TemporaryDirectory(prefix="gatekeeper-precision-") as directory:
        repository = Path(directory) / "fleet.git"
        subprocess.run(["git", "clone", "-q", "--mirror", str(bundle), str(repository)], check=True)
        merges = [line.split() for line in _git(repository, "log", "--all", "--merges", "--format=%H %P").splitlines()]
        count = 0
        for merge, first, second, *more in merges:
            bases = _git(repository, "merge-base", "--all", first, second, accept=(0, 1)).split()
            if more or len(bases) != 1 or bases[0] in {first, second}:
                continue
            count += 1
            sides = (("refs/replay/ours", first), ("refs/replay/theirs", second))
            for name, commit in sides:
                _git(repository, "update-ref", name, commit)
            outcome = _tree_outcome(repository, merge, first, second)
            names = tuple(name for name, _ in sides)
            found += _findings(repository, bases[0], names, merge[:12], outcome)
    return count, found


def _tree_outcome(repository: Path, merge: str, first: str, second: str) -> str:
    trees = {name: _git(repository, "rev-parse", f"{name}^{{tree}}").strip() for name in (merge, first, second)}
    merged = _git(repository, "merge-tree", "--write-tree", first, second, accept=(0, 1)).split("\n")[0]
    names = _git(repository, "ls-tree", "-r", "--name-only", merge).splitlines()
    read = partial(_git, repository, "show")
    for name in names:
        profile = profile_for(TreePath(name))
        if profile is not None and not isinstance(parse(read(f"{merge}:{name}").encode(), profile), Document):
            return "not TOML"
    if trees[merge] == merged:
        return "as git merged"
    return "as one side" if trees[merge] in {trees[first], trees[second]} else "edited by hand"


def _findings(repository: Path, trunk: str, refs: tuple[str, ...], name: str, outcome: str) -> Iterator[Found]:
    report = scan(ScanRequest(str(repository), trunk, (), refs, worktrees=False, cache=False))
    for one in report.findings:
        if len(one.sides) > 1:
            told = f"{one.path}: {one.message}"
            yield Found(name, one.rule, one.severity.label, one.git.value, outcome, told)


def _tables(title: str, findings: list[Found], cases: int) -> list[Table]:
    severities = [severity.label for severity in reversed(Severity)]
    counted = Counter((found.rule, found.severity) for found in findings)
    order: dict[str, int] = {rule: number for number, rule in enumerate(all_rules())}
    rows = []
    for rule, group in groupby(sorted(counted, key=lambda key: order[key[0]]), key=lambda key: key[0]):
        of_rule = {severity: counted[rule, severity] for _, severity in group}
        split = ", ".join(f"{of_rule[name]} {name}" for name in severities if name in of_rule)
        rows.append(Row(rule, (float(sum(of_rule.values())),), "findings", remark=split))
    with_any = len({found.case for found in findings})
    with_critical = len({found.case for found in findings if found.severity == "critical"})
    notes = [f"{with_any:,} of {cases:,} merges have a finding, {with_critical:,} a critical one"]
    return [Table(f"Findings on {title}", rows, notes), _criticals(title, findings)]


def _criticals(title: str, findings: list[Found]) -> Table:
    """Return the criticals by what the maintainers made of the merge; those on sound results one by one."""
    critical = [found for found in findings if found.severity == "critical"]
    if not critical:
        return Table(f"Criticals by the maintainers' result, {title}", skipped="there is no critical finding.")
    counted = Counter((found.outcome, found.git) for found in critical)
    rows = [
        Row(f"{outcome}, git {git}", (float(count),), "findings") for (outcome, git), count in counted.most_common()
    ]
    sound = [found for found in critical if found.outcome not in _UNSOUND]
    notes = [f"{found.case} {found.rule} (git {found.git}, {found.outcome}): {found.message}" for found in sound]
    return Table(f"Criticals by the maintainers' result, {title}", rows, notes)


def _git(repository: Path, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=repository, env=os.environ | _GIT, stdout=subprocess.PIPE, check=False
    )
    if done.returncode not in accept:
        raise subprocess.CalledProcessError(done.returncode, arguments[0])
    return done.stdout.decode(errors="surrogateescape")
