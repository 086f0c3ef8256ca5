"""Build an example repository with six agents, and scan it as a person would.

    python examples/demo.py [--keep DIR]     # or: make demo

The workspace in ``examples/workspace`` becomes trunk. Six agents then change it, each on a branch of its own, four of
them in worktrees, one with work that it has not committed. Exit 0 when the scan finds what is in there; the scan itself
exits 1, because some of it must not land.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agents import AGENTS, Agent, Delete, Edit, Replace, Write

HERE = Path(__file__).resolve().parent
FIRST_COMMIT = 1_767_225_600
"""2026-01-01T00:00:00Z; each later commit is a minute younger, so that the ids are the same everywhere."""

EXPECTED = (
    ("critical", "dep-path-crate-deleted", ("code-optimizer", "incremental-build-optimizer")),
    ("critical", "target-dir-shared-by-two-agents", ("incremental-build-optimizer", "test-optimizer")),
    ("major", "feature-array-both-edited", ("build-config-optimizer", "dependency-optimizer")),
    ("minor", "mk-task-different-keys", ("build-config-optimizer", "test-optimizer")),
    ("minor", "mk-args-both-edited", ("build-config-optimizer", "test-optimizer")),
    ("note", "text-only-conflict", ("code-optimizer", "test-optimizer")),
)
CLEAN = "production-validator"
CONCLUSION = f"""\
Git alone tells of five of these, once somebody merges. The two critical ones it merges in silence.

