"""One fixture as a repository, merged by git and checked out, and its commands run in there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tests.e2e.golden_cases import CASES, GOLDEN_CASES, KNOWN_GAPS, GoldenCase
from tests.kit import MergeConflictError, RepositoryBuilder
from tests.verify.statements import Outcome, Statement
from tests.verify.tools import TOOLCHAIN, Tools

CASES_WITH_STATEMENTS = [case for case in (*GOLDEN_CASES, *KNOWN_GAPS) if "cargo" in case.expected]

_ALONE = {"base": "main", "left": "left", "right": "right"}
_ORDERS = {"left-then-right": ("left", "right"), "right-then-left": ("right", "left")}
_LANDINGS = {"left": ("main", "left"), "right": ("main", "right")}
_SECONDS = 600
_THREAD = re.compile(r"(thread '\w+') \(\d+\)")
_SCRIPT = re.compile(r"\S*/fsio_\w+\.sh")


@dataclass(frozen=True)
class Proof:
    """One row of the table. ``verdict`` is ``verified``, or begins with ``skipped`` or ``not so``."""

    rule: str
    fixture: str
    command: str
    exit: int | None
    words: str
    alone: str
    verdict: str


def label(case: GoldenCase) -> str:
    """Return the name of a fixture, which tells a known gap from a case that is named alike."""
    kind = case.folder.parent
    return case.name if kind == CASES else f"{kind.name}/{case.name}"


def statements_of(case: GoldenCase) -> list[Statement]:
    """Return what a fixture states about commands."""
    return [Statement.of(row) for row in case.expected.get("cargo", [])]


def prove(case: GoldenCase, tools: Tools, scratch: Path) -> list[Proof]:
    """Return a row for each statement of a fixture."""
    try:
        return _Workshop(case, tools, scratch).proofs()
    finally:
        shutil.rmtree(scratch / label(case), ignore_errors=True)


class _Workshop:
    """The checkouts of one fixture: both sides and their base alone, and git's merges."""

    def __init__(self, case: GoldenCase, tools: Tools, scratch: Path) -> None:
        self._case, self._tools, self._scratch, self._place = case, tools, scratch, scratch / label(case)
        self._repository = RepositoryBuilder(self._place / "repository.git", bare=True)
        case.build(self._repository)
        self._alone = {name: self._checkout(name, branch) for name, branch in _ALONE.items()}
        self._merges, self._conflicts = self._merged()

    def proofs(self) -> list[Proof]:
        return [self._proof(statement) for statement in statements_of(self._case)]

    def _merged(self) -> tuple[dict[str, Path], str]:
        """Merge in both orders; the second is only another checkout if it has another outcome."""
        trees: dict[str, Path] = {}
        conflicts = ""
        for name, (first, second) in _ORDERS.items():
            self._repository.branch(name, at=first)
            try:
                commit = self._repository.merge(name, second)
            except MergeConflictError as error:
                conflicts = str(error)
                continue
            tree = self._repository.git("rev-parse", f"{commit}^{{tree}}").strip()
            if tree not in trees:
                trees[tree] = self._checkout(name, commit)
        return {checkout.name: checkout for checkout in trees.values()}, conflicts

    def _checkout(self, name: str, revision: str) -> Path:
        path = self._place / name
        self._repository.git("worktree", "add", "-q", "--detach", str(path), revision)
        return path

    def _proof(self, statement: Statement) -> Proof:
        if reason := self._reason_to_skip(statement):
            return self._row(statement, None, "", f"skipped: {reason}")
        if statement.is_the_merge:
            return self._judged(statement, self._merging(_ORDERS), self._merging(_LANDINGS))
        if not self._merges:
            return self._row(statement, None, "", f"not so: git has {self._conflicts}")
        merges = {name: self._run(statement.run, path) for name, path in self._merges.items()}
        alone = {name: self._run(statement.run, path) for name, path in self._alone.items()}
        return self._judged(statement, merges, alone)

    def _reason_to_skip(self, statement: Statement) -> str:
        if statement.elsewhere:
            return f"this is not {statement.elsewhere}"
        if statement.lets_the_file_choose and not self._tools.has_toolchain():
            return f"rustup does not have {TOOLCHAIN} here"
        if self._tools.cargo_make is None and statement.needs_cargo_make(self._files()):
            return self._tools.reason
        return ""

    def _files(self) -> dict[str, bytes]:
        """Return the files of all versions; of what several have, all that they say."""
        versions = [self._case.files(version) for version in _ALONE]
        return {path: b"\n".join(files.get(path, b"") for files in versions) for path in {*chain(*versions)}}

    def _merging(self, merges: Mapping[str, tuple[str, str]]) -> dict[str, Outcome]:
        """Return what ``git merge`` says, for each pair of what is checked out and what is merged into it."""
        outcomes = {}
        for name, (branch, other) in merges.items():
            checkout = self._checkout(f"merging-{name}", branch)
            outcomes[name] = self._run(("git", "merge", "--no-edit", other), checkout)
        return outcomes

    def _judged(self, statement: Statement, merges: Mapping[str, Outcome], alone: Mapping[str, Outcome]) -> Proof:
        faults = [f"{name} {fault}" for name, outcome in merges.items() if (fault := statement.fault(outcome))]
        faults += filter(None, [statement.fault_alone(alone)])
        verdict = f"not so: {'; '.join(faults)}" if faults else "verified"
        failing = [f"{name} exits {outcome.exit}" for name, outcome in alone.items() if outcome.exit]
        notes = [*(failing or ["succeeds"]), *([f"unlike {statement.unlike}"] if statement.unlike else [])]
        return self._row(statement, next(iter(merges.values())), ", ".join(notes), verdict)

    def _row(self, statement: Statement, merge: Outcome | None, alone: str, verdict: str) -> Proof:
        rules = sorted({row["rule"] for row in self._case.findings()})
        words = statement.words(merge) if merge else ""
        status = merge.exit if merge else None
        return Proof(", ".join(rules), label(self._case), statement.command, status, words, alone, verdict)

    def _run(self, command: Sequence[str], checkout: Path) -> Outcome:
        try:
            done = subprocess.run(
                command,
                cwd=checkout,
                env=dict(self._tools.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome(124, f"no end after {_SECONDS} s")
        status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return Outcome(status, self._without_places(done.stdout, checkout))

    def _without_places(self, text: str, checkout: Path) -> str:
        """Say `<workspace>` for the checkout, so that the same words are written on every machine and in every run."""
        scratch = ((place, "<scratch>") for place in (self._place, self._scratch))
        for place, name in ((checkout, "<workspace>"), (checkout.resolve(), "<workspace>"), *scratch):
            text = text.replace(str(place), name)
        return _SCRIPT.sub("<script>", _THREAD.sub(r"\1", text))
