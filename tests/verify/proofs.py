"""One fixture as a repository, merged by git and checked out, and its commands run in there."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.golden_cases import GoldenCase
from tests.kit import MergeConflictError, RepositoryBuilder
from tests.verify.statements import Outcome, Statement
from tests.verify.tools import Tools

_ALONE = {"base": "main", "left": "left", "right": "right"}
_SECONDS = 600
_THREAD = re.compile(r"(thread '\w+') \(\d+\)")


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


def statements_of(case: GoldenCase) -> list[Statement]:
    """Return what a fixture states about commands."""
    return [Statement.of(row) for row in case.expected.get("cargo", [])]


def prove(case: GoldenCase, tools: Tools, scratch: Path) -> list[Proof]:
    """Return a row for each statement of a fixture."""
    place = scratch / case.name
    try:
        return _Workshop(case, tools, place).proofs()
    finally:
        shutil.rmtree(place, ignore_errors=True)


class _Workshop:
    """The checkouts of one fixture: both sides and their base alone, and git's merges."""

    def __init__(self, case: GoldenCase, tools: Tools, place: Path) -> None:
        self._case, self._tools, self._place = case, tools, place
        self._repository = RepositoryBuilder(place / "repository.git", bare=True)
        case.build(self._repository)
        self._alone = {name: self._checkout(name, branch) for name, branch in _ALONE.items()}
        self._merges, self._conflicts = self._merged()

    def proofs(self) -> list[Proof]:
        return [self._proof(statement) for statement in statements_of(self._case)]

    def _merged(self) -> tuple[dict[str, Path], str]:
        """Merge in both orders; the second is only another checkout if it has another outcome."""
        trees: dict[str, Path] = {}
        conflicts = ""
        for first, second in (("left", "right"), ("right", "left")):
            name = f"{first}-then-{second}"
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
        if statement.needs_cargo_make and self._tools.cargo_make is None:
            return self._row(statement, None, "", f"skipped: {self._tools.reason}")
        if not self._merges:
            return self._row(statement, None, "", f"not so: git has {self._conflicts}")
        merges = {name: self._run(statement, path) for name, path in self._merges.items()}
        alone = {name: self._run(statement, path) for name, path in self._alone.items()}
        faults = [f"{name} {fault}" for name, outcome in merges.items() if (fault := statement.fault(outcome))]
        faults += filter(None, [statement.fault_alone(alone)])
        verdict = f"not so: {'; '.join(faults)}" if faults else "verified"
        failing = [f"{name} exits {outcome.exit}" for name, outcome in alone.items() if outcome.exit]
        return self._row(statement, next(iter(merges.values())), ", ".join(failing) or "succeeds", verdict)

    def _row(self, statement: Statement, merge: Outcome | None, alone: str, verdict: str) -> Proof:
        rules = sorted({row["rule"] for row in self._case.findings()})
        words = statement.words(merge) if merge else ""
        status = merge.exit if merge else None
        return Proof(", ".join(rules), self._case.name, " ".join(statement.run), status, words, alone, verdict)

    def _run(self, statement: Statement, checkout: Path) -> Outcome:
        try:
            done = subprocess.run(
                statement.run,
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
        for place, name in ((checkout, "<workspace>"), (checkout.resolve(), "<workspace>"), (self._place, "<scratch>")):
            text = text.replace(str(place), name)
        return _THREAD.sub(r"\1", text)