What now: decide whether quarry-utils stays, give both builds a directory of their own, and accept
the union of the feature `integration`. The rest is for whoever lands second, and
{CLEAN} can land at any time."""


@dataclass
class Fleet:
    """The repository under construction."""

    root: Path
    clock: int = FIRST_COMMIT
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> Path:
        """Where trunk is checked out."""
        return self.root / "quarry"

    def git(self, *arguments: str, cwd: Path | None = None) -> None:
        """Run git with an identity, a clock and a configuration that are the same on every machine."""
        moment = f"{self.clock} +0000"
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        command = ["git", *arguments]
        subprocess.run(command, cwd=cwd or self.repository, env=self.environment | dates, check=True)

    def commit(self, where: Path, message: str) -> None:
        """Commit everything in a worktree."""
        self.git("add", "--all", cwd=where)
        self.git("commit", "--quiet", "--message", message, cwd=where)
        self.clock += 60


def hermetic_environment(home: Path) -> dict[str, str]:
    """Return the environment without what a user's configuration or a surrounding git has set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "CARGO_"))}
    identity = {"NAME": "Quarry Agents", "EMAIL": "agents@quarry.invalid"}
    people = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in identity.items()}
    settings = {"HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
    return kept | people | settings


def apply(edit: Edit, where: Path) -> None:
    """Make one edit in a worktree; an edit that no longer fits the example workspace is a mistake in this program."""
    path = where / edit.path
    match edit:
        case Write(text=text):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        case Delete():
            shutil.rmtree(path)
        case Replace(old=old, new=new):
            before = path.read_text(encoding="utf-8")
            if before.count(old) != 1:
                raise ValueError(f"{edit.path} holds {old!r} {before.count(old)} times, not once")
            path.write_text(before.replace(old, new), encoding="utf-8")


def build_trunk(fleet: Fleet) -> None:
    """Make the example workspace the first commit of a new repository."""
    shutil.copytree(HERE / "workspace", fleet.repository, ignore=shutil.ignore_patterns("target"))
    fleet.git("init", "--quiet", "--template=", "--initial-branch=main")
    fleet.commit(fleet.repository, "Quarry 0.4.0")


def build_agent(fleet: Fleet, agent: Agent) -> None:
    """Let one agent do its work, in a worktree that stays only if the agent still works there."""
    where = fleet.root / "agents" / agent.name
    fleet.git("worktree", "add", "--quiet", "-b", agent.name, str(where), "main")
    for edit in agent.committed:
        apply(edit, where)
    fleet.commit(where, agent.message)
    for edit in agent.uncommitted:
        apply(edit, where)
    if not agent.keeps_worktree:
        fleet.git("worktree", "remove", str(where))


@contextmanager
def workplace(keep: Path | None) -> Iterator[Path]:
    """Yield the directory to build in: a temporary one, or the one to keep."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="gatekeeper-demo-") as directory:
            yield Path(directory)
        return
    if keep.exists() and any(keep.iterdir()):
        raise SystemExit(f"demo: {keep} is not empty")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.resolve()


def gatekeeper(fleet: Fleet, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the installed command in the example repository."""
    installed = Path(sys.executable).with_name("gatekeeper")
    program = [str(installed)] if installed.exists() else [sys.executable, "-m", "gatekeeper"]
    output = subprocess.PIPE if capture else None
    return subprocess.run(
        [*program, *arguments],
        cwd=fleet.repository,
        env=fleet.environment,
        stdout=output,
        text=True,
        encoding="utf-8",
        check=False,
    )


def shortcomings(report: dict[str, list[dict[str, object]]]) -> Iterator[str]:
    """Say what the report lacks, or has too much."""
    found = {(finding["severity"], finding["rule"], agents_of(finding)) for finding in report["findings"]}
    for severity, rule, agents in EXPECTED:
        if (severity, rule, agents) not in found:
            yield f"no {severity} {rule} between {' and '.join(agents)}"
    alarmed = sorted({str(rule) for _, rule, agents in found if CLEAN in agents})
    if alarmed:
        yield f"{CLEAN} did nothing wrong, and yet: {', '.join(alarmed)}"
    unseen = {finding["severity"] for finding in report["findings"] if finding["git"] == "clean"}
    if unseen != {"critical"}:
        yield f"git should merge the critical ones without a word, and no others: {', '.join(map(str, unseen))}"
    states = {agent["name"]: agent["state"] for agent in report["agents"]}
    wanted = {agent.name: "mergeable" for agent in AGENTS}
    if states != wanted:
        yield f"the agents should all be mergeable: {states}"


def agents_of(finding: dict[str, object]) -> tuple[str, ...]:
    """Return the names of the agents that a finding in JSON is about, sorted."""
    sides = finding["sides"]
    names = {name for side in sides for name in side["agents"]} if isinstance(sides, list) else set()
    return tuple(sorted(names))


def introduce() -> None:
    """Say who is there and what each one did."""
    print("Quarry is a cargo workspace of 8 crates. Six agents work on it, each on a branch of its own:\n")
    for agent in AGENTS:
        for number, deed in enumerate(agent.did):
            print(f"  {'' if number else agent.name:28} {deed}")


def show(fleet: Fleet, say: Callable[[str], None]) -> int:
    """Scan twice, for people and for programs, and hold the answer against what the agents did."""
    print("\n$ gatekeeper scan", flush=True)
    for_people = gatekeeper(fleet, "scan")
    for_programs = gatekeeper(fleet, "scan", "--format", "json", capture=True)
    if for_people.returncode != 1 or for_programs.returncode != 1 or not for_programs.stdout:
        say(f"the scans should print findings and exit 1, not {for_people.returncode} and {for_programs.returncode}")
        return 1
    print()
    report = json.loads(for_programs.stdout)
    lacking = list(shortcomings(report))
    for line in lacking:
        say(line)
    if not lacking:
        print(CONCLUSION)
    return 1 if lacking else 0


def main() -> int:
    """Build the fleet, show the scan, and say whether it found what is there."""
    parser = argparse.ArgumentParser(description="Scan an example repository with six agents.")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="build in DIR and leave it there")
    keep = parser.parse_args().keep
    with workplace(keep) as root:
        fleet = Fleet(root, environment=hermetic_environment(root))
        build_trunk(fleet)
        for agent in AGENTS:
            build_agent(fleet, agent)
        introduce()
        status = show(fleet, lambda line: print(f"demo: {line}", file=sys.stderr))
        if keep is not None:
            print(f"The repository is in {fleet.repository}.")
    return status


if __name__ == "__main__":
    sys.exit(main())
